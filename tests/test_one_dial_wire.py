"""Fifty people press at once, at fifty sockets: one has the callback, the others are told who, one phone rings."""

import contextlib
import http.client
import json
import pathlib
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode, urlsplit

import pytest
import sqlalchemy as sa

from tests.installed import Installed, installed
from tests.pages import JANE
from tests.waiting import until
from voice import accounts, clock, tokens
from voice.ledger import SignIn, User
from voice.models import Attempt, Callback

PEOPLE = 50
LUIS = "+12125550177"


class Socket:
    """Somebody's connection: a page's or a program's, open before the button is pressed."""

    def __init__(self, there: Installed, staff: str, cookie: str, csrf: str, token: str) -> None:
        self.staff, self._cookie, self._csrf, self._token = staff, cookie, csrf, token
        at = urlsplit(there.pages)
        self._line = http.client.HTTPConnection(at.hostname or "", at.port, timeout=30)

    def open(self) -> None:
        """Connect; the server hangs up on whoever has been silent."""
        self._line.close()
        self._line.connect()

    def press(self, callback: str, button: str) -> tuple[int, str]:
        """(status, body) of a press: every other one on the page, every other one by `/api/v1`."""
        if self._cookie:
            headers = {
                "Cookie": f"ringback-session={self._cookie}",
                "Content-Type": "application/x-www-form-urlencoded",
            }
            body = urlencode({"csrf_token": self._csrf, "anyway": "1"})
            self._line.request("POST", f"/callbacks/{callback}/{button}", body, headers)
        else:
            headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
            given = {"staff": self.staff} | ({"anyway": True} if button == "call" else {})
            self._line.request("POST", f"/api/v1/callbacks/{callback}/{button}", json.dumps(given), headers)
        answer = self._line.getresponse()
        return answer.status, answer.read().decode()

    def close(self) -> None:
        """Hang up."""
        self._line.close()


def sockets(there: Installed) -> list[Socket]:
    """One for each of fifty people."""
    made = []
    with there.firm.database.transaction() as session:
        token = tokens.make_token(session, "tests", clock.now())
        for number in range(PEOPLE):
            staff, cookie, csrf = f"staff{number}", "", ""
            if number % 2:
                user = session.scalars(sa.select(User.id).where(User.staff_id == staff)).one()
                cookie = accounts.sign_in(session, user, clock.now())
                csrf = session.get_one(SignIn, accounts.fingerprint(cookie)).csrf
            made.append(Socket(there, staff, cookie, csrf, token))
    return made


def all_press(lines: list[Socket], callback: str, button: str) -> dict[str, tuple[int, str]]:
    """Everybody at the same moment; what each was answered."""
    start = threading.Barrier(len(lines))
    for line in lines:
        line.open()

    def press(line: Socket) -> tuple[int, str]:
        start.wait()
        return line.press(callback, button)

    began = time.perf_counter()
    with ThreadPoolExecutor(len(lines)) as threads:
        answers = dict(zip([line.staff for line in lines], threads.map(press, lines), strict=True))
    print(f"{button}: {len(lines)} presses in {time.perf_counter() - began:.2f} s")  # noqa: T201
    return answers


def winner(answers: dict[str, tuple[int, str]]) -> str:
    """The one who got it. Everybody else was told 409, and by whom it is had; nobody that something broke."""
    won = [staff for staff, (status, _) in answers.items() if status < 400]
    assert len(won) == 1, {staff: status for staff, (status, _) in answers.items()}
    lost = {staff: answer for staff, answer in answers.items() if staff != won[0]}
    assert {status for status, _ in lost.values()} == {409}
    name = f"Staff {won[0].removeprefix('staff')}"
    for status_body in lost.values():
        body = status_body[1]
        told = json.loads(body)["holder"] == won[0] if body.startswith("{") else f"{name} " in body
        assert told, body[:2000]
    return won[0]


@pytest.mark.proves("01-3.3", "02-3.3", "C13", "S5")
@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_of_fifty_who_press_at_once_one_has_it_and_one_phone_rings(
    kind: str, request: pytest.FixtureRequest, tmp_path: pathlib.Path, redis_url: str
) -> None:
    url = request.getfixturevalue(f"{kind}_url")
    with contextlib.ExitStack() as stack:
        there = stack.enter_context(installed(url, tmp_path, redis_url, staff=PEOPLE))
        lines = sockets(there)
        for line in lines:
            stack.callback(line.close)
        to_claim, to_call = there.firm.callback(JANE), there.firm.callback(LUIS)
        for number in range(PEOPLE):
            there.phones.script(f"+1212555{3000 + number}", "answers", after=0.5, key_after=0.5)
        there.phones.script(LUIS, "answers", after=0.5, key="")
        has_it = winner(all_press(lines, to_claim, "claim"))
        assert there.firm.row(to_claim).claimed_by == has_it
        dials = winner(all_press(lines, to_call, "call"))
        until(lambda: there.phones.of(LUIS)["state"] == "talking", "them to talk", seconds=30)
        rung = [number for number in range(PEOPLE) if there.calls_to(f"+1212555{3000 + number}")]
        assert [f"staff{number}" for number in rung] == [dials]
        assert (there.calls_to(LUIS), there.calls_to(JANE)) == (1, 0)
        with there.firm.database.reading() as session:
            assert session.scalars(sa.select(Attempt.staff_id)).all() == [dials]
            assert session.get_one(Callback, to_call).claimed_by == dials

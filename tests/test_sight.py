"""Who is given a few lines sees nothing of the others, on no page and by no address. ASVS 8.2.2, 8.2.3, 8.3.1."""

import pathlib
import re
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from dashboard.api.examples import example
from dashboard.api.operation import OPERATIONS
from tests.firm import LINE, SECOND_LINE, line_row
from tests.pages import JANE, Firm, Visitor
from voice import clock, pushing, replays, roster, sight, tokens
from voice.devices import Device
from voice.firm import Line, LineStaff, StaffMember
from voice.ledger import Outbox, User
from voice.list_tables import Told
from voice.models import Call, Callback

LUIS = "+12125550177"


class TwoLines(Firm):
    """Jane has rung the main line, Luis the other; each left a message. Alex is given the main line only."""

    def __init__(self, url: str, folder: pathlib.Path) -> None:
        super().__init__(url, folder)
        with self.database.transaction() as session:
            session.add(line_row(number=SECOND_LINE, name="Second line", position=1))
        self.jane, self.luis = self.callback(JANE), self.callback(LUIS)
        self.said = {each: self.message(each, f"RIFF of {each}".encode()) for each in (self.jane, self.luis)}
        self.replays = {self.jane: self._replay(LINE), self.luis: self._replay(SECOND_LINE)}
        self.name(JANE, "Jane Doe")
        self.name(LUIS, "Luis Rey")
        with self.database.transaction() as session:
            session.execute(sa.update(Callback).where(Callback.id == self.luis).values(line=SECOND_LINE))
            session.execute(sa.update(Call).where(Call.callback_id == self.luis).values(line=SECOND_LINE))
            session.execute(sa.update(User).where(User.email == "alex@example.com").values(lines=[LINE]))

    def _replay(self, line: str) -> str:
        """A line's past that was played again."""
        with self.database.transaction() as session:
            row = replays.ask(session, line, 1, "Sam Field", clock.now())
            assert row is not None
            replays.cancel(session, row.id, clock.now())
            return row.id

    def call_of(self, callback_id: str) -> str:
        """The call that opened a callback."""
        with self.database.reading() as session:
            return session.scalars(sa.select(Call.id).where(Call.callback_id == callback_id)).one()

    def program(self, lines: list[str] | None) -> "Program":
        """A program with a token for these lines."""
        with self.database.transaction() as session:
            token = tokens.make_token(session, "till", clock.now(), lines=lines)
        return Program(self.app.test_client(), token)


class Program:
    """Speaks to the JSON interface."""

    def __init__(self, client: FlaskClient, token: str) -> None:
        self.client, self.headers = client, {"Authorization": f"Bearer {token}"}

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> tuple[int, Any]:
        """One request."""
        answer = self.client.open(f"/api/v1{path}", method=method, json=body, headers=self.headers)
        return answer.status_code, answer.json


@pytest.fixture
def firm(storage_url: str, tmp_path: pathlib.Path) -> Iterator[TwoLines]:
    made = TwoLines(storage_url, tmp_path)
    yield made
    made.close()


def addresses(firm: TwoLines, callback_id: str) -> list[tuple[str, str]]:
    """Every address of the pages that names something of this callback."""
    values = {
        "callback_id": callback_id,
        "call_id": firm.call_of(callback_id),
        "message_id": firm.said[callback_id],
        "e164": JANE if callback_id == firm.jane else LUIS,
        "note_id": "none",
        "replay_id": firm.replays[callback_id],
    }
    found = []
    for rule in firm.app.url_map.iter_rules():
        if rule.arguments & sight.OBJECTS.keys() and not rule.endpoint.startswith("api."):
            path = rule.rule
            for name, value in values.items():
                path = path.replace(f"<{name}>", value)
            assert "<" not in path, f"{rule.rule}: put a value here, so that this address is looked at too"
            found += [(method, path) for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})]
    return found


def statuses(visitor: Visitor, asked: list[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """What each address answers."""
    token = {"csrf_token": visitor.token("/")}
    return {
        (method, path): (visitor.get(path) if method == "GET" else visitor.post(path, token)).status_code
        for method, path in asked
    }


@pytest.mark.proves("F30", "S22")
def test_the_list_shows_the_callers_of_ones_own_lines_only_and_counts_no_others(firm: TwoLines) -> None:
    for path in ("/", "/list", "/people"):
        owner, alex = (firm.visitor(f"{who}@example.com").get(path).text for who in ("sam", "alex"))
        assert ("Jane Doe" in owner, "Luis Rey" in owner) == (True, True)
        assert ("Jane Doe" in alex, "Luis Rey" in alex, "Second line" in alex) == (True, False, False)
        assert '<span class="count">1</span>' in alex or path == "/people"


def test_a_caller_ringing_another_line_is_not_shown(firm: TwoLines) -> None:
    with firm.database.transaction() as session:
        firm.call(session, "+12125550188", line=SECOND_LINE, state="ringing")
        firm.call(session, "+12125550189", state="ringing")
    page = firm.visitor("alex@example.com").get("/").text
    assert "555-0189" in page
    assert "555-0188" not in page


@pytest.mark.proves("02-4.1", "F29", "F30", "S22")
def test_whatever_is_named_of_another_line_is_not_there(firm: TwoLines) -> None:
    """F29: every address with an id, also those that are still to be written."""
    alex, sam = firm.visitor("alex@example.com"), firm.visitor("sam@example.com")
    hidden = addresses(firm, firm.luis)
    assert len(hidden) >= 8
    before = firm.row(firm.luis)
    assert {asked: status for asked, status in statuses(alex, hidden).items() if status != 404} == {}
    after = firm.row(firm.luis)
    assert (before.state, before.claimed_by) == (after.state, after.claimed_by)
    own = statuses(alex, addresses(firm, firm.jane))
    assert 404 not in {status for (method, _), status in own.items() if method == "GET"}
    owners = statuses(sam, [asked for asked in hidden if asked[0] == "GET"])
    assert set(owners.values()) == {200}


def test_a_token_for_one_line_sees_and_changes_nothing_of_another(firm: TwoLines) -> None:
    till, all_seeing = firm.program([LINE]), firm.program(None)
    for program, callbacks, lines in ((till, 1, [LINE]), (all_seeing, 2, [LINE, SECOND_LINE])):
        assert len(program.ask("GET", "/callbacks")[1]["items"]) == callbacks
        assert len(program.ask("GET", "/calls")[1]["items"]) == callbacks
        assert program.ask("GET", "/stats")[1]["calls"] == callbacks
        assert [line["number"] for line in program.ask("GET", "/lines")[1]["items"]] == lines
    for method, path, body in (
        ("GET", f"/callbacks/{firm.luis}", None),
        ("POST", f"/callbacks/{firm.luis}/claim", {"staff": "alex"}),
        ("POST", f"/callbacks/{firm.luis}/close", {"staff": "alex", "reason": "done_by_staff"}),
        ("GET", f"/lines/{SECOND_LINE}", None),
    ):
        assert till.ask(method, path, body)[0] == 404, path
    assert till.ask("GET", f"/calls?line={SECOND_LINE}")[0] == 400
    assert till.ask("POST", f"/callbacks/{firm.jane}/claim", {"staff": "alex"})[0] == 200


def test_a_program_finds_and_takes_callers_of_its_own_lines_only(firm: TwoLines) -> None:
    till, all_seeing = firm.program([LINE]), firm.program(None)
    for sought, seen, all_seen in (("luis", [], [firm.luis]), ("555-0142", [firm.jane], [firm.jane]), ("xy", [], [])):
        for program, ids in ((till, seen), (all_seeing, all_seen)):
            assert [each["id"] for each in program.ask("GET", f"/callbacks?q={sought}")[1]["items"]] == ids
    assert len(all_seeing.ask("GET", "/callbacks?q=%20")[1]["items"]) == 2
    assert all_seeing.ask("GET", f"/callbacks?q={'x' * 81}")[0] == 400
    with firm.database.transaction() as session:
        sid = firm.call(session, "+12125550188", line=SECOND_LINE, state="ringing").sid
    assert till.ask("POST", f"/calls/{sid}/take", {"staff": "alex"})[0] == 404
    assert all_seeing.ask("POST", "/calls/CAnone/take", {"staff": "sam"})[0] == 404
    for staff, status in (("sam", 200), ("sam", 200), ("kim", 409)):
        assert all_seeing.ask("POST", f"/calls/{sid}/take", {"staff": staff})[0] == status
    with firm.database.reading() as session:
        assert session.scalars(sa.select(Call.reserved_by).where(Call.sid == sid)).one() == "sam"


def test_numbers_of_one_person_are_told_as_far_as_they_are_seen_also_by_what_changes_them(firm: TwoLines) -> None:
    till, all_seeing = firm.program([LINE]), firm.program(None)
    refused = till.ask("POST", f"/contacts/{JANE}/merge", {"number": LUIS})
    assert refused[0] == 422
    assert firm.visitor("alex@example.com").press(f"/people/{JANE}/merge", other=LUIS).status_code == 400
    assert all_seeing.ask("POST", f"/contacts/{JANE}/merge", {"number": LUIS})[1]["numbers"] == [JANE, LUIS]
    for method, path, body in (
        ("GET", f"/contacts/{JANE}", None),
        ("PATCH", f"/contacts/{JANE}", {"vip": True}),
        ("GET", f"/callbacks/{firm.jane}", None),
        ("POST", f"/callbacks/{firm.jane}/claim", {"staff": "alex"}),
    ):
        assert till.ask(method, path, body)[1]["numbers"] == [JANE], path
        assert all_seeing.ask(method, path, body)[1]["numbers"] == [JANE, LUIS], path
    assert till.ask("POST", f"/contacts/{LUIS}/split", {})[0] == 404
    assert till.ask("POST", f"/contacts/{JANE}/split", {})[1]["numbers"] == [JANE]


def test_a_token_for_one_line_sees_who_answers_it_and_nobody_else(firm: TwoLines) -> None:
    till, all_seeing = firm.program([LINE]), firm.program(None)
    assert [each["id"] for each in till.ask("GET", "/staff")[1]["items"]] == ["alex", "sam"]
    assert [each["id"] for each in all_seeing.ask("GET", "/staff")[1]["items"]] == ["alex", "kim", "sam"]
    assert till.ask("GET", "/staff/kim")[0] == 404
    assert till.ask("PATCH", "/staff/kim", {"availability": "off"})[0] == 404
    assert till.ask("PATCH", "/staff/alex", {"availability": "off"})[0] == 200
    assert all_seeing.ask("GET", "/staff/kim")[1]["availability"] == "on"


def test_sight_ends_with_the_request_of_whom_it_was_for(firm: TwoLines) -> None:
    alex, sam = firm.visitor("alex@example.com"), firm.visitor("sam@example.com")
    alex.get("/")
    assert "Luis Rey" in sam.get("/").text
    firm.program([LINE]).ask("GET", "/callbacks")
    assert "Luis Rey" in sam.get("/").text


def test_calls_go_by_every_line_whoever_looked_first_after_a_change(firm: TwoLines) -> None:
    """The copy that webhooks go by was once read as the visitor sees it: calls to the other lines were nobody's."""
    for path in ("/", "/team"):
        with firm.database.transaction() as session:
            session.get_one(Line, LINE).ring_seconds += 1
        assert firm.visitor("alex@example.com").get(path).status_code == 200
        with firm.database.transaction() as session:
            assert roster.current(session).numbers() == {LINE, SECOND_LINE}


def test_a_user_made_an_owner_sees_every_line_and_one_given_none_sees_none(firm: TwoLines) -> None:
    alex = firm.visitor("alex@example.com")
    with firm.database.transaction() as session:
        session.execute(sa.update(User).where(User.email == "alex@example.com").values(lines=[]))
    assert "Jane Doe" not in alex.get("/").text
    with firm.database.transaction() as session:
        session.execute(sa.update(User).where(User.email == "alex@example.com").values(role="owner"))
    assert "Luis Rey" in alex.get("/").text


def test_work_on_what_is_in_sight_looks_at_every_line(firm: TwoLines) -> None:
    """Jane is on the phone on the line Alex does not see: she must not be dialled a second time."""
    with firm.database.transaction() as session:
        firm.call(session, JANE, line=SECOND_LINE, state="joined")
    answer = firm.visitor("alex@example.com").press(f"/callbacks/{firm.jane}/call")
    assert (answer.status_code, "on the phone with us at this moment" in answer.text) == (409, True)


def test_a_callback_is_handed_to_nobody_who_does_not_see_its_line(firm: TwoLines) -> None:
    sam, till = firm.visitor("sam@example.com"), firm.program(None)
    for callback, offered in ((firm.jane, ["alex", "kim"]), (firm.luis, ["kim"])):
        choice = sam.get(f"/?open={callback}").text.partition(f'id="to-{callback}"')[2].partition("</select>")[0]
        assert re.findall(r'value="(\w+)"', choice) == offered
    refused = sam.press(f"/callbacks/{firm.luis}/hand-over", to="alex")
    assert refused.status_code == 400
    assert "they do not see this line" in refused.text
    to_alex = {"staff": "sam", "to": "alex"}
    status, problem = till.ask("POST", f"/callbacks/{firm.luis}/hand-over", to_alex)
    assert (status, problem["kind"]) == (422, "out_of_sight")
    assert problem["detail"].startswith("to: alex may not see this line.")
    assert firm.row(firm.luis).claimed_by is None
    assert sam.press(f"/callbacks/{firm.jane}/hand-over", to="alex").status_code == 303
    assert till.ask("POST", f"/callbacks/{firm.luis}/hand-over", to_alex | {"to": "kim"})[0] == 200
    with firm.database.transaction() as session:  # an owner sees every line, whatever was ticked before
        session.execute(sa.update(User).where(User.email == "alex@example.com").values(role="owner"))
    assert till.ask("POST", f"/callbacks/{firm.luis}/hand-over", to_alex | {"staff": "kim"})[0] == 200


def test_no_program_acts_in_the_name_of_somebody_switched_off_or_who_may_not_see_the_line(firm: TwoLines) -> None:
    till = firm.program(None)
    with firm.database.transaction() as session:
        session.execute(sa.update(StaffMember).where(StaffMember.id == "kim").values(active=False))
        row = Told(staff_id="alex", by_staff_id="sam", callback_id=firm.luis, kind="took_over", at=clock.now())
        session.add(row)
        session.flush()
        named = {"callback_id": firm.luis, "told_id": str(row.id)}
        named["sid"] = firm.call(session, LUIS, line=SECOND_LINE, state="ringing").sid
    deeds = [each for each in OPERATIONS if each.body and "staff" in each.body["properties"]]
    for each in deeds:
        path = re.sub(r"<(\w+)>", lambda found: named[found[1]], each.rule)
        for staff, kind in (("alex", "out_of_sight"), ("kim", "switched_off")):
            answer = till.ask(each.method, path, example(each.body or {}) | {"staff": staff})
            assert (answer[0], answer[1].get("kind")) == (422, kind), path
    assert (len(deeds) > 12, firm.row(firm.luis).state, firm.row(firm.luis).claimed_by) == (True, "waiting", None)


def test_nobody_is_woken_for_a_line_they_do_not_see_though_they_answer_it(firm: TwoLines) -> None:
    with firm.database.transaction() as session:
        for position, name in enumerate(("alex", "sam")):
            user = session.scalars(sa.select(User).where(User.email == f"{name}@example.com")).one()
            session.add(LineStaff(line=SECOND_LINE, staff_id=name, position=position))
            keys = {"endpoint": f"https://push/{name}", "p256dh": "k", "auth": "a", "added_at": clock.now()}
            session.add(Device(id=name, user_id=user.id, sign_in_id=name, **keys))
    for callback, staff_id, woken in (
        (firm.jane, None, {"alex", "sam"}),
        (firm.luis, None, {"sam"}),
        (firm.luis, "alex", set()),
    ):
        with firm.database.transaction() as session:
            session.execute(sa.delete(Outbox))
            pushing.spread(session, session.get_one(Callback, callback), "new", staff_id, clock.now())
            session.flush()
            jobs = session.scalars(sa.select(Outbox).where(Outbox.job == "push"))
            assert {job.args["device_id"] for job in jobs} == woken

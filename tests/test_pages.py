"""The pages beside the list: a caller's message, a call second by second, the owner's notices, and what went wrong."""

import datetime as dt

import pytest
import sqlalchemy as sa

from tests.pages import Firm, reads
from voice import clock
from voice.ledger import CallEvent, Notice
from voice.models import Call


@pytest.mark.proves("01-3.2", "F37")
def test_a_message_plays_in_ranges_for_people_who_are_signed_in(firm: Firm) -> None:
    message = firm.message(firm.callback(), bytes(range(200)) * 50)
    sam, address = firm.visitor("sam@example.com"), f"/messages/{message}/audio"
    assert f'src="{address}"' in sam.get("/").text
    part = sam.get(address, Range="bytes=200-399")
    assert (part.status_code, part.data) == (206, bytes(range(200)))
    assert (part.mimetype, part.headers["X-Content-Type-Options"]) == ("audio/wav", "nosniff")
    assert part.headers["Cache-Control"] == "private, no-store"
    assert firm.visitor().get(address).status_code == 303
    assert sam.get(f"/messages/{'0' * 32}/audio").status_code == 404


@pytest.mark.proves("F37")
def test_a_message_is_never_sent_as_a_kind_a_browser_would_run(firm: Firm) -> None:
    message = firm.message(firm.callback(), b"<script>alert(1)</script>", content_type="text/html")
    assert firm.visitor("sam@example.com").get(f"/messages/{message}/audio").status_code == 404


def test_notices_are_the_owners_unseen_ones_first(firm: Firm) -> None:
    with firm.database.transaction() as session:
        session.add(Notice(key="old", words="An old story", at=clock.now(), seen_at=clock.now()))
        session.add(Notice(key="new", words="Somebody rang <b>an unknown number</b>", at=clock.now() - dt.timedelta(1)))
    sam = firm.visitor("sam@example.com")
    page = reads(sam.get("/notices").text)
    assert "Notices 1 new" in reads(sam.get("/").text)
    assert page.index("Somebody rang &lt;b&gt;") < page.index("An old story")
    assert sam.press("/notices/2/dismiss").status_code == 303
    assert "Notices 1 new" not in reads(sam.get("/").text)
    alex = firm.visitor("alex@example.com")
    assert alex.get("/notices").status_code == 403
    assert alex.press("/notices/2/dismiss").status_code == 403


def test_a_call_can_be_read_second_by_second(firm: Firm) -> None:
    callback = firm.callback()
    with firm.database.transaction() as session:
        call = session.scalars(sa.select(Call).where(Call.callback_id == callback)).one()
        for seconds, kind, data in (
            (1.1, "phone_rings", {"staff": "sam", "leg": "0" * 32}),
            (65, "unanswered", {"cause": "rang_out"}),
            (66, "a_kind_of_tomorrow", {}),
        ):
            at = call.received_at + dt.timedelta(seconds=seconds)
            session.add(CallEvent(call_id=call.id, at=at, kind=kind, data=data))
        address = f"/calls/{call.id}"
    page = reads(firm.visitor("alex@example.com").get(address).text)
    assert "1.1 s A phone rings Sam Field 1:05 min Nobody took it nobody picked up in time" in page
    assert "A kind of tomorrow" in page
    assert "0" * 32 not in page


@pytest.mark.parametrize(
    ("path", "status", "says"),
    [("/nowhere", 404, "There is nothing here"), ("/calls/none", 404, "There is nothing here")],
)
def test_what_is_not_there_is_said_on_a_page_of_ours_with_a_way_on(
    firm: Firm, path: str, status: int, says: str
) -> None:
    answer = firm.visitor("alex@example.com").get(path)
    assert answer.status_code == status
    assert says in answer.text
    assert "To the callback list" in answer.text


@pytest.mark.proves("S23")
def test_a_wrong_method_an_endless_form_and_a_bug_of_ours_are_said_too(firm: Firm) -> None:
    @firm.app.get("/broken", endpoint="health.broken")
    def broken() -> str:
        raise RuntimeError("a secret of ours")

    sam = firm.visitor("sam@example.com")
    assert "not opened this way" in sam.post("/notices").text
    assert sam.post("/logout", {"csrf_token": "x" * 70_000}).status_code == 413
    firm.app.config["PROPAGATE_EXCEPTIONS"] = False
    answer = sam.get("/broken")
    assert answer.status_code == 500
    assert "Something broke on our side" in answer.text
    assert "secret" not in answer.text


def test_a_program_is_told_of_a_bug_of_ours_as_of_any_other_problem(firm: Firm) -> None:
    @firm.app.get("/api/v1/broken", endpoint="api.broken")
    def broken() -> str:
        raise RuntimeError("a secret of ours")

    firm.app.config["PROPAGATE_EXCEPTIONS"] = False
    answer = firm.visitor().get("/api/v1/broken")
    assert (answer.status_code, answer.mimetype) == (500, "application/problem+json")
    assert answer.json is not None
    assert answer.json["detail"].startswith("Something broke on our side.")
    assert "secret" not in answer.text

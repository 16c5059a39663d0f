"""The callback list as a page: what it says, what each button does, and what it says when it cannot."""

import datetime as dt
import re

import pytest
import sqlalchemy as sa
import time_machine

from tests.firm import LINE
from tests.pages import JANE, Firm, reads
from voice import clock
from voice.firm import StaffMember
from voice.models import Attempt, Call

LUIS = "+12125550177"


pytestmark = pytest.mark.usefixtures("morning")


@pytest.mark.proves("01-3.2", "02-1.5", "L6")
def test_the_list_is_in_order_of_promise_and_says_who_when_how_late_and_how_often(firm: Firm) -> None:
    firm.name(JANE, "Jane Doe")
    firm.callback(LUIS, due=12)
    firm.callback(JANE, due=-8, calls=3, reason="abandoned")
    page = reads(firm.visitor("alex@example.com").get("/").text)
    assert page.index("Jane Doe") < page.index("(212) 555-0177")
    assert "by 9:52 am 8 min late" in page
    assert "by 10:12 am in 12 min" in page
    assert "rang 3 times, first 10:00 am" in page
    assert "hung up while it was ringing" in page


def test_a_promise_on_another_day_says_which(firm: Firm) -> None:
    firm.callback(JANE, due=24 * 60)
    firm.callback(LUIS, due=5 * 24 * 60)
    page = reads(firm.visitor("alex@example.com").get("/").text)
    assert "by tomorrow 10:00 am in 1 day" in page
    assert "by Sat 28 Nov 10:00 am in 5 days" in page


@pytest.mark.proves("02-1.23")
def test_an_empty_list_says_so_and_before_the_first_call_how_to_try_it(firm: Firm) -> None:
    alex = firm.visitor("alex@example.com")
    assert "No call has come in yet. Try it: ring (212) 555-0100 from another phone" in reads(alex.get("/").text)
    with firm.database.transaction() as session:
        firm.call(session, JANE, state="completed", outcome="talked", ended_at=clock.now())
    assert "Nobody is waiting." in alex.get("/").text


@pytest.mark.proves("01-3.3")
def test_a_claim_is_one_persons_and_the_other_is_told_whose(firm: Firm) -> None:
    callback = firm.callback()
    sam, alex = firm.visitor("sam@example.com"), firm.visitor("alex@example.com")
    assert sam.press(f"/callbacks/{callback}/claim").headers["Location"] == f"/#cb-{callback}"
    refused = alex.press(f"/callbacks/{callback}/claim")
    assert refused.status_code == 409
    assert "Sam Field has this one." in refused.text
    assert "Sam Field has it until 10:01 am" in reads(alex.get("/").text)
    assert "You have it until 10:01 am" in reads(sam.get("/").text)
    assert f'id="call-{callback}"' not in alex.get("/").text, "nothing to press on somebody else's"
    sam.press(f"/callbacks/{callback}/release")
    assert firm.row(callback).state == "waiting"


@pytest.mark.proves("01-3.3", "B11")
def test_call_has_my_phone_rung_once_however_often_it_is_pressed(firm: Firm) -> None:
    callback = firm.callback()
    sam = firm.visitor("sam@example.com")
    for _ in range(3):
        assert sam.press(f"/callbacks/{callback}/call").status_code == 303
    with firm.database.reading() as session:
        assert session.scalars(sa.select(Attempt.staff_id)).all() == ["sam"]
    assert "Ringing: first your phone, then theirs" in sam.get("/").text
    refused = firm.visitor("alex@example.com").press(f"/callbacks/{callback}/call")
    assert refused.status_code == 409
    assert "Sam Field" in refused.text


@pytest.mark.proves("01-3.3")
def test_outside_the_callers_hours_the_page_says_when_and_offers_to_call_anyway(
    firm: Firm, morning: time_machine.Traveller
) -> None:
    callback = firm.callback("+13105550177")
    sam = firm.visitor("sam@example.com")
    refused = sam.press(f"/callbacks/{callback}/call")
    assert refused.status_code == 409
    assert "It is 7:00 am where they are." in refused.text
    assert "from 11:00 am on your clock" in refused.text
    assert "Call anyway" in refused.text
    anywhere = sam.press(f"/callbacks/{firm.callback('+18005550177')}/call").text
    assert "Their number does not say in which time zone they are." in anywhere, "at ten it is not too early here"
    firm.set(callback, state="claimed", claimed_by="alex", lease_until=clock.now() + dt.timedelta(seconds=90))
    for button in ("call", "by-hand"):  # whose it is comes first: their hours are not ours to wait for
        refused = sam.press(f"/callbacks/{callback}/{button}")
        assert (refused.status_code, "anyway" in refused.text) == (409, False)
        assert "Alex Moor has this one." in refused.text
    morning.shift(91)
    assert sam.press(f"/callbacks/{callback}/call", anyway="1").status_code == 303
    assert firm.row(callback).state == "calling"


@pytest.mark.proves("01-3.3", "02-1.14")
@pytest.mark.parametrize(
    ("result", "state", "closed_reason"),
    [
        ("sorted", "closed", "talked"),
        ("wrong_person", "closed", "wrong_person"),
        ("do_not_call", "closed", "withdrawn_by_caller"),
        ("left_voicemail", "waiting", None),
        ("no_answer", "waiting", None),
        ("call_again", "waiting", None),
    ],
)
def test_after_the_talk_one_tap_says_how_it_went(
    firm: Firm, result: str, state: str, closed_reason: str | None
) -> None:
    lease = clock.now() + dt.timedelta(minutes=9)
    callback = firm.callback(state="wrapping_up", claimed_by="sam", lease_until=lease, attempts=1)
    sam = firm.visitor("sam@example.com")
    assert f'value="{result}"' in sam.get("/").text
    fields = {"in": "60"} if result == "call_again" else {}
    sam.press(f"/callbacks/{callback}/result", result=result, note="Wants a quote", **fields)
    row = firm.row(callback)
    assert (row.state, row.closed_reason, row.note) == (state, closed_reason, "Wants a quote")
    assert row.claimed_by is None


def test_call_again_takes_a_time_ahead_on_the_callers_clock(firm: Firm) -> None:
    callback = firm.callback(state="claimed", claimed_by="sam", lease_until=clock.now() + dt.timedelta(seconds=90))
    sam = firm.visitor("sam@example.com")
    for wrong in ("", "soon", "2026-11-22T09:00", "2029-11-24T09:00", "9999-12-31T23:59"):
        assert sam.press(f"/callbacks/{callback}/result", result="call_again", at=wrong).status_code == 400
    sam.press(f"/callbacks/{callback}/result", result="call_again", at="2026-11-24T09:30")
    assert firm.row(callback).due_at == dt.datetime(2026, 11, 24, 14, 30, tzinfo=dt.UTC)


@pytest.mark.proves("F31")
@pytest.mark.parametrize(("path", "fields"), [("result", {"result": "exploded"}), ("close", {"reason": "erased"})])
def test_a_result_or_reason_that_is_none_of_ours_is_refused_and_fields_of_the_row_are_not_taken(
    firm: Firm, path: str, fields: dict[str, str]
) -> None:
    callback = firm.callback()
    sam = firm.visitor("sam@example.com")
    assert sam.press(f"/callbacks/{callback}/{path}", **fields).status_code == 400
    sam.press(f"/callbacks/{callback}/claim", claimed_by="kim", state="closed", line="+1")
    row = firm.row(callback)
    assert (row.claimed_by, row.state, row.line) == ("sam", "claimed", LINE)


@pytest.mark.proves("02-1.7")
def test_what_is_closed_today_stands_below_and_can_be_opened_again(firm: Firm) -> None:
    callback = firm.callback()
    sam = firm.visitor("sam@example.com")
    sam.press(f"/callbacks/{callback}/close", reason="done_by_staff")
    page = reads(sam.get("/").text)
    assert page.index("Closed today") < page.index("Sorted by hand") < page.index("(212) 555-0142")
    sam.press(f"/callbacks/{callback}/reopen")
    assert firm.row(callback).state == "waiting"
    assert sam.press(f"/callbacks/{'0' * 32}/claim").status_code == 404


@pytest.mark.proves("01-3.2", "02-1.7")
def test_held_unreached_and_hidden_callers_stand_apart_with_why(firm: Firm) -> None:
    firm.callback("+19005550123", state="held", held_reason="premium")
    firm.callback("+12125550155", state="unreached", attempts=4, result="no_answer")
    hidden = firm.callback(None, state="no_number")
    sam = firm.visitor("sam@example.com")
    page = sam.get("/").text
    words = reads(page)
    assert words.index("Not reached 1") < words.index("tried 4 times") < words.index("No number 1")
    assert (
        words.index("Number withheld") < words.index("Held for the owner 1") < words.index("Premium-rate numbers cost")
    )
    assert "no time promised; rang" in words[words.index("Held for the owner 1") :]
    assert f'id="call-{hidden}"' not in page
    assert sam.press(f"/callbacks/{hidden}/call").status_code == 409


@pytest.mark.proves("F21")
@pytest.mark.parametrize(
    "name", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{ 7 * 7 }}", "' or 1=1"]
)
def test_a_hostile_name_is_only_ever_text(firm: Firm, name: str) -> None:
    firm.name(JANE, carrier_name=name)
    firm.callback(note=name)
    page = firm.visitor("sam@example.com").get("/").text
    assert name not in page or "<" not in name
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "49" not in reads(page)


@pytest.mark.proves("F18")
def test_a_name_cannot_turn_its_line_around_nor_run_on_for_ever(firm: Firm) -> None:
    firm.name(JANE, carrier_name="\u202eenaJ\u2066 z" + "\u0301" * 50 + "x" * 500)
    firm.callback()
    page = firm.visitor("sam@example.com").get("/").text
    assert not set("\u202e\u2066") & set(page)
    assert "\u0301" * 4 not in page
    (shown,) = re.findall(r"<h3[^>]*>(?:<a [^>]*>)?<bdi>(.*?)</bdi>", page)
    assert len(shown) <= 60
    assert "not checked" in page, "a name that only the carrier claims is marked"


def test_somebody_who_is_no_staff_member_sees_the_list_and_is_told_how_to_join_it(firm: Firm) -> None:
    callback = firm.callback()
    with firm.database.transaction() as session:
        session.get_one(StaffMember, "sam").email = ""
    sam = firm.visitor("sam@example.com")
    page = sam.get("/").text
    assert "(212) 555-0142" in page
    assert "write down sam@example.com" in page
    assert 'href="/team"' in page
    assert f'id="call-{callback}"' not in page
    refused = sam.press(f"/callbacks/{callback}/claim")
    assert refused.status_code == 403
    assert "not linked to a staff member" in refused.text


@pytest.mark.proves("01-2.4")
def test_a_caller_who_is_ringing_now_stands_on_top_and_can_be_taken_by_one(firm: Firm) -> None:
    with firm.database.transaction() as session:
        ringing = firm.call(session, JANE, state="ringing").id
    sam, alex = firm.visitor("sam@example.com"), firm.visitor("alex@example.com")
    page = reads(sam.get("/").text)
    assert page.index("Ringing now") < page.index("Take it") < page.index("To ring back")
    assert sam.press(f"/calls/{ringing}/take").status_code == 303
    refused = alex.press(f"/calls/{ringing}/take")
    assert refused.status_code == 409
    assert "Somebody else has taken that call" in refused.text
    assert "Sam Field is taking it" in reads(alex.get("/").text)
    with firm.database.transaction() as session:
        assert session.get_one(Call, ringing).reserved_by == "sam"
        session.get_one(StaffMember, "alex").phone = ""
    refused = alex.press(f"/calls/{ringing}/take")
    assert refused.status_code == 409
    assert "Your phone number is missing" in refused.text


@pytest.mark.proves("02-1.2")
def test_the_changing_part_is_sent_only_when_it_has_changed(firm: Firm, morning: time_machine.Traveller) -> None:
    callback = firm.callback()
    sam = firm.visitor("sam@example.com")
    first = sam.get("/list")
    assert "<html" not in first.text
    morning.shift(3)
    again = sam.get("/list", If_None_Match=first.headers["ETag"])
    assert (again.status_code, again.data) == (304, b"")
    firm.set(callback, calls=2)
    assert sam.get("/list", If_None_Match=first.headers["ETag"]).status_code == 200

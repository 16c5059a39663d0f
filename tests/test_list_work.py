"""What staff do with a callback besides calling: set it aside, hand it over, take it over, dial by hand."""

import datetime as dt

import pytest
import sqlalchemy as sa
import time_machine

from tests.pages import JANE, Firm, Visitor, reads
from voice import callbacks, claims, clock
from voice.list_tables import Topic
from voice.models import Callback
from voice.rules import lease

ANGELA = "+13105550177"  # in Los Angeles, where it is seven
MINUTE = dt.timedelta(minutes=1)


pytestmark = pytest.mark.usefixtures("morning")


def words(visitor: Visitor, address: str = "/") -> str:
    return reads(visitor.get(address).text)


def test_what_is_set_aside_stands_under_later_and_comes_back_with_its_promise_unchanged(
    firm: Firm, sam: Visitor, morning: time_machine.Traveller
) -> None:
    callback = firm.callback(due=20)
    promised = firm.row(callback).promised_by
    sam.press(f"/callbacks/{callback}/snooze", until="hour")
    row = firm.row(callback)
    assert (row.state, row.later, row.due_at, row.promised_by) == (
        "waiting",
        "snoozed",
        clock.now() + 60 * MINUTE,
        promised,
    )
    page = words(sam)
    assert "To ring back 0" in page
    assert (
        page.index("Later 1") < page.index("back 11:00 am") < page.index("promised 10:20 am") < page.index("set aside")
    )
    firm.callback(ANGELA, due=25, later="call_again", rang_at=clock.now(), promised_by=clock.now() - MINUTE)
    for nth in range(12):  # more than are shown
        firm.callback(f"+121255503{nth:02}", due=40, later="snoozed", promised_by=clock.now() + 600 * MINUTE)
    assert "set aside is late" not in words(sam)
    morning.shift(30 * 60)
    page = words(sam)
    assert "To ring back 1 1 set aside is late" in page, "said where one looks"
    assert page.index("Later 13") < page.index("back 11:00 am 10 min late") < page.index("back 10:40 am"), "late first"
    with firm.database.transaction() as session:
        session.execute(sa.update(Callback).where(Callback.id != callback).values(later=None))
    morning.shift(31 * 60)
    page = words(sam)
    assert "Later" not in page.partition("Keys")[0]
    assert page.index("To ring back 14") < page.index("by 10:20 am 41 min late")


def test_a_late_promise_comes_first_whether_it_was_taken_from_later_or_came_back_by_itself(
    firm: Firm, sam: Visitor, alex: Visitor, morning: time_machine.Traveller
) -> None:
    latest, late = firm.callback(due=20), firm.callback("+12125550144", due=25)
    firm.callback("+12125550143", due=40)
    sam.press(f"/callbacks/{latest}/snooze", at="2026-11-23T15:00")
    sam.press(f"/callbacks/{late}/snooze", at="2026-11-23T10:30")
    morning.shift(31 * 60)
    assert "Waits for a call, by 10:20 am" in words(sam, f"/people/{JANE}")
    sam.press(f"/callbacks/{latest}/claim")
    page = words(alex)
    assert page.index("by 10:20 am 11 min late") < page.index("by 10:25 am 6 min late") < page.index("by 10:40 am in")
    sam.press(f"/callbacks/{latest}/undo")
    assert "Later 1" in words(alex), "as it was"
    sam.press(f"/callbacks/{latest}/claim")
    morning.shift(20)
    sam.press(f"/callbacks/{latest}/release")
    assert words(alex).index("by 10:20 am 11 min late") < words(alex).index("by 10:25 am"), "nobody has set it aside"


def test_a_caller_who_rings_again_is_set_aside_no_longer(firm: Firm, sam: Visitor) -> None:
    callback = firm.callback(due=20)
    sam.press(f"/callbacks/{callback}/snooze", until="four")
    assert "Later 1" in words(sam)
    with firm.database.transaction() as session:
        callbacks.open_for(session, firm.call(session, JANE, state="unanswered"), "rang_out", clock.now())
    assert "To ring back 1" in words(sam)


@pytest.mark.proves("02-1.16")
def test_later_is_said_on_the_callers_clock_with_ours_beside_it(firm: Firm, sam: Visitor) -> None:
    callback = firm.callback(ANGELA)
    page = words(sam, f"/?open={callback}")
    assert "At noon their time 3:00 pm here" in page
    assert "At four their time 7:00 pm here" in page
    assert "Tomorrow morning, 8:00 am their time tomorrow 11:00 am here" in page, "not before they are up"
    assert "Later, at, Los Angeles time (it is 7:00 am there, 10:00 am here)" in page
    sam.press(f"/callbacks/{callback}/snooze", at="2026-11-23T15:00")
    assert "back 6:00 pm 3:00 pm for them" in words(sam)
    sam.press(f"/callbacks/{callback}/snooze", until="four")
    assert "back 7:00 pm 4:00 pm for them" in words(sam)
    sam.press(f"/callbacks/{callback}/result", result="call_again", at="2026-11-24T09:30")
    assert "back tomorrow 12:30 pm 9:30 am for them" in words(sam)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, "Choose the day and the time to bring it back."),
        ({"at": "2026-11-23T09:59"}, "has to be ahead of us"),
        ({"at": "9999-12-31T23:59"}, "Choose the day"),
        ({"until": "yesterday"}, "That time has passed meanwhile."),
    ],
)
def test_a_time_that_cannot_be_is_refused_by_name(firm: Firm, sam: Visitor, fields: dict[str, str], said: str) -> None:
    callback = firm.callback()
    refused = sam.press(f"/callbacks/{callback}/snooze", **fields)
    assert refused.status_code == 400
    assert said in reads(refused.text)
    assert firm.row(callback).later is None


@pytest.mark.proves("02-1.7")
def test_a_retry_shows_its_plan_and_waits_under_later(firm: Firm, sam: Visitor) -> None:
    callback = firm.callback(due=20)
    sam.press(f"/callbacks/{callback}/result", result="no_answer")
    page = words(sam)
    assert page.index("Later 1") < page.index("tried once · did not pick up · next try 10:15 am, 2 of 4")


@pytest.mark.proves("02-1.17")
def test_handed_over_it_is_the_colleagues_with_the_word_and_they_are_told(
    firm: Firm, sam: Visitor, alex: Visitor
) -> None:
    firm.name(JANE, "Jane Doe")
    callback = firm.callback()
    sam.press(f"/callbacks/{callback}/hand-over", to="alex", word="She asks for you <b>")
    page = words(alex)
    assert "Sam Field handed you Jane Doe : “ She asks for you &lt;b&gt; ”" in page
    assert page.index("Yours 1") < page.index("Sam Field gave this to you: “ She asks for you")
    row = firm.row(callback)
    assert (row.state, row.claimed_by, row.lease_until) == ("claimed", "alex", clock.now() + lease.HANDED)
    alex.press(f"/callbacks/{callback}/renew")  # their page's sign of life makes the time no shorter
    assert firm.row(callback).lease_until == clock.now() + lease.HANDED
    assert "Alex Moor has it until 10:15" in words(sam)
    assert sam.press(f"/callbacks/{callback}/hand-over", to="kim").status_code == 409
    for nobody in ("", "sam", "nobody"):
        assert sam.press(f"/callbacks/{callback}/hand-over", to=nobody).status_code == 400


def test_a_page_that_is_looked_at_keeps_a_claim_but_takes_none_and_is_no_deed(
    firm: Firm, sam: Visitor, alex: Visitor, morning: time_machine.Traveller
) -> None:
    callback = firm.callback()
    sam.press(f"/callbacks/{callback}/claim")
    for _ in range(4):
        morning.shift(30)
        assert sam.press(f"/callbacks/{callback}/renew").status_code == 204
    assert alex.press(f"/callbacks/{callback}/renew").status_code == 409
    assert firm.row(callback).lease_until == clock.now() + 1.5 * MINUTE
    morning.shift(91)
    with firm.database.transaction() as session:
        claims.lapse(session, clock.now())
    assert sam.press(f"/callbacks/{callback}/renew").status_code == 409, "a page that slept takes nothing back"
    assert firm.row(callback).state == "waiting"
    assert words(sam, "/audit").count(f"took in hand: {callback}") == 1


def test_what_nobody_noticed_goes_back_to_all_and_still_says_for_whom_it_was(
    firm: Firm, sam: Visitor, morning: time_machine.Traveller
) -> None:
    callback = firm.callback()
    sam.press(f"/callbacks/{callback}/hand-over", to="alex", word="a quote")
    morning.shift(15 * 60 + 1)
    with firm.database.transaction() as session:
        assert claims.lapse(session, clock.now()) == 1
    page = words(sam)
    assert "To ring back 1" in page
    assert "Sam Field gave this to Alex Moor : “ a quote ”" in page
    sam.press(f"/callbacks/{callback}/claim")
    assert "gave this to" not in words(sam), "whoever takes it in hand has read it"


@pytest.mark.proves("02-1.10")
def test_taken_over_it_is_mine_and_the_other_is_told_until_they_say_ok(firm: Firm, sam: Visitor, alex: Visitor) -> None:
    firm.name(JANE, "Jane Doe")
    callback = firm.callback()
    sam.press(f"/callbacks/{callback}/claim")
    assert "Take over" in words(alex)
    alex.press(f"/callbacks/{callback}/take-over")
    assert firm.row(callback).claimed_by == "alex"
    page = sam.get("/").text
    assert "Alex Moor took over Jane Doe" in reads(page)
    told = page.partition('id="told-')[2].partition('"')[0]
    alex.press(f"/told/{told}/seen")
    assert "took over" in words(sam), "only the person who is told can put it away"
    sam.press(f"/told/{told}/seen")
    page = words(sam).partition("Keys")[0]
    assert "took over" not in page
    assert "You put away what you were told of Jane Doe" in page
    alex.press(f"/callbacks/{callback}/release")
    assert sam.press(f"/callbacks/{callback}/undo").status_code == 303
    assert "Alex Moor took over Jane Doe" in words(sam), "whatever has become of the callback"


@pytest.mark.parametrize("state", ["calling", "talking", "wrapping_up"])
def test_nobody_takes_over_under_a_live_phone_or_a_result_that_is_still_to_be_said(
    firm: Firm, alex: Visitor, state: str
) -> None:
    callback = firm.callback(state=state, claimed_by="sam", lease_until=clock.now() + MINUTE)
    refused = alex.press(f"/callbacks/{callback}/take-over")
    assert refused.status_code == 409
    assert "Sam Field is on the phone for this one already." in reads(refused.text)
    assert "Take over" not in words(alex)
    kept = "Sam Field has just talked with them · kept until 10:01"
    assert (kept in words(alex)) == ("until" in words(alex)) == (state == "wrapping_up")


@pytest.mark.proves("02-1.12")
def test_who_dials_by_hand_has_it_alone_and_is_asked_how_it_went(
    firm: Firm, sam: Visitor, alex: Visitor, morning: time_machine.Traveller
) -> None:
    callback = firm.callback(due=20)
    sam.press(f"/callbacks/{callback}/by-hand")
    page = sam.get("/").text
    assert f'href="tel:{JANE}"' in page
    assert "How did it go?" in reads(page)
    assert "Sam Field is dialling them by hand · kept until 10:10" in words(alex)
    for button in ("call", "claim", "take-over", "by-hand"):
        assert alex.press(f"/callbacks/{callback}/{button}").status_code == 409
    sam.press(f"/callbacks/{callback}/result", result="no_answer")
    row = firm.row(callback)
    assert (row.attempts, row.later, row.by_hand_at, row.rang_at) == (1, "retry", None, clock.now())
    sam.press(f"/callbacks/{callback}/by-hand")
    morning.shift(10 * 60 + 1)
    with firm.database.transaction() as session:
        claims.lapse(session, clock.now())
    row = firm.row(callback)
    assert (row.state, row.result) == ("waiting", "not_recorded"), "never closed in silence"
    assert "not recorded: nobody said how it went" in words(alex)
    assert f'id="menu-unsaid-{callback}" open' in sam.get("/").text
    sam.press(f"/callbacks/{callback}/result", result="no_answer")
    assert firm.row(callback).attempts == 2, "a try by hand counts once it is told of"
    sam.press(f"/callbacks/{(agreed := firm.callback(ANGELA))}/by-hand", anyway="1")
    sam.press(f"/callbacks/{agreed}/result", result="call_again", at="2026-11-23T15:00")
    assert firm.row(agreed).rang_at == clock.now(), "they said when to call again, so their phone has rung"


@pytest.mark.proves("02-1.15")
def test_who_talked_and_did_not_say_how_it_ended_is_asked_again_and_can_take_it_back(
    firm: Firm, sam: Visitor, alex: Visitor
) -> None:
    callback = firm.callback(state="wrapping_up", claimed_by="sam", lease_until=clock.now() - MINUTE)
    firm.set(callback, owed_by="sam", attempts=1, rang_at=clock.now())
    with firm.database.transaction() as session:
        assert claims.lapse(session, clock.now()) == 1
    page = sam.get("/").text
    assert f'id="menu-unsaid-{callback}" open' in page
    assert 'name="result" value="sorted"' in page
    assert "In an hour" in page, "or set it aside, as any other"
    assert 'name="result"' not in alex.get("/").text
    sam.press(f"/callbacks/{callback}/result", result="no_answer")
    row = firm.row(callback)
    assert (row.attempts, row.later, row.result) == (1, "retry", "no_answer"), "the ring-back has counted itself"
    assert "menu-unsaid" not in sam.get("/").text
    sam.press(f"/callbacks/{callback}/undo")
    assert f'id="menu-unsaid-{callback}" open' in sam.get("/").text
    sam.press(f"/callbacks/{callback}/result", result="sorted")
    assert firm.row(callback).closed_reason == "talked"


def test_dialling_by_hand_keeps_to_the_same_rules_as_ringing_back(firm: Firm, sam: Visitor) -> None:
    held = firm.callback("+19005550123", state="held", held_reason="premium")
    premium, early = firm.callback("+19005550124"), firm.callback(ANGELA)
    assert sam.press(f"/callbacks/{held}/by-hand").status_code == 409
    assert sam.press(f"/callbacks/{premium}/by-hand").status_code == 409
    assert firm.row(premium).state == "held"
    refused = sam.press(f"/callbacks/{early}/by-hand")
    assert (refused.status_code, "Dial anyway" in refused.text) == (409, True)
    assert sam.press(f"/callbacks/{early}/by-hand", anyway="1").status_code == 303


@pytest.mark.proves("02-1.14")
def test_a_result_takes_what_it_was_about_whether_they_bought_and_a_note(firm: Firm, sam: Visitor) -> None:
    with firm.database.transaction() as session:
        session.add(Topic(id=7, name="A quote", position=1))
    callback = firm.callback(state="wrapping_up", claimed_by="sam", lease_until=clock.now() + MINUTE)
    assert "A quote" in sam.get("/").text
    assert sam.press(f"/callbacks/{callback}/result", result="sorted", topic="8").status_code == 400
    sam.press(
        f"/callbacks/{callback}/result", result="sorted", topic="7", bought="no", why_not="too dear", note="Wants two"
    )
    row = firm.row(callback)
    assert (row.topic_id, row.bought, row.why_not, row.note) == (7, False, "too dear", "Wants two")
    page = words(sam)
    assert (
        page.index("Closed today 1")
        < page.index("A quote")
        < page.index("Wants two")
        < page.index("did not buy: too dear")
    )

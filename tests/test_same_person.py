"""One person is one item: two numbers of theirs have one place on the list, and a mistake can be taken apart again."""

import datetime as dt

import pytest
import sqlalchemy as sa
import time_machine

from tests.firm import LINE
from tests.pages import JANE, Firm, Visitor, reads
from voice import callbacks, clock, contacts, crossings, same_person
from voice.ledger import Outbox
from voice.models import Attempt, Call, Callback, Contact, Promise
from voice.people import ContactTag
from voice.rules import one_place

OFFICE = "+12125550143"
MINUTE = dt.timedelta(minutes=1)

pytestmark = pytest.mark.usefixtures("morning")


def rings(firm: Firm, caller: str, minutes: float = 0) -> str:
    """Somebody rings and reaches nobody; the id of their callback."""
    with firm.database.transaction() as session:
        at = clock.now() + minutes * MINUTE
        call = firm.call(session, caller, received_at=at, state="unanswered", outcome="callback", ended_at=at)
        callback = callbacks.open_for(session, call, "rang_out", at)
        assert callback is not None
        return callback.id


def opened(firm: Firm) -> list[Callback]:
    with firm.database.reading() as session:
        return list(session.scalars(sa.select(Callback).where(Callback.state != "closed").order_by(Callback.due_at)))


@pytest.mark.proves("02-1.18")
def test_joining_two_numbers_joins_their_places_and_parting_them_parts_the_places(firm: Firm, sam: Visitor) -> None:
    jane, office = rings(firm, JANE, -10), rings(firm, OFFICE, -5)
    rings(firm, OFFICE, -4)
    promises = {each.caller: each.promised_by for each in opened(firm)}
    assert sam.press(f"/people/{OFFICE}/merge", other=JANE).status_code == 303
    (kept,) = opened(firm)
    assert (kept.id, kept.calls, kept.promised_by, kept.caller_key) == (jane, 3, promises[JANE], OFFICE)
    assert firm.row(office).closed_reason == "merged"
    page = reads(sam.get("/").text)
    assert "(212) 555-0142 also (212) 555-0143 · rang 3 times" in page
    assert "Closed today" not in page
    with firm.database.reading() as session:
        assert set(session.scalars(sa.select(Call.callback_id))) == {jane}
        assert set(session.scalars(sa.select(Promise.callback_id))) == {jane}
    card = reads(sam.get(f"/people/{JANE}").text)
    assert card.count("to be rung back") == 3, "the history of both is on one card"
    assert sam.press(f"/people/{OFFICE}/split").status_code == 303
    parted = {each.caller: each for each in opened(firm)}
    assert {number: each.promised_by for number, each in parted.items()} == promises
    assert {number: (each.calls, each.caller_key) for number, each in parted.items()} == {
        JANE: (1, JANE), OFFICE: (2, OFFICE),
    }  # fmt: skip
    with firm.database.reading() as session:
        for call in session.scalars(sa.select(Call)):
            assert call.callback_id == parted[call.caller].id


def everything(firm: Firm) -> list[list[tuple[object, ...]]]:
    """What a merge may touch, to the last column; leases go on by themselves."""
    with firm.database.reading() as session:
        kept = [[column for column in kind.__table__.columns if column.name != "lease_until"] for kind in
                (Callback, Call, Promise, Attempt, Contact, ContactTag)]  # fmt: skip
        return [sorted(map(tuple, session.execute(sa.select(*columns))), key=str) for columns in kept]


@pytest.mark.proves("02-1.20")
def test_a_merge_can_be_undone_for_ten_seconds_to_the_last_column(
    firm: Firm, sam: Visitor, alex: Visitor, morning: time_machine.Traveller
) -> None:
    token = sam.token("/account")

    def press(path: str, **fields: str) -> int:
        return sam.post(path, fields | {"csrf_token": token}).status_code

    jane, office = rings(firm, JANE, -10), rings(firm, OFFICE, -5)
    rings(firm, OFFICE, -4)
    over = {"state": "ended", "created_at": clock.now(), "ended_at": clock.now(), "due_for": firm.row(jane).promised_by}
    with firm.database.transaction() as session:
        session.add_all(Attempt(callback_id=each, staff_id="sam", **over) for each in (jane, office))
    firm.set(jane, state="unreached", note="Gate code")
    alex.press(f"/callbacks/{office}/claim")
    press(f"/people/{JANE}/change", name="Jane", tags="boiler")
    press(f"/people/{OFFICE}/change", name="Office", vip="yes")
    before = everything(firm)

    press(f"/people/{JANE}/merge", other=OFFICE)
    assert everything(firm) != before
    assert "Undo" in sam.get(f"/people/{OFFICE}").text
    assert "Undo" not in alex.get(f"/people/{OFFICE}").text, "hers to undo, who did it"
    assert alex.press(f"/people/{JANE}/undo").status_code == 400
    assert press(f"/people/{JANE}/undo") == 303
    assert everything(firm) == before
    assert "took back that the numbers" in sam.get(f"/people/{OFFICE}").text
    assert press(f"/people/{JANE}/undo") == 400, "once"

    press(f"/people/{JANE}/merge", other=OFFICE)
    rings(firm, OFFICE)
    assert "Undo" not in sam.get(f"/people/{JANE}").text
    assert press(f"/people/{JANE}/undo") == 400
    press(f"/people/{OFFICE}/split")
    press(f"/people/{JANE}/merge", other=OFFICE)
    morning.shift(16)
    assert press(f"/people/{JANE}/undo") == 400
    assert len(opened(firm)) == 1


def test_from_whichever_number_they_ring_it_is_counted_once_and_rung_there(firm: Firm, sam: Visitor) -> None:
    with firm.database.transaction() as session:
        same_person.merge(session, JANE, OFFICE, "Sam", clock.now())
    first = rings(firm, OFFICE)
    assert rings(firm, JANE, 1) == first
    assert [(each.calls, each.caller, each.caller_key) for each in opened(firm)] == [(2, JANE, JANE)]
    with firm.database.transaction() as session:  # got through from the other number
        talk = firm.call(session, OFFICE, state="joined", joined_at=clock.now() + 2 * MINUTE)
        assert crossings.got_through(session, talk, clock.now()) is not None
    assert opened(firm) == []
    sam.press(f"/callbacks/{first}/reopen")
    assert [each.caller_key for each in opened(firm)] == [JANE]


def test_call_offers_which_number_is_rung(firm: Firm, sam: Visitor, alex: Visitor) -> None:
    with firm.database.transaction() as session:
        same_person.merge(session, JANE, OFFICE, "Sam", clock.now())
        contacts.remember(session, "+442079460123")
        same_person.merge(session, JANE, "+442079460123", "Sam", clock.now())
    callback = rings(firm, JANE)
    page = sam.get("/list").text
    assert "Call (212) 555-0143" in reads(page)
    assert "Call +44" not in reads(page), "the rules forbid that one"
    stranger = sam.press(f"/callbacks/{callback}/call", number="+12125550199")
    assert stranger.status_code == 409
    assert sam.press(f"/callbacks/{callback}/call", number=OFFICE).status_code == 303
    assert (firm.row(callback).caller, firm.row(callback).state) == (OFFICE, "calling")
    assert sam.press(f"/callbacks/{callback}/call", number=JANE).status_code == 409, "a phone is live for it"
    with firm.database.reading() as session:
        assert len(session.scalars(sa.select(Attempt)).all()) == 1


@pytest.mark.proves("02-3.3")
def test_nobody_is_dialled_who_rings_in_from_their_other_number(firm: Firm, sam: Visitor) -> None:
    with firm.database.transaction() as session:
        same_person.merge(session, JANE, OFFICE, "Sam", clock.now())
    callback = rings(firm, JANE)
    with firm.database.transaction() as session:
        firm.call(session, OFFICE, state="ringing")
    refused = sam.press(f"/callbacks/{callback}/call")
    assert refused.status_code == 409
    assert "on the phone with us" in refused.text


def test_what_was_tried_for_one_was_tried_for_both(firm: Firm, sam: Visitor) -> None:
    jane, office = rings(firm, JANE, -10), rings(firm, OFFICE, -5)
    over = {"state": "ended", "created_at": clock.now(), "ended_at": clock.now(), "due_for": firm.row(jane).promised_by}
    with firm.database.transaction() as session:
        session.add_all(Attempt(callback_id=each, staff_id="sam", **over) for each in (jane, office))
        session.add(Attempt(callback_id=office, staff_id="alex", **over))
    sam.press(f"/people/{JANE}/merge", other=OFFICE)
    with firm.database.reading() as session:
        tried = session.scalars(sa.select(Attempt).order_by(Attempt.staff_id)).all()
        assert [(each.callback_id, each.staff_id) for each in tried] == [(jane, "alex"), (jane, "sam"), (jane, "sam")]
        assert [each.due_for for each in tried].count(None) == 1


def test_a_colleague_whose_claim_goes_into_anothers_is_told(firm: Firm, sam: Visitor, alex: Visitor) -> None:
    jane, office = rings(firm, JANE, -10), rings(firm, OFFICE, -5)
    sam.press(f"/callbacks/{jane}/claim")
    alex.press(f"/callbacks/{office}/claim")
    sam.press(f"/people/{JANE}/merge", other=OFFICE)
    assert [(each.id, each.claimed_by) for each in opened(firm)] == [(jane, "sam")]
    assert "Sam Field took over" in reads(alex.get("/").text)


def test_while_phones_are_live_for_both_they_stay_two_until_one_is_over(firm: Firm, sam: Visitor) -> None:
    lease = clock.now() + 9 * MINUTE
    rings(firm, JANE, -10)
    office = rings(firm, OFFICE, -5)
    for number, name in ((JANE, "sam"), (OFFICE, "alex")):
        with firm.database.transaction() as session:
            session.execute(
                sa.update(Callback)
                .where(Callback.caller == number)
                .values(state="talking", claimed_by=name, lease_until=lease)
            )
    sam.press(f"/people/{JANE}/merge", other=OFFICE)
    assert len(opened(firm)) == 2
    firm.set(office, state="waiting", claimed_by=None, lease_until=None)
    with firm.database.transaction() as session:
        jobs = session.scalars(sa.select(Outbox).where(Outbox.job == same_person.JOB)).all()
        assert len(jobs) == 2, "one for the moment of joining, one for later"
        same_person.gather(session, **jobs[0].args, now=clock.now())
    assert [each.state for each in opened(firm)] == ["talking"]


def test_who_rang_at_the_moment_of_joining_is_found_by_the_job(firm: Firm) -> None:
    with firm.database.transaction() as session:
        same_person.merge(session, JANE, OFFICE, "Sam", clock.now())
    firm.callback(JANE)
    firm.callback(OFFICE)  # written by a transaction that did not know yet
    with firm.database.transaction() as session:
        same_person.gather(session, OFFICE, clock.now())
        same_person.gather(session, OFFICE, clock.now())
    assert [(each.calls, each.caller_key) for each in opened(firm)] == [(2, JANE)]


def test_blocking_one_number_leaves_the_other_to_be_rung(firm: Firm, sam: Visitor) -> None:
    with firm.database.transaction() as session:
        same_person.merge(session, JANE, OFFICE, "Sam", clock.now())
    callback = rings(firm, JANE)
    rings(firm, OFFICE, 1)
    sam.press(f"/people/{OFFICE}/blocked", blocked="yes")
    assert (firm.row(callback).state, firm.row(callback).caller) == ("waiting", JANE)
    sam.press(f"/people/{JANE}/blocked", blocked="yes")
    assert firm.row(callback).closed_reason == "blocked"


def test_an_unknown_second_number_in_a_file_that_has_rung_has_one_place_too(firm: Firm) -> None:
    rings(firm, JANE, -10)
    rings(firm, OFFICE, -5)
    from voice import imports
    from voice.rules.contact_files import Entry

    with firm.database.transaction() as session:
        made = imports.look_at(session, [Entry(line=2, name="Jane", numbers=(JANE, OFFICE))], "f.csv", "S", clock.now())
        imports.start(session, made.id, clock.now())
        imports.bring_in(session, made.id, clock.now())
    assert [(each.calls, each.line) for each in opened(firm)] == [(2, LINE)]


AT = dt.datetime(2026, 11, 23, 15, tzinfo=dt.UTC)


def place(**values: object) -> Callback:
    """A callback that rang at ten and is promised for eleven."""
    usual = {"state": "waiting", "calls": 1, "first_called_at": AT, "last_called_at": AT, "attempts": 0, "note": ""}
    times = {"promised_by": AT + 60 * MINUTE, "due_at": AT + 60 * MINUTE, "reason": "rang_out", "why_not": ""}
    return Callback(**(usual | times | values))


@pytest.mark.parametrize(
    ("kept", "other", "expected"),
    [
        # the earlier promise, if it is still owed
        ({}, {"promised_by": AT + 30 * MINUTE}, {"promised_by": AT + 30 * MINUTE, "rang_at": None}),
        # kept by a ring of the other row that came after it was made
        ({"rang_at": AT + 5 * MINUTE}, {"promised_by": AT + 30 * MINUTE}, {"rang_at": AT + 5 * MINUTE}),
        # but not by one before
        (
            {"rang_at": AT + 5 * MINUTE, "promised_by": AT + 10 * MINUTE},
            {"first_called_at": AT + 8 * MINUTE},
            {"promised_by": AT + 60 * MINUTE, "rang_at": None},
        ),
        # what waits for its promise is not put off by what was set aside
        (
            {"later": "snoozed", "due_at": AT + 20 * MINUTE},
            {"due_at": AT + 40 * MINUTE},
            {"later": None, "due_at": AT + 40 * MINUTE},
        ),
        # nor is the earlier place of somebody who could not be dialled, and was promised no time
        (
            {},
            {"state": "no_number", "promised_by": AT + 30 * MINUTE},
            {"due_at": AT + 30 * MINUTE, "promised_by": AT + 60 * MINUTE},
        ),
        ({"note": "Side door"}, {"note": "Side door"}, {"note": "Side door"}),
        ({"note": "Side door"}, {"note": "Boiler"}, {"note": "Side door · Boiler"}),
        ({"bought": False}, {"bought": True, "topic_id": 3}, {"bought": False, "topic_id": 3}),
    ],
)
def test_what_the_one_place_says(
    kept: dict[str, object], other: dict[str, object], expected: dict[str, object]
) -> None:  # fmt: skip
    told = one_place.together(place(**kept), place(**other))
    assert {name: told[name] for name in expected} == expected

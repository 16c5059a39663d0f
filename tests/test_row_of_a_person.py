"""What is known of a person stands on their row; who needs somebody, and who goes first, is said there too."""

import datetime as dt
import re

import pytest
import sqlalchemy as sa
import time_machine

from tests.firm import MONDAY_TEN
from tests.pages import JANE, Firm, Visitor, reads
from voice import attempts, clock, persons, ringing
from voice.doors import AuditEntry
from voice.models import Attempt, Call, Callback

LUIS = "+12125550177"
MINUTE = dt.timedelta(minutes=1)
NOBODY = "and nobody has it"
NOT_VERIFIED = "number not verified"


pytestmark = pytest.mark.usefixtures("morning")


def row(visitor: Visitor, callback: str) -> str:
    """One row of the list, as HTML."""
    return visitor.get("/list").text.partition(f'id="cb-{callback}"')[2].partition('<li class="row')[0]


@pytest.mark.proves("02-1.5")
def test_the_name_leads_to_the_card_and_tags_and_vip_stand_beside_it(firm: Firm, sam: Visitor) -> None:
    jane, hidden = firm.callback(), firm.callback(None, state="no_number")
    with firm.database.transaction() as session:
        persons.change(session, JANE, "Sam Field", clock.now(), name="Jane Doe", vip=True, tags=("boiler", "<b>"))
    assert f'<a href="/people/{JANE}"><bdi>Jane Doe</bdi></a>' in row(sam, jane)
    assert "Jane Doe VIP" in reads(row(sam, jane))
    assert "<bdi>boiler</bdi>" in row(sam, jane)
    assert "<bdi>&lt;b&gt;</bdi>" in row(sam, jane)
    assert "/people/" not in row(sam, hidden)


@pytest.mark.parametrize(
    ("verstats", "said"),
    [((None,), False), (("TN-Validation-Passed-A",), False), (("TN-Validation-Failed",), True), (("",), True),
     (("TN-Validation-Failed", None), True), (("TN-Validation-Failed", "TN-Validation-Passed-A"), False)],
)  # fmt: skip
@pytest.mark.proves("02-2.3", "F8")
def test_a_number_the_carrier_does_not_vouch_for_is_marked_by_the_last_word_on_it(
    firm: Firm, sam: Visitor, verstats: tuple[str | None, ...], said: bool
) -> None:
    callback = firm.callback()
    with firm.database.transaction() as session:
        session.execute(sa.update(Call).values(verstat=verstats[0]))
        for minutes, verstat in enumerate(verstats[1:], 1):
            at = clock.now() + minutes * MINUTE
            firm.call(session, JANE, callback_id=callback, verstat=verstat, received_at=at, ended_at=at)
    assert (NOT_VERIFIED in row(sam, callback)) == said


def test_somebody_is_found_by_a_tag_or_by_a_note_on_any_of_their_numbers(firm: Firm, sam: Visitor) -> None:
    jane, luis = firm.callback("+12125550143"), firm.callback(LUIS)
    with firm.database.transaction() as session:
        persons.merge(session, JANE, "+12125550143", "Sam Field", clock.now())
        persons.change(session, JANE, "Sam Field", clock.now(), tags=("Landlord",))
        persons.add_note(session, JANE, "Key is with Rosa at number 1204", "Sam Field", clock.now())
        persons.change(session, LUIS, "Sam Field", clock.now(), name="Luis")
    hits = {"landlord": {jane}, "rosa KEY": {jane}, "1204": {jane}, "changed": set(), "luis": {luis}, "plumb": set()}
    pages = {q: sam.client.get("/list", query_string={"q": q}, base_url=sam.origin).text for q in hits}
    assert {q: set(re.findall(r'id="cb-(\w+)"', page)) for q, page in pages.items()} == hits


@pytest.mark.proves("02-1.5", "L6")
def test_a_promise_that_is_near_or_past_and_nobodys_is_said_in_words(firm: Firm, sam: Visitor) -> None:
    lease = clock.now() + 9 * MINUTE
    near, far, late = firm.callback(JANE, due=5), firm.callback(LUIS, due=6), firm.callback("+12125550158", due=-8)
    claimed = firm.callback("+12125550159", due=3, state="claimed", claimed_by="alex", lease_until=lease)
    rung = firm.callback("+12125550160", due=3, rang_at=clock.now())
    assert "in 5 min and nobody has it" in reads(row(sam, near))
    assert "8 min late and nobody has it" in reads(row(sam, late))
    assert [each for each in (far, claimed, rung) if NOBODY in row(sam, each)] == []


def test_a_phone_that_rings_by_itself_is_said_so_by_name(firm: Firm, sam: Visitor) -> None:
    callback = firm.callback(due=3)
    with firm.database.transaction() as session:
        attempts.ring_by_itself(session, session.get_one(Callback, callback), "sam", clock.now())
    for visitor in (sam, firm.visitor("alex@example.com")):
        page = reads(row(visitor, callback))
        assert "Ringback is ringing Sam Field" in page
        assert "Ringing you" not in page
        assert NOBODY not in page, "a phone rings for it"


def test_who_takes_a_caller_is_told_so_and_not_asked_again(firm: Firm, sam: Visitor) -> None:
    with firm.database.transaction() as session:
        call = firm.call(session, JANE, state="ringing").id
    sam.press(f"/calls/{call}/take")
    mine = sam.get("/list").text
    assert "You are taking it" in reads(mine)
    assert f"take-{call}" not in mine
    assert f'<a href="/people/{JANE}">' in mine
    theirs = firm.visitor("alex@example.com").get("/list").text
    assert "Sam Field is taking it" in reads(theirs)
    with time_machine.travel(MONDAY_TEN + ringing.RESERVED, tick=False):
        assert f"take-{call}" in sam.get("/list").text


@pytest.mark.parametrize(
    ("seconds", "rung", "said"),
    [
        (240, None, "A live caller first: there is still time to ring back as promised."),
        (30, "asked", "The promised call first: it is due within a minute and would be late."),
        (30, "by itself", "The promised call first: it is due within a minute and would be late."),
        (30, None, None),  # everybody has been rung for it: it takes no phone from a caller
        (3600, None, None),
    ],
)
@pytest.mark.proves("02-3.5")
def test_who_goes_first_is_said_where_a_caller_and_a_promise_want_a_phone(
    firm: Firm, sam: Visitor, seconds: int, rung: str | None, said: str | None
) -> None:
    callback = firm.callback(due=seconds / 60)
    if rung == "asked":
        firm.set(callback, state="calling", claimed_by="alex", lease_until=clock.now() + MINUTE)
        with firm.database.transaction() as session:
            session.add(Attempt(callback_id=callback, staff_id="alex", created_at=clock.now()))
    elif rung:
        with firm.database.transaction() as session:
            attempts.ring_by_itself(session, session.get_one(Callback, callback), "alex", clock.now())
    assert "first:" not in reads(sam.get("/list").text), "nobody rings"
    with firm.database.transaction() as session:
        firm.call(session, LUIS, state="ringing")
    page = reads(sam.get("/list").text)
    assert ("first:" in page) == (said is not None)
    assert said is None or said in page


def test_what_the_owner_changes_is_written_down_without_a_number(firm: Firm, sam: Visitor) -> None:
    firm.callback()
    sam.press(f"/people/{JANE}/blocked", blocked="yes")
    sam.press(f"/people/{JANE}/blocked", blocked="no")
    sam.get("/people/export.csv")
    sam.press("/topics/new", name="A quote")
    sam.press("/topics/new", name="A quote")
    sam.press("/team/alex/availability", availability="off")
    with firm.database.reading() as session:
        entries = session.scalars(sa.select(AuditEntry).order_by(AuditEntry.id).offset(1)).all()
        told = [(entry.what, entry.object) for entry in entries]
    assert told == [
        ("blocked", ""), ("unblocked", ""), ("exported", "contacts.csv"), ("topics_changed", ""), ("set_off", "alex"),
    ]  # fmt: skip
    page = reads(sam.get("/audit").text)
    assert "said who is off alex" in page


def test_the_owner_finds_the_topics_in_the_menu(firm: Firm, sam: Visitor) -> None:
    assert 'href="/topics"' in sam.get("/").text
    assert 'href="/topics"' not in firm.visitor("alex@example.com").get("/").text

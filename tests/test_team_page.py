"""The team page: who is on now and until when; on, away, off and the phone of today in one tap."""

import datetime as dt
import re

import pytest
import time_machine

from tests.firm import LINE, MONDAY_TEN, PHONES
from tests.pages import Firm, reads
from voice import clock
from voice.firm import Line, StaffMember
from voice.models import Leg, Mailbox

pytestmark = pytest.mark.usefixtures("morning")


def change(firm: Firm, name: str, **values: object) -> None:
    """Change somebody behind the page's back."""
    with firm.database.transaction() as session:
        for field, value in values.items():
            setattr(session.get_one(StaffMember, name), field, value)


def person(firm: Firm, name: str) -> StaffMember:
    """Their row."""
    with firm.database.reading() as session:
        return session.get_one(StaffMember, name)


def columns(firm: Firm, name: str) -> dict[str, object]:
    """The same, to the last column."""
    row = person(firm, name)
    return {column.name: getattr(row, column.name) for column in StaffMember.__table__.columns}


def card(page: str, name: str) -> str:
    """What the page says of one person, as it is read."""
    _, _, rest = page.partition(f'id="staff-{name}"')
    return reads("<li" + rest.partition("</li>")[0])


@pytest.mark.proves("02-3.8")
def test_it_says_who_is_on_until_when_and_what_their_phone_does(firm: Firm) -> None:
    with firm.database.transaction() as session:
        session.get_one(Line, LINE).hours = {"mon": "09:00-17:30", "tue": "09:00-17:30"}
        leg = {"line": LINE, "staff_id": "alex", "phone": PHONES["alex"], "purpose": "ring", "state": "ringing"}
        session.add(Leg(placed_at=clock.now(), stop_at=clock.now(), **leg))
        seen = [[13.2, clock.now().isoformat()], [13.0, clock.now().isoformat()]]
        session.add(Mailbox(phone=PHONES["alex"], seen=seen))
    change(firm, "kim", availability="away", away_until=MONDAY_TEN + dt.timedelta(minutes=40))
    change(firm, "sam", shifts={"tue": "12:00-14:00"}, time_zone="America/Los_Angeles")
    page = firm.visitor("alex@example.com").get("/team").text
    assert "1 person is on just now." in page
    assert "Their phone rings until 5:30 pm Shift today: 9:00 am to 5:30 pm" in card(page, "alex")
    assert "Rings 11 s, then stops: its mailbox takes over at 13 s." in card(page, "alex")
    assert "mailbox" not in card(page, "sam")
    assert "Away until 10:40 am" in card(page, "kim")
    sam = "Not on shift , on again tomorrow 12:00 pm (Los Angeles time) Shift today: none (Los Angeles time)"
    assert sam in card(page, "sam")
    assert 'action="/team/alex/' in page
    assert 'action="/team/sam/' not in page


@pytest.mark.proves("02-3.8")
def test_on_away_and_off_are_one_tap_each(firm: Firm) -> None:
    alex = firm.visitor("alex@example.com")
    assert alex.press("/team/alex/availability", availability="away", **{"in": "60"}).status_code == 303
    assert person(firm, "alex").away_until == MONDAY_TEN + dt.timedelta(hours=1)
    assert "You are away until 11:00 am" in reads(alex.get("/").text)
    alex.press("/team/alex/availability", availability="away", at="09:30")
    assert person(firm, "alex").away_until == MONDAY_TEN + dt.timedelta(hours=23, minutes=30)
    alex.press("/team/alex/availability", availability="off")
    assert (person(firm, "alex").availability, person(firm, "alex").away_until) == ("off", None)
    assert "You are off." in reads(alex.get("/").text)
    alex.press("/team/alex/availability", availability="on")
    assert "Your phone is not rung" not in reads(alex.get("/").text)


@pytest.mark.proves("02-1.20")
def test_what_was_said_of_the_team_can_be_taken_back_for_ten_seconds(
    firm: Firm, morning: time_machine.Traveller
) -> None:
    change(firm, "alex", availability="away", away_until=MONDAY_TEN + dt.timedelta(hours=1), away_why="missed")
    alex, sam = firm.visitor("alex@example.com"), firm.visitor("sam@example.com")
    taps = {"availability": {"availability": "on"}, "phone": {"phone": "(212) 555-0155"}}
    for visitor, page, more in ((alex, "/team", {}), (sam, "/", {"view": ""})):
        for what, fields in taps.items():
            before = columns(firm, "alex")
            visitor.press(f"/team/alex/{what}", **fields, **more)
            assert columns(firm, "alex") != before
            assert re.search(r"(On|Another phone today): Alex Moor Undo", reads(visitor.get(page).text))
            assert 'id="take-back"' not in (sam if visitor is alex else alex).get("/team").text
            back = visitor.press("/team/undo", **more)
            assert (back.status_code, back.headers["Location"].partition("#")[0]) == (303, page)
            assert columns(firm, "alex") == before
    assert alex.press("/team/undo").status_code == 409, "once"
    alex.press("/team/alex/availability", availability="off")
    sam.press("/team/alex/availability", availability="away")
    assert alex.press("/team/undo").status_code == 409, "somebody has said otherwise since"
    morning.shift(10)
    assert 'id="take-back"' not in sam.get("/").text
    morning.shift(5)
    assert sam.press("/team/undo").status_code == 409


@pytest.mark.proves("02-3.10")
def test_whose_phone_rests_is_told_why_on_every_page_and_is_back_in_one_tap(firm: Firm) -> None:
    change(firm, "alex", availability="away", away_until=MONDAY_TEN + dt.timedelta(hours=1), away_why="missed")
    alex = firm.visitor("alex@example.com")
    assert "Your phone rests. It rang for three callers in a row" in reads(alex.get("/").text)
    assert alex.press("/team/alex/availability", availability="on").status_code == 303
    assert (person(firm, "alex").availability, person(firm, "alex").away_why) == ("on", "")


def test_everybody_says_it_for_themselves_and_the_owner_for_all(firm: Firm) -> None:
    alex, sam = firm.visitor("alex@example.com"), firm.visitor("sam@example.com")
    for what, fields in {"availability": {"availability": "off"}, "phone": {"phone": ""}}.items():
        assert alex.press(f"/team/kim/{what}", **fields).status_code == 403
        assert sam.press(f"/team/kim/{what}", **fields).status_code == 303
    assert person(firm, "kim").availability == "off"
    assert sam.press("/team/nobody/availability", availability="on").status_code == 404
    assert sam.press("/team/kim/availability", availability="asleep").status_code == 400


def test_a_phone_for_today_is_taken_as_typed_or_refused_with_what_was_typed_kept(firm: Firm) -> None:
    change(firm, "alex", desk_phone="sip:alex@example.com")
    alex = firm.visitor("alex@example.com")
    refused = alex.press("/team/alex/phone", phone='900 555 0123"><b>')
    assert refused.status_code == 400
    assert 'value="900 555 0123&#34;&gt;&lt;b&gt;"' in refused.text
    assert person(firm, "alex").phone_today is None
    assert alex.press("/team/alex/phone", phone="(212) 555-0155").status_code == 303
    assert "rung on (212) 555-0155 until midnight" in card(alex.get("/team").text, "alex")
    alex.press("/team/alex/phone", phone="sip:alex@example.com")
    assert person(firm, "alex").phone_today == "sip:alex@example.com"
    alex.press("/team/alex/phone", phone="")
    assert person(firm, "alex").phone_today is None


def test_what_of_the_page_changes_can_be_asked_for_alone(firm: Firm) -> None:
    alex = firm.visitor("alex@example.com")
    fresh = alex.get("/team/part")
    assert alex.get("/team/part", If_None_Match=fresh.headers["ETag"]).status_code == 304
    change(firm, "alex", availability="off")
    told = alex.get("/team/part", If_None_Match=fresh.headers["ETag"])
    assert told.status_code == 200
    assert "You are off." in reads(told.text)  # the bar above every page comes with it
    assert "Off" in card(told.text, "alex")
    assert firm.visitor().get("/team/part").status_code == 401


def test_who_answers_no_line_is_told_so_and_a_firm_without_lines_too(firm: Firm) -> None:
    sam = firm.visitor("sam@example.com")
    assert "Answers no line" in card(sam.get("/team").text, "kim")
    assert "Answers no line" not in card(sam.get("/team").text, "alex")
    with firm.database.transaction() as session:
        session.get_one(Line, LINE).active = False
    page = sam.get("/team").text
    assert "There is no line yet" in page
    assert "Who is on shift" not in page


def test_who_works_alone_is_told_what_that_means(firm: Firm) -> None:
    for name in ("alex", "kim"):
        change(firm, name, active=False)
    assert "You answer alone" in firm.visitor("sam@example.com").get("/team").text

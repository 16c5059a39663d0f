"""When somebody works: hours by day, their own clock, days off; on the page, in the file, and in who is rung."""

import datetime as dt
import json
import re
from html import unescape

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from dashboard import team_rows, week_rows
from tests.firm import LINE, MONDAY_TEN, OFFICE, PHONES, SECOND_LINE, line_row
from tests.pages import Firm, Visitor, reads
from voice import business, clock, roster
from voice.firm import Line, LineStaff, StaffMember
from voice.ledger import User
from voice.rules.hours import Interval, gaps

pytestmark = pytest.mark.usefixtures("morning")
HOUR = dt.timedelta(hours=1)
TODAY = MONDAY_TEN.date()


def person(firm: Firm, name: str) -> StaffMember:
    """Their row."""
    with firm.database.reading() as session:
        return session.get_one(StaffMember, name)


def on_shift(firm: Firm, at: dt.datetime) -> list[str]:
    """Whom a caller's call would ring."""
    with firm.database.reading() as session:
        card = roster.current(session).line(LINE)
        assert card is not None
        return [each.id for each in card.on_shift(at)]


def office_hours(firm: Firm, **more: object) -> None:
    """The line is no longer open all day and night."""
    with firm.database.transaction() as session:
        line = session.get_one(Line, LINE)
        for name, value in ({"hours": OFFICE} | more).items():
            setattr(line, name, value)


def second_line(firm: Firm, *staff: str, **values: object) -> None:
    """Another line, with its own people."""
    with firm.database.transaction() as session:
        session.add(line_row(number=SECOND_LINE, name="Night line", position=1, **values))
        session.flush()
        session.add_all(LineStaff(line=SECOND_LINE, staff_id=name, position=0) for name in staff)


def week(firm: Firm, line: str = "", first: str = "") -> week_rows.Week:
    """The picture."""
    with firm.database.reading() as session:
        found = week_rows.read(session, line, first, clock.now())
        assert found is not None
        return found


@pytest.mark.proves("02-3.9")
def test_hours_set_on_the_page_are_rung_by_exported_and_read_back(firm: Firm) -> None:
    sam = firm.visitor("sam@example.com")
    hours = {"mon": " 13:00-17:00,9:00-12:00", "sat": "22:00–02:00", "sun": ""}
    saved = sam.press("/team/alex/hours", own="1", time_zone="America/Los_Angeles", **hours)
    assert (saved.status_code, saved.headers["Location"]) == (303, "/team/alex/shifts?saved=shifts_changed")
    alex = person(firm, "alex")
    assert alex.shifts == {"mon": "09:00-12:00,13:00-17:00", "sat": "22:00-02:00"}
    assert alex.time_zone == "America/Los_Angeles"
    assert on_shift(firm, MONDAY_TEN) == ["sam"]  # it is seven in Los Angeles
    assert on_shift(firm, MONDAY_TEN + 2 * HOUR) == ["sam", "alex"]
    assert on_shift(firm, MONDAY_TEN + 5 * HOUR) == ["sam"]  # their noon
    with firm.database.transaction() as session:
        text = business.export(session)
        assert 'shifts = {mon = "09:00-12:00,13:00-17:00", sat = "22:00-02:00"}' in text
        assert not business.apply(session, text, clock.now())
    assert "changed the shifts of" in sam.get("/audit").text
    sam.press("/team/alex/hours", own="", time_zone="", mon="00:00-24:00")
    assert (person(firm, "alex").shifts, person(firm, "alex").time_zone) == (None, "")
    assert on_shift(firm, MONDAY_TEN) == ["sam", "alex"]


def test_who_saves_hours_or_a_phone_over_a_colleagues_is_told_and_loses_nothing(firm: Firm) -> None:
    with firm.database.transaction() as session:
        session.execute(sa.update(User).where(User.email == "kim@example.com").values(role="owner"))
    sam, kim = firm.visitor("sam@example.com"), firm.visitor("kim@example.com")

    def was(page: str) -> str:
        return unescape(re.findall(r'name="was" value="([^"]*)"', page)[0])

    page = was(sam.get("/team/alex/shifts").text)
    kim.press("/team/alex/hours", own="1", time_zone="", mon="10:00-12:00")
    late = sam.press("/team/alex/hours", own="1", time_zone="", mon="09:00-17:00", tue="09:00-17:00", was=page)
    assert late.status_code == 409
    assert "Kim Heath changed this at 10:00 am, while you had it open." in reads(late.text)
    assert "“ 10:00-12:00 ”" in reads(late.text)
    assert 'value="09:00-17:00"' in late.text
    assert person(firm, "alex").shifts == {"mon": "10:00-12:00"}
    again = sam.press("/team/alex/hours", own="1", time_zone="", mon="09:00-17:00", was=was(late.text))
    assert (again.status_code, person(firm, "alex").shifts) == (303, {"mon": "09:00-17:00"})

    shown = json.dumps({"phone": PHONES["alex"]})
    kim.press("/team/alex/phone", phone="+12125550188", was=shown)
    late = sam.press("/team/alex/phone", phone="+12125550199", was=shown)
    assert late.status_code == 409
    assert "Phone: Kim Heath changed it at 10:00 am, while you had it open: now +1 212-555-0188." in reads(late.text)
    assert 'value="+12125550199"' in late.text
    assert person(firm, "alex").phone_today == "+12125550188"
    sam.press("/team/alex/phone", phone="+12125550199", was=json.dumps({"phone": "+12125550188"}))
    assert person(firm, "alex").phone_today == "+12125550199"


@pytest.mark.proves("02-3.9")
def test_days_off_are_taken_by_the_range_exported_and_given_back(firm: Firm) -> None:
    alex = firm.visitor("alex@example.com")
    assert alex.press("/team/alex/days", first="2026-11-23", off="1").status_code == 303
    alex.press("/team/alex/days", first="2026-12-30", last="2027-01-02", off="1")
    assert person(firm, "alex").days_off == [
        *("2026-11-23", "2026-12-30", "2026-12-31", "2027-01-01", "2027-01-02"),
    ]
    assert on_shift(firm, MONDAY_TEN) == ["sam"]
    assert "Days off: Mon 23 Nov, Wed 30 Dec to Sat 2 Jan" in reads(alex.get("/team").text)
    with firm.database.transaction() as session:
        assert not business.apply(session, business.export(session), clock.now())
    alex.press("/team/alex/days", first="2026-12-30", last="2027-01-02")
    assert person(firm, "alex").days_off == ["2026-11-23"]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"mon": "9 to 5"}, "Monday: &#34;9 to 5&#34; is not a span of time. Write it like 09:00-17:30;"),
        ({"tue": "09:00-12:00,11:00-13:00"}, "Tuesday: 09:00-12:00 and 11:00-13:00 overlap."),
        ({"sun": '"><script>alert(1)</script>'}, "Sunday: &#34;&#34;&gt;&lt;script&gt;"),
        ({}, "Own hours: write them for one day at least."),
        ({"mon": "09:00-17:00", "time_zone": "Mars/Olympus"}, "is not a time zone."),
    ],
)
def test_hours_that_cannot_be_say_where_and_how_and_keep_what_was_typed(
    firm: Firm, sam: Visitor, fields: dict[str, str], said: str
) -> None:
    answer = sam.press("/team/alex/hours", **({"own": "1", "wed": "10:00-11:00"} | fields if fields else {"own": "1"}))
    assert answer.status_code == 400
    assert said in answer.text
    assert "<script>alert" not in answer.text
    if fields:
        assert 'name="wed" value="10:00-11:00"' in answer.text
    assert (person(firm, "alex").shifts, person(firm, "alex").time_zone) == (None, "")


def test_mondays_hours_go_into_the_fields_of_the_working_days_and_nothing_is_saved(firm: Firm, sam: Visitor) -> None:
    fields = {"mon": "08:00-16:00", "tue": "x", "sat": "10:00-12:00", "copy": "mon"}
    page = sam.press("/team/alex/hours", own="1", **fields).text
    assert page.count('value="08:00-16:00"') == 5
    assert 'name="sat" value="10:00-12:00"' in page
    assert person(firm, "alex").shifts is None


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        ("2026-11-22", "", "First day off: must be today or later"),
        ("2029-01-01", "", "within two years"),
        ("2026-12-24", "2026-12-23", "Last day off: must not be before the first"),
        ("soon", "", "First day off: choose a day"),
        ("2026-12-24", '"><b>', "Last day off: choose a day"),
    ],
)
def test_days_off_that_cannot_be_are_refused(firm: Firm, alex: Visitor, first: str, last: str, said: str) -> None:
    answer = alex.press("/team/alex/days", first=first, last=last, off="1")
    assert answer.status_code == 400
    assert said in answer.text
    assert '"><b>' not in answer.text
    assert person(firm, "alex").days_off == []


def test_hours_are_the_owners_business_days_off_everybodys_own(firm: Firm, sam: Visitor, alex: Visitor) -> None:
    assert alex.press("/team/alex/hours", own="1", mon="09:00-10:00").status_code == 403
    assert alex.press("/team/kim/days", first="2026-12-24", off="1").status_code == 403
    assert sam.press("/team/kim/days", first="2026-12-24", off="1").status_code == 303
    mine, kims = alex.get("/team/alex/shifts").text, alex.get("/team/kim/shifts").text
    assert "The owner sets the hours." in mine
    assert "Take off" in mine
    assert "Take off" not in kims
    assert "Save the hours" not in mine
    assert alex.get("/team/nobody/shifts").status_code == 404


def test_the_week_shows_who_works_why_not_and_where_nobody_does(firm: Firm, sam: Visitor) -> None:
    office_hours(firm, holidays="US")
    second_line(firm, "kim", hours={"tue": "18:00-20:00"})
    sam.press("/team/sam/hours", own="1", mon="09:00-12:00", tue="09:00-17:30", wed="09:00-17:30", fri="09:00-17:30")
    sam.press("/team/alex/hours", own="1", time_zone="America/Los_Angeles", mon="09:00-13:30", tue="09:00-18:00")
    sam.press("/team/sam/days", first="2026-11-25", off="1")
    sam.press("/team/kim/hours", own="1", mon="09:00-10:00")
    monday, tuesday, wednesday, thursday = week(firm).days[:4]
    assert [strip.said for strip in monday.people] == ["9 am to noon", "noon to 4:30 pm"]
    assert monday.nobody.said == "4:30 pm to 5:30 pm"
    assert (tuesday.people[1].said, tuesday.nobody.said) == ("noon to 9 pm", "")
    assert (wednesday.people[0].why, wednesday.people[1].why) == ("day off", "no shift")
    assert wednesday.nobody.said == "9 am to 5:30 pm"
    assert (thursday.opening.why, thursday.busy) == ("Thanksgiving Day", False)
    assert (week(firm).start, week(firm).end) == (9 * 60, 21 * 60)
    page = reads(sam.get("/team").text)
    assert "Main line : Mon 23 Nov 4:30 pm to 5:30 pm; Wed 25 Nov 9 am to 5:30 pm Night line : Tue" in page
    assert "Night line : Tue 24 Nov 6 pm to 8 pm" in page
    later = sam.get("/team?from=2026-11-30").text
    assert "Mon 30 Nov to Sun 6 Dec" in later
    assert "Mon 23 Nov to Sun 29 Nov" in sam.get("/team?from=<b>&line=%00").text


def test_a_shift_over_midnight_stands_on_both_days_and_on_the_night_the_clocks_change(firm: Firm) -> None:
    office_hours(firm, hours={"sat": "22:00-06:00"})
    saturday, sunday = week(firm, first="2026-10-31").days[:2]
    assert (saturday.opening.said, sunday.opening.said) == ("10 pm to midnight", "midnight to 6 am")
    assert (saturday.nobody.bars, sunday.nobody.bars) == ((), ())


def test_who_has_no_phone_is_no_help_to_callers(firm: Firm) -> None:
    office_hours(firm)
    with firm.database.transaction() as session:
        session.get_one(StaffMember, "sam").phone = ""
        session.get_one(StaffMember, "alex").days_off = [TODAY.isoformat()]
    assert week(firm).days[0].nobody.said == "9 am to 5:30 pm"


def test_only_lines_in_sight_are_drawn(firm: Firm) -> None:
    second_line(firm, hours={"mon": "09:00-10:00"})
    with firm.database.transaction() as session:
        session.execute(sa.update(User).where(User.email == "alex@example.com").values(lines=[LINE]))
    assert "Night line" in firm.visitor("sam@example.com").get("/team").text
    assert "Night line" not in firm.visitor("alex@example.com").get(f"/team?line=%2B{SECOND_LINE[1:]}").text


def test_days_off_next_to_each_other_are_one_and_past_ones_are_not_shown() -> None:
    member = StaffMember(days_off=["2026-11-30", "2026-11-20", "2026-12-01", "2026-12-03"])
    found = team_rows.days_off(member, TODAY)
    assert found == ((dt.date(2026, 11, 30), dt.date(2026, 12, 1)), (dt.date(2026, 12, 3), dt.date(2026, 12, 3)))


MINUTES = st.lists(st.tuples(st.integers(0, 60), st.integers(1, 20)), max_size=6)


@given(whole=MINUTES, covered=MINUTES)
def test_a_gap_is_exactly_what_is_open_and_uncovered(
    whole: list[tuple[int, int]], covered: list[tuple[int, int]]
) -> None:
    def spans(pairs: list[tuple[int, int]]) -> list[Interval]:
        return [
            Interval(MONDAY_TEN + dt.timedelta(minutes=at), MONDAY_TEN + dt.timedelta(minutes=at + length))
            for at, length in pairs
        ]

    def minutes(pairs: list[tuple[int, int]]) -> set[int]:
        return {minute for at, length in pairs for minute in range(at, at + length)}

    left = [
        (int((span.start - MONDAY_TEN).total_seconds() // 60), int((span.end - span.start).total_seconds() // 60))
        for span in gaps(spans(whole), spans(covered))
    ]
    assert minutes(left) == minutes(whole) - minutes(covered)
    assert left == sorted(left)

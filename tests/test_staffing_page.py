"""How many people each half-hour takes, beside who is on shift: from the line's own calls, also when clocks change."""

import csv
import datetime as dt
import io
import pathlib
import re
from collections.abc import Iterator

import pytest
import time_machine

from dashboard import staffing_rows
from tests.firm import LINE, OFFICE
from tests.letterbox import at
from tests.pages import JANE, Firm, Visitor, reads
from voice import clock, roster
from voice.doors import AuditEntry
from voice.firm import Line, StaffMember
from voice.rules.half_hours import Aim
from voice.rules.staffing import Load, least

pytestmark = pytest.mark.usefixtures("morning")


@pytest.fixture
def firm(storage_url: str, tmp_path: pathlib.Path) -> Iterator[Firm]:
    """Open in office hours; for eight weeks, ten calls every Tuesday from ten to half past; Sam works until noon."""
    made = Firm(storage_url, tmp_path)
    with made.database.transaction() as session:
        session.get_one(Line, LINE).hours = OFFICE
        for name, hours in (("sam", "09:00-12:00"), ("alex", "10:30-17:30")):
            session.get_one(StaffMember, name).shifts = dict.fromkeys(OFFICE, hours)
    yield made
    made.close()


def rang(firm: Firm, moments: list[dt.datetime]) -> None:
    """Talks of three minutes that began at these times."""
    with firm.database.transaction() as session:
        for when in moments:
            later = when + dt.timedelta(seconds=8)
            times = {"received_at": when, "joined_at": later, "ended_at": later}
            firm.call(session, JANE, state="completed", outcome="talked", talk_seconds=180, **times)


def tuesdays(count: int) -> list[dt.datetime]:
    """Ten calls on each Tuesday, from ten in New York on (summer time ended on 1 November)."""
    days = [dt.date(2026, 11, 17) - dt.timedelta(weeks=week) for week in range(count)]
    hour = {True: 15, False: 14}
    starts = [
        dt.datetime(day.year, day.month, day.day, hour[day >= dt.date(2026, 11, 1)], tzinfo=dt.UTC) for day in days
    ]
    return [start + dt.timedelta(minutes=2 * number) for start in starts for number in range(10)]


def test_a_half_hour_needs_what_erlang_says_of_its_own_calls_on_the_line_s_clock(firm: Firm) -> None:
    rang(firm, tuesdays(7))
    with firm.database.reading() as session:
        card = roster.current(session).lines[0]
        week = staffing_rows.read(session, card, Aim(0.9, 20), 30, clock.now())
    slots = {slot.of_week: slot for slot in week.slots}
    busy = slots[48 + 20]  # Tuesday, ten
    assert busy.need.calls_per_hour == 20
    assert busy.people == least(Load(20, 210, week.patience), 0.9, 20) == 3
    assert busy.perhaps == (3, 4)
    assert (busy.on_shift, busy.short) == (1, 2)
    assert slots[48 + 21].on_shift == 2  # from half past ten Alex is there too
    assert (slots[48 + 22].people, slots[48 + 22].need.calls_per_hour) == (1, 0)  # open, so one at least
    assert set(slots) == {day * 48 + number for day in range(5) for number in range(18, 35)}
    assert (week.talks, week.talk, week.weeks, week.is_guess) == (70, 180, 7, False)


def test_the_hour_the_clock_shows_twice_counts_twice(firm: Firm, morning: time_machine.Traveller) -> None:
    with firm.database.transaction() as session:
        session.get_one(Line, LINE).hours = {"sun": "00:00-06:00"}
    morning.move_to(at("2026-11-04T15:00"))
    rang(firm, [at("2026-11-01T04:00"), at("2026-11-01T05:10"), at("2026-11-01T06:10")])  # 1:10 am, twice
    with firm.database.reading() as session:
        week = staffing_rows.read(session, roster.current(session).lines[0], Aim(), 0, clock.now())
    one = {slot.of_week: slot.need for slot in week.slots}[6 * 48 + 2]
    assert one.calls_per_hour == 2  # two calls in two half-hours


def test_the_page_says_when_it_guesses_takes_another_aim_and_is_the_owner_s(firm: Firm, sam: Visitor) -> None:
    rang(firm, tuesdays(2))
    page = reads(sam.get("/owner/staffing").text)
    assert "This is a guess. 20 calls in 2 weeks" in page
    assert "People are short in" in page
    lines = list(
        csv.DictReader(io.StringIO(sam.get("/owner/staffing/table.csv?share=99&within=0").text.lstrip("\ufeff")))
    )
    busy = next(line for line in lines if (line["day"], line["half-hour"]) == ("Tue", "10:00"))
    usual = next(
        line for line in csv.DictReader(io.StringIO(sam.get("/owner/staffing/table.csv").text.lstrip("\ufeff")))
        if (line["day"], line["half-hour"]) == ("Tue", "10:00")
    )  # fmt: skip
    assert int(busy["people needed"]) > int(usual["people needed"])
    for wrong in ("share=100", "share=-1", "within=soon", "note=99999", "line=%2B1999"):
        assert sam.get(f"/owner/staffing?{wrong}").status_code == 400
    assert firm.visitor("alex@example.com").get("/owner/staffing").status_code == 403
    assert firm.visitor("alex@example.com").get("/owner/digest").status_code == 403
    for query in ("", "?shown"):  # the second as the page itself shows it
        assert sam.get(f"/owner/staffing/picture.svg{query}").text.startswith("<svg")
    with firm.database.reading() as session:
        taken = [entry.object for entry in session.query(AuditEntry).filter_by(what="exported", who="Sam Field")]
    assert taken == ["staffing.csv", "staffing.csv", "staffing.svg"]
    with firm.database.transaction() as session:
        session.get_one(Line, LINE).holidays = "US-NY"
    holiday = reads(sam.get("/owner/staffing").text)
    assert "Thu 26 Nov is Thanksgiving Day: shown with the shifts of Thu 3 Dec." in holiday
    short = re.compile(r"People are short in (\d+) half-hours")
    assert short.findall(holiday) == short.findall(page)  # nobody is missed on a day on which nobody is to be there
    with firm.database.transaction() as session:
        session.get_one(Line, LINE).closed_days = ["2026-11-12", "2026-11-19"]
    left_out = reads(sam.get("/owner/staffing").text)
    assert "Thursday is left out: there is nothing to go by yet, as Thu 19 Nov was a closed day." in left_out


def test_before_the_first_call_there_is_nothing_to_go_by(sam: Visitor) -> None:
    assert "Nothing to go by yet." in sam.get("/owner/staffing").text

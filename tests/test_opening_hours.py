"""When a line is open: spans, midnight, holidays, own closed days, zones and the two odd nights of the year."""

import datetime as dt
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice.rules.hours import (
    DAYS,
    Schedule,
    WeekHours,
    closing_time,
    is_open,
    next_opening,
    open_intervals,
    parse_day,
    why_closed,
)

NEW_YORK = "America/New_York"
DAILY = dict.fromkeys(DAYS, "09:00-17:30")


def at(text: str, zone: str = NEW_YORK, fold: int = 0) -> dt.datetime:
    """A local wall time as a UTC instant."""
    return dt.datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(dt.UTC)


@pytest.mark.proves("01-2.17")
@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("", ()),
        ("09:00-17:30", ((540, 1050),)),
        ("14:00-16:00, 10:00-13:00", ((600, 780), (840, 960))),
        ("18:00-02:00", ((1080, 1560),)),
        ("18:00-24:00", ((1080, 1440),)),
        ("18:00-00:00", ((1080, 1440),)),
        ("00:00-24:00", ((0, 1440),)),
        ("9:00–17:30", ((540, 1050),)),
    ],
)
def test_hours_are_read_as_owners_write_them(text: str, spans: tuple[tuple[int, int], ...]) -> None:
    assert parse_day("mon", text) == spans


@pytest.mark.proves("01-2.17")
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("9-5", "09:00-17:30"),
        ("09:00-25:00", "no clock"),
        ("24:00-02:00", "no clock"),
        ("09:75-12:00", "no clock"),
        ("09:00-09:00", "00:00-24:00"),
        ("09:00-13:00,12:00-16:00", "overlap"),
        ("09:00-12:00,", "leave the day out"),
        ("closed", "leave the day out"),
    ],
)
def test_unclear_hours_are_refused_naming_the_day_and_the_fix(text: str, words: str) -> None:
    with pytest.raises(ValueError, match="Tuesday") as refusal:
        WeekHours.from_dict({"tue": text})
    assert words in str(refusal.value)


def test_a_day_nobody_knows_is_refused() -> None:
    with pytest.raises(ValueError, match='"monday" is not a day'):
        WeekHours.from_dict({"monday": "09:00-17:00"})


@pytest.mark.parametrize(
    ("zone", "holidays", "closed", "words"),
    [
        ("America/Gotham", "", (), "not a time zone"),
        ("", "", (), "not a time zone"),
        (NEW_YORK, "XX", (), "not a calendar we know"),
        (NEW_YORK, "US-QQ", (), "not a calendar we know"),
        (NEW_YORK, "", ("24/12/2026",), "2026-12-24"),
    ],
)
def test_an_unknown_zone_calendar_or_date_is_refused(
    zone: str, holidays: str, closed: tuple[str, ...], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        Schedule.make(DAILY, zone, holidays, closed)


@given(st.dictionaries(st.sampled_from(DAYS), st.tuples(st.integers(0, 1439), st.integers(0, 1440))))
def test_hours_written_out_read_back_the_same(days: dict[str, tuple[int, int]]) -> None:
    text = {
        day: f"{start // 60:02}:{start % 60:02}-{end // 60:02}:{end % 60:02}"
        for day, (start, end) in days.items()
        if start != end
    }
    week = WeekHours.from_dict(text)
    assert WeekHours.from_dict(week.to_dict()) == week


@pytest.mark.proves("01-2.17")
def test_a_line_opens_on_the_minute_and_is_closed_on_its_closing_minute() -> None:
    schedule = Schedule.make({"mon": "10:00-13:00,14:00-16:00"}, NEW_YORK)
    opened = [
        hour for hour in ("09:59", "10:00", "12:59", "13:00", "13:59", "14:00", "16:00")
        if is_open(schedule, at(f"2026-11-23T{hour}"))
    ]  # fmt: skip
    assert opened == ["10:00", "12:59", "14:00"]
    assert not is_open(schedule, at("2026-11-24T10:30"))


@pytest.mark.proves("01-2.17")
def test_an_evening_over_midnight_belongs_to_the_day_it_starts_on() -> None:
    schedule = Schedule.make({"sat": "18:00-02:00"}, "Europe/Madrid")
    assert is_open(schedule, at("2026-11-29T01:59", "Europe/Madrid"))  # Sunday
    assert not is_open(schedule, at("2026-11-28T01:59", "Europe/Madrid"))  # Saturday, before it
    assert closing_time(schedule, at("2026-11-28T20:00", "Europe/Madrid")) == at("2026-11-29T02:00", "Europe/Madrid")


@pytest.mark.proves("01-2.17")
def test_a_closed_day_closes_what_starts_on_it_and_not_the_night_before() -> None:
    schedule = Schedule.make(dict.fromkeys(DAYS, "18:00-02:00"), NEW_YORK, closed_days=["2026-12-24"])
    assert is_open(schedule, at("2026-12-24T01:00"))
    assert not is_open(schedule, at("2026-12-24T19:00"))
    assert not is_open(schedule, at("2026-12-25T01:00"))
    assert why_closed(schedule, at("2026-12-24T19:00")) == "closed"


@pytest.mark.proves("01-2.17")
def test_a_holiday_is_the_reason_only_when_it_is_what_closes_the_line() -> None:
    schedule = Schedule.make(DAILY, NEW_YORK, "US-NY")
    assert why_closed(schedule, at("2026-12-25T12:00")) == "holiday"
    assert why_closed(schedule, at("2026-12-25T20:00")) == "closed"
    assert why_closed(schedule, at("2026-12-28T12:00")) is None
    assert schedule.holiday_name(dt.date(2026, 12, 25)) == "Christmas Day"
    assert is_open(Schedule.make(DAILY, NEW_YORK, ""), at("2026-12-25T12:00"))


def test_a_part_of_a_country_keeps_its_own_holidays() -> None:
    day = at("2026-01-06T12:00", "Europe/Berlin")  # Epiphany: Bavaria rests, Berlin works
    assert why_closed(Schedule.make(DAILY, "Europe/Berlin", "DE-BY"), day) == "holiday"
    assert why_closed(Schedule.make(DAILY, "Europe/Berlin", "DE-BE"), day) is None


@pytest.mark.proves("01-2.17")
def test_the_same_instant_is_open_in_one_zone_and_closed_in_another() -> None:
    noon = at("2026-11-23T12:00")
    assert is_open(Schedule.make(DAILY, NEW_YORK), noon)
    assert not is_open(Schedule.make(DAILY, "Pacific/Honolulu"), noon)


@pytest.mark.proves("01-2.17", "E13")
@pytest.mark.parametrize(
    ("hours", "day", "length"),
    [
        ("00:00-24:00", "2026-03-08", 23.0),
        ("00:00-24:00", "2026-11-01", 25.0),
        ("01:00-04:00", "2026-03-08", 2.0),
        ("01:00-04:00", "2026-11-01", 4.0),
        ("02:30-04:00", "2026-03-08", 1.0),  # 02:30 is skipped: open from the skip on
        ("01:00-02:30", "2026-03-08", 1.0),
        ("02:10-02:50", "2026-03-08", 0.0),  # a span that never happens
    ],
)
def test_the_nights_the_clocks_change_are_as_long_as_they_are(hours: str, day: str, length: float) -> None:
    date = dt.date.fromisoformat(day)
    schedule = Schedule.make({DAYS[date.weekday()]: hours}, NEW_YORK)
    spans = open_intervals(schedule, at(f"{day}T00:00"), at(f"{day}T00:00") + dt.timedelta(hours=30))
    assert sum((span.end - span.start for span in spans), dt.timedelta()) == dt.timedelta(hours=length)


@pytest.mark.proves("01-2.17")
def test_a_time_the_clock_shows_twice_is_its_first_showing() -> None:
    schedule = Schedule.make({"sun": "01:30-05:00", "sat": "18:00-01:30"}, NEW_YORK)
    assert closing_time(schedule, at("2026-10-31T20:00")) == at("2026-11-01T05:00")  # the evening and the morning touch
    opens_alone = Schedule.make({"sun": "01:30-05:00"}, NEW_YORK)
    assert next_opening(opens_alone, at("2026-11-01T00:00")) == at("2026-11-01T01:30", fold=0)
    assert is_open(opens_alone, at("2026-11-01T01:30", fold=1))


@pytest.mark.proves("01-2.17", "E13")
def test_nine_stays_nine_on_both_sides_of_the_change() -> None:
    schedule = Schedule.make(DAILY, "Europe/London")
    friday, monday = at("2026-03-27T18:00", "Europe/London"), at("2026-03-29T18:00", "Europe/London")
    assert next_opening(schedule, friday) == dt.datetime(2026, 3, 28, 9, tzinfo=dt.UTC)
    assert next_opening(schedule, monday) == dt.datetime(2026, 3, 30, 8, tzinfo=dt.UTC)


def test_the_next_opening_is_a_later_one_even_while_open() -> None:
    schedule = Schedule.make(DAILY, NEW_YORK)
    assert next_opening(schedule, at("2026-11-23T12:00")) == at("2026-11-24T09:00")
    assert next_opening(schedule, at("2026-11-23T09:00")) == at("2026-11-24T09:00")
    assert next_opening(Schedule.make({}, NEW_YORK), at("2026-11-23T12:00")) is None


def test_a_line_open_day_and_night_neither_closes_nor_opens() -> None:
    schedule = Schedule.make(dict.fromkeys(DAYS, "00:00-24:00"), NEW_YORK)
    now = at("2026-10-31T12:00")
    assert is_open(schedule, now)
    assert closing_time(schedule, now) is None
    assert next_opening(schedule, now) is None
    assert closing_time(Schedule.make({}, NEW_YORK), now) is None


def test_shifts_follow_the_lines_calendar_and_absent_ones_its_hours() -> None:
    line = Schedule.make(DAILY, NEW_YORK, "US-NY")
    shift = line.with_week(WeekHours.from_dict({"mon": "09:00-12:00", "fri": "09:00-12:00"}))
    assert is_open(shift, at("2026-11-23T11:00"))
    assert not is_open(shift, at("2026-11-23T13:00"))
    assert not is_open(shift, at("2026-12-25T11:00"))  # Friday, but Christmas
    assert line.with_week(None) == line


ZONES = st.sampled_from(
    [NEW_YORK, "Europe/London", "Australia/Lord_Howe", "America/St_Johns", "Africa/Cairo", "Asia/Kolkata"]
)


@pytest.mark.proves("01-2.17")
@given(
    ZONES,
    st.tuples(st.integers(0, 1439), st.integers(0, 1440)).filter(lambda pair: pair[0] != pair[1]),
    st.datetimes(dt.datetime(2026, 1, 1), dt.datetime(2027, 1, 1)),  # noqa: DTZ001 made aware below
)
def test_asking_at_an_instant_agrees_with_the_list_of_openings(
    zone: str, span: tuple[int, int], moment: dt.datetime
) -> None:
    start, end = span
    text = f"{start // 60:02}:{start % 60:02}-{end // 60:02}:{end % 60:02}"
    schedule = Schedule.make(dict.fromkeys(DAYS, text), zone)
    now = moment.replace(tzinfo=dt.UTC)
    spans = open_intervals(schedule, now - dt.timedelta(days=3), now + dt.timedelta(days=3))
    assert is_open(schedule, now) == any(begin <= now < until for begin, until in spans)
    assert all(first.end < second.start for first, second in pairwise(spans))
    closing = closing_time(schedule, now)
    if closing:
        assert is_open(schedule, closing - dt.timedelta(seconds=1))
        assert not is_open(schedule, closing)

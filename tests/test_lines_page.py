"""A line's settings on its page: what business.toml says, nothing lost when refused, nothing saved over a colleague."""

import datetime as dt
import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from dashboard.lines_index import week
from tests.firm import LINE, OFFICE
from tests.pages import Firm, Visitor, reads
from voice import business, clock
from voice.firm import Audio, Line, LineStaff
from voice.ledger import User
from voice.rules import edits
from voice.rules.hours import DAYS, Schedule, closures

pytestmark = pytest.mark.usefixtures("morning")
PAGE = f"/lines/{LINE}"


def line(firm: Firm) -> Line:
    """Its row."""
    with firm.database.reading() as session:
        return session.get_one(Line, LINE)


def presser(visitor: Visitor) -> Callable[..., TestResponse]:
    """Presses buttons with a token that is fetched once."""
    token = visitor.token("/account")
    return lambda path, **fields: visitor.post(path, fields | {"csrf_token": token})


def form(visitor: Visitor) -> dict[str, Any]:
    """What the form of the page would send if its button were pressed."""
    html = visitor.get(PAGE).text.partition('<form class="settings"')[2]
    fields: dict[str, Any] = {}
    for tag in re.findall(r"<input[^>]*>", html):
        name, value = (re.search(rf'\b{attribute}="([^"]*)"', tag) for attribute in ("name", "value"))
        if name and (('type="checkbox"' not in tag and 'type="radio"' not in tag) or " checked" in tag):
            fields.setdefault(name[1], []).append(unescape(value[1]) if value else "")
    fields["greeting"] = [unescape(re.findall(r"<textarea[^>]*>([^<]*)", html)[0])]
    fields["language"] = re.findall(r"<option selected>([^<]*)", html)
    return {name: values[0] if len(values) == 1 else values for name, values in fields.items()}


def test_what_is_set_on_the_page_is_what_the_file_says_and_back(firm: Firm) -> None:
    sam = firm.visitor("sam@example.com")
    assert sam.post(f"{PAGE}/change", form(sam)).headers["Location"].endswith("?saved=line_changed")
    with firm.database.transaction() as session:
        before = business.export(session)
        assert not business.apply(session, before, clock.now()), "saving what is shown changes nothing"
        session.add(Audio(id="a" * 64, content_type="audio/wav", seconds=1, data=b""))
        session.flush()
        session.get_one(Line, LINE).greeting_audio = "a" * 64
    week = {"mon": " 13:00-17:00,9:00-12:00", "tue": "18:00–02:00", "wed": "", "thu": "00:00-24:00"}
    fields = form(sam) | week | {"fri": "", "sat": "", "sun": "", "holidays": "US-NY", "ring": "in_order"}
    fields |= {"staff": ["sam", "kim"], "turn-sam": "2", "turn-kim": "1", "ring_seconds": "25", "retry_minutes": "5 60"}
    fields |= {
        "promise_minutes": "45",
        "name": "Shop & <b>",
        "greeting": "Hello,\r\n this is Acme.",
        "language": "en-GB",
    }
    fields |= {"in_order_step_seconds": "8", "max_attempts": "3", "wrap_up_minutes": "20", "lease_seconds": "120"}
    fields["language"] = "en-GB"
    del fields["due_ring"], fields["last_person_first"]
    assert sam.post(f"{PAGE}/change", fields).status_code == 303
    with firm.database.transaction() as session:
        text = business.export(session)
        assert not business.apply(session, text, clock.now())
    for said in (
        'mon = "09:00-12:00,13:00-17:00"', 'tue = "18:00-02:00"', 'thu = "00:00-24:00"', 'staff = ["kim", "sam"]',
        'holidays = "US-NY"', 'ring = "in_order"', "ring_seconds = 25", "retry_minutes = [5, 60]", "due_ring = false",
        "promise_minutes = 45", 'name = "Shop & <b>"', 'greeting = "Hello, this is Acme."', 'language = "en-GB"',
        "in_order_step_seconds = 8", "max_attempts = 3", "wrap_up_minutes = 20", "lease_seconds = 120",
        "last_person_first = false",
    ):  # fmt: skip
        assert said in text
    assert "wed =" not in text
    assert line(firm).greeting_audio is None, "other words take the recording away"
    assert "Shop &amp; &lt;b&gt;" in sam.get("/lines").text
    assert "changed the settings of" in sam.get("/audit").text
    with firm.database.transaction() as session:
        assert business.apply(session, before, clock.now())
    assert line(firm).ring == "everyone"


def test_what_cannot_be_says_which_field_and_how_and_everything_typed_is_still_there(firm: Firm, sam: Visitor) -> None:
    fields = form(sam) | {
        "mon": "9 to 5", "tue": "09:00-12:00,11:00-13:00", "ring_seconds": "500", "promise_minutes": "soon",
        "holidays": "Mars", "greeting": "For sales press 1.", "retry_minutes": "60, 5", "name": "", "ring": '"><b>',
        "language": "xx-XX", "staff": ["sam", "ghost"], "max_attempts": "7",
    }  # fmt: skip
    answer = sam.post(f"{PAGE}/change", fields)
    assert answer.status_code == 400
    page = reads(unescape(answer.text))
    for said in (
        'Monday: "9 to 5" is not a span of time. Write it like 09:00-17:30;', "leave it empty when closed",
        "Tuesday: 09:00-12:00 and 11:00-13:00 overlap.", "Ring for: 500 is not between 1 and 300.",
        "Promise: must be a whole number.", 'Public holidays: "Mars" is not a calendar we know.', "Name: is empty.",
        "Try again after: each must be at least as long", "Language: ", "Who answers: nobody has the id 'ghost'",
        "10 things need mending",
    ):  # fmt: skip
        assert said in page
    for kept in ('value="9 to 5"', 'value="500"', 'value="soon"', 'value="7"', "For sales press 1.</textarea>"):
        assert kept in answer.text
    assert '"><b>' not in answer.text
    assert line(firm).max_attempts == 4
    again = sam.post(f"{PAGE}/change", form(sam) | {"greeting": "For sales press 1."})
    assert "Greeting: " in again.text
    copied = sam.post(f"{PAGE}/change", form(sam) | {"mon": "08:00-16:00", "sat": "10:00-12:00", "copy": "mon"}).text
    assert copied.count('value="08:00-16:00"') == 5
    assert 'name="sat" value="10:00-12:00"' in copied


def test_closed_days_are_added_by_the_range_drawn_exported_and_taken_back(firm: Firm, sam: Visitor) -> None:
    press = presser(sam)
    with firm.database.transaction() as session:
        row = session.get_one(Line, LINE)
        row.hours, row.holidays, row.closed_days = OFFICE, "US-NY", ["2026-01-02"]
    assert press(f"{PAGE}/closed", first="2026-11-24", closed="1").status_code == 303
    press(f"{PAGE}/closed", first="2026-12-24", last="2027-01-02", closed="1")
    page = reads(sam.get(PAGE).text)
    assert "Next closed: Tue 24 Nov, Thu 26 Nov (Thanksgiving Day), Thu 24 Dec" in page
    assert "Thu 24 Dec to Sat 2 Jan" in page
    assert "Sat 26 Dec" not in page, "closed on Saturdays anyway"
    with firm.database.transaction() as session:
        text = business.export(session)
        assert 'closed_days = ["2026-01-02", "2026-11-24", "2026-12-24"' in text
        assert not business.apply(session, text, clock.now())
    press(f"{PAGE}/closed", first="2026-12-24", last="2027-01-02")
    assert line(firm).closed_days == ["2026-01-02", "2026-11-24"]
    for first, last, said in (
        ("2026-11-22", "", "First closed day: must be today or later"),
        ("2029-01-01", "", "within two years"),
        ("soon", "", "First closed day: choose a day"),
        ("2026-12-24", "2026-12-23", "Last closed day: must not be before the first"),
    ):
        refused = press(f"{PAGE}/closed", first=first, last=last, closed="1")
        assert (refused.status_code, said in refused.text) == (400, True)
    assert line(firm).closed_days == ["2026-01-02", "2026-11-24"]


def test_the_lines_are_the_owners_business(firm: Firm, alex: Visitor, sam: Visitor) -> None:
    press = presser(alex)
    for page in ("/lines", PAGE, "/team/new", "/team/alex/details"):
        assert alex.get(page).status_code == 403
    owners = ("/firm/change", "/lines/new/add", "/team/new/add", "/team/kim/leave", "/team/alex/details/change")
    for address in (f"{PAGE}/change", f"{PAGE}/closed", f"{PAGE}/give-up", *owners):
        assert press(address, mon="09:00-10:00", first="2026-12-24", closed="1").status_code == 403
    assert sam.get("/lines/+12125550199").status_code == 404
    assert line(firm).closed_days == []


def test_the_second_of_two_owners_is_told_who_was_first_and_loses_nothing(firm: Firm) -> None:
    with firm.database.transaction() as session:
        session.execute(sa.update(User).where(User.email == "alex@example.com").values(role="owner"))
    sam, alex = firm.visitor("sam@example.com"), firm.visitor("alex@example.com")
    mine, theirs = form(sam), form(alex)
    assert alex.post(f"{PAGE}/change", theirs | {"ring_seconds": "30", "mon": "08:00-16:00"}).status_code == 303
    beside = sam.post(f"{PAGE}/change", mine | {"tue": "10:00-12:00"})
    assert beside.status_code == 303, "another field than hers: both are kept"
    assert (line(firm).ring_seconds, line(firm).hours["mon"]) == (30, "08:00-16:00")
    assert line(firm).hours["tue"] == "10:00-12:00"
    late = sam.post(f"{PAGE}/change", mine | {"ring_seconds": "45", "staff": "kim", "tue": "10:00-12:00"})
    assert late.status_code == 409
    page = reads(unescape(late.text))
    assert "Alex Moor changed this at 10:00 am, while you had it open." in page
    assert "Now: “ 30 ”" in page
    assert 'name="ring_seconds" value="45"' in late.text
    assert line(firm).ring_seconds == 30
    was = unescape(re.findall(r'name="was" value="([^"]*)"', late.text)[0])
    assert sam.post(f"{PAGE}/change", mine | {"ring_seconds": "45", "was": was}).status_code == 303
    assert line(firm).ring_seconds == 45
    with firm.database.reading() as session:
        assert session.query(LineStaff).filter_by(line=LINE).count() == 2, "left as it was kept"


def test_firm_people_and_lines_are_set_up_on_pages_as_in_the_file(firm: Firm) -> None:
    sam = firm.visitor("sam@example.com")
    press = presser(sam)
    acme = {"name": "Acme & Sons", "country": "GB", "time_zone": "Europe/London"}
    assert press("/firm/change", **acme).status_code == 303
    night = {"number": "020 7946 0101", "name": "Night line"}
    assert press("/lines/new/add", **night).headers["Location"] == "/lines/+442079460101"
    new = {"name": "Zoë O'Hara", "phone": "+442079460333", "role": "staff", "no_mailbox": "1"}
    assert press("/team/new/add", line="+442079460101", **new).headers["Location"] == "/team#staff-zoe-o-hara"
    assert press("/team/new/add", **(new | {"phone": ""})).headers["Location"] == "/team#staff-zoe-o-hara-2"
    alex = {"name": "Alexa Moor", "phone": "+12125550112", "desk_phone": "sip:alex@desk.example.com", "role": "owner"}
    assert press("/team/alex/details/change", **alex).status_code == 303
    with firm.database.transaction() as session:
        text = business.export(session)
        assert not business.apply(session, text, clock.now())
    for said in (
        'name = "Acme & Sons"', 'country = "GB"', 'time_zone = "Europe/London"', 'number = "+442079460101"',
        'staff = ["zoe-o-hara"]', 'id = "zoe-o-hara"', "no_mailbox = true", 'desk_phone = "sip:alex@desk.example.com"',
    ):  # fmt: skip
        assert said in text
    assert line(firm).time_zone == "Europe/London"
    for address, fields, why in (
        ("/team/alex/details/change", alex | {"phone": "+442079460333"}, "Phone: Zoë O'Hara has this phone already."),
        ("/team/alex/details/change", alex | {"phone": LINE}, "Phone: is one of the lines, and a line cannot ring"),
        ("/team/new/add", new | {"name": "", "phone": "12"}, "2 things need mending"),
        ("/lines/new/add", night, "is one of your lines already."),
        ("/lines/new/add", {"number": "x", "name": "y"}, "write it with its country code"),
        ("/firm/change", acme | {"time_zone": "Mars"}, '"Mars" is not a time zone.'),
    ):
        refused = press(address, **fields)
        assert (refused.status_code, why in reads(unescape(refused.text))) == (400, True), why
    assert press("/team/zoe-o-hara/leave").status_code == 303
    assert press("/lines/+442079460101/give-up").status_code == 303
    assert press("/lines/+442079460101/give-up").status_code == 400
    with firm.database.transaction() as session:
        text = business.export(session)
        assert 'zoe-o-hara"' not in text
        assert "+442079460101" not in text
        assert not business.apply(session, text, clock.now())
    assert sam.get("/team/zoe-o-hara/details").status_code == 404
    assert press("/lines/new/add", **night).status_code == 303, "a number may come back"
    with firm.database.transaction() as session:
        assert not business.apply(session, business.export(session), clock.now())


WORDS = st.dictionaries(st.sampled_from("abc"), st.sampled_from(["", "x", "y", "z"]), min_size=3, max_size=3)


@settings(max_examples=40)
@given(was=WORDS, typed=WORDS, now=WORDS)
def test_of_two_who_save_a_form_neither_is_lost(
    was: dict[str, str], typed: dict[str, str], now: dict[str, str]
) -> None:
    settled = edits.settle(was, typed, now)
    for field in was:
        both = typed[field] != was[field] and now[field] != was[field] and typed[field] != now[field]
        assert (field in settled.overtaken) == both
        assert settled.values[field] == (now[field] if typed[field] == was[field] else typed[field])
    assert edits.settle({}, typed, now) == (typed, ())


def test_only_days_the_week_is_open_on_are_told_as_closed() -> None:
    schedule = Schedule.make(OFFICE, "America/New_York", "US", ["2026-11-28", "2026-11-27"])
    assert closures(schedule, dt.date(2026, 11, 23), 7) == [
        (dt.date(2026, 11, 26), "Thanksgiving Day"),
        (dt.date(2026, 11, 27), ""),
    ]


@pytest.mark.parametrize(
    ("open_hours", "said"),
    [
        (OFFICE, "Mon–Fri 09:00-17:30"),
        (dict.fromkeys(DAYS, "00:00-24:00"), "every day all day"),
        ({"mon": "09:00-12:00,13:00-17:00", "sat": "10:00-13:00"}, "Mon 09:00-12:00, 13:00-17:00; Sat 10:00-13:00"),
        ({}, "never"),
    ],
)
def test_a_week_is_said_as_people_say_it(open_hours: dict[str, str], said: str) -> None:
    assert week(open_hours) == said

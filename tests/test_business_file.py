"""business.toml: read whole or not at all, told every fault at once, written back as it was read."""

import re
from typing import Any

import pytest
import sqlalchemy as sa
import tomlkit

from tests.program import ACME, JANE, MAIN, NOON, OTHER
from voice import business, letters
from voice.db import Database
from voice.firm import Audio, Business, Line, LineStaff, StaffMember
from voice.models import Callback, Contact

pytest_plugins = ["tests.interface"]

EVERY_FIELD = """\
[business]
name = "Acme Plumbing"
country = "US"
time_zone = "America/New_York"

[[staff]]
id = "sam"
name = "Sam Field"
phone = "+12125550111"        # or sip:…; a browser phone needs none
email = "sam@example.com"
role = "owner"                # staff | owner
no_mailbox = true             # true: picking up is accepting
shifts = { mon = "09:00-17:00" }   # absent: the line's hours

[[staff]]
id = "alex"
name = "Alex Reed"

[[lines]]
number = "+12125550100"
name = "Main line"
greeting = "Thanks for calling Acme Plumbing, I'm getting someone for you."
language = "en-GB"
staff = [
  "sam",
  "alex",
]
ring = "in_order"             # everyone | in_order | fewest_recent
last_person_first = false
ring_seconds = 25
in_order_step_seconds = 10
promise_minutes = 30
max_attempts = 3
holidays = "US-NY"            # country[-subdivision], from the holidays library
closed_days = ["2026-12-24"]
[lines.hours]
mon = "09:00-17:30"
sat = "10:00-13:00,14:00-16:00"

[numbers]
blocked = ["+12125550199"]
"""


def apply(database: Database, text: str) -> bool:
    with database.transaction() as session:
        return business.apply(session, text, NOON)


def version(database: Database) -> int:
    with database.reading() as session:
        return session.scalars(sa.select(Business.version)).one()


def exported(database: Database) -> str:
    with database.reading() as session:
        return business.export(session)


def faults(database: Database, text: str) -> list[str]:
    with pytest.raises(business.BadBusiness) as refused, database.transaction() as session:
        business.apply(session, text, NOON)
    return refused.value.faults


@pytest.mark.proves("01-2.18")
def test_every_field_reaches_its_row(database: Database) -> None:
    assert apply(database, EVERY_FIELD)
    with database.reading() as session:
        sam, alex = session.get_one(StaffMember, "sam"), session.get_one(StaffMember, "alex")
        line = session.get_one(Line, MAIN)
        firm = session.scalars(sa.select(Business)).one()
        assert (firm.name, firm.country, firm.time_zone) == ("Acme Plumbing", "US", "America/New_York")
        assert (sam.name, sam.phone, sam.email, sam.role) == ("Sam Field", "+12125550111", "sam@example.com", "owner")
        assert (sam.no_mailbox, sam.shifts) == (True, {"mon": "09:00-17:00"})
        assert (alex.phone, alex.role, alex.no_mailbox, alex.shifts) == ("", "staff", False, None)
        assert (line.name, line.language, line.ring, line.last_person_first) == (
            "Main line",
            "en-GB",
            "in_order",
            False,
        )
        assert (line.ring_seconds, line.in_order_step_seconds) == (25, 10)
        assert (line.promise_minutes, line.max_attempts) == (30, 3)
        assert (line.holidays, line.closed_days) == ("US-NY", ["2026-12-24"])
        assert line.hours == {"mon": "09:00-17:30", "sat": "10:00-13:00,14:00-16:00"}
        assert line.time_zone == "America/New_York"
        order = sa.select(LineStaff.staff_id).order_by(LineStaff.position)
        assert session.scalars(order).all() == ["sam", "alex"]
        assert session.get_one(Contact, "+12125550199").blocked
    # Digests and figures go by one clock: a firm that moves takes its lines along.
    assert apply(database, EVERY_FIELD.replace("America/New_York", "America/Los_Angeles"))
    with database.reading() as session:
        assert {*session.scalars(sa.select(Line.time_zone)), letters.zone(session)} == {"America/Los_Angeles"}


@pytest.mark.proves("01-2.18")
def test_a_change_makes_a_new_version_and_no_change_makes_none(database: Database) -> None:
    assert apply(database, EVERY_FIELD)
    first = version(database)
    assert not apply(database, EVERY_FIELD)
    assert version(database) == first
    assert apply(database, EVERY_FIELD.replace("ring_seconds = 25", "ring_seconds = 26"))
    assert version(database) > first


@pytest.mark.proves("01-2.18")
def test_what_is_exported_changes_nothing_when_applied(database: Database) -> None:
    apply(database, EVERY_FIELD)
    text = exported(database)
    assert not apply(database, text)
    assert tomlkit.parse(text)["lines"][0]["hours"] == {"mon": "09:00-17:30", "sat": "10:00-13:00,14:00-16:00"}


@pytest.mark.proves("01-2.18")
def test_who_is_missing_is_switched_off_never_deleted_and_can_come_back(database: Database) -> None:
    apply(database, ACME)
    firm, sam, alex, main, _other = re.split(r"(?=\[\[)", ACME)
    assert 'id = "sam"' in sam
    apply(database, firm + alex + main.replace('"sam", ', ""))
    with database.reading() as session:
        assert not session.get_one(StaffMember, "sam").active
        assert session.get_one(StaffMember, "alex").active
        assert not session.get_one(Line, OTHER).active
    assert "sam" not in exported(database)
    apply(database, ACME)
    with database.reading() as session:
        assert session.get_one(StaffMember, "sam").active
        assert session.get_one(Line, OTHER).active


@pytest.mark.proves("01-2.18")
def test_all_faults_are_told_at_once_with_line_field_and_fix_and_nothing_is_changed(database: Database) -> None:
    apply(database, EVERY_FIELD)
    before = exported(database)
    wrong = (
        EVERY_FIELD.replace('name = "Acme Plumbing"', 'name = "Acme Plumbing & Sons"')
        .replace('"+12125550111"', '"0111"')
        .replace("ring_seconds = 25", "ring_secs = 25")
        .replace('mon = "09:00-17:30"', 'mon = "9-5"')
        .replace('  "alex",', '  "alec",')
    )
    told = faults(database, wrong)
    assert [fault.partition(": ")[0] for fault in told] == ["line 9", "line 24", "line 30", "line 37"]
    assert told[0].startswith("line 9: staff 'sam': phone: \"0111\" is not a full phone number.")
    assert "nobody has the id 'alec'" in told[1]
    assert told[2].startswith("line 30: line '+12125550100': ring_secs: there is no such field")
    assert "09:00-17:30" in told[3]
    assert exported(database) == before


@pytest.mark.proves("01-2.18")
@pytest.mark.parametrize(
    ("good", "bad", "told"),
    [
        ('country = "US"', 'country = "USA"', "line 3: business: country:"),
        ('country = "US"', "", "line 1: business: country: is missing"),
        ('name = "Acme Plumbing"', 'name = " "', "line 2: business: name: is empty"),
        ('"America/New_York"', '"New York"', "line 4: business: time_zone:"),
        ('country = "US"', 'country = "US"\nkeep_messages_days = 0', "line 4: business: keep_messages_days:"),
        ('time_zone = "America/New_York"', "time_zone = 5", "line 4: business: time_zone: must be text in quotes."),
        ('id = "alex"', 'id = "sam"', "line 16: staff 'sam': id:"),
        ('id = "alex"', 'id = "Alex Reed"', "line 16: staff 'Alex Reed': id:"),
        ('name = "Alex Reed"', 'name = "Alex Reed"\nphone = "+12125550111"', "line 18: staff '+12125550111': phone:"),
        ('name = "Alex Reed"', 'name = "Alex Reed"\nphone = "+12125550100"', "line 18: staff 'alex': phone:"),
        ('"+12125550111"', '"+19005551234"', "line 9: staff 'sam': phone: \"+19005551234\" cannot be a staff phone."),
        ('"sam@example.com"', '"sam"', "line 10: staff 'sam': email:"),
        ('role = "owner"', 'role = "boss"', "line 11: staff 'sam': role:"),
        ("no_mailbox = true", 'no_mailbox = "yes"', "line 12: staff 'sam': no_mailbox: must be true or false."),
        ('{ mon = "09:00-17:00" }', '{ monday = "09:00-17:00" }', "line 13: staff 'sam': shifts: monday:"),
        ('number = "+12125550100"', 'number = "2125550100"', "line 20: line '2125550100': number:"),
        ('language = "en-GB"', 'language = "tlh"', "line 23: line '+12125550100': language:"),
        ('ring = "in_order"', 'ring = "loud"', "line 28: line '+12125550100': ring:"),
        ("ring_seconds = 25", "ring_seconds = true", "line 30: line '+12125550100': ring_seconds:"),
        ("ring_seconds = 25", "ring_seconds = 0", "line 30: line '+12125550100': ring_seconds:"),
        ('holidays = "US-NY"', 'holidays = "XX"', "line 34: line '+12125550100': holidays:"),
        ('["2026-12-24"]', '["24.12.2026"]', "line 35: line '+12125550100': closed_days:"),
        ('["2026-12-24"]', "[2026-12-24]", "line 35: line '+12125550100': closed_days:"),
        ("[lines.hours]", "[lines.times]", "line 19: line '+12125550100': hours: is missing"),
        ('blocked = ["+12125550199"]', 'blocked = ["0199"]', "line 41: numbers: blocked:"),
        ("[numbers]", "[number]", "line 40: file: number:"),
    ],
)  # fmt: skip
def test_a_fault_is_told_by_line_and_field(database: Database, good: str, bad: str, told: str) -> None:
    assert good in EVERY_FIELD
    found = faults(database, EVERY_FIELD.replace(good, bad, 1))
    assert any(fault.startswith(told) for fault in found), found


@pytest.mark.proves("01-2.3")
@pytest.mark.parametrize(
    ("greeting", "why"),
    [
        ("Thanks for calling. Press 1 for sales.", "press"),
        ("Gracias por llamar. Marque el 2.", "marque"),
        ("Thank you ever so much for calling us here at Acme Plumbing and Heating of New York, the family firm that "
         "has looked after boilers since 1921, I am getting someone for you.", "6"),
    ],
)  # fmt: skip
def test_a_greeting_that_asks_for_a_key_or_is_too_long_is_refused_with_the_reason(
    database: Database, greeting: str, why: str
) -> None:
    wrong = EVERY_FIELD.replace("Thanks for calling Acme Plumbing, I'm getting someone for you.", greeting)
    (told,) = faults(database, wrong)
    assert told.startswith("line 22: line '+12125550100': greeting:")
    assert why in told.lower()


def test_a_file_that_is_no_toml_is_told_by_its_line(database: Database) -> None:
    (told,) = faults(database, EVERY_FIELD.replace('name = "Sam Field"', "name = Sam Field"))
    assert told.startswith("line 8: the file is no TOML from here:")


def test_without_numbers_in_the_file_blocked_callers_stay_blocked_and_an_empty_list_frees_them(
    database: Database,
) -> None:
    apply(database, EVERY_FIELD)
    apply(database, EVERY_FIELD[: EVERY_FIELD.index("[numbers]")])
    with database.reading() as session:
        assert session.get_one(Contact, "+12125550199").blocked
    apply(database, EVERY_FIELD.replace('["+12125550199"]', "[]"))
    with database.reading() as session:
        assert not session.get_one(Contact, "+12125550199").blocked


def test_blocking_a_caller_in_the_file_closes_what_we_owed_them(acme: Database, add_callback: Any) -> None:
    owed = add_callback(caller=JANE)
    apply(acme, f'{ACME}\n[numbers]\nblocked = ["{JANE}"]\n')
    with acme.reading() as session:
        assert session.get_one(Callback, owed).closed_reason == "blocked"


def test_a_new_greeting_is_heard_even_where_a_recording_was_played(database: Database) -> None:
    apply(database, EVERY_FIELD)
    with database.transaction() as session:
        session.add(Audio(id="a", content_type="audio/wav", seconds=2.0, data=b""))
        session.flush()
        session.get_one(Line, MAIN).greeting_audio = "a"
    assert not apply(database, EVERY_FIELD)
    with database.reading() as session:
        assert session.get_one(Line, MAIN).greeting_audio == "a"
    apply(database, EVERY_FIELD.replace("Thanks for calling Acme Plumbing", "Acme Plumbing here"))
    with database.reading() as session:
        assert session.get_one(Line, MAIN).greeting_audio is None

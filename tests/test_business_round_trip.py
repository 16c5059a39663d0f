"""business.toml goes out as it came in, whatever the firm."""

import contextlib
import datetime as dt
from typing import Any

import pytest
import tomlkit
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.program import JANE, NOON
from voice import business
from voice.db import Database
from voice.rules import wording

HOURS = st.dictionaries(
    st.sampled_from(["mon", "wed", "sat", "sun"]), st.sampled_from(["09:00-17:30", "18:00-02:00", "00:00-24:00", ""])
)
NAMES = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S")), min_size=1, max_size=20)
STAFF = st.fixed_dictionaries(
    {"name": NAMES},
    optional={
        "email": st.just("somebody@example.com"),
        "role": st.sampled_from(["staff", "owner"]),
        "no_mailbox": st.booleans(),
        "shifts": HOURS,
        "time_zone": st.sampled_from(["", "Europe/London"]),
        "days_off": st.lists(st.dates(dt.date(2026, 1, 1), dt.date(2030, 1, 1)).map(str), max_size=3, unique=True),
        "desk_phone": st.sampled_from(["", "+12125550222", "sip:desk@example.com"]),
    },
)
LINES = st.fixed_dictionaries(
    {"name": NAMES, "hours": HOURS},
    optional={
        "language": st.sampled_from(wording.LANGUAGES),
        "ring": st.sampled_from(["everyone", "in_order", "fewest_recent"]),
        "last_person_first": st.booleans(),
        "ring_seconds": st.integers(1, 300),
        "promise_minutes": st.integers(5, 600),
        "retry_minutes": st.lists(st.integers(1, 600), max_size=4).map(sorted),
        "wrap_up_minutes": st.integers(1, 60),
        "lease_seconds": st.integers(60, 600),
        "due_ring": st.booleans(),
        "holidays": st.sampled_from(["", "GB", "US-NY"]),
        "closed_days": st.lists(st.dates(dt.date(2026, 1, 1), dt.date(2030, 1, 1)).map(str), max_size=3, unique=True),
    },
)


@st.composite
def firms(draw: st.DrawFn) -> str:
    """Any firm that makes sense."""
    staff = [
        {"id": f"person-{index}", "phone": f"+121255501{index:02}", **each}
        for index, each in enumerate(draw(st.lists(STAFF, max_size=4)))
    ]
    ids = [each["id"] for each in staff]
    members = st.permutations(ids).map(list) if ids else st.just([])
    lines = [
        {"number": f"+121255502{index:02}", "staff": draw(members), **each}
        for index, each in enumerate(draw(st.lists(LINES, max_size=3)))
    ]
    blocked = draw(st.lists(st.sampled_from([JANE, "+442079460000"]), unique=True))
    keeps = draw(st.sampled_from([{}, {"keep_people_months": 6, "keep_messages_days": 30}, {"keep_audit_months": 24}]))
    firm: dict[str, Any] = {"business": {"name": draw(NAMES), "country": "US", "time_zone": "Europe/London"} | keeps}
    return tomlkit.dumps(firm | {"staff": staff, "lines": lines, "numbers": {"blocked": blocked}})


class Undo(Exception):
    """Ends a transaction without a trace."""


@pytest.mark.proves("01-2.18")
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=firms(), after=firms())
def test_any_firm_survives_the_way_out_and_back_in(database: Database, before: str, after: str) -> None:
    with contextlib.suppress(Undo), database.transaction() as session:
        business.apply(session, before, NOON)
        business.apply(session, after, NOON)
        text = business.export(session)
        assert not business.apply(session, text, NOON)
        assert not business.apply(session, after, NOON), "applying changed more than the file says"
        assert business.export(session) == text
        raise Undo

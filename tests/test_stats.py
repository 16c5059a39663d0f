"""The figures: each call is in exactly one place, and nobody who waits is left out."""

import datetime as dt
from collections.abc import Callable

import pytest

from tests.program import JANE, MAIN, NOON, OTHER
from voice import figures as read
from voice import stats
from voice.db import Database
from voice.models import Attempt
from voice.rules.periods import Range

pytest_plugins = ["tests.interface"]

SINCE = NOON - dt.timedelta(days=7)
AddRow = Callable[..., str]


def before_noon(minutes: float) -> dt.datetime:
    return NOON - dt.timedelta(minutes=minutes)


def figures(database: Database, until: dt.datetime = NOON, line: str | None = None) -> dict[str, int | float | None]:
    with database.reading() as session:
        return read.period(session, Range(SINCE, until, "America/New_York", line), NOON).plain


@pytest.fixture
def one_of_each(add_call: AddRow) -> None:
    """A call of every kind, each from somebody else."""
    endings: list[dict[str, object]] = [
        {"outcome": "talked", "joined_at": before_noon(29)},
        {"outcome": "callback", "cause": "short_talk", "joined_at": before_noon(29)},
        {"outcome": "pending", "state": "ringing"},
        {"outcome": "pending", "state": "joined", "joined_at": before_noon(29)},
        {"outcome": "callback", "state": "unanswered", "cause": "rang_out"},
        {"outcome": "callback", "state": "unanswered", "cause": "nobody_on_shift"},
        {"outcome": "callback", "state": "failed", "cause": "our_outage"},
        {"outcome": "callback", "state": "abandoned", "cause": "abandoned"},
        {"outcome": "callback", "state": "abandoned", "cause": "short_abandon"},
        {"outcome": "callback", "state": "unanswered", "cause": "closed"},
        {"outcome": "callback", "state": "abandoned", "cause": "holiday"},
        {"outcome": "blocked", "state": "blocked", "cause": "blocked"},
        {"outcome": "blocked", "state": "blocked", "cause": "loop"},
    ]
    for number, ending in enumerate(endings):
        add_call(caller=f"+121255503{number:02}", **ending)


@pytest.mark.proves("01-2.18", "S26")
@pytest.mark.usefixtures("one_of_each")
def test_every_call_is_counted_in_exactly_one_outcome(acme: Database) -> None:
    counted = figures(acme)
    assert (counted["calls"], counted["talked"], counted["callback"]) == (13, 1, 8)
    assert (counted["blocked"], counted["pending"]) == (2, 2)


@pytest.mark.proves("01-2.18")
@pytest.mark.usefixtures("one_of_each")
def test_offered_calls_are_answered_missed_or_pending_and_closed_ones_stand_apart(acme: Database) -> None:
    counted = figures(acme)
    assert (counted["offered"], counted["answered"], counted["missed"]) == (9, 2, 5)
    assert (counted["abandoned"], counted["short"], counted["closed"]) == (2, 1, 2)
    assert counted["answer_rate"] == round(2 / (9 - 1 - 2), 4)


def test_with_no_calls_there_is_no_rate_and_no_median(acme: Database) -> None:
    counted = figures(acme)
    assert (counted["calls"], counted["answer_rate"], counted["seconds_to_person_median"]) == (0, None, None)


def test_only_the_calls_of_the_window_and_the_line_count(acme: Database, add_call: AddRow) -> None:
    add_call(minutes=7 * 24 * 60)
    add_call(minutes=7 * 24 * 60 + 1)
    add_call(minutes=10, line=OTHER)
    add_call(minutes=5)
    assert figures(acme)["calls"] == 3
    assert figures(acme, until=before_noon(5))["calls"] == 2
    assert figures(acme, line=OTHER)["calls"] == 1


def test_a_person_is_reached_on_the_call_itself_on_a_later_one_or_when_rung_back(
    acme: Database, add_call: AddRow, add_callback: AddRow
) -> None:
    add_call(minutes=30, caller="+12125550151", joined_at=before_noon(29.5))
    assert figures(acme)["seconds_to_person_median"] == 30

    missed = {"outcome": "callback", "state": "unanswered", "cause": "rang_out"}
    add_call(minutes=30, caller="+12125550152", **missed)
    add_call(minutes=25, caller="+12125550152", joined_at=before_noon(24))
    add_call(minutes=30, caller="+12125550152", line=OTHER, **missed)  # nobody spoke with them about that line

    callback = add_callback(caller="+12125550153")
    add_call(minutes=30, caller="+12125550153", callback_id=callback, **missed)
    with acme.transaction() as session:
        times = {"created_at": before_noon(22), "answered_at": before_noon(20), "ended_at": before_noon(1)}
        session.add(Attempt(callback_id=callback, staff_id="sam", state="ended", **times))

    # 30 s on the call itself, 60 s on the second call, 6 min for the first of that caller, 10 min by a callback;
    # the other line's caller still waits.
    assert figures(acme)["seconds_to_person_median"] == 360
    assert figures(acme, line=MAIN)["seconds_to_person_median"] == (60 + 360) / 2
    assert figures(acme, line=OTHER)["seconds_to_person_median"] is None


def test_a_withheld_caller_is_not_taken_for_another_one(acme: Database, add_call: AddRow) -> None:
    add_call(minutes=30, caller=None, outcome="callback", state="unanswered", cause="rang_out")
    add_call(minutes=25, caller=None, joined_at=before_noon(24))
    assert figures(acme)["seconds_to_person_median"] == 60
    add_call(minutes=30, caller=JANE, outcome="callback", state="unanswered", cause="rang_out")
    assert figures(acme)["seconds_to_person_median"] is None


def test_every_figure_has_its_sentence(acme: Database) -> None:
    assert set(figures(acme)) == set(stats.SENTENCES)

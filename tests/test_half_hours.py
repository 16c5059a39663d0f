"""People needed by half-hour from a line's own calls, and how far few data can be believed."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voice.rules.half_hours import (
    A_WEEK,
    PRIOR_PATIENCE,
    Aim,
    Need,
    Seen,
    Waited,
    likely_counts,
    needs,
    patience,
)
from voice.rules.staffing import Load, model

TALK, PATIENCE, AIM = 180.0, 94.0, Aim()


def need(calls: int, times: int) -> Need:
    """What a half-hour takes that brought so many calls in so many weeks."""
    found = needs([Seen(calls, times)], TALK, PATIENCE, AIM)[0]
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("calls", "low", "high"), [(0, 0, 3.689), (1, 0.0253, 5.572), (10, 4.795, 18.390), (100, 81.364, 121.627)]
)
def test_the_interval_is_the_printed_one(calls: int, low: float, high: float) -> None:
    assert likely_counts(calls, 0.95) == pytest.approx((low, high), abs=6e-4)


@settings(deadline=None)
@given(st.integers(0, 2000))
def test_both_ends_of_the_interval_leave_a_tenth_outside(calls: int) -> None:
    def at_most(number: int, mean: float) -> float:
        return math.fsum(math.exp(n * math.log(mean) - mean - math.lgamma(n + 1)) for n in range(number + 1))

    low, high = likely_counts(calls)
    assert at_most(calls, high) == pytest.approx(0.1, abs=1e-6)
    assert calls == low == 0 or 1 - at_most(calls - 1, low) == pytest.approx(0.1, abs=1e-6)


def test_few_weeks_leave_open_what_many_settle() -> None:
    few, many = need(24, 3), need(800, 100)
    assert few.calls_per_hour == many.calls_per_hour == 16
    assert few.people == many.people == 3
    assert (few.fewest, few.most) == (2, 3)
    assert (many.fewest, many.most) == (3, 3)
    for found in (few, many):
        assert model(Load(16, TALK, PATIENCE), found.people).answered_within(AIM.within) >= AIM.share


def test_a_half_hour_without_a_call_may_yet_bring_one() -> None:
    quiet = need(0, 4)
    assert (quiet.calls_per_hour, quiet.people, quiet.fewest) == (0, 0, 0)
    assert quiet.most >= 1


def test_half_hours_in_which_the_line_was_never_open_need_nobody() -> None:
    week = [Seen(number % 7, 6) if 18 <= number % 48 < 35 else Seen(0, 0) for number in range(A_WEEK)]
    found = needs(week, TALK, PATIENCE, AIM)
    assert len(found) == A_WEEK
    assert [each is None for each in found] == [each.times == 0 for each in week]
    assert all(each.fewest <= each.people <= each.most for each in found if each)


def test_more_is_needed_for_longer_talks_a_higher_aim_and_callers_who_do_not_wait() -> None:
    def people(talk: float = TALK, mean_patience: float | None = PATIENCE, aim: Aim = AIM) -> int:
        found = needs([Seen(60, 6)], talk, mean_patience, aim)[0]
        assert found is not None
        return found.people

    assert people() == 3
    assert people(talk=600) > people()
    assert people(aim=Aim(0.99, 20)) > people()
    assert people(aim=Aim(0.95, 0)) > people(aim=Aim(0.95, 60))
    assert people(mean_patience=None) >= people()


def test_patience_is_guessed_until_callers_have_shown_theirs() -> None:
    assert patience([]) == pytest.approx(PRIOR_PATIENCE)
    assert pytest.approx(94.3, abs=0.1) == PRIOR_PATIENCE
    # A thousand who would wait 40 s on average, each answered or promised a call after 20 s if they still are there.
    shown = [Waited(min(-40 * math.log((number + 0.5) / 1000), 20.0), False) for number in range(1000)]
    shown = [Waited(each.seconds, each.seconds < 20) for each in shown]
    assert patience(shown) == pytest.approx(40, rel=0.02)
    assert PRIOR_PATIENCE > patience(shown[-3:]) > patience(shown)


def test_callers_whose_wait_ended_otherwise_make_patience_longer() -> None:
    assert patience([Waited(20, False)] * 50) > PRIOR_PATIENCE
    assert patience([Waited(20, True)] * 50) < 40

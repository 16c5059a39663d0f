"""How long people wait, when some wait still: against worked examples that others have printed."""

import statistics
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice.rules import histogram, survival

# Weeks to relapse of 21 children with leukaemia on 6-mercaptopurine, 12 of whom had not relapsed when last seen:
# E. J. Freireich et al., Blood 21 (1963) 699; worked in D. R. Cox, D. Oakes, "Analysis of Survival Data" (1984) and
# D. G. Kleinbaum, M. Klein, "Survival Analysis", chapter 2. Shares and Greenwood's errors as R's `survfit` prints them.
RELAPSED = (6, 6, 6, 7, 10, 13, 16, 22, 23)
LAST_SEEN = (6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35)
PRINTED = {
    6: (0.8571, 0.0764), 7: (0.8067, 0.0869), 10: (0.7529, 0.0963), 13: (0.6902, 0.1068),
    16: (0.6275, 0.1141), 22: (0.5378, 0.1282), 23: (0.4482, 0.1346),
}  # fmt: skip
# The limits of `survfit(conf.type = "log-log")` for the same data.
LIMITS = {6: (0.6197, 0.9516), 10: (0.5032, 0.8894), 23: (0.1881, 0.6801)}


def curve_of(reached: tuple[float, ...], waiting: tuple[float, ...] = ()) -> survival.Curve:
    return survival.curve(Counter(reached), Counter(waiting))


def test_it_is_the_curve_that_was_printed_with_its_standard_errors_and_band() -> None:
    curve = curve_of(RELAPSED, LAST_SEEN)
    assert {point.seconds: (round(point.share, 4), round(point.error, 4)) for point in curve.points} == PRINTED
    band = {point.seconds: [point.low, point.high] for point in curve.points}
    for at, limits in LIMITS.items():
        assert band[at] == pytest.approx(limits, abs=1e-4)
    assert (curve.median, curve.p90, curve.reached, curve.waiting) == (23, None, 9, 12)
    assert [round(curve.still_waiting(at), 3) for at in (0, 5.9, 6, 12, 99)] == [1, 1, 0.857, 0.753, 0.448]


def test_where_nobody_is_left_waiting_the_curve_ends_at_none_without_a_band() -> None:
    # The children on placebo, all of whom relapsed: S(t) is the plain share, 0.5 at 8 weeks in Kleinbaum's table 2.2.
    curve = curve_of((1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23))
    assert [round(curve.still_waiting(at), 4) for at in (1, 5, 8, 12, 22)] == [0.9048, 0.5714, 0.381, 0.1905, 0.0476]
    assert (curve.median, curve.points[-1].share, curve.points[-1].low) == (8, 0, None)
    assert curve_of(()).median is None


def test_somebody_who_has_waited_a_short_time_counts_as_long_as_they_are_known_to_wait() -> None:
    # Of four, one was reached after 10 s; of the two still waited for after 20 s, one was reached after 30 s.
    assert curve_of((10, 30, 40), (20,)).median == 30


@given(st.lists(st.integers(0, 3600), min_size=1, max_size=30))
def test_with_everybody_reached_the_median_is_the_plain_median(seconds: list[int]) -> None:
    assert curve_of(tuple(seconds)).median == round(statistics.median(seconds), 1)


@given(st.lists(st.integers(0, 3600), min_size=1, max_size=30), st.integers(0, 60))
def test_people_who_still_wait_never_make_it_look_shorter(seconds: list[int], waiting: int) -> None:
    with_waiting = curve_of(tuple(seconds), (10_000,) * waiting).median
    if waiting > len(seconds):
        assert with_waiting is None
    elif with_waiting is not None:
        assert with_waiting >= (curve_of(tuple(seconds)).median or 0)


@given(st.floats(0, 5_184_000))
def test_a_bin_is_wrong_by_half_its_width_at_most_and_by_less_than_a_fiftieth(seconds: float) -> None:
    wrong = abs(histogram.SECONDS[histogram.bin_of(seconds)] - seconds)
    assert wrong <= next(width for end, width in histogram.BINS if seconds <= end) / 2 + 1e-6
    assert wrong <= max(0.051, seconds / 50)


def test_the_last_of_a_bin_is_in_it_and_a_tenth_of_a_second_more_is_not() -> None:
    for place, seconds in enumerate(histogram.SECONDS[:-1]):
        last = histogram.last_of(seconds)
        assert (histogram.bin_of(last), histogram.bin_of(round(last + 0.1, 1))) == (place, place + 1)
    assert histogram.bin_of(histogram.last_of(histogram.SECONDS[-1])) == histogram.SIZE - 1


@given(st.lists(st.dictionaries(st.integers(0, 5 * histogram.SIZE), st.integers(1, 1_000_000))))
def test_packed_counts_add_up_to_what_went_in(counts: list[dict[int, int]]) -> None:
    plain: dict[int, int] = {}
    for each in counts:
        plain = {place: plain.get(place, 0) + each.get(place, 0) for place in plain.keys() | each.keys()}
    assert histogram.added(map(histogram.pack, counts[1:]), counts[0] if counts else {}) == plain

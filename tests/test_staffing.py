"""How many people a load takes: printed tables, worked examples, and what must hold for every load."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voice.rules.staffing import ErlangA, ErlangC, Load, erlang_b, least, model

LOADS = st.builds(
    Load,
    calls_per_hour=st.floats(0.1, 3000),
    talk=st.floats(5, 1200),
    patience=st.floats(1, 3600),
)
PEOPLE = st.integers(0, 80)
quickly = settings(max_examples=60, deadline=None)


def offering(erlangs: float) -> Load:
    """Calls of a second each that keep so many people busy; nobody gives up."""
    return Load(erlangs * 3600, 1)


@pytest.mark.parametrize(
    ("p_wait", "people"),
    [(0.5, [2, 7, 12, 54, 106, 259, 512, 1017]), (0.2, [3, 8, 14, 58, 111, 268, 525, 1034])],
)
def test_the_fewest_people_are_those_of_the_printed_table(p_wait: float, people: list[int]) -> None:
    """Tijms, "A First Course in Stochastic Models", table 5.3.2, the exact column."""
    loads = (1, 5, 10, 50, 100, 250, 500, 1000)
    assert [least(offering(load), 1 - p_wait, 0) for load in loads] == people


def test_the_well_known_centre_of_fifty_without_and_with_impatient_callers() -> None:
    patient = ErlangC(Load(48 * 60, 60), 50)
    figures = patient.figures()
    assert figures.p_wait == pytest.approx(0.694456, abs=1e-6)
    assert figures.mean_wait == pytest.approx(20.83, abs=0.01)
    assert figures.queue == pytest.approx(16.7, abs=0.05)
    assert patient.answered_within(58.1) == pytest.approx(0.9, abs=0.001)
    figures = ErlangA(Load(48 * 60, 60, 120), 50, 120).figures()
    assert figures.p_wait == pytest.approx(0.467774, abs=1e-6)
    assert figures.p_abandon == pytest.approx(0.030912, abs=1e-6)
    assert figures.mean_wait == pytest.approx(3.709, abs=1e-3)
    assert figures.queue == pytest.approx(2.968, abs=1e-3)
    assert figures.busy == pytest.approx(0.930324, abs=1e-6)


def test_a_hundred_calls_in_half_an_hour_and_fourteen_people() -> None:
    fourteen = model(Load(200, 180), 14)
    assert fourteen.figures().p_wait == pytest.approx(0.174132, abs=1e-6)
    assert fourteen.answered_within(20) == pytest.approx(0.888350, abs=1e-6)
    assert least(Load(200, 180), 0.8, 20) == 14


@pytest.mark.parametrize(
    ("people", "calls", "p_wait", "p_abandon", "wait", "blocked", "delayed"),
    [
        (1, 6, 0.24062, 0.19793, 7.917, 0.23077, 0.30000),
        (1, 10, 0.35392, 0.29215, 11.686, 0.33333, 0.50000),
        (2, 10, 0.08261, 0.05798, 2.319, 0.07692, 0.10000),
    ],
)
def test_small_offices(
    people: int, calls: float, p_wait: float, p_abandon: float, wait: float, blocked: float, delayed: float
) -> None:
    load = Load(calls, 180, 40)
    figures = model(load, people).figures()
    assert (figures.p_wait, figures.p_abandon) == pytest.approx((p_wait, p_abandon), abs=6e-6)
    assert figures.mean_wait == pytest.approx(wait, abs=6e-4)
    assert erlang_b(load.offered, people) == pytest.approx(blocked, abs=6e-6)
    assert model(Load(calls, 180), people).figures().p_wait == pytest.approx(delayed, abs=6e-6)


def test_patience_as_long_as_a_talk_makes_the_number_there_poisson() -> None:
    assert model(Load(0.9 * 3600, 1, 1), 1).figures().p_wait == pytest.approx(1 - math.exp(-0.9), abs=1e-12)


def test_too_few_people_for_callers_who_never_give_up_is_a_queue_without_end() -> None:
    figures = model(Load(30, 180), 1).figures()
    assert (figures.p_wait, figures.p_abandon, figures.busy) == (1, 0, 1)
    assert math.isinf(figures.mean_wait)
    assert model(Load(30, 180), 1).answered_within(3600) == 0


def test_with_nobody_there_everybody_gives_up() -> None:
    nobody = model(Load(30, 180, 40), 0)
    figures = nobody.figures()
    assert (figures.p_wait, figures.p_abandon, figures.mean_wait) == pytest.approx((1, 1, 40))
    assert figures.busy == 0
    assert nobody.answered_within(100) == pytest.approx(0, abs=1e-12)
    assert nobody.waited_within(40) == pytest.approx(1 - math.exp(-1))


@quickly
@given(LOADS, PEOPLE)
def test_whoever_does_not_give_up_is_talked_to(load: Load, people: int) -> None:
    assert load.patience is not None
    figures = model(load, people).figures()
    assert figures.p_abandon == pytest.approx(figures.queue / load.patience / load.per_second, abs=1e-9)
    assert figures.busy * people == pytest.approx(load.offered * (1 - figures.p_abandon), rel=1e-9, abs=1e-9)


@quickly
@given(LOADS, PEOPLE)
def test_giving_up_lies_between_going_at_once_and_never(load: Load, people: int) -> None:
    waits = model(load, people).figures().p_wait
    assert erlang_b(load.offered, people) - 1e-12 <= waits
    assert waits <= ErlangC(load, people).figures().p_wait + 1e-12


@quickly
@given(st.floats(0.5, 500), st.floats(0.1, 0.9))
def test_endless_patience_is_nobody_giving_up(calls: float, used: float) -> None:
    people = max(math.ceil(calls / 20 / used), 1)
    ends, never = model(Load(calls, 180, 1e7), people), model(Load(calls, 180), people)
    assert ends.figures().p_wait == pytest.approx(never.figures().p_wait, rel=0.01)
    assert ends.figures().mean_wait == pytest.approx(never.figures().mean_wait, rel=0.01)
    assert ends.answered_within(20) == pytest.approx(never.answered_within(20), abs=0.001)
    assert ends.waited_within(20) == pytest.approx(never.waited_within(20), abs=0.001)


@quickly
@given(LOADS, PEOPLE, st.floats(0, 300))
def test_more_people_never_let_callers_wait_longer(load: Load, people: int, seconds: float) -> None:
    fewer, more = model(load, people), model(load, people + 1)
    before, after = fewer.figures(), more.figures()
    assert after.p_wait <= before.p_wait + 1e-12
    assert after.p_abandon <= before.p_abandon + 1e-12
    assert after.mean_wait <= before.mean_wait + 1e-9
    assert more.answered_within(seconds) >= fewer.answered_within(seconds) - 1e-12
    assert more.waited_within(seconds) >= fewer.waited_within(seconds) - 1e-12


@quickly
@given(LOADS, PEOPLE, st.floats(0, 300))
def test_waits_end_with_an_answer_or_with_giving_up(load: Load, people: int, seconds: float) -> None:
    known = model(load, people)
    figures = known.figures()
    assert known.answered_within(0) == pytest.approx(1 - figures.p_wait, abs=1e-12)
    assert known.waited_within(0) == pytest.approx(1 - figures.p_wait, abs=1e-12)
    assert known.answered_within(1e6) == pytest.approx(1 - figures.p_abandon, abs=1e-9)
    assert known.waited_within(1e6) == pytest.approx(1)
    assert known.answered_within(seconds) <= known.waited_within(seconds) + 1e-12
    assert known.answered_within(seconds) <= known.answered_within(seconds + 1) + 1e-12


@pytest.mark.parametrize("people", [1, 2, 13, 60])
def test_waiting_times_are_those_of_the_integral(people: int) -> None:
    """Baccelli & Hebuterne 1981: the density of the wait of somebody with endless patience, here up to a factor."""
    load, patience = Load(18.0 * people, 180, 60), 60.0
    known = model(load, people)

    def density(x: float) -> float:
        coming, going = load.per_second * patience * -math.expm1(-x / patience), people / load.talk * x
        return math.exp(coming - going)

    step = 0.02
    points = [density((index + 0.5) * step) * step for index in range(180_000)]
    scale = known.figures().p_wait / math.fsum(points)
    for seconds in (5, 20, 60):
        until = int(seconds / step)
        stays = [point * math.exp(-(index + 0.5) * step / patience) for index, point in enumerate(points[:until])]
        reached = 1 - known.figures().p_wait + scale * math.fsum(stays)
        assert known.answered_within(seconds) == pytest.approx(reached, abs=1e-6)
        longer = scale * math.fsum(points[until:]) * math.exp(-seconds / patience)
        assert known.waited_within(seconds) == pytest.approx(1 - longer, abs=1e-6)


@quickly
@given(LOADS, st.floats(0.01, 0.999), st.floats(0, 120))
def test_the_fewest_people_do_and_one_fewer_does_not(load: Load, aim: float, within: float) -> None:
    people = least(load, aim, within)
    assert model(load, people).answered_within(within) >= aim
    assert people == 0 or model(load, people - 1).answered_within(within) < aim


def test_a_thousand_people_and_a_thousand_times_too_few_are_no_trouble() -> None:
    assert erlang_b(1000, 1000) == pytest.approx(0.0249, abs=1e-3)  # about sqrt(2 / (pi n))
    thousand = model(Load(20_000, 180, 60), 1000).figures()
    assert thousand.busy * 1000 == pytest.approx(1000 * (1 - thousand.p_abandon))
    assert model(Load(20_000, 180, 3600), 1).figures().p_abandon == pytest.approx(0.999, abs=1e-4)

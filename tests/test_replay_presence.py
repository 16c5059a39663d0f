"""Who was at their phone, read off past calls: whose turn it was, and who was not rung then."""

import datetime as dt
from dataclasses import replace
from typing import Any

from tests.test_replay_rules import TUESDAY_ELEVEN, call, weeks
from voice.rules import past, presence
from voice.rules.past import Held, PastCall, Ring


def gone(*calls: PastCall, held: tuple[past.Held, ...] = (), **line: Any) -> list[tuple[str, float]]:
    """Who was not there, and from how many seconds after the first call, with Sam and Alex at work."""
    found = presence.read(replace(weeks(*calls, **line), held=held), lambda _call: ("sam", "alex")).away
    return [(each.staff, (each.since - TUESDAY_ELEVEN).total_seconds()) for each in found]


def test_whose_turn_it_was_and_who_was_not_rung_was_not_there() -> None:
    rung = (Ring("sam", 0.2, 0.4, 15.4, "cut"), Ring("sam", 18, 18.2, 21, "cut"))
    assert gone(call(rings=rung)) == [("alex", 0)]
    assert gone(call(rings=rung[:1])) == [("alex", 0)]  # too late for Sam to be rung again
    assert gone(call(rings=rung[:1], waited=29.0, ring_seconds=30)) == [("alex", 0), ("sam", 17)]
    assert gone(call(rings=rung, cause="abandoned", waited=2.0)) == []  # too soon over to say
    assert gone(call(rings=rung, mode="in_order"), in_order_step_seconds=18) == []  # their turn had not come
    assert gone(call(rings=rung), held=(Held("alex", TUESDAY_ELEVEN, TUESDAY_ELEVEN + dt.timedelta(seconds=20)),)) == []
    for waited in (5.0, 15.0):  # who is not there keeps no turn
        nobody = call(cause="abandoned", waited=waited, mode="in_order")
        assert gone(nobody, in_order_step_seconds=6) == [("sam", 0), ("alex", 0)]
    assert gone(call(cause="nobody_on_shift", waited=0.0)) == [("sam", 0), ("alex", 0)]
    assert gone(call(cause="closed", waited=9.0)) == []


def test_a_phone_that_still_tells_of_a_hang_up_or_came_from_a_ring_back_is_in_use() -> None:
    def missing(free: float) -> list[tuple[str, float]]:
        took = Ring("alex", 0.2, 0.4, 5.0, "accepted", 1.0, free=free)
        short = call(rings=(Ring("sam", 0.2, 0.4, 6, "cut"), took), waited=6, talk=0.5, answered_by="alex", cause=None)
        rung = (Ring("sam", 0.5, 0.7, 15.7, "cut"), Ring("alex", 6.5, 6.7, 21, "cut"))
        return gone(short, call(1, 0.1, rings=rung))

    assert (missing(free=12.0), missing(free=6.5)) == ([], [("alex", 8)])  # with a breath after it
    came = Ring("alex", 0.3, 0.3, 8, "cut", handed=True)
    (held,) = presence.read(weeks(call(rings=(came,))), lambda _call: ("sam", "alex")).busy
    assert (held.staff, (held.until - held.since).total_seconds()) == ("alex", 7.7)


def test_whoever_is_rung_in_the_turn_of_others_tells_that_they_were_not_there() -> None:
    def missing(*rings: Ring) -> list[str]:
        one = call(rings=rings, mode="in_order", waited=8.0, cause=None)
        away = presence.read(weeks(one), lambda _call: ("sam", "alex", "kim")).away
        return sorted(each.staff for each in away)

    assert missing(Ring("kim", 0.2, 0.4, 6, "accepted", 2.0)) == ["alex", "sam"]
    assert missing(Ring("sam", 0.2, 0.4, 6, "accepted", 2.0)) == []
    assert missing(Ring("sam", 0.2, 0.4, 2, "declined"), Ring("kim", 2.2, 2.4, 6, "accepted", 2.0)) == []  # who knows


def test_who_is_passed_over_while_callers_meet_was_not_there_and_who_talks_with_one_of_them_was() -> None:
    def took(staff: str) -> PastCall:
        ring = Ring(staff, 0.2, 0.4, 5.0, "accepted", 1.0, free=40)
        return call(rings=(ring,), mode="in_order", waited=6.0, talk=34.0, cause=None, answered_by=staff)

    meanwhile = call(1, 0.1, rings=(Ring("alex", 0.2, 0.4, 3, "declined"),), cause="declined", waited=14.0)
    assert gone(took("sam"), meanwhile) == []  # though Sam was not rung for the second, and had not refused
    assert gone(took("alex"), call(1, 0.1, cause="abandoned", waited=1.0)) == [("sam", 0)]
    soon = Held("sam", TUESDAY_ELEVEN + dt.timedelta(seconds=0.1), TUESDAY_ELEVEN + dt.timedelta(seconds=20))
    assert gone(took("alex"), held=(soon,)) == []  # a ring-back had Sam's phone before it was their turn


def test_who_is_left_when_a_caller_is_given_up_early_was_not_there() -> None:
    declined = (Ring("sam", 0.2, 0.4, 1.9, "declined"),)
    assert gone(call(rings=declined, cause="declined", waited=2.0)) == [("alex", 0)]
    cut = (*declined, Ring("alex", 0.2, 0.4, 15.4, "cut"))
    assert gone(call(rings=cut, waited=16.0)) == [("alex", 15.4)]
    given_up = call(rings=(*declined, Ring("alex", 0.2, 0.4, 5.4, "cut")), cause="declined", waited=25.0)
    rung_since = call(1, 0.1, rings=(*declined, Ring("alex", 0.1, 0.3, 9, "cut")), cause="abandoned", waited=9.0)
    assert gone(given_up, rung_since) == [("alex", 15)]  # for another caller, and as long as that they were there


def test_who_is_missing_twice_was_away_throughout_unless_seen_between() -> None:
    def spans(*calls: PastCall) -> list[tuple[float, float]]:
        found = presence.read(weeks(*calls), lambda _call: ("sam", "alex")).away
        return [((held.since - TUESDAY_ELEVEN).total_seconds(), held.until.timestamp()) for held in found]

    rung = (Ring("sam", 0.2, 0.4, 15.4, "cut"), Ring("sam", 18, 18.2, 21, "cut"))
    both = (*rung, Ring("alex", 1.2, 1.4, 3, "declined"))
    [(since, until)] = spans(call(rings=rung), call(1, 30, rings=rung))
    assert (since, until) == (0, TUESDAY_ELEVEN.timestamp() + 30 * 60 + 16 + 60)
    (_, until), _ = spans(call(rings=rung), call(1, 1, rings=both), call(2, 30, rings=rung))
    assert until == TUESDAY_ELEVEN.timestamp() + 60  # back when the caller came for whom they were rung

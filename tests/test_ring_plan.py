"""Who rings next, decided without phones: plain values in, one release out."""

import datetime as dt

import pytest

from voice.rules import causes, ring_plan
from voice.rules.ring_plan import Mode, Release, Ring, RingBack, Waiting, due, exhausted, next_release, ring_until

pytestmark = pytest.mark.proves("01-2.4")

NOON = dt.datetime(2026, 11, 23, 17, 0, tzinfo=dt.UTC)
STAFF = ("sam", "alex", "kim")


def at(seconds: float) -> dt.datetime:
    """So many seconds after the caller rang."""
    return NOON + dt.timedelta(seconds=seconds)


def caller(mode: Mode = "everyone", rings: tuple[Ring, ...] = (), since: float = 0, **more: object) -> Waiting:
    """A caller who waits, for a minute at most."""
    base = {"call_id": f"c{since:g}", "since": at(since), "ring_from": at(since), "ring_until": at(since + 60)}
    return Waiting(**base | {"mode": mode, "people": STAFF, "rings": rings} | more)  # type: ignore[arg-type]


def test_everyone_is_rung_at_once_in_the_order_of_the_line() -> None:
    assert due(caller(), at(0)) == ["sam", "alex", "kim"]


@pytest.mark.parametrize("mode", ["in_order", "fewest_recent"])
def test_in_order_adds_one_person_every_step(mode: Mode) -> None:
    waiting = caller(mode, step_seconds=12)
    assert due(waiting, at(0)) == ["sam"]
    assert due(waiting, at(11.9)) == ["sam"]
    assert due(waiting, at(12)) == ["sam", "alex"]
    assert due(waiting, at(24)) == ["sam", "alex", "kim"]


def test_earlier_phones_ring_on_when_the_next_is_added() -> None:
    waiting = caller("in_order", (Ring("sam", at(0)),), step_seconds=12)
    assert due(waiting, at(12)) == ["alex"]
    assert not exhausted(waiting)


def test_the_last_person_rings_alone_for_five_seconds() -> None:
    waiting = caller(first="kim")
    assert due(waiting, at(4.9)) == ["kim"]
    assert due(waiting, at(5)) == ["kim", "sam", "alex"]


@pytest.mark.parametrize("end", ["declined", "busy"])
def test_the_others_do_not_wait_for_a_last_person_whose_phone_has_said_no(end: str) -> None:
    waiting = caller(first="kim", rings=(Ring("kim", at(0), end, at(2)),))
    assert due(waiting, at(1.9)) == []
    assert due(waiting, at(2)) == ["sam", "alex"]


def test_the_five_seconds_alone_come_out_of_the_total_and_before_the_steps() -> None:
    waiting = caller("in_order", first="alex", step_seconds=10)
    assert [len(due(waiting, at(moment))) for moment in (0, 5, 14.9, 15)] == [1, 2, 2, 3]


def test_a_last_person_who_is_not_working_or_talks_is_not_waited_for() -> None:
    assert due(caller(first="ann"), at(0)) == ["sam", "alex", "kim"]
    assert due(caller(first="kim"), at(0), busy={"kim"}) == ["sam", "alex"]
    others = (Ring("sam", at(0)), Ring("alex", at(1)))
    assert due(caller(first="kim", rings=others[:1]), at(0.5), busy={"sam"}) == ["kim", "alex"]  # kim has come free
    assert due(caller("in_order", others[:1], first="kim", step_seconds=6), at(5), busy={"sam"}) == []


@pytest.mark.parametrize("mode", ["in_order", "fewest_recent"])
def test_nobody_waits_for_the_turn_of_somebody_who_is_busy_and_who_comes_free_is_added_with_the_next_step(
    mode: Mode,
) -> None:
    assert due(caller(mode), at(0), busy={"sam"}) == ["alex"]
    waiting = caller(mode, (Ring("alex", at(0)),))
    assert due(waiting, at(12), busy={"sam", "alex"}) == ["kim"]
    assert due(waiting, at(11.9), busy={"alex"}) == []  # sam has come free
    assert due(waiting, at(12), busy={"alex"}) == ["sam"]
    assert due(waiting, at(24), busy={"alex"}) == ["sam", "kim"]
    all_rung = caller(mode, (Ring("alex", at(0)), Ring("kim", at(12))))
    assert [due(all_rung, at(moment), busy={"alex", "kim"}) for moment in (23.9, 24)] == [[], ["sam"]]


def test_who_has_rung_for_a_caller_keeps_their_place_though_busy_since() -> None:
    waiting = caller("in_order", (Ring("sam", at(0), "declined", at(3)),))
    assert [due(waiting, at(moment), busy={"sam"}) for moment in (11.9, 12, 24)] == [[], ["alex"], ["alex", "kim"]]


def test_a_turn_taken_out_of_order_costs_nobody_theirs() -> None:
    taken = (Ring("sam", at(0)), Ring("kim", at(2), "declined", at(4)))  # kim had said "Take it"
    assert [due(caller("in_order", taken, step_seconds=6), at(moment), {"sam"}) for moment in (7.9, 8)] == [
        [],
        ["alex"],
    ]


def test_a_phone_that_was_not_answered_rings_again_later() -> None:
    waiting = caller(rings=(Ring("sam", at(0), "no_answer", at(15)),))
    assert due(waiting, at(16)) == ["alex", "kim"]
    assert due(waiting, at(17)) == ["alex", "kim", "sam"]  # who has not rung yet goes first


def test_a_busy_phone_is_not_hammered_but_tried_with_the_next_wave() -> None:
    waiting = caller(rings=(Ring("sam", at(0), "busy", at(1)),))
    assert "sam" not in due(waiting, at(14))
    assert "sam" in due(waiting, at(15))


def test_a_phone_the_carrier_had_no_room_for_is_tried_soon() -> None:
    assert "sam" in due(caller(rings=(Ring("sam", at(0), "limited", at(0)),)), at(2))


@pytest.mark.parametrize("how", ["declined", "not_screened", "failed"])
def test_who_declined_or_let_a_machine_answer_is_not_rung_again(how: str) -> None:
    waiting = caller(rings=(Ring("sam", at(0), how, at(3)),))
    assert due(waiting, at(50)) == ["alex", "kim"]


@pytest.mark.parametrize(("how", "again"), [("declined", []), ("no_answer", ["sam", "alex"])])
def test_a_phone_that_two_share_has_declined_and_rests_as_one(how: str, again: list[str]) -> None:
    rung, two = (Ring("sam", at(0), how, at(15), phone="desk"),), ("sam", "alex")
    waiting = caller(rings=rung, people=two, phones=dict.fromkeys(two, "desk"))
    assert [due(waiting, at(moment)) for moment in (16, 17)] == [[], again]
    assert exhausted(waiting) == (how == "declined")
    assert causes.unanswered(waiting, (), api_dead=False) == ("declined" if how == "declined" else "rang_out")


def test_who_shares_a_phone_that_has_declined_takes_no_turn_of_their_own() -> None:
    shared = {"sam": "desk", "alex": "desk", "kim": "her own"}
    rung = (Ring("sam", at(0), "declined", at(2), phone="desk"),)
    waiting = caller(mode="in_order", step_seconds=12, people=tuple(shared), phones=shared, rings=rung)
    assert [due(waiting, at(moment)) for moment in (11, 12)] == [[], ["kim"]]


@pytest.mark.parametrize(
    ("ends", "cause"),
    [
        (("declined",), "declined"), (("declined", "no_answer"), "rang_out"), (("declined", "cancelled"), "rang_out"),
        (("not_screened",), "mailbox"), (("ended",), "rang_out"), (("declined", "limited"), "declined"),
    ],
)  # fmt: skip
def test_declined_is_by_everybody_who_was_free(ends: tuple[str, ...], cause: str) -> None:
    waiting = caller(rings=tuple(Ring(person, at(0), end, at(3)) for person, end in zip(STAFF, ends, strict=False)))
    assert causes.unanswered(waiting, busy={"alex", "kim"}, api_dead=False) == cause


def test_all_declined_means_nobody_is_left() -> None:
    declined = tuple(Ring(person, at(0), "declined", at(3)) for person in STAFF)
    assert exhausted(caller(rings=declined))
    assert not exhausted(caller(rings=declined[:2]))
    assert not exhausted(caller(rings=(*declined[:2], Ring("kim", at(0)))))
    assert exhausted(caller(rings=declined[:2]), talking={"kim"})
    assert not exhausted(caller(rings=(Ring("sam", at(0), "not_screened", at(3)),)), talking={"alex", "kim"})
    assert not exhausted(caller(rings=(*declined[:2], Ring("kim", at(0), "no_answer", at(15)))))


def test_no_phone_is_rung_twice_at_once() -> None:
    assert due(caller(rings=(Ring("sam", at(0)),)), at(30)) == ["alex", "kim"]
    assert next_release([caller(people=("sam",))], [], busy={"sam"}, now=at(0)) is None


def test_no_phone_starts_to_ring_for_the_last_seconds() -> None:
    waiting = caller(people=("sam",))
    assert due(waiting, at(56)) == ["sam"]
    assert due(waiting, at(56.1)) == []


def test_a_withheld_number_waits_half_as_long_again() -> None:
    assert ring_until(NOON, 20, withheld=False) == at(20)
    assert ring_until(NOON, 20, withheld=True) == at(30)


def test_take_it_rings_that_phone_and_starts_no_new_wave() -> None:
    waiting = caller("in_order", (Ring("sam", at(0)),), step_seconds=5, reserved_by="kim", reserved_since=at(2))
    assert due(waiting, at(10)) == ["kim"]
    assert due(caller(rings=(Ring("kim", at(0)),), reserved_by="kim", reserved_since=at(2)), at(10)) == []


def test_take_it_forgives_an_earlier_refusal_but_not_a_later_one() -> None:
    before = caller(rings=(Ring("kim", at(0), "declined", at(3)),), reserved_by="kim", reserved_since=at(4))
    assert due(before, at(6)) == ["kim"]
    after = caller(rings=(Ring("kim", at(0), "declined", at(5)),), reserved_by="kim", reserved_since=at(4))
    assert due(after, at(8)) == ["sam", "alex"]


def test_nobody_is_left_only_when_no_one_has_said_they_will_take_it() -> None:
    declined = tuple(Ring(person, at(0), "declined", at(3)) for person in STAFF)
    assert not exhausted(caller(rings=declined, reserved_by="kim", reserved_since=at(4)))


@pytest.mark.parametrize("how", ["no_answer", "busy", "declined", "cancelled"])
def test_after_a_cut_off_that_phone_rings_one_time(how: str) -> None:
    waiting = caller(people=("sam",), rings=(Ring("sam", at(0), how, at(3)),), once=True)
    assert due(waiting, at(30)) == []
    assert exhausted(waiting)


def test_a_refusal_for_the_cap_does_not_count_as_that_one_ring() -> None:
    waiting = caller(people=("sam",), rings=(Ring("sam", at(0), "limited", at(0)),), once=True)
    assert due(waiting, at(3)) == ["sam"]
    assert not exhausted(waiting)


def test_every_callers_first_phone_goes_before_anyones_second() -> None:
    first = caller(rings=(Ring("sam", at(0)),))
    second = caller(since=5)
    assert next_release([first, second], [], {"sam"}, at(6)) == Release("alex", call_id=second.call_id)


def test_a_first_phone_that_has_declined_was_the_first() -> None:
    """The oldest has been declined, the next has a phone that rings, the newest has had none."""
    oldest, older = (
        caller(rings=(Ring("sam", at(0), "declined", at(3)),)),
        caller(since=1, rings=(Ring("alex", at(2)),)),
    )
    newest, back = caller(since=4), RingBack("a1", "sam", at(2))
    three = [oldest, older, newest]
    assert next_release(three, [back], {"alex"}, at(6)) == Release("sam", call_id=newest.call_id)
    assert next_release(three, [back], {"alex", "kim"}, at(6)) == Release("sam", call_id=newest.call_id)
    assert next_release([oldest, older], [back], {"alex"}, at(6)) == Release("sam", attempt_id="a1")
    assert next_release([oldest, older], [], {"alex"}, at(6)) == Release("kim", call_id=oldest.call_id)
    unrung = caller(rings=(Ring("sam", at(0), "limited", at(0)),))
    assert next_release([newest, unrung], [], {"alex"}, at(6)) == Release("sam", call_id=unrung.call_id)


def test_then_ring_backs_then_the_longest_waiting() -> None:
    older, newer = caller(rings=(Ring("sam", at(0)),)), caller(since=5, rings=(Ring("alex", at(5)),))
    back = RingBack("a1", "kim", at(2))
    busy = {"sam", "alex"}
    assert next_release([newer, older], [back], busy, at(6)) == Release("kim", attempt_id="a1")
    assert next_release([newer, older], [], busy, at(6)) == Release("kim", call_id=older.call_id)


def test_a_ring_back_waits_for_a_caller_who_has_no_phone_yet() -> None:
    back = RingBack("a1", "kim", at(0))
    assert next_release([caller(since=5)], [back], set(), at(6)) == Release("sam", call_id="c5")
    assert next_release([], [back], {"kim"}, at(6)) is None


@pytest.mark.parametrize("by_itself", [False, True], ids=["asked for", "by itself"])
@pytest.mark.proves("02-3.5")
def test_a_ring_back_goes_before_every_caller_where_its_promise_would_else_be_missed(by_itself: bool) -> None:
    waiting, alone = caller(people=("sam",)), ("sam",)
    soon, later, late = (RingBack("a1", "sam", at(0), at(by), by_itself) for by in (30, 240, -1))
    assert next_release([waiting], [soon], set(), at(0)) == Release("sam", attempt_id="a1")
    for can_wait in (later, late):
        assert next_release([waiting], [can_wait], set(), at(0)) == Release("sam", call_id="c0")
    assert next_release([waiting], [soon], alone, at(0)) is None


def test_a_phone_nobody_asked_to_ring_is_none_a_caller_could_be_given() -> None:
    ringing = caller(people=("sam", "alex"), rings=(Ring("sam", at(0)),), mode="in_order")
    assert next_release([ringing], [RingBack("a1", "alex", at(0), at(240), True)], {"sam"}, at(1)) is None
    assert next_release([ringing], [RingBack("a1", "kim", at(0), at(240), True)], {"sam"}, at(1)) is not None
    assert next_release([ringing], [RingBack("a1", "alex", at(0), at(30), True)], {"sam"}, at(1)) is not None


@pytest.mark.parametrize(("legs_now", "cap", "room"), [(9, None, True), (1, 2, True), (2, 2, False), (0, 0, True)])
def test_no_more_legs_at_once_than_the_carrier_bears(legs_now: int, cap: int | None, room: bool) -> None:
    assert ring_plan.has_room(legs_now, cap) is room


def test_a_leg_rings_below_a_mailboxs_patience() -> None:
    assert ring_plan.LEG_SECONDS <= 15


def test_a_wave_is_as_long_as_that_phone_may_ring() -> None:
    waiting = caller(people=("sam",), rings=(Ring("sam", at(0), "busy", at(1), seconds=9),))
    assert (due(waiting, at(8.9)), due(waiting, at(9))) == ([], ["sam"])
    waiting = caller(people=("sam",), rings=(Ring("sam", at(0), "no_answer", at(9.5), seconds=9),))
    assert (due(waiting, at(11.4)), due(waiting, at(11.5))) == ([], ["sam"])

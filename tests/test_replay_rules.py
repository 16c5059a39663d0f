"""What is read off past calls, learned from them, and proposed: the rules of playing them again, without playing."""

import datetime as dt
import statistics
from dataclasses import replace
from typing import Any

import pytest

from voice.rules import compared, other_settings, past
from voice.rules.habits import Habits
from voice.rules.other_settings import Change
from voice.rules.past import Past, PastCall, Ring
from voice.rules.rung import Rung

TUESDAY_ELEVEN = dt.datetime(2026, 11, 24, 16, 5, tzinfo=dt.UTC)  # in New York
LINE: dict[str, Any] = {
    "ring": "everyone", "ring_seconds": 20, "in_order_step_seconds": 12, "last_person_first": True,
    "time_zone": "America/New_York", "hours": {"mon": "09:00-17:30", "tue": "09:00-12:00,13:00-17:30"},
}  # fmt: skip


def call(number: int = 0, minutes: float = 0, **how: Any) -> PastCall:
    """A call that rang out, unless told otherwise."""
    usual: dict[str, Any] = {
        "withheld": False, "who": number, "outcome": "callback", "cause": "rang_out", "answered_by": None,
        "waited": 21.0, "talk": 0.0, "ring_seconds": 20, "mode": "everyone",
    }  # fmt: skip
    return PastCall(f"call{number}", TUESDAY_ELEVEN + dt.timedelta(minutes=minutes), **(usual | how))


def weeks(*calls: PastCall, **line: Any) -> Past:
    """A past with Sam and Alex."""
    people = tuple({"id": name, "shifts": None} for name in ("sam", "alex"))
    return Past(LINE | line, people, calls)


def test_the_phones_deeds_are_read_off_the_events_in_whatever_call_they_stand() -> None:
    def at(seconds: float) -> dt.datetime:
        return TUESDAY_ELEVEN + dt.timedelta(seconds=seconds)

    told: list[past.Event] = [
        ("call1", at(0), "received", {"ring": "in_order", "rings": 25}),
        ("call1", at(1), "phone_placed", {"staff": "sam", "why": "spoke"}),
        ("call1", at(2), "phone_rings", {"staff": "sam"}),
        ("call1", at(3), "phone_placed", {"staff": "alex", "why": "in_order"}),
        ("call1", at(4), "phone_rings", {"staff": "alex"}),
        ("call2", at(9), "phone_picked_up", {"staff": "alex"}),  # was offered another caller
        ("call2", at(11.5), "accepted", {"staff": "alex"}),
        ("call1", at(17), "phone_stops", {"staff": "sam", "how": "no_answer"}),
        ("call1", at(19), "phone_placed", {"staff": "sam", "why": "again"}),
        ("call1", at(20), "phone_rings", {"staff": "sam"}),
        ("call1", at(22), "phone_stops", {"staff": "sam", "how": "declined"}),
        ("call2", at(60), "phone_stops", {"staff": "alex", "how": "ended"}),
    ]
    first, second = past.read([call(1), call(2)], told)
    assert (first.first, first.mode, first.ring_seconds) == ("sam", "in_order", 25)
    assert first.rings == (
        Ring("sam", 1, 2, 17, "cut"), Ring("alex", 3, 4, 9, "accepted", 2.5, free=60),
        Ring("sam", 19, 20, 22, "declined"),
    )  # fmt: skip
    assert second.rings == ()
    # A phone that came from a ring-back rings first: then nobody's rings before all others.
    (came,) = past.read([call(1)], [("call1", at(1), "passed_on", {"staff": "alex"}), *told[1:2]])
    assert (came.first, [ring.handed for ring in came.rings]) == (None, [True, False])


def test_the_past_goes_through_plain_values_unchanged() -> None:
    whole = weeks(call(rings=(Ring("sam", 0.2, 0.4, 15, "cut"),)), call(1, 3, withheld=True))
    assert Past.from_json(whole.to_json()) == whole


def test_a_phone_that_rings_at_the_moment_it_did_does_what_it_did_then_for_whomever_it_rings() -> None:
    calls = [call(rings=(Ring("sam", 3, 4, 9, "accepted", 2.5), Ring("alex", 3, 4, 9, "cut"))), call(1, 0.1)]
    drawn = Habits(calls).draw("1")
    known = Rung(calls).at("sam", TUESDAY_ELEVEN + dt.timedelta(seconds=5))
    assert known is not None
    deed = known.deed(TUESDAY_ELEVEN + dt.timedelta(seconds=5), drawn, calls[1], 0.0)
    assert (deed.after, deed.end, deed.key) == (4, "accepted", 2.5)
    cut = Rung(calls).at("alex", TUESDAY_ELEVEN + dt.timedelta(seconds=5))
    assert cut is not None
    assert cut.deed(TUESDAY_ELEVEN + dt.timedelta(seconds=5), drawn, calls[1], 0.0).after >= 5  # not in that second
    assert Rung(calls).at("sam", TUESDAY_ELEVEN + dt.timedelta(seconds=20)) is None
    at_once = Rung([call(rings=(Ring("sam", 3, 3, 3.2, "declined", handed=True),))])
    declined = at_once.at("sam", TUESDAY_ELEVEN + dt.timedelta(seconds=3))
    assert declined is not None
    assert declined.deed(TUESDAY_ELEVEN + dt.timedelta(seconds=3), drawn, calls[1], 0.0).rings > 1  # else: busy


def test_calls_that_met_are_played_together_and_others_apart() -> None:
    met = [call(0), call(1, 0.5), call(2, 30)]
    assert [[each.id for each in room] for room in past.rooms(met)] == [["call0", "call1"], ["call2"]]


def test_what_happened_is_kept_and_what_was_cut_short_goes_on_as_people_usually_do() -> None:
    picked = [call(n, n, rings=(Ring("sam", 0, 0, 5, "accepted", 2.0),)) for n in range(40)]
    cut = [call(n, n, rings=(Ring("sam", 0, 0, 3, "cut"), Ring("alex", 0, 0, 9, "cut"))) for n in range(40, 60)]
    habits = Habits([*picked, *cut])
    drawn = habits.draw("1")
    assert (drawn.deed(picked[0], "sam").after, drawn.deed(picked[0], "sam").end) == (5, "accepted")
    later = [drawn.deed(each, "sam") for each in cut]
    assert all(deed.after >= 4 for deed in later)  # never in the second in which it was cut short
    assert statistics.median(deed.after for deed in later) < 8
    assert all(deed.key == 2.0 for deed in later if deed.end == "accepted")
    assert drawn.deed(cut[0], "alex").after > 9
    assert drawn.deed(cut[3], "sam") == habits.draw("1").deed(cut[3], "sam") != habits.draw("2").deed(cut[3], "sam")


def test_few_data_give_wide_answers_and_many_narrow_ones() -> None:
    def spread(calls: int) -> float:
        rings = (Ring("sam", 0, 0, 5, "accepted", 2.0),)
        habits = Habits([call(n, n, rings=rings) for n in range(calls)])
        rates = [habits.draw(str(seed)).people["sam"]["accepted"][2] for seed in range(40)]
        return statistics.stdev(rates) / statistics.mean(rates)

    assert spread(2) > 3 * spread(200)


def test_callers_wait_at_least_as_long_as_they_did() -> None:
    left = call(1, cause="abandoned", waited=7.0)
    drawn = Habits([left, *(call(n, n) for n in range(2, 20))]).draw("1")
    assert drawn.patience(left) == 7.0
    assert drawn.patience(call(3)) > 21.0


def test_a_change_is_tried_on_the_callers_it_could_touch_only() -> None:
    longer, extra = Change("ring_seconds", {"ring_seconds": 30}), Change("extra", {}, {"tue": "11:00-13:00"})
    sooner = Change("earlier", {"hours": {"tue": "08:00-12:00"}})
    nobody_alone = Change("first", {"last_person_first": False})
    whole = weeks()
    cases: list[tuple[Change, dict[str, Any], bool]] = [
        (longer, {}, True), (longer, {"cause": "abandoned"}, False), (longer, {"cause": "closed"}, False),
        (extra, {"cause": "abandoned"}, True), (extra, {"minutes": 180}, False), (extra, {"cause": "closed"}, False),
        (extra, {"cause": "nobody_on_shift"}, True), (sooner, {"cause": "closed"}, True), (sooner, {}, False),
        (nobody_alone, {"first": "sam"}, True), (nobody_alone, {}, False),
    ]  # fmt: skip
    for change, how, could in cases:
        assert other_settings.touches(change, whole, call(**how)) is could, (change.kind, how)
    assert other_settings.may_lose(Change("together", {"ring_seconds": 10}), LINE, call())
    assert not other_settings.may_lose(longer, LINE, call())
    assert other_settings.may_lose(nobody_alone, LINE, call(first="sam"))
    assert not other_settings.may_lose(nobody_alone, LINE, call())


def test_the_worst_two_hours_of_the_week_are_where_one_more_person_is_tried() -> None:
    whole = weeks(*(call(n, n * 10) for n in range(6)), call(9, 24 * 60))
    found = other_settings.candidates(whole)
    assert len(found) <= 12
    assert [dict(each.extra) for each in found if each.kind == "extra"][:2] == [
        {"tue": "10:00-12:00"}, {"wed": "10:00-12:00"},
    ]  # fmt: skip
    moved = {each.kind: each.line["hours"]["tue"] for each in found if each.kind in ("earlier", "later")}
    assert moved == {"earlier": "08:00-12:00,13:00-17:30", "later": "09:00-12:00,13:00-18:30"}


def test_a_phone_that_a_mailbox_takes_over_is_tried_with_a_shorter_ring() -> None:
    silent, late = Ring("alex", 0, 0.4, 13.4, "silent", 9.0), Ring("alex", 0, 0.4, 10.4, "accepted", 2.0)
    calls = [call(0, rings=(silent,)), call(1, 60, rings=(replace(silent, over=13.9),)), call(2, 90)]
    people = ({"id": "sam", "no_mailbox": False}, {"id": "alex", "no_mailbox": False})
    whole = replace(weeks(*calls), people=people)
    (shorter,) = (each for each in other_settings.candidates(whole) if each.kind == "shorter")
    assert dict(shorter.phones) == {"alex": 11}
    assert other_settings.words(shorter, LINE, {"alex": "Alex Reed"}) == (
        "Stop Alex Reed’s phone after 11 seconds, before the mailbox takes the call"
    )
    assert [other_settings.touches(shorter, whole, each) for each in calls] == [True, True, False]
    assert not other_settings.may_lose(shorter, LINE, call(rings=(late,)))
    assert other_settings.may_lose(shorter, LINE, call(rings=(replace(late, over=12.4),)))
    once = replace(whole, calls=(calls[0],))
    assert not [each for each in other_settings.candidates(once) if each.kind == "shorter"]
    never = tuple(person | {"no_mailbox": True} for person in people)
    assert not [each for each in other_settings.candidates(replace(whole, people=never)) if each.kind == "shorter"]
    drawn = Habits(calls).draw("1")
    assert all(drawn.later(each, "alex", 11.0, machine=False).end != "silent" for each in calls)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (Change("ring_seconds", {"ring_seconds": 30}), "Ring 30 seconds instead of 20"),
        (Change("extra", {}, {"tue": "11:00-13:00"}), "One more person on Tuesdays, 11–13"),
        (Change("together", {"ring": "in_order"}, {"sat": "09:30-12:00"}),
         "Ring one after the other, one more person on Saturdays, 09:30–12"),
        (Change("later", {"hours": {}}), "Close an hour later"),
        (Change("first", {"last_person_first": False}),
         "Ring nobody alone at first, whoever last spoke with the caller"),
    ],
)  # fmt: skip
def test_a_change_is_said_in_words(change: Change, words: str) -> None:
    assert other_settings.words(change, LINE) == words


def test_where_most_of_the_callers_were_is_said_when_there_is_such_a_place() -> None:
    whole = weeks()
    assert other_settings.busiest(whole, [call(n, n * 20) for n in range(4)]) == "all of them 11–13 on Tuesdays"
    assert other_settings.busiest(whole, [call(n, n * 60 * 25) for n in range(6)]) == ""
    assert other_settings.busiest(whole, [call()]) == ""


def test_a_sample_says_how_far_it_may_be_off_and_who_cannot_be_among_the_best_is_left_out() -> None:
    base: dict[str, compared.Answer] = {f"{n}": ("callback", "rang_out", None) for n in range(80)}
    half: list[tuple[str, compared.Answer]] = [
        (f"{n}", ("talked", None, "sam") if n % 2 else base["0"]) for n in range(80)
    ]
    some = compared.tried(Change("ring", {}), base, 900, [half], touched=800, played=80)
    assert (some.usual, some.margin, some.least, some.most) == (400, 85, 315, 485)
    whole = compared.tried(Change("ring", {}), base, 80, [half], touched=80, played=80)
    assert (whole.usual, whole.least, whole.most) == (40, 40, 40)
    three = [replace(some, change=Change("extra", {}, {day: "11:00-13:00"})) for day in ("mon", "tue", "wed")]
    assert compared.is_out(314, three)
    assert not compared.is_out(315, three)
    assert not compared.is_out(0, three[:2])


def test_whoever_is_lost_by_a_change_is_taken_off_what_it_catches() -> None:
    base = {"a": ("callback", "rang_out", None), "b": ("talked", None, "sam"), "c": ("callback", "rang_out", None)}
    talked, missed = ("talked", None, "sam"), ("callback", "rang_out", None)
    draws = [[("a", talked), ("b", missed), ("c", talked)], [("a", talked), ("b", talked), ("c", missed)]]
    found = compared.tried(Change("ring", {"ring": "everyone"}), base, 2, draws)
    assert (found.caught, dict(found.often)) == ((1, 1), {"a": 1.0, "c": 0.5})
    halves = [compared.tried(found.change, base, 2, [draw]) for draw in draws]
    assert compared.together(*halves) == found
    none = compared.tried(Change("later"), base, 2, [[("a", missed)]])
    assert compared.best([none, found]) == [found]
    windows = [replace(found, change=Change("extra", {}, {day: "11:00-13:00"})) for day in other_settings.DAYS]
    assert compared.best([*windows, found, replace(found, change=Change("ring", {}))]) == windows[:3]


@pytest.mark.parametrize(
    ("how", "became", "why"),
    [
        ({"ring_seconds": 30}, ("callback", "rang_out", None), "the line rang for 30 seconds then"),
        ({"mode": "in_order"}, ("talked", None, "sam"), "the phones were rung in another order then"),
        ({}, ("callback", "closed", None), "the opening hours were others then"),
        ({"rings": (Ring("kim", 0, 0, 5, "cut"),)}, ("talked", None, "sam"),
         "somebody was rung who no longer answers this line"),
        ({"rings": (Ring("sam", 0, 0, 19, "accepted", 1.5),)}, ("talked", None, "sam"), "it was decided by a second"),
        ({"rings": (Ring("sam", 0, 0, 6.6, "accepted", 0.8, limit=7), Ring("alex", 0, 0, 3, "cut"))},
         ("callback", "rang_out", None), "it was decided by a second"),
        ({}, ("talked", None, "sam"), "somebody was not rung then, and whether they were at their phone is a guess"),
        ({"rings": (Ring("sam", 0, 0, 15, "cut"), Ring("alex", 0, 0, 15, "cut"))}, ("talked", None, "sam"), ""),
    ],
)  # fmt: skip
def test_a_call_that_came_back_otherwise_is_explained(how: dict[str, Any], became: compared.Answer, why: str) -> None:
    assert compared.why(weeks(), call(**how), became) == why

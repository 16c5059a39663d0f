"""One study of a line's past weeks: today's settings first, then the changes that could have caught most."""

import pathlib
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from voice.replay.play import play
from voice.replay.stage import Outcome, empty_database
from voice.rules import compared, other_settings
from voice.rules import past as past_calls
from voice.rules.compared import Answer
from voice.rules.habits import Habits
from voice.rules.other_settings import TODAY, Change
from voice.rules.past import Past, PastCall

DRAWS = 5  # playings of one change, each with other luck and other habits that fit what was seen
TODAYS = 800  # calls played with today's settings, and those of all samples: of more, some are played
PROPOSED = 3  # the changes that caught most at a first look are played on
LOOK = 30  # callers a change could touch who are played at that first look
SAMPLE = 60  # and after it: what a change makes of more callers is reckoned from so many

OnProgress = Callable[[int, int], None]


def study(past: Past, wish: Change | None, on_progress: OnProgress, draws: int = DRAWS) -> dict[str, Any]:
    """Play the past again. `wish`: one change to try; None: find the best.

    `on_progress(done, of)` counts calls played. The result holds plain values: `calls`, `played` (of them, with today's
    settings), `same` (of these), `differs`, `missed`,
    `set_aside`, `proposals` (the most first) and `draws`.
    """
    with empty_database() as template:
        return _Study(template, past, on_progress, draws).result(wish)


Room = Sequence[PastCall]


@dataclass(frozen=True)
class _Plan:
    """A change, the rooms in which it could make a difference (in no order), and to how many callers in each."""

    change: Change
    rooms: Sequence[Room]
    touched: Sequence[int]
    could_catch: int

    def sample(self, most: int) -> tuple[Sequence[Room], int]:
        """Some of the rooms, in order of time, with about `most` callers it could touch; how many. All, where few."""
        count, taken = 0, 0
        while count < most and taken < len(self.rooms):
            count += self.touched[taken]
            taken += 1
        return _in_order(self.rooms[:taken]), count

    def size(self, most: int) -> int:
        """How many calls such a sample holds."""
        return sum(map(len, self.sample(most)[0]))


def _in_order(rooms: Iterable[Room]) -> list[Room]:
    return sorted(rooms, key=lambda room: room[0].at)


class _Study:
    def __init__(self, template: pathlib.Path, past: Past, on_progress: OnProgress, draws: int) -> None:
        self.template, self.past, self.draws = template, past, draws
        self.habits = Habits(past.calls)
        self.rooms: list[Room] = [*past_calls.rooms(past.calls)]  # in no order, and always the same one
        random.Random("rooms").shuffle(self.rooms)  # noqa: S311  no secret: all changes are tried with the same callers
        self._names = {person["id"]: person.get("name", person["id"]) for person in past.people}
        self._known: dict[str, Answer] = {}  # how today's settings played the calls they gave back as they were
        self._tell, self._done, self._of = on_progress, 0, 0

    def result(self, wish: Change | None) -> dict[str, Any]:
        """Today's settings, then the changes."""
        changes = [wish] if wish else other_settings.candidates(self.past)
        plans = [plan for change in changes if (plan := self._plan(change)).rooms or wish]
        plans.sort(key=lambda plan: -plan.could_catch)
        looks = 0 if wish else sum(plan.size(LOOK) for plan in plans)
        todays = self._todays(plans)
        self._of = sum(map(len, todays)) + looks
        self._of += self.draws * sum(sorted((plan.size(SAMPLE) for plan in plans), reverse=True)[:PROPOSED])
        base = {each.id: _answer(each) for each in self._play(TODAY, todays, "today")}
        differs = self._differs(base)
        self._known = {call_id: answer for call_id, answer in base.items() if call_id not in {d.id for d in differs}}
        kept = plans if wish else self._best_at_first(plans)
        self._of = self._done + self.draws * sum(plan.size(SAMPLE) for plan in kept)
        found = [self._try(plan, SAMPLE, self.draws) for plan in kept]
        return {
            "calls": len(self.past.calls),
            "played": len(base),
            "same": len(base) - len(differs),
            "differs": [vars(each) for each in differs],
            "missed": sum(call.missed for call in self.past.calls),
            "set_aside": self.past.set_aside,
            "proposals": [self._told(each) for each in (found if wish else compared.best(found, PROPOSED))],
            "tried": len(plans),
            "draws": self.draws,
        }

    def _todays(self, plans: "Sequence[_Plan]") -> list[Room]:
        """Rooms to be played as it is today: what the changes are held against, and more, up to `TODAYS` calls."""
        wanted = {room[0].id: room for plan in plans for room in plan.sample(SAMPLE)[0]}
        calls = sum(map(len, wanted.values()))
        for room in self.rooms:
            if calls < TODAYS and room[0].id not in wanted:
                wanted[room[0].id] = room
                calls += len(room)
        return _in_order(wanted.values())

    def _best_at_first(self, plans: "Sequence[_Plan]") -> "list[_Plan]":
        """Those to be played on: each is played once, with some callers. Who touches most comes first, and whoever
        touches fewer than three others have surely caught is left out unplayed."""
        seen: list[compared.Tried] = []
        for plan in plans:
            if not compared.is_out(plan.could_catch, seen, PROPOSED):
                seen.append(self._try(plan, LOOK, 1))
        kept = {id(each.change) for each in compared.best(seen, PROPOSED)}
        return [plan for plan in plans if id(plan.change) in kept]

    def _plan(self, change: Change) -> "_Plan":
        rooms = self._rooms_for(change)
        touched = [sum(self._could_differ(change, call) for call in room) for room in rooms]
        return _Plan(change, rooms, touched, sum(self._could_catch(change, call) for call in self.past.calls))

    def _rooms_for(self, change: Change) -> list[Room]:
        """The rooms in which this change could have caught somebody who was missed, or lost somebody who was not."""
        return [room for room in self.rooms if any(self._could_differ(change, call) for call in room)]

    def _could_differ(self, change: Change, call: PastCall) -> bool:
        if call.outcome == "talked":
            return other_settings.may_lose(change, self.past.line, call)
        return self._could_catch(change, call)

    def _could_catch(self, change: Change, call: PastCall) -> bool:
        return call.missed and other_settings.touches(change, self.past, call)

    def _play(self, change: Change, rooms: Sequence[Room], seed: str) -> list[Outcome]:
        return play(self.template, self.past, change, self.habits.draw(seed), rooms, self._count)

    def _count(self, calls: int) -> None:
        self._done += calls
        self._tell(self._done, self._of)

    def _differs(self, became: dict[str, Answer]) -> list[compared.Differs]:
        shared = {call.id for room in self.rooms if len(room) > 1 for call in room}
        return [
            compared.Differs(
                call.id,
                compared.was(call),
                became[call.id],
                compared.why(self.past, call, became[call.id], call.id in shared),
            )
            for call in self.past.calls
            if call.id in became and not compared.same(call, became[call.id])
        ]

    def _try(self, plan: "_Plan", most: int, draws: int) -> compared.Tried:
        """Playings of one change; a call that today's settings do not give back says nothing about others."""
        rooms, played = plan.sample(most)
        counted = [
            [(each.id, _answer(each)) for each in self._play(plan.change, rooms, str(draw)) if each.id in self._known]
            for draw in range(draws)
        ]
        missed = sum(call.missed for call in self.past.calls)
        return compared.tried(plan.change, self._known, missed, counted, sum(plan.touched), played)

    def _told(self, tried: compared.Tried) -> dict[str, Any]:
        likely = [call for call in self.past.calls if tried.often.get(call.id, 0) >= 0.5]
        return tried.to_json() | {
            "words": other_settings.words(tried.change, self.past.line, self._names),
            "when": "" if tried.change.extra else other_settings.busiest(self.past, likely),
        }


def _answer(outcome: Outcome) -> Answer:
    return outcome.outcome, outcome.cause, outcome.answered_by

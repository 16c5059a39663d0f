"""One study of a line's past weeks: today's settings first, then the changes that could have caught most."""

import pathlib
from collections.abc import Callable, Iterable, Sequence
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
TRIED = 5  # changes that are played once; the others are left out for touching fewer callers
PROPOSED = 3  # of these, the ones that caught most are played on

OnProgress = Callable[[int, int], None]


def study(past: Past, wish: Change | None, on_progress: OnProgress, draws: int = DRAWS) -> dict[str, Any]:
    """Play the past again. `wish`: one change to try; None: find the best.

    `on_progress(done, of)` counts calls played. The result holds plain values: `calls`, `same`, `differs`, `missed`,
    `set_aside`, `proposals` (the most first) and `draws`.
    """
    with empty_database() as template:
        return _Study(template, past, on_progress, draws).result(wish)


class _Study:
    def __init__(self, template: pathlib.Path, past: Past, on_progress: OnProgress, draws: int) -> None:
        self.template, self.past, self.draws = template, past, draws
        self.habits = Habits(past.calls)
        self.rooms = past_calls.rooms(past.calls)
        self._tell, self._done, self._of = on_progress, 0, len(past.calls)

    def result(self, wish: Change | None) -> dict[str, Any]:
        """Today's settings, then the changes."""
        changes = [wish] if wish else other_settings.candidates(self.past)
        plans = [(change, self._rooms_for(change)) for change in changes]
        plans = sorted((plan for plan in plans if plan[1] or wish), key=lambda plan: -self._touched(plan[0]))[:TRIED]
        sizes = sorted((sum(map(len, rooms)) for _, rooms in plans), reverse=True)
        self._of += sum(sizes) + (self.draws - 1) * sum(sizes[:PROPOSED])
        base = {each.id: _answer(each) for each in self._play(TODAY, self.rooms, "today")}
        differs = self._differs(base)
        unsure = {each.id for each in differs}
        once = [self._try(change, rooms, base, unsure, range(1)) for change, rooms in plans]
        # Only what looks best is played again and again: that takes most of the time.
        kept = once if wish else compared.best(once, PROPOSED)
        self._of = self._done + (self.draws - 1) * sum(
            len(room) for each in kept for room in self._rooms_for(each.change)
        )
        found = [self._more(first, base, unsure) for first in kept]
        proposals = found if wish else compared.best(found, PROPOSED)
        return {
            "calls": len(self.past.calls),
            "same": len(self.past.calls) - len(differs),
            "differs": [vars(each) for each in differs],
            "missed": sum(call.missed for call in self.past.calls),
            "set_aside": self.past.set_aside,
            "proposals": [self._told(each) for each in proposals],
            "tried": len(plans),
            "draws": self.draws,
        }

    def _rooms_for(self, change: Change) -> list[list[PastCall]]:
        """The rooms in which this change could have caught somebody who was missed, or lost somebody who was not."""
        return [room for room in self.rooms if any(self._could_differ(change, call) for call in room)]

    def _could_differ(self, change: Change, call: PastCall) -> bool:
        if call.outcome == "talked":
            return other_settings.may_lose(change, self.past.line, call)
        return self._could_catch(change, call)

    def _touched(self, change: Change) -> int:
        return sum(self._could_catch(change, call) for call in self.past.calls)

    def _could_catch(self, change: Change, call: PastCall) -> bool:
        return call.missed and other_settings.touches(change, self.past, call)

    def _play(self, change: Change, rooms: Sequence[Sequence[PastCall]], seed: str) -> list[Outcome]:
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
            if not compared.same(call, became[call.id])
        ]

    def _try(
        self, change: Change, rooms: Sequence[Sequence[PastCall]], base: dict[str, Answer], unsure: set[str],
        draws: Iterable[int],
    ) -> compared.Tried:  # fmt: skip
        """Playings of one change; a call that today's settings do not give back says nothing about others."""
        played = [self._play(change, rooms, str(draw)) for draw in draws]
        counted = [[(each.id, _answer(each)) for each in draw if each.id not in unsure] for draw in played]
        missed = sum(call.missed for call in self.past.calls)
        return compared.tried(change, base, missed, counted)

    def _more(self, first: compared.Tried, base: dict[str, Answer], unsure: set[str]) -> compared.Tried:
        """The other draws of a change that has been played once."""
        rooms = self._rooms_for(first.change)
        return compared.together(first, self._try(first.change, rooms, base, unsure, range(1, self.draws)))

    def _told(self, tried: compared.Tried) -> dict[str, Any]:
        likely = [call for call in self.past.calls if tried.often.get(call.id, 0) >= 0.5]
        return tried.to_json() | {
            "words": other_settings.words(tried.change, self.past.line),
            "when": "" if tried.change.extra else other_settings.busiest(self.past, likely),
        }


def _answer(outcome: Outcome) -> Answer:
    return outcome.outcome, outcome.cause, outcome.answered_by

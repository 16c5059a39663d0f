"""Every time a phone rang, by the moment it did: when a phone rings again at that moment, its owner does as then.

People answer when they come to their phone, whoever is ringing: a wave that falls a second later, or a caller who is
rung for before another, changes nothing about that.
"""

import datetime as dt
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from voice.rules.habits import Deed, Drawn
from voice.rules.past import PastCall, Ring

SAME = 3.0  # seconds by which a ring may begin sooner or later and still be the same


@dataclass(frozen=True)
class Known:
    """A ring of the past."""

    call: PastCall
    ring: Ring

    @property
    def began(self) -> dt.datetime:
        """When it began."""
        seconds = self.ring.placed if self.ring.rang is None else self.ring.rang
        return self.call.at + dt.timedelta(seconds=seconds)

    @property
    def refused(self) -> str:
        """The carrier's word for a phone that could not be rung; empty when it could."""
        return self.ring.end if self.ring.end in ("busy", "failed") else ""

    def deed(self, now: dt.datetime, drawn: Drawn, call: PastCall, before: float) -> Deed:
        """What its owner does when it rings at `now` for `call`, for which it had rung `before` seconds. `after` counts
        from `now`; what was cut short goes on as it might have."""
        left = (self.call.at + dt.timedelta(seconds=self.ring.over) - now).total_seconds()
        if self.ring.end in ("accepted", "silent", "declined"):
            return Deed(max(0.0, left), self.ring.end, self.ring.key, self.ring.again)
        if self.ring.handed and self.ring.end == "cut":
            return Deed(max(0.0, left), "stopped")
        later = drawn.later(call, self.ring.staff, before + max(left, 0.1))
        return Deed(later.after - before, later.end, later.key, later.again)


class Rung:
    """All of them."""

    def __init__(self, calls: Iterable[PastCall]) -> None:
        self._of = defaultdict[str, list[Known]](list)
        for call in calls:
            for ring in call.rings:
                self._of[ring.staff].append(Known(call, ring))
        for known in self._of.values():
            known.sort(key=lambda each: each.began)
        self._began = {staff: [each.began for each in known] for staff, known in self._of.items()}

    def at(self, staff: str, now: dt.datetime) -> Known | None:
        """The ring of this person's phone that began then."""
        began, known = self._began.get(staff, []), self._of.get(staff, [])
        place = bisect_left(began, now)
        near = [known[each] for each in (place - 1, place) if 0 <= each < len(known)]
        best = min(near, key=lambda each: abs(each.began - now), default=None)
        return best if best and abs((best.began - now).total_seconds()) <= SAME else None

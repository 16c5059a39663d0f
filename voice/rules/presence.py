"""Who was at their phone, read off past calls: whose turn it was by the ring plan, and who was not rung, was not there.

Nothing keeps a history of who was away; the phones that stayed silent tell it.
"""

import datetime as dt
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from voice.rules import ring_plan
from voice.rules.past import Held, Past, PastCall, Ring, rooms

PACE = 1.0  # seconds between two phones: the carrier's pace
DOUBT = 1.5  # seconds a phone may be late beyond that before we say that it was not to be rung
BREATH = dt.timedelta(seconds=ring_plan.BREATH)
LOOKS = 0.5  # seconds between two looks at a wait
STILL = dt.timedelta(seconds=60)  # for so long whoever was not there would have gone on being so
AGAIN = dt.timedelta(hours=2)  # who is not there twice within so long, and is not seen between, was away throughout
RECENT = dt.timedelta(hours=24)  # of `fewest_recent` (ringing.RECENT)
NOBODY = ("closed", "holiday")  # causes of calls for which nobody was to be rung
GIVEN_UP = ("declined", "mailbox", "rang_out")
ENDS: Mapping[str, str] = {"declined": "declined", "silent": "not_screened", "busy": "busy", "failed": "failed"}
OnShift = Callable[[PastCall], Sequence[str]]


@dataclass(frozen=True)
class Presence:
    """When somebody was not to be rung though they worked: not there, or at their phone for something unknown."""

    away: Sequence[Held]
    busy: Sequence[Held]


def read(past: Past, on_shift: OnShift) -> Presence:
    """What the calls tell. `on_shift`: who worked by today's settings when a call came, in ring order."""
    missed: list[Held] = []
    busy: list[Held] = []
    known = _first(past)
    for room in rooms(past.calls):
        over = max(call.until() for call in room)
        near = [held for held in past.held if held.until > room[0].at and held.since < over]
        look = _Look(past, [*_uses(room), *near], known)
        for call in room:
            working = on_shift(call)
            unexplained = list(look.unexplained(call, working)) if call.cause == "all_busy" else []
            busy += unexplained
            missed += [] if unexplained else look.missing(call, working)
            # A phone that came to this caller from a ring-back, and rang in vain, was nobody else's meanwhile.
            busy += [
                Held(ring.staff, _at(call, ring.placed), _at(call, ring.over)) for ring in call.rings if ring.handed
            ]
    return Presence(_joined(past, missed), busy)


def _uses(room: Sequence[PastCall]) -> Iterator[Held]:
    for call in room:
        for ring in call.rings:
            yield Held(ring.staff, _at(call, ring.placed), _at(call, max(ring.over + ring.key + ring.again, ring.free)))
        if call.answered_by is not None:
            yield Held(call.answered_by, _at(call, call.waited), _at(call, call.waited + call.talk))


def talks(past: Past) -> Iterator[Held]:
    """Each talk with a caller who rang in, from when that phone was asked for."""
    for call in past.calls:
        if call.answered_by is not None and call.talk > 0:
            asked = [ring.placed for ring in call.rings if ring.staff == call.answered_by]
            yield Held(call.answered_by, _at(call, asked[-1] if asked else 0.0), call.until(), talked=True)


@dataclass
class _Look:
    """At some calls that met. `uses`: when phones were in use, for these calls and for anything else."""

    past: Past
    uses: Sequence[Held]
    known: Mapping[str, str | None]

    def missing(self, call: PastCall, working: Sequence[str]) -> Iterator[Held]:
        """Who was not rung for this call in their turn: from when to when that shows."""
        end = _at(call, call.waited)
        if call.cause in NOBODY:
            return
        if call.cause in ("nobody_on_shift", "declined") or _early(self.past, call):
            # Nobody is missed who had refused, or was at their phone for somebody else.
            spent = {ring.staff for ring in call.rings if ring.end in ENDS} | self._in_use(end)
            # Their phone may have rung for another caller in the meantime: they were there until that was over.
            seen = {use.staff: use.until for use in sorted(self.uses, key=lambda use: use.until) if use.until <= end}
            yield from (
                Held(person, max(call.at, seen.get(person, call.at)), end) for person in working if person not in spent
            )
            return
        people = _order(self.past, call, working)
        gone = self._passed_over(call, people)
        yield from (Held(person, call.at, end) for person in gone)
        while True:  # who is not there keeps no turn: without them that of the next one came sooner
            people = tuple(person for person in people if person not in gone)
            late = list(self._late(call, people))
            gone = [held.staff for held in late if held.since == min(each.since for each in late)]
            yield from (held for held in late if held.staff in gone)
            if not gone:
                return

    def _late(self, call: PastCall, people: tuple[str, ...]) -> Iterator[Held]:
        """Of these people, who was not rung though it was their turn."""
        end, due_since = _at(call, call.waited), dict[str, dt.datetime]()
        for place in range(int(call.waited / LOOKS) + 1):
            now = _at(call, place * LOOKS)
            plan, busy = _waiting(self.past, call, people, self.known[call.id], now), self._in_use(now)
            # A phone passed on to this caller is known by the one it rang for first, and has a breath after that.
            due = [person for person in ring_plan.due(plan, now, busy) if person not in self._in_use(now - BREATH)]
            over = [person for person in due_since if person not in due]
            yield from self._told(call, due_since, over, now)
            due_since |= {person: now for person in due if person not in due_since}
        yield from self._told(call, due_since, list(due_since), end)

    def _passed_over(self, call: PastCall, people: tuple[str, ...]) -> list[str]:
        """Whom the plan left out: somebody after them was rung at the moment that was theirs."""
        asked = {ring.staff: ring.placed for ring in reversed(call.rings) if ring.staff in people}
        for staff, placed in asked.items():
            busy = self._in_use(_at(call, placed))
            out = [person for person in people[: people.index(staff)] if person not in asked and person not in busy]
            here = tuple(person for person in people if person not in out)
            start, without = (self._start(call, staff, who) for who in (people, here))
            if start.total_seconds() > placed + DOUBT and abs(without.total_seconds() - placed) <= DOUBT:
                return out
        return []

    def _start(self, call: PastCall, staff: str, people: tuple[str, ...]) -> dt.timedelta:
        """When this phone's turn was, had these people been there; whoever was in a talk was left out."""
        plan, busy = _waiting(self.past, call, people, self.known[call.id], call.at), self._in_use(call.at)
        return ring_plan.starts(plan, busy - {staff})[staff] - call.at

    def _told(
        self, call: PastCall, due_since: dict[str, dt.datetime], over: Sequence[str], now: dt.datetime
    ) -> Iterator[Held]:  # fmt: skip
        look = dt.timedelta(seconds=LOOKS)
        for person in over:
            since = due_since.pop(person)
            placed = sum(since < use.since < now for use in self.uses)
            if (now - since).total_seconds() > DOUBT + PACE * placed:
                yield Held(person, max(call.at, since - look), now - look)  # it was their turn before it showed

    def _in_use(self, now: dt.datetime) -> set[str]:
        return {use.staff for use in self.uses if use.since <= now < use.until}

    def unexplained(self, call: PastCall, working: Sequence[str]) -> Iterator[Held]:
        """Whoever worked, where all were said to be busy and none is known to have been."""
        end = _at(call, call.waited)
        if not self._in_use(end).intersection(working):
            yield from (Held(person, call.at, end + STILL) for person in working)


def _early(past: Past, call: PastCall) -> bool:
    """Whether it was given up before its time: nobody was left who could have been rung."""
    until = (_ring_until(past, call) - call.at).total_seconds()
    return call.cause in GIVEN_UP and call.outcome == "callback" and call.waited < until - DOUBT


def _joined(past: Past, missed: Sequence[Held]) -> list[Held]:
    """Each time somebody is missed, up to when they are seen again; times with nothing between are one."""
    seen = _seen(past)
    found: dict[str, Held] = {}
    whole: list[Held] = []
    for each in sorted(missed, key=lambda held: held.since):
        before, moments = found.get(each.staff), seen.get(each.staff, [])
        if before and each.since - before.until < AGAIN and not _between(moments, before.until, each.since):
            each = Held(each.staff, before.since, max(before.until, each.until))
        elif before:
            whole.append(before)
        found[each.staff] = each
    return [_until_seen(each, seen.get(each.staff, [])) for each in (*whole, *found.values())]


def _until_seen(held: Held, moments: Sequence[dt.datetime]) -> Held:
    place = bisect_right(moments, held.since)
    usual = held.until + STILL
    return Held(held.staff, held.since, min(usual, moments[place]) if place < len(moments) else usual)


def _between(moments: Sequence[dt.datetime], since: dt.datetime, until: dt.datetime) -> bool:
    place = bisect_right(moments, since)
    return place < len(moments) and moments[place] <= until


def _seen(past: Past) -> dict[str, list[dt.datetime]]:
    """When each person is known to have been there: their phone was rung, a moment after it could be."""
    seen = defaultdict[str, list[dt.datetime]](list)
    for call in past.calls:
        for ring in call.rings:
            at_once = ring.placed <= DOUBT + PACE
            seen[ring.staff].append(_at(call, 0.0 if at_once else ring.placed - LOOKS))
    return {staff: sorted(moments) for staff, moments in seen.items()}


def _order(past: Past, call: PastCall, working: Sequence[str]) -> tuple[str, ...]:
    if (call.mode or past.line["ring"]) != "fewest_recent" or call.withheld:
        return tuple(working)
    recent = Counter(held.staff for held in past.held if held.talked and call.at - RECENT < held.since <= call.at)
    for other in past.calls:
        if other.talk and call.at - RECENT < other.at and _at(other, other.waited) <= call.at:
            recent[other.answered_by or ""] += 1
    return tuple(sorted(working, key=lambda person: recent[person]))


def _ring_until(past: Past, call: PastCall) -> dt.datetime:
    if call.ring_seconds is not None:
        return _at(call, call.ring_seconds)
    return ring_plan.ring_until(call.at, past.line["ring_seconds"], call.withheld)


def _first(past: Past) -> dict[str, str | None]:
    """By call, who was to be rung before all others: as told, else who had last talked with this caller."""
    talked: dict[int, tuple[dt.datetime, str | None]] = {}
    found = {}
    for call in sorted(past.calls, key=lambda each: each.at):
        over, last = talked.get(call.who, (call.at, None))
        # Whom they knew rang before the others, or could not; where others rang in that time, it was nobody.
        at_once = any(ring.placed < ring_plan.ALONE - LOOKS for ring in call.rings)
        known = over <= call.at and past.line["last_person_first"] and not at_once
        found[call.id] = call.first or (last if known else None)
        if call.outcome == "talked" and not call.withheld:
            talked[call.who] = (call.until(), call.answered_by)
    return found


def _waiting(
    past: Past, call: PastCall, people: tuple[str, ...], first: str | None, now: dt.datetime
) -> ring_plan.Waiting:  # fmt: skip
    mode: ring_plan.Mode = "everyone" if call.withheld else call.mode or past.line["ring"]
    return ring_plan.Waiting(
        call_id=call.id, since=call.at, ring_from=call.at, ring_until=_ring_until(past, call), mode=mode, people=people,
        first=None if call.withheld else first, step_seconds=float(past.line["in_order_step_seconds"]),
        rings=tuple(_ring(call, ring, now) for ring in call.rings if _at(call, ring.placed) <= now),
    )  # fmt: skip


def _ring(call: PastCall, ring: Ring, now: dt.datetime) -> ring_plan.Ring:
    over = _at(call, ring.over + ring.key)
    if over > now:
        return ring_plan.Ring(ring.staff, _at(call, ring.placed), seconds=ring.limit)
    cut = "no_answer" if ring.seconds >= ring.limit - 1 else "cancelled"
    return ring_plan.Ring(ring.staff, _at(call, ring.placed), ENDS.get(ring.end, cut), over, ring.limit)


def _at(call: PastCall, seconds: float) -> dt.datetime:
    return call.at + dt.timedelta(seconds=seconds)

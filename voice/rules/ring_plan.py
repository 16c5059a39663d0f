"""Who rings next. Pure: waiting callers, their phones and what those phones did go in, one answer comes out."""

import datetime as dt
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from voice.rules import near

Mode = Literal["everyone", "in_order", "fewest_recent"]

ALONE = 5.0  # seconds: how long the person who last spoke with this caller rings before the others
# A phone rings no longer than this: mobile mailboxes take over at 20 to 30 s. One that is sooner: `ring_limit`.
LEG_SECONDS = 15
SHORTEST = 4.0  # seconds: a ring shorter than this only makes somebody run for a phone that stops
BREATH = 2.0  # seconds between two rings of one phone
RESERVED = 15.0  # seconds a "Take it" holds a caller
WITHHELD_FACTOR = 1.5

# A phone whose ring ended like this is not rung again for the same caller.
SPENT = frozenset({"declined", "not_screened", "failed"})
# A phone that did nothing of itself rings again with the next wave, and a wave is as long as a leg may ring.
NEXT_WAVE = frozenset({"no_answer", "busy"})


@dataclass(frozen=True)
class Ring:
    """What one phone did for one caller. `end` is None while it lives, else a word of `states.LEG_OVER`.

    `seconds`: for how long it might ring.
    """

    staff_id: str
    started: dt.datetime
    end: str | None = None
    ended: dt.datetime | None = None
    seconds: int = LEG_SECONDS
    phone: str = ""


@dataclass(frozen=True)
class Waiting:
    """One caller who waits, and the people who may be rung for them, in the order of the plan."""

    call_id: str
    since: dt.datetime
    ring_from: dt.datetime
    ring_until: dt.datetime
    mode: Mode
    people: tuple[str, ...]
    first: str | None = None  # last person spoken with, or who owes a callback: rings alone at first
    step_seconds: float = 12.0
    reserved_by: str | None = None  # by "Take it", while it lasts
    reserved_since: dt.datetime | None = None
    rings: tuple[Ring, ...] = field(default=())
    once: bool = False  # after a cut-off: that phone rings one time
    phones: Mapping[str, str] = field(default_factory=dict)  # where each person is rung: two may share one

    def live(self) -> tuple[Ring, ...]:
        """Phones that are ringing, or picked up, for this caller."""
        return tuple(ring for ring in self.rings if ring.end is None)

    def rings_of(self, person: str) -> Iterator[Ring]:
        """What this person's phone did, whomever it rang for."""
        phone = self.phones.get(person)
        return (ring for ring in self.rings if ring.staff_id == person or (phone and ring.phone == phone))


def ring_until(received: dt.datetime, ring_seconds: int, withheld: bool) -> dt.datetime:
    """When the phones stop; who cannot be rung back gets half as long again."""
    return received + dt.timedelta(seconds=ring_seconds * (WITHHELD_FACTOR if withheld else 1))


def starts(waiting: Waiting, busy: Collection[str] = ()) -> dict[str, dt.datetime]:
    """When each person's phone may first ring. Who is `busy` with something else gets no turn, and nobody waits for it.

    Who comes free, or on shift, while the phones of people after them ring is added a step after the last of those.
    """
    rung = {ring.staff_id: ring.started for ring in reversed(waiting.rings)}
    first = waiting.first if waiting.first in waiting.people else None
    order = [first] if first else []
    order += [person for person in waiting.people if person != first]
    passed_over = {person for person in order if person in busy or spent(waiting, person)}  # two may share one phone
    order = [person for person in order if person in rung or person not in passed_over]
    at, plan = waiting.ring_from, dict[str, dt.datetime]()
    step = dt.timedelta(seconds=0 if waiting.mode == "everyone" else waiting.step_seconds)
    for place, person in enumerate(order):
        after = [rung[later] + step for later in order[place:] if later in rung and person not in rung]
        plan[person] = max([at, *after])
        at = _alone_until(waiting, person) if _is_alone(waiting, person) else at + step
    return plan


def _is_alone(waiting: Waiting, person: str) -> bool:
    """Whether this phone rings before all others: not where their owner came free after one of those had rung."""
    return person == waiting.first and (not waiting.rings or waiting.rings[0].staff_id == person)


def _alone_until(waiting: Waiting, first: str) -> dt.datetime:
    """When the others join in: a caller is not kept waiting for somebody whose phone has already said no."""
    over = [ring.ended for ring in waiting.rings if ring.staff_id == first and ring.end in SPENT | NEXT_WAVE]
    return min([waiting.ring_from + dt.timedelta(seconds=ALONE), *(ended for ended in over if ended)])


def due(waiting: Waiting, now: dt.datetime, busy: Collection[str] = ()) -> list[str]:
    """People whose phone should be ringing for this caller and is not, the most wanted first.

    Nobody who is `busy`: whose phone has a leg, whomever for.
    """
    if (taker := _taker(waiting)) is not None:
        wanted = [taker]  # no new wave while somebody has said they will take it
    elif (waiting.ring_until - now).total_seconds() < SHORTEST:
        return []
    else:
        wanted = [person for person, start in starts(waiting, busy).items() if start <= now]
    wanted = [person for person in wanted if person not in busy]
    free = [person for person in wanted if not spent(waiting, person) and _is_free(waiting, person, now)]
    return sorted(free, key=lambda person: _rung(waiting, person))


def stop_at(placed: dt.datetime, ring_seconds: int) -> dt.datetime:
    """When a leg stops whose first ring nobody tells us of; else it stops `ring_seconds` after that."""
    return placed + dt.timedelta(seconds=ring_seconds + SHORTEST)


def _taker(waiting: Waiting) -> str | None:
    """Who has said they will take this caller, unless their phone has refused since."""
    person = waiting.reserved_by
    return person if person is not None and not spent(waiting, person) else None


def spent(waiting: Waiting, person: str) -> bool:
    """Whether this phone is not rung (again) for this caller. "Take it" forgives what was before it."""
    since = waiting.reserved_since if person == waiting.reserved_by else None
    for ring in waiting.rings_of(person):
        if ring.end in (None, "limited"):
            continue
        forgiven = since is not None and (ring.ended or ring.started) < since
        if waiting.once or (ring.end in SPENT and not forgiven):
            return True
    return False


def why(waiting: Waiting, person: str) -> str:
    """The rule by which this person's phone is next: cut_off, reserved, again, first, or the line's mode."""
    if waiting.once:
        return "cut_off"
    if person == waiting.reserved_by:
        return "reserved"
    if _rung(waiting, person):
        return "again"
    return "first" if person == waiting.first else waiting.mode


def _rung(waiting: Waiting, person: str) -> int:
    return sum(ring.end != "limited" for ring in waiting.rings_of(person))


def _is_free(waiting: Waiting, person: str, now: dt.datetime) -> bool:
    return all(_free_from(ring) <= now for ring in waiting.rings_of(person))


def _free_from(ring: Ring) -> dt.datetime:
    """When a phone that rang may ring again."""
    if ring.end is None:
        return dt.datetime.max.replace(tzinfo=dt.UTC)
    rested = (ring.ended or ring.started) + dt.timedelta(seconds=BREATH)
    wave = ring.started + dt.timedelta(seconds=ring.seconds)
    return max(rested, wave) if ring.end in NEXT_WAVE else rested


def exhausted(waiting: Waiting, talking: Collection[str] = ()) -> bool:
    """Whether nobody is left who could still pick up: everyone declined, failed or let a machine answer.

    Once somebody has declined, nobody is waited for who is `talking` to another caller: no phone would ring meanwhile.
    """
    if waiting.live() or _taker(waiting) is not None:
        return False
    left_out = talking if any(ring.end == "declined" for ring in waiting.rings) else ()
    return all(person in left_out or spent(waiting, person) for person in waiting.people)


@dataclass(frozen=True)
class RingBack:
    """A staff member who asked to be connected to somebody on the callback list.

    `due_by`: the promise that is still to be kept, if any. `by_itself`: nobody asked, the promise is near.
    """

    attempt_id: str
    staff_id: str
    asked: dt.datetime
    due_by: dt.datetime | None = None
    by_itself: bool = False


@dataclass(frozen=True)
class Release:
    """The next leg to place: for a caller, or for a ring-back."""

    staff_id: str
    call_id: str | None = None
    attempt_id: str | None = None


def has_room(legs_now: int, cap: int | None) -> bool:
    """Whether the carrier bears one more leg beside `legs_now`; one it bears whatever it has refused."""
    return cap is None or legs_now < max(cap, 1)


def next_release(
    waiting: Sequence[Waiting], ring_backs: Sequence[RingBack], busy: Collection[str], now: dt.datetime
) -> Release | None:
    """The one leg to place now, or None.

    Every waiting caller's first phone goes before anyone's second; ring-backs come between, or before all where a
    promise would else be missed; then the longest waiting. One that nobody asked for, while there is time, takes no
    phone that a caller could be given. `busy` are people whose phone already has a leg.
    """
    if back := _ring_back([back for back in ring_backs if not near.first(back.due_by, now).live], busy):
        return back
    asked = [back for back in ring_backs if not back.by_itself]
    if release := _callers_and_asked(waiting, asked, busy, now):
        return release
    wanted = {person for caller in waiting for person in caller.people}
    return _ring_back([back for back in ring_backs if back.by_itself and back.staff_id not in wanted], busy)


def _callers_and_asked(
    waiting: Sequence[Waiting], ring_backs: Sequence[RingBack], busy: Collection[str], now: dt.datetime
) -> Release | None:
    for had_one in (False, True):
        if had_one and (back := _ring_back(ring_backs, busy)):
            return back
        callers = [caller for caller in waiting if _had_a_phone(caller) == had_one]
        for caller in sorted(callers, key=lambda each: (each.since, each.call_id)):
            if wanted := due(caller, now, busy):
                return Release(wanted[0], call_id=caller.call_id)
    return None


def _had_a_phone(waiting: Waiting) -> bool:
    """Whether a phone has rung for them: one that has declined since was their first all the same."""
    return any(ring.end != "limited" for ring in waiting.rings)


def _ring_back(ring_backs: Sequence[RingBack], busy: Collection[str]) -> Release | None:
    for back in sorted(ring_backs, key=lambda b: (b.asked, b.attempt_id)):
        if back.staff_id not in busy:
            return Release(back.staff_id, attempt_id=back.attempt_id)
    return None

"""Plays past calls on the carrier in a box: the same callers, the same people, other settings."""

import asyncio
import contextlib
import datetime as dt
import pathlib
from collections.abc import Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass, replace

from voice import clock
from voice.replay.box import Box
from voice.replay.stage import LINE, Outcome, Stage
from voice.replay.swift import Swift
from voice.rules import past, presence
from voice.rules.habits import Deed, Drawn
from voice.rules.other_settings import Change
from voice.rules.past import Held, Past, PastCall
from voice.rules.rung import Rung
from voice.simulator.legs import Leg
from voice.simulator.scripts import Ring, Script

ROOMS_IN_A_DAY = 60  # then a new carrier: the old one remembers every word that was said
LOOKS = dt.timedelta(seconds=0.2)  # between two looks of the worker while phones ring, as it looks in real life
TALKS = dt.timedelta(seconds=60)  # between two looks while people only talk
LONGEST = dt.timedelta(hours=2)
HANGS_UP = 1.0  # seconds after the beep

Room = Sequence[PastCall]
Moment = tuple[dt.datetime, int, Callable[[], None]]


def play(
    template: pathlib.Path,
    whole: Past,
    change: Change,
    drawn: Drawn,
    rooms: Sequence[Room],
    on_calls: Callable[[int], None],
) -> list[Outcome]:
    """Play some rooms of calls, in order of time. `on_calls` is told of each room how many calls it held."""
    stage = Stage(template, whole, change, "played")
    try:
        playing = _Playing(stage, whole, change, drawn)
        for begin in range(0, len(rooms), ROOMS_IN_A_DAY):
            for room in playing.day(rooms[begin : begin + ROOMS_IN_A_DAY], str(begin)):
                on_calls(len(room))
        return stage.outcomes()
    finally:
        stage.close()


class _Playing:
    def __init__(self, stage: Stage, whole: Past, change: Change, drawn: Drawn) -> None:
        self.stage, self.past, self.change, self.drawn = stage, whole, change, drawn
        self._setup = past.setup(whole.calls)
        self._there = presence.read(whole, lambda call: stage.on_shift(call.at))
        self._known = Rung(whole.calls)
        self._owners = {number: who for who, number in stage.numbers.items()}
        self._spent: dict[tuple[str, str], list[float]] = {}  # call and person: seconds of each ring so far
        self._were = [*(held for held in whole.held if held.talked), *presence.talks(whole)]
        self._told: dt.datetime | None = None  # until when the stage knows of them

    def day(self, rooms: Sequence[Room], seed: str) -> Iterator[Room]:
        """Play these rooms with one carrier."""
        begin = rooms[0][0].at - dt.timedelta(minutes=1)
        box = Swift(self.stage.settings, self.stage.database, [LINE], begin, seed, self._setup)
        box.tick, box.rest = LOOKS, TALKS
        for who, number in self.stage.numbers.items():
            box.day.staff(number, _Phone(self.ring), name=who)
        with contextlib.closing(box), clock.told_by(lambda: box.now):
            for room in rooms:
                self._room(box, room)
                yield room

    def _room(self, box: Box, room: Room) -> None:
        self.stage.all_back()
        self._remember(room[0].at)
        for at, _rank, happen in sorted(self._moments(box, room), key=lambda moment: moment[:2]):
            if at > box.now:
                # When nobody is on the line there is nothing to look for: a quiet hour costs nothing.
                box.rest = TALKS if box.day.carrier.live_legs() else at - box.now
                box.run_until(at)
                box.rest = TALKS
            happen()
            box.next_tick = min(box.next_tick, box.now + LOOKS)
        until = box.now + LONGEST
        while box.day.carrier.live_legs() and box.now < until:
            box.run_until(min(until, max(box.next_tick, box.now + LOOKS)))

    def _remember(self, now: dt.datetime) -> None:
        """Who has taken how many calls of late, as it was: a call that went otherwise in playing, or was left out of
        it, must not change whom the calls of a whole day after it ring first."""
        since, self._told = self._told or now - presence.RECENT, now
        mine = (talk for talk in self._were if talk.staff in self.stage.numbers)
        self.stage.remember(talk for talk in mine if since < talk.until <= now)

    def _moments(self, box: Box, room: Room) -> Iterator[Moment]:
        begin, over = room[0].at, max(call.until() for call in room)
        for call in room:
            yield call.at, 1, _later(self._rings_in, box, call)
        for held in (*self.past.held, *self._there.busy):
            if held.staff in self.stage.numbers and held.until > begin and held.since < over:
                yield max(held.since, begin), 0, _later(self._hold, box, held)
                yield held.until, 0, _later(self._let_go, box, held)
        for away in self._there.away:
            if away.until > begin and away.since < over:
                yield max(away.since, begin), 0, _later(self.stage.goes, away)

    def _hold(self, box: Box, held: Held) -> None:
        self.stage.hold(held, box.now)

    def _let_go(self, box: Box, held: Held) -> None:
        self.stage.let_go(held, box.now)

    def _rings_in(self, box: Box, call: PastCall) -> None:
        self.stage.knows(call)
        caller = box.day.phone(self.stage.caller(call))
        leg = caller.dial(LINE, patience=self.drawn.patience(call))
        leg.helpers.append(box.day.carrier.spawn(self._talks(box, leg, self.drawn.talk(call))))
        leg.helpers.append(box.day.carrier.spawn(_after_the_promise(leg)))
        self.stage.played[leg.sid] = call

    async def _talks(self, box: Box, leg: Leg, seconds: float) -> None:
        """Who has talked for so long, as the product counts it, hangs up."""
        await leg.joined.wait()
        since = self.stage.joined_at(leg.sid) or box.now
        await asyncio.sleep(max(0.0, seconds - (box.now - since).total_seconds()))
        leg.end("completed", "phone", "hung up")

    # --- phones

    async def ring(self, ring: Ring) -> None:
        """What one phone does while it rings for one caller: as it did, or as it might have done."""
        call, staff = self.stage.call_of(ring.leg.sid), self._owners[ring.phone.number]
        if call is None:
            return
        rings = self._spent.setdefault((call.id, staff), [])
        before, place = sum(rings), len(rings)
        rings.append(0.0)
        now = ring.phone.carrier.now()
        if then := self._known.at(staff, now):
            refused, deed = then.refused, then.deed(now, self.drawn, call, before)
        else:
            refused, deed = _refused(call, staff, place), self._guess(call, staff, before)
        if refused:
            ring.settle(refused)
            return
        try:
            await _answer(ring, deed)
        finally:
            stopped = ring.leg.answered_at or ring.phone.carrier.now()
            rings[place] = (stopped - (ring.leg.rang_at or stopped)).total_seconds()

    def _guess(self, call: PastCall, staff: str, before: float) -> Deed:
        deed = self.drawn.deed(call, staff)
        if deed.end == "silent" and staff in self.change.phones:
            deed = self.drawn.later(call, staff, before, machine=False)  # it is stopped before its mailbox
        return replace(deed, after=max(0.0, deed.after - before))


async def _answer(ring: Ring, deed: Deed) -> None:
    await ring.wait(deed.rings)
    if deed.end == "declined":
        ring.settle(ring.phone.carrier.switches.declined_status)
    elif deed.end == "stopped":
        ring.settle("no-answer")
    elif deed.end in ("accepted", "silent"):
        await ring.pick_up()
        await ring.heard_a_prompt()
        await ring.wait(deed.key)
        if deed.end == "silent":
            ring.hang_up()
            return
        ring.leg.press("1")
        if deed.again:
            await ring.wait(deed.again)
            ring.leg.press("1")


def _refused(call: PastCall, staff: str, place: int) -> str:
    """The carrier's word for a phone that could not be rung at its first, second … ring; empty when it could."""
    theirs = [ring.end for ring in call.rings if ring.staff == staff]
    if not theirs:
        return ""
    end = theirs[min(place, len(theirs) - 1)]  # who was busy or out of reach goes on being so
    return end if end in ("busy", "failed") else ""


def _later(what: Callable[..., None], *given: object) -> Callable[[], None]:
    return lambda: what(*given)


@dataclass(frozen=True)
class _Phone(Script):
    """A person's phone."""

    owner: Callable[[Ring], Coroutine[None, None, None]]

    async def play(self, ring: Ring) -> None:
        await self.owner(ring)


async def _after_the_promise(leg: Leg) -> None:
    """Who has heard the promise hangs up."""
    await leg.beeped.wait()
    await asyncio.sleep(HANGS_UP)
    leg.end("completed", "phone", "hung up")

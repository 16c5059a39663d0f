"""Plays past calls on the carrier in a box: the same callers, the same people, other settings."""

import asyncio
import contextlib
import datetime as dt
import pathlib
from collections.abc import Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass

from voice import clock
from voice.replay.box import Box
from voice.replay.stage import LINE, Outcome, Stage
from voice.rules import past
from voice.rules.habits import Drawn
from voice.rules.other_settings import Change
from voice.rules.past import Held, Past, PastCall
from voice.simulator.legs import Leg
from voice.simulator.scripts import Ring, Script

ROOMS_IN_A_DAY = 60  # then a new carrier: the old one remembers every word that was said
LOOKS = dt.timedelta(seconds=0.4)  # between two looks of the worker while phones ring
TALKS = dt.timedelta(seconds=60)  # between two looks while people only talk
LONGEST = dt.timedelta(hours=2)
HANGS_UP = 1.0  # seconds after the beep
STILL_BUSY = 30.0  # seconds for which whoever was busy at the end of a wait would have gone on being so

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
        playing = _Playing(stage, whole, drawn)
        for begin in range(0, len(rooms), ROOMS_IN_A_DAY):
            for room in playing.day(rooms[begin : begin + ROOMS_IN_A_DAY], str(begin)):
                on_calls(len(room))
        return stage.outcomes()
    finally:
        stage.close()


class _Playing:
    def __init__(self, stage: Stage, whole: Past, drawn: Drawn) -> None:
        self.stage, self.past, self.drawn = stage, whole, drawn
        self._engaged = past.engaged(whole)
        self._owners = {number: who for who, number in stage.numbers.items()}
        self._rung: dict[tuple[str, str], list[float]] = {}  # call and person: seconds of each ring so far

    def day(self, rooms: Sequence[Room], seed: str) -> Iterator[Room]:
        """Play these rooms with one carrier."""
        box = Box(self.stage.settings, self.stage.database, [LINE], rooms[0][0].at - dt.timedelta(minutes=1), seed)
        box.tick, box.rest = LOOKS, TALKS
        for who, number in self.stage.numbers.items():
            box.day.staff(number, _Phone(self.ring), name=who)
        with contextlib.closing(box), clock.told_by(lambda: box.now):
            for room in rooms:
                self._room(box, room)
                yield room

    def _room(self, box: Box, room: Room) -> None:
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

    def _moments(self, box: Box, room: Room) -> Iterator[Moment]:
        held = [each for each in self.past.held if each.until > room[0].at and each.staff in self.stage.numbers]
        over = max(call.until() for call in room)
        for call in room:
            gone = self._absent(call)
            yield call.at, 1, _later(self._rings_in, box, call, gone)
            if call.cause == "all_busy":
                until = call.at + dt.timedelta(seconds=call.waited + STILL_BUSY)
                held += [Held(who, call.at, until) for who in gone]
        for each in held:
            if each.since < over:
                yield max(each.since, room[0].at), 0, _later(self._hold, box, each)
                yield each.until, 0, _later(self._let_go, box, each)

    def _absent(self, call: PastCall) -> set[str]:
        mode = call.mode or self.past.line["ring"]
        step = 0.0 if mode == "everyone" else float(self.past.line["in_order_step_seconds"])
        return set(past.absent(call, self.stage.on_shift(call.at), self._engaged[call.id], step))

    def _hold(self, box: Box, held: Held) -> None:
        self.stage.hold(held, box.now)

    def _let_go(self, box: Box, held: Held) -> None:
        self.stage.let_go(held, box.now)

    def _rings_in(self, box: Box, call: PastCall, gone: set[str]) -> None:
        there = {ring.staff for ring in call.rings} | set(self._engaged[call.id])
        away = set() if call.cause == "all_busy" else gone
        self.stage.prepare(call, there | (gone - away), away)
        caller = box.day.phone(self.stage.caller(call))
        leg = caller.dial(LINE, patience=self.drawn.patience(call), talk=self.drawn.talk(call))
        leg.helpers.append(box.day.carrier.spawn(_after_the_promise(leg)))
        self.stage.played[leg.sid] = call

    # --- phones

    async def ring(self, ring: Ring) -> None:
        """What one phone does while it rings for one caller: as it did, or as it might have done."""
        call, staff = self.stage.call_of(ring.leg.sid), self._owners[ring.phone.number]
        if call is None:
            return
        rings = self._rung.setdefault((call.id, staff), [])
        before, place = sum(rings), len(rings)
        rings.append(0.0)
        if refused := _refused(call, staff, place):
            ring.settle(refused)
            return
        try:
            await self._answer(ring, call, staff, before)
        finally:
            stopped = ring.leg.answered_at or ring.phone.carrier.now()
            rings[place] = (stopped - (ring.leg.rang_at or stopped)).total_seconds()

    async def _answer(self, ring: Ring, call: PastCall, staff: str, before: float) -> None:
        deed = self.drawn.deed(call, staff)
        await ring.wait(max(0.0, deed.after - before))
        if deed.end == "declined":
            ring.settle(ring.phone.carrier.switches.declined_status)
        elif deed.end in ("accepted", "silent"):
            await ring.pick_up()
            await ring.heard_a_prompt()
            await ring.wait(deed.key)
            if deed.end == "accepted":
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

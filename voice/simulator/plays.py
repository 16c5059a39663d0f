"""Little plays, one tap each: what staff phones do, what the caller does, and what is worth watching."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from . import scripts
from .params import withheld

if TYPE_CHECKING:
    from .carrier import Carrier
    from .phones import Phone

_LOOK_SECONDS = 0.2  # how often a play looks whether it is over
_CLEARING_SECONDS = 4.0  # the longest it waits for the calls before it to end
_TALK_SECONDS = 12.0
_Nobody = scripts.Script()  # rings, and nobody comes


@dataclass(frozen=True)
class Play:
    """One play. `staff` are the phones' scripts in order, `{first}` whose is the first; `caller`: see Phone.dial."""

    title: str
    watch: str
    staff: Sequence[scripts.Script]
    caller: dict[str, Any] = field(default_factory=dict)
    withheld: bool = False


PLAYS = {
    "nobody": Play(
        "Nobody answers",
        "The phones ring themselves tired. Then the caller is told when they will be rung, and is on the list already.",
        (_Nobody, _Nobody, _Nobody),
        {"message": "Hello, it's about my boiler: it is leaking again."},
    ),
    "mailbox": Play(
        "Mailbox wins?",
        "{first}'s mailbox picks up first and talks. It presses no key, so the caller never meets it: others ring on.",
        (scripts.Mailbox(after=2.0), _Nobody, scripts.Answers(after=9.0, key="5")),
        {"talk": _TALK_SECONDS},
    ),
    "two": Play(
        "Two people accept",
        "Two people pick up and press a key almost at once. One has the caller, the other is told who.",
        (
            scripts.Answers(after=4.0, key_after=1.6),
            scripts.Answers(after=3.0, key_after=1.65),
            _Nobody,
        ),
        {"talk": _TALK_SECONDS},
    ),
    "hasty": Play(
        "Caller hangs up at once",
        "Three seconds, and they are gone. The phones stop, and somebody will ring them back all the same.",
        (_Nobody, _Nobody, _Nobody),
        {"patience": 3.0},
    ),
    "withheld": Play(
        "Withheld number",
        "A hidden number cannot be rung back: the phones ring longer, then the caller is asked to say a number.",
        (_Nobody, _Nobody, _Nobody),
        {"message": "This is Maria, please ring me on two one two, five five five, zero one six one."},
        withheld=True,
    ),
}


class Plays:
    """Performs one play at a time. All of it runs on the carrier's loop."""

    def __init__(self, carrier: "Carrier") -> None:
        self._carrier = carrier
        self._task: asyncio.Task[None] | None = None
        self._undo: Callable[[], None] = lambda: None
        self.running = ""

    def perform(self, name: str, caller: str) -> None:
        """Hang up whatever is on, then play. ValueError when there is no such play, phone or line."""
        if name not in PLAYS:
            raise ValueError(f"there is no play called {name}")
        play, carrier = PLAYS[name], self._carrier
        hidden = next((phone for phone in carrier.phones.values() if withheld(phone.number)), None)
        who = hidden if play.withheld else carrier.phones.get(caller)
        if who is None or not carrier.numbers:
            raise ValueError("this play needs a caller and a line")
        self.stop()
        self.running = name
        self._task = carrier.spawn(self._play(play, who, next(iter(carrier.numbers))))

    def stop(self) -> None:
        """End the play and every call; the staff phones do again what they did before."""
        if self._task is not None:
            self._task.cancel()
        self._undo()
        self._undo, self.running = lambda: None, ""
        hang_up_all(self._carrier)

    async def _play(self, play: Play, caller: "Phone", line: str) -> None:
        await self._quiet(_CLEARING_SECONDS)
        self._undo = direct(self._carrier, play.staff)
        leg = caller.dial(line, **play.caller)
        while not leg.over:
            await asyncio.sleep(_LOOK_SECONDS)
        await self._quiet(_CLEARING_SECONDS)
        self._undo()
        self._undo, self.running = lambda: None, ""

    async def _quiet(self, most: float) -> None:
        """Until no leg is live, or so many seconds."""
        until = self._carrier.loop.time() + most
        while self._carrier.live_legs() and self._carrier.loop.time() < until:
            await asyncio.sleep(_LOOK_SECONDS)


def staff_phones(carrier: "Carrier") -> "list[Phone]":
    """The firm's own phones, in the order they were set up."""
    return [phone for phone in carrier.phones.values() if phone.role == "staff"]


def direct(carrier: "Carrier", parts: Sequence[scripts.Script]) -> Callable[[], None]:
    """Give the staff phones their parts; returns what gives them back what they had, unless changed meanwhile."""
    given = list(zip(staff_phones(carrier), parts, strict=False))
    had = [phone.script for phone, _ in given]
    for phone, part in given:
        phone.script = part

    def undo() -> None:
        for (phone, part), before in zip(given, had, strict=True):
            if phone.script is part:
                phone.script = before

    return undo


def hang_up_all(carrier: "Carrier") -> None:
    """Everybody puts the phone down."""
    for phone in list(carrier.phones.values()):
        for leg in phone.legs:
            if not leg.over and leg.status != "queued":
                status = "completed" if leg.answered_at else carrier.switches.unanswered_hangup_status
                leg.end(status, "phone", "hung up")

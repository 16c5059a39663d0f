"""What a phone does when it is rung, as small values that can be written in Python or JSON."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, ClassVar

from .legs import Leg
from .media import speech_seconds

if TYPE_CHECKING:
    from .phones import Phone


class Ring:
    """One call reaching one phone, as a script sees it.

    Its end cancels the script in whatever wait it is in; that REST moves it goes unnoticed.
    """

    def __init__(self, phone: "Phone", leg: Leg) -> None:
        self.phone, self.leg = phone, leg

    async def wait(self, seconds: float) -> None:
        """Let time pass."""
        await asyncio.sleep(seconds)

    def settle(self, result: str) -> None:
        """answered | busy | no-answer | failed: what becomes of the ringing."""
        if not self.leg.settled.done():
            self.leg.settled.set_result(result)

    async def pick_up(self) -> None:
        """Answer, and go on once the carrier knows."""
        self.settle("answered")
        await self.leg.picked_up.wait()

    async def heard_a_prompt(self) -> None:
        """Wait until a document says or plays something."""
        await self.leg.prompted.wait()

    async def joined(self) -> None:
        """Wait until this phone is joined with another."""
        await self.leg.joined.wait()

    async def say(self, text: str) -> None:
        """Speak, as long as it takes."""
        seconds = speech_seconds(text)
        self.leg.speak(text, seconds)
        await asyncio.sleep(seconds)

    def hang_up(self) -> None:
        """End the call."""
        self.leg.end("completed", "phone", "hung up")


@dataclass(frozen=True)
class Script:
    """By hand: the phone rings, and a test or a person decides."""

    rings: ClassVar[bool] = True

    def chosen(self) -> "Script":
        """The script for this ring."""
        return self

    async def play(self, ring: Ring) -> None:
        """Run from the first ring on."""


@dataclass(frozen=True)
class Answers(Script):
    """Picks up after `after`; presses `key` `key_after` seconds into the first prompt; hangs up after `talk`."""

    after: float = 4.0
    key: str = "1"
    key_after: float = 1.0
    says: str = ""
    talk: float | None = None

    async def play(self, ring: Ring) -> None:
        await ring.wait(self.after)
        await ring.pick_up()
        if self.says:
            await ring.say(self.says)
        if self.key:
            await ring.heard_a_prompt()
            await ring.wait(self.key_after)
            ring.leg.press(self.key)
        if self.talk is not None:
            await ring.joined()
            await ring.wait(self.talk)
            ring.hang_up()


@dataclass(frozen=True)
class Mailbox(Script):
    """A machine answers after `after`, speaks, and records up to `records` seconds; it never presses a key."""

    after: float = 22.0
    greeting: str = "You have reached my mailbox. Please leave a message after the tone."
    records: float = 60.0

    async def play(self, ring: Ring) -> None:
        await ring.wait(self.after)
        await ring.pick_up()
        await ring.say(self.greeting)
        await ring.wait(self.records)
        ring.hang_up()


@dataclass(frozen=True)
class Screener(Script):
    """A call screener answers for its owner and talks: "yes" among other things."""

    after: float = 1.0
    says: tuple[str, ...] = ("Hi, who is calling please?", "Yes, go on.", "Thank you, please stay on the line.")
    pause: float = 2.0
    stays: float = 60.0

    async def play(self, ring: Ring) -> None:
        await ring.wait(self.after)
        await ring.pick_up()
        for words in self.says:
            await ring.say(words)
            await ring.wait(self.pause)
        await ring.wait(self.stays)
        ring.hang_up()


@dataclass(frozen=True)
class Forwards(Script):
    """The phone's own network sends the call on to `to`: a line of the account, or another phone."""

    to: str = ""
    after: float = 0.0

    async def play(self, ring: Ring) -> None:
        await ring.wait(self.after)
        carrier = ring.phone.carrier
        if self.to in carrier.numbers:
            carrier.forward(ring.leg, self.to)
            return
        other = carrier.phone(self.to)
        if other.script is not None:
            await other.script.chosen().play(Ring(other, ring.leg))


@dataclass(frozen=True)
class Declines(Script):
    """Its owner looks and refuses after `after`; `to_mailbox`: the network's machine answers instead."""

    after: float = 2.0
    to_mailbox: bool = False

    async def play(self, ring: Ring) -> None:
        await ring.wait(self.after)
        if self.to_mailbox:
            await Mailbox(after=0.0).play(ring)
        ring.settle(ring.phone.carrier.switches.declined_status)


@dataclass(frozen=True)
class Off(Script):
    """Unreachable: never rings; runs into the timeout, or straight into the network's machine."""

    to_mailbox: bool = False
    rings: ClassVar[bool] = False

    async def play(self, ring: Ring) -> None:
        if self.to_mailbox:
            await Mailbox(after=1.0).play(ring)


@dataclass(frozen=True)
class Busy(Script):
    """Engaged."""

    rings: ClassVar[bool] = False

    async def play(self, ring: Ring) -> None:
        ring.settle("busy")


@dataclass(frozen=True)
class Fails(Script):
    """The network cannot reach the number at all."""

    rings: ClassVar[bool] = False

    async def play(self, ring: Ring) -> None:
        ring.settle("failed")


@dataclass(frozen=True)
class Drops(Script):
    """Picks up after `after` and hangs up `drops_after` seconds later."""

    after: float = 4.0
    drops_after: float = 3.0

    async def play(self, ring: Ring) -> None:
        await ring.wait(self.after)
        await ring.pick_up()
        await ring.wait(self.drops_after)
        ring.hang_up()


@dataclass(frozen=True)
class InTurn(Script):
    """Another script for every ring: the first for the first, the last for all further ones."""

    scripts: tuple[Script, ...] = ()
    _played: list[int] = field(default_factory=list, repr=False)

    def chosen(self) -> Script:
        self._played.append(1)
        return self.scripts[min(len(self._played), len(self.scripts)) - 1].chosen()


KINDS: dict[str, type[Script]] = {
    kind.__name__.lower(): kind for kind in (Answers, Mailbox, Screener, Forwards, Declines, Off, Busy, Fails, Drops)
} | {"manual": Script}


def from_json(data: Mapping[str, Any]) -> Script | None:
    """{"script": "answers", "after": 4} → Answers(after=4); nothing or manual → None. ValueError names a bad word."""
    name = str(data.get("script", "manual"))
    if name not in KINDS:
        raise ValueError(f"no script is called {name}")
    if name == "manual":
        return None
    values = {key: tuple(value) if isinstance(value, list) else value for key, value in data.items() if key != "script"}
    if unknown := set(values) - {item.name for item in fields(KINDS[name])}:
        raise ValueError(f"script {name} has no {', '.join(sorted(unknown))}")
    return KINDS[name](**values)


def to_json(script: Script | None) -> dict[str, Any]:
    """The other way round, for the control API: only what a repr shows is meant to be seen."""
    if script is None:
        return {"script": "manual"}
    seen = {item.name: getattr(script, item.name) for item in fields(script) if item.repr}
    return {"script": type(script).__name__.lower()} | seen

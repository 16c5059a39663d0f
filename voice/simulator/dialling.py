"""What one run of <Dial> has come to so far, and how its conversation is kept up."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .bridges import Bridge
from .document import LIMITS, Element, flag, within
from .legs import Input, Leg, first_of
from .record import spoken_since

if TYPE_CHECKING:
    from .player import Stage


@dataclass
class Outcome:
    """DialCallStatus and its company, true at every moment, so that an interruption can report it."""

    timeout: float = 30.0
    status: str = "no-answer"
    bridged: bool = False
    child: Leg | None = None
    talked_seconds: float | None = None
    recording_url: str = ""
    more: dict[str, str] = field(default_factory=dict)

    def params(self) -> dict[str, str]:
        """As the action is told."""
        params = {"DialCallStatus": self.status, "DialBridged": "true" if self.bridged else "false"} | self.more
        if self.child is not None:
            params["DialCallSid"] = self.child.sid
            if self.talked_seconds is not None and not self.child.moved:
                params["DialCallDuration"] = str(round(self.talked_seconds))
        if self.recording_url:
            params["RecordingUrl"] = self.recording_url
        return params

    async def talk(self, stage: "Stage", dial: Element, bridge: Bridge) -> None:
        """Stay joined until somebody leaves, the time is up, or the caller's star key."""
        leg = stage.leg
        limit = within(dial, "timeLimit", LIMITS["Dial", "timeLimit"][1])
        try:
            with star_key(leg, dial) as star:
                await leg.wait(first_of(asyncio.shield(bridge.done), star), limit)
        except TimeoutError:
            pass
        finally:
            self.talked_seconds = bridge.seconds
            bridge.part("the carrier parted them")
            self._keep_recording(stage, dial, bridge)

    def _keep_recording(self, stage: "Stage", dial: Element, bridge: Bridge) -> None:
        if not dial.get("record", "do-not-record").startswith(("record", "true")):
            return
        words, _ = spoken_since(stage.leg, bridge.started_at, stage.carrier.now())
        told = stage.link(dial, "recordingStatusCallback") if dial.get("recordingStatusCallback") else None
        kept = stage.carrier.recordings.keep(
            stage.leg, "DialVerb", bridge.started_at, self.talked_seconds or 0.0, words, told=told
        )
        self.recording_url = kept.url


@contextmanager
def star_key(leg: Leg, dial: Element) -> "Iterator[asyncio.Future[None]]":
    """Done once the caller presses * while inside; never, unless <Dial hangupOnStar> asks for it."""
    with leg.listen() as ear:
        wanted = flag(dial, "hangupOnStar", default=False)
        star = asyncio.ensure_future(_star(ear)) if wanted else leg.carrier.loop.create_future()
        try:
            yield star
        finally:
            star.cancel()


async def _star(ear: "asyncio.Queue[Input]") -> None:
    while (await ear.get()).text != "*":
        pass

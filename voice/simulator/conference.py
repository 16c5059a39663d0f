"""<Dial><Conference>, simply: a room, its wait document played once, and who leaves with whom."""

import asyncio
from dataclasses import dataclass, field

from .dialling import Outcome
from .document import Element, flag
from .legs import Leg, first_of
from .lint import spoken_link
from .params import rfc2822
from .player import Stage
from .webhooks import Webhook

_DEFAULT_EVENTS = ""
_LONG_SECONDS = 3600.0


@dataclass(eq=False)
class Conference:
    """A room; its first participant's status callback counts for all."""

    sid: str
    name: str
    stage: Stage
    noun: Element
    legs: list[Leg] = field(default_factory=list)
    starters: int = 0
    started: bool = False
    sequence: int = 0

    def __post_init__(self) -> None:
        self.begun = asyncio.Event()
        self.ended = asyncio.Event()

    def tell(self, event: str, leg: Leg | None = None, **more: str) -> None:
        """One conference event, if it was asked for."""
        asked = self.noun.get("statusCallbackEvent", _DEFAULT_EVENTS).split()
        if not self.noun.get("statusCallback") or event.rpartition("-")[2] not in asked:
            return
        carrier = self.stage.carrier
        self.sequence += 1
        params = {
            "ConferenceSid": self.sid,
            "FriendlyName": self.name,
            "AccountSid": carrier.config.account_sid,
            "StatusCallbackEvent": event,
            "SequenceNumber": str(self.sequence),
            "Timestamp": rfc2822(carrier.stated()),
        } | more
        if leg is not None:
            params["CallSid"] = leg.sid
        hook = self.stage.link(self.noun, "statusCallback", "statusCallbackMethod")
        carrier.tell(Webhook(leg, "conference", hook.url, hook.method, params, "receipt"))


async def dial_conference(stage: Stage, noun: Element, outcome: Outcome) -> None:
    """Be in a room until leaving it, or until it ends. Fills in `outcome`."""
    carrier, leg, name = stage.carrier, stage.leg, spoken_link(noun)
    room: Conference = carrier.conferences.setdefault(name, Conference(carrier.new_sid("CF"), name, stage, noun))
    outcome.status = "answered"
    room.legs.append(leg)
    room.starters += flag(noun, "startConferenceOnEnter", default=True)
    room.tell("participant-join", leg)
    if not room.started and len(room.legs) > 1 and room.starters:
        room.started = True
        room.begun.set()
        room.tell("conference-start")
    try:
        await _wait_for_start(stage, noun, room)
        outcome.bridged = True
        leg.hear("joined", f"conference {name}")
        await leg.wait(room.ended.wait())
    finally:
        _leave(stage, noun, room)


async def _wait_for_start(stage: Stage, noun: Element, room: Conference) -> None:
    """Hear the wait document, once, until the room has begun; one that fails takes the leg out again."""
    music = asyncio.ensure_future(_music(stage, noun))
    begun = asyncio.ensure_future(room.begun.wait())
    try:
        await stage.leg.wait(first_of(music, asyncio.shield(begun)))
        if music.done():
            music.result()
    finally:
        for task in (music, begun):
            task.cancel()
        await asyncio.gather(music, begun, return_exceptions=True)


async def _music(stage: Stage, noun: Element) -> None:
    """Never ends by itself: a document is not asked for again, and after it there is silence."""
    if noun.get("waitUrl"):
        await stage.carrier.player.run_side(stage.leg, stage.link(noun, "waitUrl", "waitMethod"), "conference")
    while True:
        if "waitUrl" in noun.attrib:
            await stage.leg.hear_for("silence", "", _LONG_SECONDS)
        else:
            await stage.leg.hear_for("play", "hold music", _LONG_SECONDS)


def _leave(stage: Stage, noun: Element, room: Conference) -> None:
    reason = "participant_hung_up" if stage.leg.over else "moderator_ended_conference"
    room.tell("participant-leave", stage.leg, ReasonParticipantLeft=reason)
    if stage.leg in room.legs:
        room.legs.remove(stage.leg)
    if flag(noun, "endConferenceOnExit", default=False) or not room.legs:
        reason = "last-participant-left" if not room.legs else "participant-with-end-conference-on-exit-left"
        if not room.ended.is_set():
            room.tell("conference-end", None, ReasonConferenceEnded=reason)
        room.ended.set()
        stage.carrier.conferences.pop(room.name, None)

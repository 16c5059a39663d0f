"""Telephones outside the carrier: what they do, what they hear, and what is known of them afterwards."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from .legs import Leg

if TYPE_CHECKING:
    from .carrier import Carrier
    from .scripts import Script

CaptionKind = Literal["say", "play", "beep", "ring", "silence", "tone", "joined", "parted", "voice"]


@dataclass
class Caption:
    """Something heard at a phone. `seconds` is how long it would last, `until` when it stopped (None: still on)."""

    at: datetime
    kind: CaptionKind
    text: str
    language: str
    seconds: float
    call_sid: str
    until: datetime | None = None

    def as_dict(self) -> dict[str, Any]:
        """For the control API; times are ISO strings."""
        return {
            "at": self.at.isoformat(),
            "until": self.until.isoformat() if self.until else None,
            "kind": self.kind,
            "text": self.text,
            "language": self.language,
            "seconds": round(self.seconds, 2),
            "call": self.call_sid,
        }


@dataclass
class RingSpan:
    """One time the phone rang: until it was answered, given up or declined."""

    call_sid: str
    started: datetime
    ended: datetime | None = None
    answered: bool = False


@dataclass
class Text:
    """An SMS this phone got or sent."""

    at: datetime
    frm: str
    to: str
    body: str


@dataclass(eq=False, repr=False)
class Phone:
    """One telephone. `role` staff: one of the firm's own; `script`: what it does when it is rung (None: by hand)."""

    carrier: "Carrier"
    number: str
    name: str = ""
    role: Literal["outside", "staff"] = "outside"
    script: "Script | None" = None
    line_type: str = "mobile"
    call_waiting: bool = False
    captions: list[Caption] = field(default_factory=list)
    rings: list[RingSpan] = field(default_factory=list)
    answered: list[datetime] = field(default_factory=list)
    texts: list[Text] = field(default_factory=list)
    legs: list[Leg] = field(default_factory=list)

    def __repr__(self) -> str:
        return f"<Phone {self.label} {self.state}>"

    @property
    def label(self) -> str:
        """What people call it: its owner's name, else its number."""
        return self.name or self.number

    @property
    def leg(self) -> Leg | None:
        """The newest leg that has not ended."""
        return next((leg for leg in reversed(self.legs) if not leg.over), None)

    @property
    def state(self) -> str:
        """idle | ringing | dialling | on a call | talking."""
        leg = self.leg
        if leg is None:
            return "idle"
        if leg.bridge is not None:
            return "talking"
        if leg.answered_at is not None:
            return "on a call"
        return "dialling" if leg.direction == "inbound" else "ringing" if leg.rang_at else "idle"

    @property
    def talking_to(self) -> str | None:
        """The number it is joined with, or None."""
        leg = self.leg
        if leg is None or leg.bridge is None:
            return None
        return next(other.phone.number for other in leg.bridge.legs if other is not leg)

    @property
    def ringing(self) -> bool:
        """Is it ringing now?"""
        return any(ring.ended is None for ring in self.rings)

    def said_to_it(self) -> str:
        """All words spoken to it by documents, in order, for a test to search."""
        return " ".join(caption.text for caption in self.captions if caption.kind == "say")

    # --- what its owner does

    def dial(
        self,
        to: str,
        *,
        patience: float | None = None,
        talk: float | None = None,
        message: str | None = None,
        forwarded_from: str = "",
    ) -> Leg:
        """Call a number of the account.

        patience: hangs up after so many seconds unless joined; talk: after so many seconds of conversation;
        message: said after the beep, then hangs up. Without any of these the test decides.
        """
        leg = self.carrier.inbound(self, to, forwarded_from=forwarded_from)
        if patience is not None:
            leg.helpers.append(self.carrier.spawn(self._give_up(leg, patience)))
        if talk is not None:
            leg.helpers.append(self.carrier.spawn(self._say_goodbye(leg, talk)))
        if message is not None:
            leg.helpers.append(self.carrier.spawn(self._leave_message(leg, message)))
        return leg

    def pick_up(self) -> None:
        """Answer the ringing call."""
        self._ringing_leg().settled.set_result("answered")

    def decline(self) -> None:
        """Refuse the ringing call."""
        self._ringing_leg().settled.set_result(self.carrier.switches.declined_status)

    def hang_up(self) -> None:
        """End the newest live call, answered or not; with none, nothing."""
        leg = self.leg
        if leg is None:
            return
        if leg.answered_at is None and leg.direction != "inbound":
            self.decline()
        elif leg.answered_at is None:
            leg.end(self.carrier.switches.unanswered_hangup_status, "phone", "hung up before any answer")
        else:
            leg.end("completed", "phone", "hung up")

    def press(self, keys: str) -> None:
        """Press keys in the newest live call."""
        self._live_leg().press(keys)

    def speak(self, text: str, seconds: float | None = None) -> None:
        """Say something, by default as long as it takes."""
        self._live_leg().speak(text, seconds if seconds is not None else max(0.5, len(text) / 14))

    def text(self, to: str, body: str) -> str:
        """Send an SMS to a number of the account; returns its sid."""
        return self.carrier.texts.receive(self, to, body).sid

    # --- what the carrier tells it

    def hear(self, leg: Leg, kind: CaptionKind, text: str, seconds: float, language: str) -> Caption:
        """Write down something heard."""
        now = self.carrier.now()
        caption = Caption(now, kind, text, language, seconds, leg.sid)
        if kind in {"joined", "parted", "voice", "beep", "tone"}:
            caption.until = self.carrier.after(seconds)
        self.captions.append(caption)
        leg.captions.append(caption)
        self.carrier.note("heard", f"{self.label} hears {kind}: {text}", leg)
        return caption

    def ring(self, leg: Leg) -> None:
        """A call has reached this phone."""
        from .scripts import Ring

        if leg not in self.legs:
            self.legs.append(leg)
        in_call = any(other is not leg and other.answered_at is not None and not other.over for other in self.legs)
        if in_call and not self.call_waiting:
            leg.settled.set_result("busy")
            return
        script = self.script.chosen() if self.script else None
        if script is None or script.rings:
            self.start_ringing(leg)
        if script is not None:
            leg.helpers.append(self.carrier.spawn(script.play(Ring(self, leg))))

    def start_ringing(self, leg: Leg) -> None:
        """The bell sounds."""
        self.rings.append(RingSpan(leg.sid, self.carrier.now()))
        leg.become("ringing")
        self.hear(leg, "ring", leg.frm, 0.0, "")

    def leg_answered(self, leg: Leg) -> None:
        """The bell stops, or the caller's wait for any answer ends."""
        self.answered.append(self.carrier.now())
        self._stop_ringing(leg, answered=True)
        self._hush(leg)

    def leg_ended(self, leg: Leg) -> None:
        """Nothing sounds any more."""
        self._stop_ringing(leg, answered=False)
        self._hush(leg)

    def _hush(self, leg: Leg) -> None:
        for caption in leg.captions:
            if caption.until is None:
                caption.until = self.carrier.now()

    def _stop_ringing(self, leg: Leg, *, answered: bool) -> None:
        for ring in self.rings:
            if ring.call_sid == leg.sid and ring.ended is None:
                ring.ended, ring.answered = self.carrier.now(), answered

    def _live_leg(self) -> Leg:
        if self.leg is None:
            raise RuntimeError(f"{self.label} is on no call")
        return self.leg

    def _ringing_leg(self) -> Leg:
        for leg in self.legs:
            if leg.direction != "inbound" and not leg.over and leg.rang_at and not leg.settled.done():
                return leg
        raise RuntimeError(f"{self.label} is not ringing")

    # People do not notice that REST moves their call, so they wait by the clock; the call's end cancels them.

    async def _give_up(self, leg: Leg, patience: float) -> None:
        await asyncio.sleep(patience)
        if not leg.bridges:
            self._hang_up_leg(leg)

    async def _say_goodbye(self, leg: Leg, talk: float) -> None:
        await leg.joined.wait()
        await asyncio.sleep(talk)
        self._hang_up_leg(leg)

    async def _leave_message(self, leg: Leg, message: str) -> None:
        await leg.beeped.wait()
        await asyncio.sleep(0.5)
        seconds = max(0.5, len(message) / 14)
        leg.speak(message, seconds)
        await asyncio.sleep(seconds + 0.5)
        self._hang_up_leg(leg)

    def _hang_up_leg(self, leg: Leg) -> None:
        status = "completed" if leg.answered_at else self.carrier.switches.unanswered_hangup_status
        leg.end(status, "phone", "hung up")

"""One leg: a channel between the carrier and one telephone, and everything that can befall it."""

import asyncio
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from .document import Facing, Source

if TYPE_CHECKING:
    from .bridges import Bridge
    from .carrier import Carrier
    from .phones import Caption, CaptionKind, Phone
    from .webhooks import Exchange

T = TypeVar("T")


async def first_of(*futures: "asyncio.Future[Any]") -> None:
    """Until one of them is done."""
    await asyncio.wait(futures, return_when=asyncio.FIRST_COMPLETED)


FINAL = frozenset(("completed", "busy", "failed", "no-answer", "canceled"))
EndedBy = Literal["phone", "application", "api", "carrier"]


class Interrupted(Exception):
    """Something outside took the leg away from the verb it was in."""


class HungUp(Interrupted):
    """The leg has ended, whoever ended it."""


class Moved(Interrupted):
    """REST gave the leg something else to run."""

    def __init__(self, source: Source) -> None:
        super().__init__(source.url)
        self.source = source


@dataclass(frozen=True)
class Input:
    """Something a phone sends into its leg."""

    kind: Literal["key", "speech"]
    text: str
    seconds: float = 0.0


@dataclass
class Utterance:
    """What a phone's owner said, when."""

    at: datetime
    until: datetime
    text: str


@dataclass
class Span:
    """A time two legs were joined; `until` is None while they are."""

    other: "Leg"
    at: datetime
    until: datetime | None = None


@dataclass
class StatusHook:
    """Who is told about a leg's progress."""

    url: str
    method: str = "POST"
    events: frozenset[str] = frozenset(("completed",))


@dataclass(eq=False, repr=False)
class Leg:
    """A Call resource. `frm` and `to` are as stated to the application; times are the carrier's truth."""

    carrier: "Carrier"
    sid: str
    direction: Literal["inbound", "outbound-api", "outbound-dial"]
    frm: str
    to: str
    phone: "Phone"
    status: str
    created_at: datetime
    parent: "Leg | None" = None
    forwarded_from: str = ""
    call_token: str = ""
    hook: StatusHook | None = None
    fallback: Source | None = None
    source: Source = field(default_factory=Source)
    timeout: float = 60.0
    time_limit: float = 14400.0
    relay: "Leg | None" = None  # the leg this inbound call is the forwarding of
    relayed: "Leg | None" = None  # the other way round
    captions: "list[Caption]" = field(default_factory=list)
    queue_seconds: float = 0.0
    started_at: datetime | None = None
    rang_at: datetime | None = None
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    ended_by: EndedBy | None = None
    why: str = ""
    moved: bool = False
    paused: bool = False  # its first verb was a <Pause>, which does not answer
    sequence: int = 0
    bridge: "Bridge | None" = None
    bridges: list[Span] = field(default_factory=list)
    said: list[Utterance] = field(default_factory=list)
    keys: str = ""
    cookies: dict[str, dict[str, str]] = field(default_factory=dict)
    exchanges: "list[Exchange]" = field(default_factory=list)
    helpers: "list[asyncio.Task[Any]]" = field(default_factory=list)

    def __post_init__(self) -> None:
        self._turn: asyncio.Future[Interrupted] = self.carrier.loop.create_future()
        self._ears: list[asyncio.Queue[Input]] = []
        self.settled: asyncio.Future[str] = self.carrier.loop.create_future()
        self.picked_up, self.prompted, self.beeped = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self.joined, self.parted = asyncio.Event(), asyncio.Event()

    def __repr__(self) -> str:  # a generated one would write out all that hangs together: the whole day
        return f"<Leg {self.sid[:8]} {self.direction} {self.phone.label} {self.status}>"

    @property
    def over(self) -> bool:
        """Has it ended?"""
        return self.status in FINAL

    @property
    def facing(self) -> Facing:
        """Whose ear is at the far end: one of the firm's own people's, or somebody outside's."""
        return "staff" if self.phone.role == "staff" and self.direction != "inbound" else "caller"

    @property
    def seconds(self) -> int:
        """Whole seconds from answer to end, as billed."""
        if self.answered_at is None:
            return 0
        return round(((self.ended_at or self.carrier.now()) - self.answered_at).total_seconds())

    # --- what verbs wait on

    def check(self) -> None:
        """Raise what has taken the leg away, if anything has."""
        if self._turn.done():
            raise self._turn.result()

    async def rest(self, seconds: float) -> None:
        """Let time pass; raises Interrupted when something takes the leg away meanwhile."""
        if not self._turn.done():
            await asyncio.wait({self._turn}, timeout=seconds)
        self.check()

    async def wait(self, what: Awaitable[T], timeout: float | None = None) -> T:
        """Await `what` (canceled when given up: shield what others share); raises Interrupted or TimeoutError."""
        task = asyncio.ensure_future(what)
        try:
            if not self._turn.done():
                both: list[asyncio.Future[Any]] = [task, self._turn]
                await asyncio.wait(both, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
            self.check()
            if not task.done():
                raise TimeoutError
            return task.result()
        finally:
            if not task.done():
                task.cancel()
            elif not task.cancelled():
                task.exception()  # seen, even when an interruption came first

    def rearm(self) -> None:
        """Forget a move that has been followed; an end is never forgotten."""
        if self._turn.done() and isinstance(self._turn.result(), Moved):
            self._turn = self.carrier.loop.create_future()

    @contextmanager
    def listen(self) -> "Iterator[asyncio.Queue[Input]]":
        """Hear keys and speech while inside; keys pressed at any other time are lost."""
        ear: asyncio.Queue[Input] = asyncio.Queue()
        self._ears.append(ear)
        try:
            yield ear
        finally:
            self._ears.remove(ear)

    # --- what the far end does

    def press(self, keys: str) -> None:
        """The phone's owner presses keys."""
        self.keys += keys
        for key in keys:
            for ear in self._ears[-1:]:
                ear.put_nowait(Input("key", key))
        self.carrier.note("key", f"{self.phone.label} presses {keys}", self)

    def speak(self, text: str, seconds: float) -> None:
        """The phone's owner says something that lasts that long, from now on."""
        now = self.carrier.now()
        self.said.append(Utterance(now, self.carrier.after(seconds), text))
        for ear in self._ears[-1:]:
            ear.put_nowait(Input("speech", text, seconds))
        if self.bridge is not None:
            other = next(leg for leg in self.bridge.legs if leg is not self)
            other.hear("voice", text, seconds)
        self.carrier.note("speech", f"{self.phone.label} says: {text}", self)

    # --- what the carrier does to it

    def hear(self, kind: "CaptionKind", text: str, seconds: float = 0.0, language: str = "") -> "Caption":
        """Something sounds at the phone; returns the caption, which its player closes."""
        caption = self.phone.hear(self, kind, text, seconds, language)
        if kind in {"say", "play"}:
            self.prompted.set()
        if kind == "beep":
            self.beeped.set()
        return caption

    async def hear_for(self, kind: "CaptionKind", text: str, seconds: float, language: str = "") -> None:
        """Something sounds for that long, unless the leg is taken away."""
        caption = self.hear(kind, text, seconds, language)
        try:
            await self.rest(seconds)
        finally:
            caption.until = self.carrier.now()

    def become(self, status: str) -> None:
        """Progress towards being answered: initiated, ringing."""
        self.status = status
        now = self.carrier.now()
        if status == "initiated":
            self.started_at = now
        if status == "ringing":
            self.rang_at = now
        self.carrier.emit(self, status)

    def answer(self) -> None:
        """The leg is answered; again is nothing."""
        if self.answered_at is not None or self.over:
            return
        self.status = "in-progress"
        self.answered_at = self.carrier.now()
        self.picked_up.set()
        self.phone.leg_answered(self)
        if self.relay is not None and not self.relay.settled.done():
            self.relay.settled.set_result("answered")
        self.carrier.emit(self, "answered")

    def end(self, status: str, by: EndedBy, why: str = "") -> None:
        """The leg is over; again is nothing."""
        if self.over:
            return
        never_placed = self.status == "queued"
        self.status, self.ended_by, self.why = status, by, why
        self.ended_at = self.carrier.now()
        self._interrupt(HungUp())
        if self.bridge is not None:
            self.bridge.part(f"{self.phone.label} is gone")
        for task in self.helpers:
            task.cancel()
        self.phone.leg_ended(self)
        self.carrier.leg_ended(self, silently=never_placed and by == "api")

    def move(self, source: Source) -> None:
        """REST gives it another document; a leg still ringing starts with it when answered."""
        if self.answered_at is None and self.direction != "inbound":
            self.source = source
            return
        self.moved = True
        self._interrupt(Moved(source))
        if self.bridge is not None:
            self.bridge.part(f"{self.phone.label} was moved")

    def _interrupt(self, turn: Interrupted) -> None:
        if self._turn.done():
            if isinstance(self._turn.result(), HungUp):
                return
            self._turn = self.carrier.loop.create_future()
        self._turn.set_result(turn)

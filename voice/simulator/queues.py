"""Queues of live callers: who waits, in which order, and who takes them out."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from .document import Source

if TYPE_CHECKING:
    from .bridges import Bridge
    from .carrier import Carrier
    from .legs import Leg

DEFAULT_MAX_SIZE = 1000


@dataclass(eq=False)
class Taking:
    """A member is being taken out: by a dialling leg, or by REST with a document to run."""

    source: Source | None = None
    announcement: Source | None = None
    dialler: "Leg | None" = None
    ready: "asyncio.Future[bool] | None" = None  # the caller has heard the announcement, or is gone
    bridged: "asyncio.Future[Bridge | None] | None" = None  # None: the dialling leg was lost

    def give_up(self) -> None:
        """The caller is out of the queue: whoever still waits for them waits in vain."""
        if self.ready is not None and not self.ready.done():
            self.ready.set_result(False)


@dataclass(eq=False)
class Member:
    """A leg waiting in a queue."""

    leg: "Leg"
    joined_at: datetime
    taken: "asyncio.Future[Taking]"
    left_at: datetime | None = None


@dataclass(eq=False)
class Queue:
    """A Queue resource."""

    carrier: "Carrier"
    sid: str
    name: str
    created_at: datetime
    max_size: int = DEFAULT_MAX_SIZE
    members: list[Member] = field(default_factory=list)
    deleted: bool = False

    def __post_init__(self) -> None:
        self._changed: asyncio.Future[None] = self.carrier.loop.create_future()

    def join(self, leg: "Leg") -> Member | None:
        """Put a leg at the end; None when the queue is full."""
        if len(self.members) >= self.max_size:
            return None
        member = Member(leg, self.carrier.now(), self.carrier.loop.create_future())
        self.members.append(member)
        self.changed()
        return member

    def remove(self, member: Member) -> None:
        """Take a member out; again is nothing."""
        if member in self.members:
            self.members.remove(member)
            member.left_at = self.carrier.now()
            self.changed()

    def front(self) -> Member | None:
        """The longest-waiting member nobody is taking yet."""
        return next((member for member in self.members if not member.taken.done()), None)

    def changed(self) -> None:
        """Wake whoever waits for a change."""
        self._changed.set_result(None)
        self._changed = self.carrier.loop.create_future()

    def change(self) -> "asyncio.Future[None]":
        """A future that is done at the next change; shield it."""
        return self._changed

    def seconds(self, member: Member) -> float:
        """How long a member has waited, or did."""
        return ((member.left_at or self.carrier.now()) - member.joined_at).total_seconds()

    def average(self) -> int:
        """Average wait of those still here, in whole seconds."""
        return round(sum(map(self.seconds, self.members)) / len(self.members)) if self.members else 0

    def wait_params(self, member: Member) -> dict[str, str]:
        """What a wait document's request says about the queue."""
        position = self.members.index(member) + 1 if member in self.members else 0
        return {
            "QueuePosition": str(position),
            "QueueSid": self.sid,
            "QueueTime": str(round(self.seconds(member))),
            "AvgQueueTime": str(self.average()),
            "CurrentQueueSize": str(len(self.members)),
            "MaxQueueSize": str(self.max_size),
        }


def find(carrier: "Carrier", name: str) -> Queue | None:
    """The queue with that name."""
    return next((queue for queue in carrier.queues.values() if queue.name == name), None)


def create(carrier: "Carrier", name: str, max_size: int = DEFAULT_MAX_SIZE) -> Queue:
    """A new queue with that name."""
    queue = Queue(carrier, carrier.new_sid("QU"), name, carrier.now(), max_size)
    carrier.queues[queue.sid] = queue
    return queue

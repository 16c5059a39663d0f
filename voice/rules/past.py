"""What each caller and each phone did, read off the events of past calls. Seconds count from the call's arrival."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal, Self

from voice.rules.ring_plan import LEG_SECONDS, Mode

REST = 30.0  # seconds after a call in which a phone may still be on its way down
SETUP = 0.2  # seconds from asking for a phone until it rings, where none ever rang

End = Literal["accepted", "silent", "declined", "busy", "failed", "cut"]
ENDS: Mapping[str, End] = {"declined": "declined", "not_screened": "silent", "busy": "busy", "failed": "failed"}


@dataclass(frozen=True)
class Ring:
    """One time one phone rang for one caller. `cut`: it rang in vain, or was stopped by what another phone did."""

    staff: str
    placed: float
    rang: float | None  # first ring; None: it never rang
    over: float  # the end of the ringing: picked up, declined, stopped
    end: End
    key: float = 0.0  # from pick-up to the key, where there was one; silent: until it was put down
    again: float = 0.0  # from that key, which came too late, to another for the next caller; 0: none
    limit: int = LEG_SECONDS  # for how many seconds it might ring
    handed: bool = False  # it rang for a ring-back before, so it stops sooner than it would
    free: float = 0.0  # accepted: when the phone was on the hook again, a while after a caller who hung up; 0: not told

    @property
    def seconds(self) -> float:
        """How long it rang."""
        return 0.0 if self.rang is None else max(0.0, self.over - self.rang)


@dataclass(frozen=True)
class PastCall:
    """One call as it was. `waited`: until a person had it, it was given up, or its caller hung up."""

    id: str
    at: dt.datetime
    withheld: bool
    who: int  # the same for calls of one caller, and nothing else of theirs
    outcome: str
    cause: str | None
    answered_by: str | None
    waited: float
    talk: float
    ring_seconds: int | None  # as set then
    mode: Mode | None
    first: str | None = None  # who was rung before all others, as last person or owing a callback
    taken: str | None = None  # who said "Take it" on the page
    rings: tuple[Ring, ...] = ()

    @property
    def hung_up(self) -> bool:
        """Whether the caller was gone before anybody had them."""
        return self.cause in ("abandoned", "short_abandon")

    @property
    def missed(self) -> bool:
        """Whether nobody had them, though they gave us a chance."""
        return self.outcome == "callback" and self.cause not in ("short_talk", "short_abandon")

    def until(self) -> dt.datetime:
        """When the last phone of it was free again."""
        last = max([self.waited, *(ring.over for ring in self.rings)])
        return self.at + dt.timedelta(seconds=last + self.talk)


@dataclass(frozen=True)
class Held:
    """A phone that was in use for something else: a ring-back, another line. `talked`: it came to a talk."""

    staff: str
    since: dt.datetime
    until: dt.datetime
    talked: bool = False


@dataclass(frozen=True)
class Past:
    """Some weeks of one line: its settings and people as they are today, and what happened.

    `line` holds the columns of `Line` that matter to ringing; each of `people` those of `StaffMember`, in ring order.
    """

    line: dict[str, Any]
    people: tuple[dict[str, Any], ...]
    calls: tuple[PastCall, ...]
    held: tuple[Held, ...] = ()
    set_aside: int = 0  # calls that no phone's doing decided: blocked, or while this server was away

    def to_json(self) -> dict[str, Any]:
        """Plain values; `from_json` reads them."""
        plain = asdict(self)
        for row in (*plain["calls"], *plain["held"]):
            row |= {name: value.isoformat() for name, value in row.items() if isinstance(value, dt.datetime)}
        return plain

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> Self:
        """The other way round."""
        when = dt.datetime.fromisoformat
        calls = tuple(
            PastCall(**(row | {"at": when(row["at"]), "rings": tuple(Ring(**ring) for ring in row["rings"])}))
            for row in plain["calls"]
        )
        held = tuple(
            Held(**(row | {"since": when(row["since"]), "until": when(row["until"])})) for row in plain["held"]
        )
        return cls(plain["line"], tuple(plain["people"]), calls, held, plain["set_aside"])


@dataclass
class _Live:
    call: str
    staff: str
    placed: dt.datetime
    limit: int
    rang: dt.datetime | None = None
    picked: dt.datetime | None = None
    pressed: dt.datetime | None = None  # for somebody another phone had taken: so the next caller was offered
    accepted: dt.datetime | None = None
    crossed: bool = False  # it rang to ring this caller back when they rang in
    handed: bool = False  # it rang for a ring-back that gave way to this caller


@dataclass
class _Told:
    """What the events have said of one call so far."""

    rings: list[tuple[_Live, dt.datetime, str]] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)


Event = tuple[str, dt.datetime, str, Mapping[str, Any]]  # call, when, kind, particulars


def read(calls: Sequence[PastCall], events: Iterable[Event]) -> list[PastCall]:
    """Give the calls what their events tell. A person has one phone at their ear, so a phone is known by its owner."""
    told = {call.id: _Told() for call in calls}
    live: dict[str, _Live] = {}
    for call_id, at, kind, data in events:
        _hear(told, live, call_id, at, kind, data)
    for ring in live.values():
        told[ring.call].rings.append((ring, ring.accepted or ring.picked or ring.rang or ring.placed, "cut"))
    return [_with(call, told[call.id]) for call in calls]


def _hear(
    told: dict[str, _Told], live: dict[str, _Live], call_id: str, at: dt.datetime, kind: str, data: Mapping[str, Any]
) -> None:
    facts, staff = told[call_id].facts, data.get("staff", "")
    if kind == "received":
        facts |= {"ring_seconds": data.get("rings"), "mode": data.get("ring")}
    elif kind == "reserved":
        facts["taken"] = staff
    elif kind == "phone_placed" or (kind in ("crossed", "passed_on") and staff not in live):
        if (left := live.pop(staff, None)) is not None:  # passed on to another caller, or its end was never told
            told[left.call].rings.append((left, left.rang or left.placed, "cut"))
        # A phone that rang to ring somebody back, and now rings for this caller.
        rang, limit = (None if kind == "phone_placed" else at), data.get("rings", LEG_SECONDS)
        live[staff] = _Live(call_id, staff, at, limit, rang, crossed=kind == "crossed", handed=kind == "passed_on")
        if data.get("why") in ("owes", "spoke", "first"):
            facts["first"] = staff
    elif staff in live:
        _phone(told, live, at, kind, staff, str(data.get("how", "")))


def _phone(
    told: dict[str, _Told], live: dict[str, _Live], at: dt.datetime, kind: str, staff: str, how: str
) -> None:  # fmt: skip
    ring = live[staff]
    if kind == "phone_rings":
        ring.rang = ring.rang or at
    elif kind == "phone_picked_up":
        if ring.picked is not None:
            ring.pressed = ring.pressed or at
        ring.picked = ring.picked or at
    elif kind == "accepted":
        ring.accepted = at
    elif kind == "phone_stops":
        told[ring.call].rings.append((ring, at, how))
        del live[staff]


def _with(call: PastCall, told: _Told) -> PastCall:
    # A phone that rang to ring them back, and went on in vain, was in use for that.
    rung = (each for each in told.rings if not each[0].crossed or each[0].picked or each[0].accepted)
    limited = (replace(_ring(call.at, *each), limit=each[0].limit) for each in rung)
    rings = sorted(limited, key=lambda ring: ring.placed)
    if rings and rings[0].handed and told.facts.get("first") != rings[0].staff:
        told.facts.pop("first", None)  # that phone rang already: nobody was alone before the others
    return replace(call, rings=tuple(rings), **told.facts)


def _ring(since: dt.datetime, ring: _Live, ended: dt.datetime, how: str) -> Ring:
    def after(moment: dt.datetime) -> float:
        return round((moment - since).total_seconds(), 3)

    rang = after(ring.rang) if ring.rang else None
    late = ended if ring.picked and how == "ended" else None  # their key came after somebody else's
    if key := ring.pressed or ring.accepted or late:
        picked = ring.picked or key
        again = (ring.accepted - key).total_seconds() if ring.accepted else 0.0
        spans = round((key - picked).total_seconds(), 3), round(again, 3)
        return Ring(ring.staff, after(ring.placed), rang, after(picked), "accepted", *spans, free=after(ended))
    if ring.picked is not None:
        stays = (ended - ring.picked).total_seconds()
        return Ring(ring.staff, after(ring.placed), rang, after(ring.picked), "silent", round(stays, 3))
    return Ring(ring.staff, after(ring.placed), rang, after(ended), ENDS.get(how, "cut"), handed=ring.handed)


def setup(calls: Iterable[PastCall]) -> float:
    """Seconds from asking for a phone until it rang, as it usually was."""
    took = sorted(ring.rang - ring.placed for call in calls for ring in call.rings if ring.rang is not None)
    return min(5.0, max(0.1, took[len(took) // 2])) if took else SETUP


def rooms(calls: Sequence[PastCall]) -> list[list[PastCall]]:
    """Calls that may have touched each other, together; between two rooms every phone was at rest."""
    found: list[list[PastCall]] = []
    over = dt.datetime.min.replace(tzinfo=dt.UTC)
    for call in sorted(calls, key=lambda each: (each.at, each.id)):
        if call.at <= over:
            found[-1].append(call)
        else:
            found.append([call])
        over = max(over, call.until() + dt.timedelta(seconds=REST))
    return found

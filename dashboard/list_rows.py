"""What the callback list shows: rows read once, in a handful of queries however many there are."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard import words
from voice import callbacks
from voice.firm import Business, Line, StaffMember
from voice.ledger import Message
from voice.models import Call, Callback, Contact
from voice.rules import numbers, states

MOST = 200  # rows of one group on one page
CLOSED_SHOWN = 50
WAITING = ("waiting", "claimed", *states.CALLBACK_BUSY)
RINGING = ("received", "ringing")


@dataclass(frozen=True)
class Row:
    """One callback as a person reads it. Times stay instants; the template words them."""

    callback: Callback
    who: str
    number: str
    vouched: bool  # the name was given by staff, not claimed by the carrier
    line: str
    zone: str
    holder: str | None
    mine: bool
    held: str  # why it may not be dialled, when the rules forbid it
    messages: Sequence[Message]
    last_call_id: str | None

    @property
    def late(self) -> bool:
        """Whether the row is one whose time can be missed at all."""
        return self.callback.state in WAITING

    @property
    def busy(self) -> bool:
        """Whether a phone is live for it."""
        return self.callback.state in ("calling", "talking")


@dataclass(frozen=True)
class Group:
    """Rows under one heading; `more`: how many there are beyond those shown."""

    key: str
    title: str
    hint: str
    rows: Sequence[Row] = ()
    more: int = 0


@dataclass(frozen=True)
class LiveCall:
    """A caller who hears our phones ringing at this moment."""

    call: Call
    who: str
    number: str
    line: str
    reserved_by: str | None


@dataclass(frozen=True)
class Listing:
    """The whole page."""

    live: list[LiveCall]
    groups: list[Group]
    waiting: int
    country: str
    zone: str
    lines: int
    names: dict[str, str] = field(repr=False)


@dataclass(frozen=True)
class _People:
    """The names behind the ids of this page."""

    country: str
    zone: str
    lines: dict[str, Line]
    staff: dict[str, str]
    contacts: dict[str, Contact]

    def who(self, caller: str | None, claimed: str | None = None) -> tuple[str, str, bool]:
        """(name or number, number when there is a name, whether staff gave that name)."""
        shown = words.number(caller, self.country)
        contact = self.contacts.get(caller or "")
        given = words.name(contact.name) if contact else ""
        name = given or words.name((contact.carrier_name if contact else None) or claimed)
        return (name, shown, bool(given)) if name else (shown, "", True)

    def held(self, callback: Callback) -> str:
        """Why this number may not be dialled, as a sentence; empty when it is not held."""
        if callback.state != "held" or callback.caller is None:
            return ""
        countries = {self.country, *(country for line in self.lines if (country := numbers.country_of(line)))}
        refused = numbers.dial_refusal(callback.caller, countries, self.lines)
        return refused.sentence if refused else f"Held: {(callback.held_reason or 'unknown').replace('_', ' ')}."


GROUPS = (
    Group("waiting", "To ring back", ""),
    Group("unreached", "Not reached", "Tried as often as the line allows. Ring them when you think they are there."),
    Group("no_number", "No number", "They hide their number. If they say one in their message, dial it by hand."),
    Group("held", "Held for the owner", "The number rules forbid dialling these."),
)


def read(session: Session, staff_id: str | None, now: dt.datetime) -> Listing:
    """Everything the page shows to this staff member (None: somebody who is none)."""
    found = [(group, *_open(session, WAITING if group.key == "waiting" else (group.key,))) for group in GROUPS]
    business = session.scalars(sa.select(Business)).first()
    zone = business.time_zone if business else "UTC"
    closed = _closed_today(session, now, zone)
    live = list(session.scalars(_live_calls()))
    everybody = [callback for _, page, _ in found for callback in page] + closed
    callers = {row.caller for row in everybody} | {call.caller for call in live}
    people = _people(session, business, {caller for caller in callers if caller})
    rows = _rows(session, everybody, people, staff_id)
    groups = [replace(group, rows=[rows[c.id] for c in page], more=more) for group, page, more in found]
    groups.append(Group("closed", "Closed today", "", [rows[c.id] for c in closed]))
    calls = [_live_call(call, people) for call in live]
    waiting = len(groups[0].rows) + groups[0].more
    return Listing(calls, groups, waiting, people.country, zone, len(people.lines), people.staff)


def _open(session: Session, wanted: Collection[str]) -> tuple[list[Callback], int]:
    page = callbacks.listed(session, wanted, MOST)
    if page.next is None:
        return page.items, 0
    counted = sa.select(sa.func.count()).select_from(Callback).where(Callback.state.in_(wanted))
    return page.items, (session.scalar(counted) or 0) - len(page.items)


def _closed_today(session: Session, now: dt.datetime, zone: str) -> list[Callback]:
    midnight = now.astimezone(ZoneInfo(zone)).replace(hour=0, minute=0, second=0, microsecond=0).astimezone(dt.UTC)
    today = sa.select(Callback).where(Callback.state == "closed", Callback.closed_at >= midnight)
    return list(session.scalars(today.order_by(Callback.closed_at.desc()).limit(CLOSED_SHOWN)))


def _live_calls() -> sa.Select[Call]:
    ringing = sa.select(Call).where(Call.ended_at.is_(None), Call.state.in_(RINGING))
    return ringing.order_by(Call.received_at).limit(MOST)


def _people(session: Session, business: Business | None, callers: set[str]) -> _People:
    contacts = session.scalars(sa.select(Contact).where(Contact.number.in_(callers)))
    return _People(
        country=business.country if business else "",
        zone=business.time_zone if business else "UTC",
        lines={line.number: line for line in session.scalars(sa.select(Line))},
        staff={person.id: words.name(person.name) for person in session.scalars(sa.select(StaffMember))},
        contacts={contact.number: contact for contact in contacts},
    )


def _rows(session: Session, everybody: Sequence[Callback], people: _People, staff_id: str | None) -> dict[str, Row]:
    ids = [callback.id for callback in everybody]
    messages, last_calls = _messages(session, ids), _last_calls(session, ids)
    rows = {}
    for callback in everybody:
        line = people.lines[callback.line]
        call_id, claimed_name = last_calls.get(callback.id, (None, None))
        who, number, vouched = people.who(callback.caller, claimed_name)
        rows[callback.id] = Row(
            callback=callback,
            who=who,
            number=number,
            vouched=vouched,
            line=words.name(line.name),
            zone=line.time_zone,
            holder=people.staff.get(callback.claimed_by or ""),
            mine=staff_id is not None and callback.claimed_by == staff_id,
            held=people.held(callback),
            messages=messages[callback.id],
            last_call_id=call_id,
        )
    return rows


def _messages(session: Session, ids: Sequence[str]) -> dict[str, list[Message]]:
    said = (
        sa.select(Call.callback_id, Message)
        .join(Call, Call.id == Message.call_id)
        .where(Call.callback_id.in_(ids), Message.state != "empty")
        .order_by(Message.received_at)
    )
    found: dict[str, list[Message]] = defaultdict(list)
    for callback_id, message in session.execute(said):
        found[str(callback_id)].append(message)
    return found


def _last_calls(session: Session, ids: Sequence[str]) -> dict[str, tuple[str, str | None]]:
    calls = sa.select(Call.callback_id, Call.id, Call.caller_name).where(Call.callback_id.in_(ids))
    return {str(callback_id): (call_id, name) for callback_id, call_id, name in
            session.execute(calls.order_by(Call.received_at))}  # fmt: skip


def _live_call(call: Call, people: _People) -> LiveCall:
    who, number, _ = people.who(call.caller, call.caller_name)
    reserved = people.staff.get(call.reserved_by or "")
    return LiveCall(call, who, number, words.name(people.lines[call.line].name), reserved)

"""The rows of the callback list, with all a person needs to see, in a handful of queries however many there are."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard import list_groups, steps, words
from dashboard.list_view import View
from voice import later, persons
from voice.firm import Business, Line, StaffMember
from voice.ledger import Message
from voice.list_tables import Topic
from voice.models import Call, Callback, Contact
from voice.rules import near, numbers, person, snooze


@dataclass(frozen=True)
class Row:
    """One callback as a person reads it. Times stay instants; the template words them."""

    callback: Callback
    who: str
    number: str
    vouched: bool  # the name was given by staff, not claimed by the carrier
    line: Line
    caller_zone: str | None  # the caller's own, where a later time is shown or chosen and it is not the line's
    holder: str | None
    mine: bool
    others: Sequence[tuple[str, str]]  # further numbers of the person: E.164 and as people write it
    held: str  # why it may not be dialled, when the rules forbid it
    allowable: bool  # the owner may allow it all the same
    missed: str  # what became of the reader's own phone, when it has just rung for this in vain
    messages: Sequence[Message]
    last_call_id: str | None
    has_card: bool
    vip: bool
    tags: Sequence[str]
    unverified: bool  # the carrier does not vouch that the last call came from this number
    nobody: bool  # the promise is near or past, and nobody is on it
    spoke_with: str | None  # who talked with them last, and when
    spoke_at: dt.datetime | None
    topic: str
    handed_by: str | None
    handed_to: str | None
    later: bool  # set aside, and not due yet
    unfolded: bool
    choices: Sequence[snooze.Choice]  # for "later"; only of an unfolded row

    @property
    def zone(self) -> str:
        """The zone its times are shown in."""
        return self.line.time_zone

    @property
    def timed(self) -> bool:
        """Whether the row is one whose time can be missed at all."""
        return self.callback.state in list_groups.WAITING

    @property
    def owed_at(self) -> dt.datetime:
        """By when they should hear from us: the promise until their phone has rung, after that the next try."""
        return self.callback.promised_by if self.callback.rang_at is None else self.callback.due_at

    @property
    def busy(self) -> bool:
        """Whether a phone is live for it."""
        return self.callback.state in ("calling", "talking")

    @property
    def asked(self) -> bool:
        """Whether its holder is asked how it went."""
        return self.callback.state == "wrapping_up" or self.by_hand

    @property
    def by_hand(self) -> bool:
        """Whether its holder dials with a phone of their own."""
        return self.callback.state == "claimed" and self.callback.by_hand_at is not None


@dataclass(frozen=True)
class People:
    """The names behind the ids of this page."""

    country: str
    zone: str
    lines: dict[str, Line]
    staff: dict[str, StaffMember]
    contacts: dict[str, Contact]
    numbers: dict[str, tuple[str, ...]]  # all numbers of a person, by the first of them
    tags: dict[str, tuple[str, ...]]

    def who(self, caller: str | None, claimed: str | None = None) -> tuple[str, str, bool]:
        """(name or number, number when there is a name, whether staff gave that name)."""
        shown = words.number(caller, self.country)
        contact = self.contacts.get(caller or "")
        given = words.name(contact.name) if contact else ""
        name = given or words.name((contact.carrier_name if contact else None) or claimed)
        return (name, shown, bool(given)) if name else (shown, "", True)

    def staff_name(self, staff_id: str | None) -> str | None:
        """A staff member's name, fit for a line; None for nobody."""
        person = self.staff.get(staff_id or "")
        return words.name(person.name) if person else None

    def others(self, callback: Callback) -> list[tuple[str, str]]:
        """The numbers this person may be rung on instead."""
        theirs = self.numbers.get(callback.caller_key, ())
        return [(each, words.number(each, self.country)) for each in theirs if self._other(each, callback)]

    def _other(self, number: str, callback: Callback) -> bool:
        return number != callback.caller and not self.contacts[number].blocked and self.refused(number) is None

    def refused(self, number: str) -> str | None:
        """The code of the rule that forbids this number; None when there is none, or the owner has allowed it."""
        contact = self.contacts.get(number)
        countries = {self.country, *(country for line in self.lines if (country := numbers.country_of(line)))}
        found = numbers.dial_refusal(number, countries, self.lines, contact is not None and contact.allowed)
        return found.code if found else None


def people(session: Session, business: Business | None, callers: set[str], keys: Collection[str] = ()) -> People:
    """Lines, staff, and what we remember of these callers, and of the people with these keys."""
    mine = sa.or_(Contact.number.in_({*callers, *keys}), Contact.same_as.in_(keys))
    contacts = {contact.number: contact for contact in session.scalars(sa.select(Contact).where(mine))}
    theirs: dict[str, tuple[str, ...]] = {}
    for contact in sorted(contacts.values(), key=lambda each: (each.same_as is not None, each.number)):
        first = contact.same_as or contact.number
        theirs[first] = (*theirs.get(first, ()), contact.number)
    return People(
        country=business.country if business else "",
        zone=business.time_zone if business else "UTC",
        lines={line.number: line for line in session.scalars(sa.select(Line).order_by(Line.position))},
        staff={person.id: person for person in session.scalars(sa.select(StaffMember).order_by(StaffMember.name))},
        contacts=contacts,
        numbers=theirs,
        tags=persons.tags_of(session, callers),
    )


@dataclass(frozen=True)
class _LastCall:
    """The newest call of a callback; `verstat`: the newest word of the carrier on its number."""

    id: str
    caller_name: str | None
    verstat: str | None


NO_CALL = _LastCall("", None, None)


@dataclass(frozen=True)
class _Behind:
    """What was read beside the callbacks themselves, by their ids."""

    messages: dict[str, list[Message]]
    last_calls: dict[str, _LastCall]
    topics: dict[int, str]
    missed: dict[str, str]


def rows(
    session: Session,
    found: Sequence[Callback],
    known: People,
    topics: Sequence[Topic],
    view: View,
    staff_id: str | None,
    now: dt.datetime,
) -> dict[str, Row]:
    """The rows of these callbacks, by id."""
    messages, last_calls = _calls(session, [callback.id for callback in found])
    missed = steps.missed(session, found, staff_id, now)
    behind = _Behind(messages, last_calls, {topic.id: words.name(topic.name) for topic in topics}, missed)
    return {callback.id: _row(callback, known, behind, view, staff_id, now) for callback in found}


def _row(callback: Callback, known: People, behind: _Behind, view: View, staff_id: str | None, now: dt.datetime) -> Row:
    line, contact = known.lines[callback.line], known.contacts.get(callback.caller or "")
    last, caller = behind.last_calls.get(callback.id, NO_CALL), callback.caller or ""
    who, number, vouched = known.who(callback.caller, last.caller_name)
    mine = staff_id is not None and callback.claimed_by == staff_id
    unfolded = mine or callback.id in view.unfolded
    aside = callback.state == "waiting" and callback.later is not None and callback.due_at > now
    return Row(
        callback=callback,
        who=who,
        number=number,
        vouched=vouched,
        line=line,
        caller_zone=_caller_zone(callback, line, now) if aside or unfolded else None,
        holder=known.staff_name(callback.claimed_by),
        mine=mine,
        others=known.others(callback),
        held=numbers.why_held(callback.held_reason or "") if callback.state == "held" else "",
        allowable=callback.state == "held" and known.refused(caller) in (None, *numbers.MAY_BE_ALLOWED),
        missed=behind.missed.get(callback.id, ""),
        messages=behind.messages[callback.id],
        last_call_id=last.id or None,
        has_card=numbers.E164.fullmatch(caller) is not None,
        vip=contact is not None and contact.vip,
        tags=[words.name(tag) for tag in known.tags.get(caller, ())],
        unverified=person.vouched(last.verstat, numbers.country_of(caller)) is False,
        nobody=not aside and near.needs_somebody(callback.state, callback.promised_by, callback.rang_at, now),
        spoke_with=known.staff_name(contact.last_staff_id) if contact else None,
        spoke_at=contact.last_talk_at if contact else None,
        topic=behind.topics.get(callback.topic_id or 0, ""),
        handed_by=known.staff_name(callback.handed_by),
        handed_to=known.staff_name(callback.handed_to),
        later=aside,
        unfolded=unfolded,
        choices=later.choices(line, callback.caller, now) if unfolded else (),
    )


def _caller_zone(callback: Callback, line: Line, now: dt.datetime) -> str | None:
    """The zone the caller is in, when only one is possible and its clock is not the line's."""
    zones = numbers.caller_zones(callback.caller, line.time_zone)
    if len({_offset(zone, now) for zone in zones}) != 1 or _offset(zones[0], now) == _offset(line.time_zone, now):
        return None
    return zones[0]


def _offset(zone: str, now: dt.datetime) -> dt.timedelta | None:
    return now.astimezone(ZoneInfo(zone)).utcoffset()


def _calls(session: Session, ids: Sequence[str]) -> tuple[dict[str, list[Message]], dict[str, _LastCall]]:
    """What was said in the calls of these callbacks, and the newest call of each."""
    columns = (Call.callback_id, Call.id, Call.caller_name, Call.verstat, Message)
    said = sa.and_(Message.call_id == Call.id, Message.state != "empty")
    calls = sa.select(*columns).outerjoin(Message, said).where(Call.callback_id.in_(ids))
    messages: dict[str, list[Message]] = defaultdict(list)
    last: dict[str, _LastCall] = {}
    for known, call_id, name, verstat, message in session.execute(calls.order_by(Call.received_at)):
        callback_id = str(known)
        before = last.get(callback_id, NO_CALL).verstat
        last[callback_id] = _LastCall(call_id, name, before if verstat is None else verstat)
        if message is not None:
            messages[callback_id].append(message)
    for each in messages.values():
        each.sort(key=lambda message: message.received_at)
    return messages, last

"""The list of people: everybody who has rung or whom staff have written down, newest first, a page at a time."""

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard import words
from voice import paging, persons
from voice.db import UTC
from voice.models import Call, Callback, Contact
from voice.people import ContactTag

PAGE = 50
NEVER = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)  # of people who have not rung: after all others


@dataclass(frozen=True)
class PersonRow:
    """One person on the list."""

    number: str  # their first, under which the card is kept
    who: str
    claimed: bool  # the name is the carrier's, checked by nobody
    shown: Sequence[str]  # all their numbers as people write them
    tags: Sequence[str]
    vip: bool
    blocked: bool
    calls: int
    last: dt.datetime | None
    waiting: bool  # somebody owes them a call


def page(session: Session, wanted: str, after: str, country: str) -> tuple[list[PersonRow], str | None]:
    """People whose name, number or tag holds `wanted`, and the cursor of the next page. Raises ValueError for a
    cursor that is not ours."""
    found = _found(wanted)
    last, first = found.c.last, found.c.first
    rows = sa.select(found).order_by(last.desc(), first).limit(PAGE + 1)
    if after:
        moment, number = paging.read(after)
        rows = rows.where(sa.or_(last < moment, sa.and_(last == moment, first > number)))
    people = session.execute(rows).all()
    more = len(people) > PAGE
    shown = people[:PAGE]
    following = paging.cursor(shown[-1].last, shown[-1].first) if more else None
    return _rows(session, shown, country), following


def _found(wanted: str) -> sa.Subquery:
    """(first number, last call, calls) of each person."""
    newest, count = sa.func.max(Call.received_at).label("at"), sa.func.count().label("calls")
    ringing = sa.select(Call.caller.label("number"), newest, count).where(Call.caller.is_not(None))
    written = sa.select(Contact.number, Contact.last_talk_at, sa.literal(0))
    seen = sa.union_all(ringing.group_by(Call.caller), written).subquery()  # the index alone answers the first
    first = sa.func.coalesce(Contact.same_as, seen.c.number)
    last = sa.func.coalesce(sa.func.max(seen.c.at, type_=UTC()), sa.literal(NEVER, UTC()), type_=UTC())
    people = sa.select(first.label("first"), last.label("last"), sa.func.sum(seen.c.calls).label("calls"))
    people = people.select_from(seen).outerjoin(Contact, Contact.number == seen.c.number).group_by(first)
    if wanted:
        people = people.where(first.in_(_matching(wanted)))
    return people.subquery()


def _matching(wanted: str) -> sa.CompoundSelect[str]:
    """The first numbers of people who have `wanted` in their name, a number or a tag."""
    words_fit = [
        Contact.name.icontains(wanted, autoescape=True),
        sa.and_(Contact.name.is_(None), Contact.carrier_name.icontains(wanted, autoescape=True)),
        Contact.number.in_(sa.select(ContactTag.number).where(ContactTag.tag.icontains(wanted, autoescape=True))),
    ]
    # However they write it: national numbers begin with a 0 that the full one does not have.
    digits = re.sub(r"\D", "", wanted).lstrip("0") if re.fullmatch(r"[\d\s()+./-]+", wanted) else ""
    calls = sa.select(Call.caller).where(Call.caller.contains(digits) if digits else sa.false())
    if digits:
        words_fit.append(Contact.number.contains(digits))
    return sa.union(sa.select(sa.func.coalesce(Contact.same_as, Contact.number)).where(sa.or_(*words_fit)), calls)


def _rows(session: Session, people: Sequence[sa.Row[tuple[str, dt.datetime, int]]], country: str) -> list[PersonRow]:
    firsts = [each.first for each in people]
    theirs = sa.select(Contact).where(sa.or_(Contact.number.in_(firsts), Contact.same_as.in_(firsts)))
    contacts: dict[str, list[Contact]] = {}
    for contact in session.scalars(theirs.order_by(Contact.number)):
        contacts.setdefault(contact.same_as or contact.number, []).append(contact)
    tags = persons.tags_of(session, firsts)
    owed = sa.select(Callback.caller).where(Callback.caller.is_not(None), Callback.state != "closed")
    waiting = {number for number in session.scalars(owed) if number}
    return [
        _row(
            each.first, contacts.get(each.first, []), tags.get(each.first, ()), each.calls, each.last, waiting, country
        )
        for each in people
    ]


def _row(
    first: str, theirs: Sequence[Contact], tags: Sequence[str], calls: int, last: dt.datetime, waiting: set[str],
    country: str,
) -> PersonRow:  # fmt: skip
    numbers = [first, *(contact.number for contact in theirs if contact.number != first)]
    shown = [words.number(number, country) for number in numbers]
    given = next((contact.name for contact in theirs if contact.name), None)
    claimed = next((contact.carrier_name for contact in theirs if contact.carrier_name), None)
    name = words.name(given or claimed)
    return PersonRow(
        number=first,
        who=name or shown[0],
        claimed=bool(name and not given),
        shown=shown if name else shown[1:],
        tags=[words.name(tag) for tag in tags],
        vip=any(contact.vip for contact in theirs),
        blocked=any(contact.blocked for contact in theirs),
        calls=calls,
        last=last if last > NEVER else None,
        waiting=any(number in waiting for number in numbers),
    )

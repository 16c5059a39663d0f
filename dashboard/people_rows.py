"""The list of people: everybody who has rung or whom staff have written down, newest first, a page at a time."""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import phonenumbers
import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from dashboard import list_search, words
from voice import callbacks, paging, person_words, persons
from voice.among import among
from voice.db import UTC
from voice.models import Call, Callback, Contact
from voice.person_words import BY_TAIL, LAST, TAIL, PersonWords
from voice.rules import person

PAGE = 50
MOST = 1000  # who fit a search: beyond these, more words find sooner than more pages
MANY = 5_000  # of a word that more have, it is not asked how many
LOOKED_THROUGH = 100_000  # numbers for digits from their middle; of more people, those go by both ends alone
WINDOW, WINDOWS = 5_000, 4
NEVER = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)  # of people who have not rung: after all others
# Made once: putting them together takes longer than the database does.
JOINED = sa.select(Contact.number, Contact.same_as).where(
    among(Contact.number, "numbers"), Contact.same_as.is_not(None)
)  # fmt: skip
OTHERS = sa.select(Contact.same_as, Contact.number).where(among(Contact.same_as, "firsts")).order_by(Contact.number)
LAST_CALLS = (
    sa.select(Call.caller, sa.func.max(Call.received_at, type_=UTC()))
    .where(among(Call.caller, "numbers"))
    .group_by(Call.caller)
)

BY_ITS_TAIL = sa.and_(PersonWords.word >= BY_TAIL, PersonWords.word < BY_TAIL + LAST)  # each number once

Place = tuple[dt.datetime, str]


class Person(NamedTuple):
    """One of a page: their first number, the one they rang from last, and when that was."""

    first: str
    number: str
    last: dt.datetime


class Known(NamedTuple):
    """Of all numbers on a page: who waits for a call, by the key of their callback, and how often each rang."""

    waiting: Collection[str]
    calls: Mapping[str, int]


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
    """People whose name, number, tags or notes hold `wanted`, and the cursor of the next page. Raises ValueError for a
    cursor that is not ours."""
    start = paging.read(after) if after else None
    people, following = _found(session, wanted, start, country) if wanted else _everybody(session, start)
    return _rows(session, people, country), following and paging.cursor(*following)


def _everybody(session: Session, start: Place | None) -> tuple[list[Person], Place | None]:
    """A page of all people: those who rang by their last call, then those who never did by their number."""
    people: list[Person] = []
    if start is None or start[0] > NEVER:
        people, start = _callers(session, start)
        if len(people) > PAGE:
            return people[:PAGE], (people[PAGE - 1].last, people[PAGE - 1].number)
    return _with_silent(session, people, start[1] if start else "")


def _callers(session: Session, start: Place | None) -> tuple[list[Person], Place | None]:
    """Up to a page of people, and one more, by their last call; None at the end of all.

    A walk along one index: each call is passed over that has a later one, from whichever number of that person.
    """
    later = aliased(Call)
    is_later = sa.or_(later.received_at > Call.received_at, later.id > Call.id)
    again = sa.exists().where(later.caller == Call.caller, later.received_at >= Call.received_at, is_later)
    last_calls = sa.select(Call.received_at, Call.caller).where(Call.caller.is_not(None), ~again)
    last_calls = last_calls.order_by(Call.received_at.desc(), Call.caller.desc()).limit(PAGE + 1)
    people: list[Person] = []
    while len(people) <= PAGE:
        rows = last_calls.where(_before(*start)) if start else last_calls
        some = [(moment, number) for moment, number in session.execute(rows) if number]
        if not some:
            return people, None
        start = some[-1]
        ours = _persons(session, [number for _, number in some])
        newest = _last_calls(session, {each for numbers in ours.values() for each in numbers if len(numbers) > 1})
        for moment, number in some:
            theirs = [(newest[each], each) for each in ours[number] if each in newest]
            if not theirs or max(theirs) == (moment, number):
                people.append(Person(ours[number][0], number, moment))
    return people, start


def _before(moment: dt.datetime, number: str) -> sa.ColumnElement[bool]:
    return sa.tuple_(Call.received_at, Call.caller) < sa.tuple_(sa.literal(moment, UTC()), sa.literal(number))


def _with_silent(session: Session, people: list[Person], number: str) -> tuple[list[Person], Place | None]:
    """The same page filled with people who never rang, from the one after `number` on.

    Where nearly everybody has rung there are few, far apart: each page looks at so many cards and no more.
    """
    cards = sa.select(Contact.number).where(Contact.same_as.is_(None)).order_by(Contact.number).limit(WINDOW)
    for _ in range(WINDOWS):
        numbers = session.scalars(cards.where(Contact.number > number)).all()
        rang = sa.exists().where(Call.caller == Contact.number)
        bounds = (Contact.number > number, Contact.number <= numbers[-1]) if numbers else (sa.false(),)
        silent = sa.select(Contact.number).where(Contact.same_as.is_(None), *bounds, ~rang)
        for each in _never_rang(session, session.scalars(silent.order_by(Contact.number).limit(PAGE + 1)).all()):
            if len(people) == PAGE:
                return people, (NEVER, people[-1].number if people[-1].last == NEVER else "")
            people.append(Person(each, each, NEVER))
        if len(numbers) < WINDOW:
            return people, None
        number = numbers[-1]
    return people, (NEVER, number)


def _never_rang(session: Session, firsts: Sequence[str]) -> list[str]:
    """Of first numbers nobody rang from: those of people who rang from no other of theirs."""
    ours = _persons(session, firsts)
    rang = _last_calls(session, {each for numbers in ours.values() for each in numbers})
    return [first for first in firsts if not rang.keys() & set(ours[first])]


def _persons(session: Session, numbers: Sequence[str]) -> dict[str, list[str]]:
    """All numbers of the person with each of these, the first one first."""
    known = session.execute(JOINED, {"numbers": numbers})
    first = {number: number for number in numbers} | {number: same for number, same in known if same}
    ours = {each: [each] for each in first.values()}
    for same, number in session.execute(OTHERS, {"firsts": list(ours)}):
        ours[str(same)].append(number)
    return {number: ours[first[number]] for number in numbers}


def _last_calls(session: Session, numbers: Collection[str]) -> dict[str, dt.datetime]:
    """When each of these numbers rang last; who never did is left out."""
    return {number: moment for number, moment in session.execute(LAST_CALLS, {"numbers": numbers}) if number}


def _found(session: Session, wanted: str, start: Place | None, country: str) -> tuple[list[Person], Place | None]:
    """A page of those who fit, by their last call. Of very many only the first MOST are ordered and shown."""
    numbers = _fitting(session, wanted, country)
    ours = {numbers[0]: numbers for numbers in _persons(session, numbers).values()}
    rang = _last_calls(session, {each for numbers in ours.values() for each in numbers})
    places = [(max((rang[each] for each in ours[first] if each in rang), default=NEVER), first) for first in ours]
    places = sorted((place for place in places if start is None or _order(place) > _order(start)), key=_order)
    people = [Person(first, first, last) for last, first in places[:PAGE]]
    return people, (people[-1].last, people[-1].number) if len(places) > PAGE else None


def _order(place: Place) -> tuple[float, str]:
    return -place[0].timestamp(), place[1]


def _fitting(session: Session, wanted: str, country: str) -> list[str]:
    """Numbers that hold the digits written, or with each of its words at the head of one of theirs."""
    whole = _whole_number(wanted, country)
    if whole and session.scalar(sa.select(sa.exists().where(PersonWords.number == whole))):
        return [whole]
    digits, found = list_search.digits(wanted), list[str]()
    if digits:
        by_tail = PersonWords.word == BY_TAIL + digits[-TAIL:]
        found += _numbers(session, by_tail, PersonWords.number.endswith(digits))
        home = {f"+{digits}", f"+{phonenumbers.country_code_for_region(country) or ''}{digits}"}
        for first in home | list_search.abroad(wanted):
            found += _numbers(session, PersonWords.number.between(first, first.ljust(20, "9")), BY_ITS_TAIL)
        some = sa.select(PersonWords.number).where(BY_ITS_TAIL).limit(LOOKED_THROUGH).subquery()
        found += session.scalars(sa.select(some.c.number).where(some.c.number.contains(digits)).limit(MOST))
    return list(dict.fromkeys(found + _named(session, person_words.words(wanted)[: list_search.MOST_WORDS])))[:MOST]


def _named(session: Session, sought: Sequence[str]) -> list[str]:
    """Numbers with all these words: of the rarest word, those that have the others too."""
    some = {word: sa.select(PersonWords.number).where(person_words.begins(PersonWords.word, word)) for word in sought}
    counts = {}
    for word, numbers in some.items():
        counts[word] = session.scalar(sa.select(sa.func.count()).select_from(numbers.limit(MANY).subquery())) or 0
        if not counts[word]:
            return []
    if not counts:
        return []
    first, *others = sorted(counts, key=counts.__getitem__)
    has = []
    for word in others:
        other = aliased(PersonWords)
        has.append(sa.exists().where(other.number == PersonWords.number, person_words.begins(other.word, word)))
    return list(session.scalars(some[first].where(*has).limit(MOST)))


def _numbers(session: Session, *fits: sa.ColumnElement[bool]) -> Sequence[str]:
    return session.scalars(sa.select(PersonWords.number).where(*fits).limit(MOST)).all()


def _whole_number(wanted: str, country: str) -> str | None:
    try:
        return person.number(wanted, country)
    except person.Unfit:
        return None


def _rows(session: Session, people: Sequence[Person], country: str) -> list[PersonRow]:
    firsts = [each.first for each in people]
    theirs = sa.select(Contact).where(sa.or_(Contact.number.in_(firsts), Contact.same_as.in_(firsts)))
    contacts: dict[str, list[Contact]] = {}
    for contact in session.scalars(theirs.order_by(Contact.number)):
        contacts.setdefault(contact.same_as or contact.number, []).append(contact)
    tags = persons.tags_of(session, firsts)
    ours = {*firsts, *(contact.number for each in contacts.values() for contact in each)}
    owed = sa.select(Callback.caller_key).where(callbacks.IS_OPEN, Callback.caller_key.in_(ours))
    counted = sa.select(Call.caller, sa.func.count()).where(Call.caller.in_(ours)).group_by(Call.caller)
    known = Known(set(session.scalars(owed)), {number: count for number, count in session.execute(counted) if number})
    return [_row(each, contacts.get(each.first, []), tags.get(each.first, ()), known, country) for each in people]


def _row(
    each: Person, theirs: Sequence[Contact], tags: Sequence[str], known: Known, country: str
) -> PersonRow:  # fmt: skip
    numbers = [each.first, *(contact.number for contact in theirs if contact.number != each.first)]
    shown = [words.number(number, country) for number in numbers]
    given = next((contact.name for contact in theirs if contact.name), None)
    claimed = next((contact.carrier_name for contact in theirs if contact.carrier_name), None)
    name = words.name(given or claimed)
    return PersonRow(
        number=each.first,
        who=name or shown[0],
        claimed=bool(name and not given),
        shown=shown if name else shown[1:],
        tags=[words.name(tag) for tag in tags],
        vip=any(contact.vip for contact in theirs),
        blocked=any(contact.blocked for contact in theirs),
        calls=sum(known.calls.get(number, 0) for number in numbers),
        last=each.last if each.last > NEVER else None,
        waiting=any(number in known.waiting for number in numbers),
    )

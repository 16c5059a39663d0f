"""The whole page of the callback list as it is read: who rings now, the groups, news from colleagues, what can be
undone."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard import allowing, list_glance, list_groups, list_people, list_rows, list_words, steps, words
from dashboard.list_people import People
from dashboard.list_rows import Row
from dashboard.list_view import View
from voice import access, call_log, due_rings, team_undo, topics, undo
from voice.card_undo import Offer
from voice.firm import Line, StaffMember
from voice.list_tables import LastChange, LastTeamChange, Told, Topic
from voice.models import Attempt, Call, Callback
from voice.rules import near, numbers

MOST_RINGING = 200
MOST_NEWS = 5
# Made once: putting them together takes longer than the database does.
LIVE = sa.select(Call).where(list_glance.IS_RINGING).order_by(Call.received_at).limit(MOST_RINGING)
NEWS = (
    sa.select(Told, Callback)
    .join(Callback, Callback.id == Told.callback_id)
    .where(list_glance.IS_UNSEEN)
    .order_by(Told.at.desc())
    .limit(MOST_NEWS)
)


@dataclass(frozen=True)
class Group:
    """Rows under one heading; `more`: whether there are others to show; `gave_up`: looking for them took too long."""

    key: str
    title: str
    hint: str
    rows: Sequence[Row]
    total: int
    more: bool
    gave_up: bool


@dataclass(frozen=True)
class LiveCall:
    """A caller who hears our phones ringing at this moment."""

    call: Call
    who: str
    number: str
    line: str
    has_card: bool
    taken_by: str | None  # whose phone is kept for them by “Take it”
    mine: bool


@dataclass(frozen=True)
class News:
    """What a colleague did with a callback of this person's."""

    told: Told
    by: str
    who: str


@dataclass(frozen=True)
class Undo:
    """What this person can take back just now, in words, and with whom it was done. No callback: on the team."""

    done: str
    at: dt.datetime
    callback_id: str
    who: str


@dataclass(frozen=True)
class Listing:
    """The whole page; `first_run`: nobody has ever called."""

    live: list[LiveCall]
    first: str  # who goes first, they or a promise that is near; empty when nobody has to wait for the other
    groups: list[Group]
    waiting: int
    overdue: int  # how many have been set aside for longer than was promised
    country: str
    zone: str
    lines: Sequence[Line]
    topics: Sequence[Topic]
    colleagues: Mapping[str, Sequence[StaffMember]]  # whom one may hand it to, by line
    news: Sequence[News]
    undo: Undo | None
    first_run: bool
    newest_at: dt.datetime | None  # when the newest caller first rang, so that the page can tell of them
    behind: dt.datetime | None  # since when somebody who rang may be missing


def read(session: Session, view: View, staff_id: str | None, user_id: str, now: dt.datetime) -> Listing:
    """Everything the page shows to this user, who may be a staff member."""
    glance = list_glance.read(session, staff_id, user_id, now)
    zone, country = glance.zone or "UTC", glance.country or ""
    found = list_groups.read(session, view, staff_id, now, zone)
    everybody = [callback for group in found for callback in group.callbacks]
    live = list(session.scalars(LIVE)) if glance.rings else []
    news = session.execute(NEWS, {"me": staff_id or ""}).all() if glance.told else []
    undoable: tuple[LastChange | Offer, Callback] | None = None
    if staff_id is None:
        undoable = allowing.offered(session, user_id, now)
    elif glance.undo:
        undoable = undo.offered(session, staff_id, now)
    of_team = team_undo.offered(session, user_id, now) if glance.undo_team else None
    beside = [callback for _, callback in news] + ([undoable[1]] if undoable else [])
    callers = {row.caller for row in (*everybody, *beside)} | {call.caller for call in live}
    keys = {row.caller_key for row in everybody if row.caller}
    known = list_people.people(session, country, zone, {caller for caller in callers if caller}, keys)
    every_topic = topics.ever(session)
    going = steps.read(session, staff_id) if glance.calling else {}
    rows = list_rows.rows(session, everybody, known, every_topic, going, view, staff_id, now)
    counts = {group.key: group.total for group in found}
    return Listing(
        live=[_live_call(call, known, staff_id, now) for call in live],
        first=_first(session, now) if live else "",
        groups=[_group(group, rows) for group in found],
        waiting=counts.get("waiting", 0) + counts.get("mine", 0),
        overdue=sum(group.late for group in found),
        country=country,
        zone=zone,
        lines=[line for line in known.lines.values() if line.active],
        topics=[topic for topic in every_topic if topic.active],
        colleagues=_colleagues(session, known, staff_id),
        news=[News(told, known.staff_name(told.by_staff_id) or "", known.who(row.caller)[0]) for told, row in news],
        undo=_newest(_undo(*undoable, known) if undoable else None, _undo_of_team(*of_team) if of_team else None),
        first_run=not everybody and not live and session.scalar(sa.select(Call.id).limit(1)) is None,
        newest_at=glance.newest_at,
        behind=call_log.behind_since(glance.log_read_at, now),
    )


def _undo(change: LastChange | Offer, row: Callback, known: People) -> Undo:
    return Undo(list_words.DONE[change.what], change.at, row.id, known.who(row.caller)[0])


def _undo_of_team(change: LastTeamChange, member: StaffMember) -> Undo:
    return Undo(list_words.ON_THE_TEAM[change.what], change.at, "", words.name(member.name))


def _newest(*offers: Undo | None) -> Undo | None:
    return max((each for each in offers if each), key=lambda each: each.at, default=None)


def _colleagues(session: Session, known: People, staff_id: str | None) -> dict[str, list[StaffMember]]:
    few = access.few_lines(session)
    others = [person for person in known.staff.values() if person.active and person.id != staff_id]
    return {line: [person for person in others if line in few.get(person.id, (line,))] for line in known.lines}


def _group(found: list_groups.Found, rows: dict[str, Row]) -> Group:
    title, hint = list_groups.TITLES[found.key]
    shown = [rows[each.id] for each in found.callbacks]
    return Group(found.key, title, hint, shown, found.total, found.more, found.gave_up)


def _live_call(call: Call, known: People, staff_id: str | None, now: dt.datetime) -> LiveCall:
    who, number, _ = known.who(call.caller, call.caller_name)
    kept_for = call.reserved_by if call.reserved_until and call.reserved_until > now else None
    return LiveCall(
        call=call,
        who=who,
        number=number,
        line=words.name(known.lines[call.line].name),
        has_card=numbers.E164.fullmatch(call.caller or "") is not None,
        taken_by=known.staff_name(kept_for),
        mine=kept_for is not None and kept_for == staff_id,
    )


def _first(session: Session, now: dt.datetime) -> str:
    """Why a caller on the line goes before a promise that is near, or after it; as `ring_plan.next_release` does it."""
    wanting = sa.select(Callback).join(Attempt, Attempt.callback_id == Callback.id).where(
        Attempt.state == "intended", sa.or_(Attempt.leg_id.is_(None), Attempt.due_for.is_not(None)),
        Attempt.ended_at.is_(None), Callback.rang_at.is_(None),
    )  # fmt: skip
    going = [near.first(each.promised_by, now) for each in session.scalars(wanting)]
    nobodys = [near.first(each.promised_by, now) for each in due_rings.soon(session, now)]
    # A promise for which no phone rings, nor is about to, takes none from a caller, however near it is.
    told = sorted((*going, *(each for each in nobodys if each.live)), key=lambda each: each.live)
    return told[0].why if told else ""

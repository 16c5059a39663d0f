"""The calls or people behind a number of the owner's page, and the same as a table."""

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import sqlalchemy as sa
from flask import Blueprint, abort, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from dashboard import frame, owner_page, tables, words
from dashboard import owner_words as say
from dashboard.owner import only_owner
from dashboard.owner_page import Asked
from dashboard.owner_pictures import WEEK
from voice import audit, clock, contacts, figures
from voice.db import Database
from voice.figures import Behind
from voice.firm import StaffMember
from voice.installation import installation
from voice.models import Call, Callback
from voice.moments import FIRST_RANG, TALKED_AT
from voice.rules.periods import Range
from voice.stats import FIGURES, SENTENCES

owner_calls = Blueprint("owner_calls", __name__, url_prefix="/owner/calls")
PAGE, LOT = 50, 500
COLUMNS = ("time", "caller", "name", "line", "what became of it", "reached a person at", "rung back at")


@dataclass(frozen=True)
class Row:
    """One call, or one person on the callback list."""

    at: dt.datetime
    caller: str | None
    who: str
    line: str
    call_id: str | None
    callback_id: str | None
    became: str
    reached_at: dt.datetime | None
    rang_at: dt.datetime | None
    is_open: bool = False

    @property
    def waited(self) -> float | None:
        """Seconds to a person."""
        return None if self.reached_at is None else (self.reached_at - self.at).total_seconds()


@owner_calls.get("")
def show() -> ResponseReturnValue:
    """One page of the list."""
    only_owner()
    with installation().database.reading() as session:
        asked = owner_page.asked(session, clock.now())
        range_, behind = _wanted(asked)
        total = figures.how_many(session, range_, behind, asked.now)
        rows, following = _page(session, asked, range_, behind, PAGE, request.args.get("after"))
        staff = session.get(StaffMember, behind.staff) if behind.staff else None
    heading, who = say.TITLES[behind.figure], words.name(staff.name) if staff else ""
    return frame.page(
        "owner_calls.html", rows=rows, total=total, following=following, heading=heading,
        says=SENTENCES[behind.figure], narrowed=_narrowed(asked, range_, behind, who),
        of_people=FIGURES[behind.figure].of is Callback, query=asked.view.query(), say=say, zone=asked.zone,
        here={name: value for name, value in request.args.items() if name != "after"}, several=len(asked.lines) > 1,
    )  # fmt: skip


@owner_calls.get("/list.csv")
def table() -> ResponseReturnValue:
    """The whole list; that it was taken out is written down."""
    visit, database = only_owner(), installation().database
    with database.reading() as session:
        asked = owner_page.asked(session, clock.now())
        range_, behind = _wanted(asked)
    with database.transaction() as session:
        audit.record(session, visit, "exported", f"{behind.figure}.csv", clock.now())
    return tables.as_csv(f"{behind.figure}-{asked.now:%Y-%m-%d}", _lines(database, asked, range_, behind))


def _wanted(asked: Asked) -> tuple[Range, Behind]:
    """What the address names; 404 where there is no such figure, 400 where it cannot be read."""
    given = request.args
    figure = given.get("figure", "")
    if figure not in FIGURES:
        abort(404)
    weekday, hour = (_whole(given, name, most) for name, most in (("weekday", 6), ("hour", 23)))
    behind = Behind(figure, weekday, hour, given.get("cause") or None, given.get("staff") or None, _seconds(given))
    since, until = _moment(given, "since", asked.range.since), _moment(given, "until", asked.range.until)
    return replace(asked.range, since=since, until=until), behind


def _whole(given: Mapping[str, str], name: str, most: int) -> int | None:
    text = given.get(name)
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) < 3 and int(text) <= most):
        abort(400, f"There is no such {name}.")
    return int(text)


def _seconds(given: Mapping[str, str]) -> float | None:
    text = given.get("within")
    if not text:
        return None
    if not re.fullmatch(r"[0-9]{1,10}(\.[0-9])?", text):
        abort(400, "Those seconds cannot be read. Open the list from the owner's page.")
    return float(text)


def _moment(given: Mapping[str, str], name: str, otherwise: dt.datetime) -> dt.datetime:
    text = given.get(name)
    if not text:
        return otherwise
    try:
        moment = dt.datetime.fromisoformat(text)
        return moment.astimezone(dt.UTC) if moment.tzinfo else abort(400, "That time has no zone.")
    except (ValueError, OverflowError):
        abort(400, "That time cannot be read. Open the list from the owner's page.")


def _narrowed(asked: Asked, range_: Range, behind: Behind, staff: str) -> list[str]:
    """What else the list was narrowed to, in words."""
    parts = [say.days(range_), asked.lines.get(asked.view.line or "", ""), staff]
    if behind.weekday is not None:
        parts.append(WEEK[behind.weekday])
    if behind.hour is not None:
        parts.append(say.hours(behind.hour))
    if behind.within is not None:
        parts.append(f"with a person within {say.wait(behind.within)}")
    if behind.cause is not None:
        parts.append(words.cause(behind.cause))
    return [part for part in parts if part]


def _lines(database: Database, asked: Asked, range_: Range, behind: Behind) -> Iterator[Sequence[tables.Value]]:
    yield COLUMNS
    cursor: str | None = None
    while True:
        with database.reading() as session:
            rows, cursor = _page(session, asked, range_, behind, LOT, cursor)
        for row in rows:
            times = (None if at is None else f"{at:%Y-%m-%dT%H:%M:%SZ}" for at in (row.reached_at, row.rang_at))
            yield f"{row.at:%Y-%m-%dT%H:%M:%SZ}", row.caller, row.who, row.line, row.became, *times
        if cursor is None:
            return


def _page(
    session: Session, asked: Asked, range_: Range, behind: Behind, limit: int, cursor: str | None
) -> tuple[list[Row], str | None]:
    try:
        found = figures.people(session, range_, behind, asked.now, limit, cursor)
    except ValueError:
        abort(400, "There is no such page of this list. Open it from its beginning.")
    names = contacts.names_of(session, (row.caller for row in found.items))
    ids = [row.id for row in found.items]
    model, moment = (Call, TALKED_AT) if FIGURES[behind.figure].of is Call else (Callback, FIRST_RANG)
    rows = sa.select(model.id, moment).where(model.id.in_(ids))
    moments = {row[0]: row[1] for row in session.execute(rows)}
    return [_row(asked, row, names, moments[row.id]) for row in found.items], found.next


def _row(asked: Asked, row: Call | Callback, names: Mapping[str | None, str], moment: dt.datetime | None) -> Row:
    who, line = owner_page.who(names, row.caller, asked.country), asked.lines.get(row.line, row.line)
    if isinstance(row, Call):
        became = words.OUTCOMES[row.outcome] if row.cause is None else words.cause(row.cause)
        return Row(row.received_at, row.caller, who, line, row.id, row.callback_id, became, moment, None)
    closed = words.CLOSED.get(row.closed_reason or "", "still on the list").lower()
    became = f"{words.cause(row.reason)}; {closed}"
    return Row(row.first_called_at, row.caller, who, line, None, row.id, became, None, moment, row.closed_at is None)

"""Everything on the owner's page, read in one transaction: the view that was asked for, and what it shows."""

import datetime as dt
import functools
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote_plus

import sqlalchemy as sa
from flask import abort, request, url_for
from sqlalchemy.orm import Session

from dashboard import owner_change, owner_panels, owner_pictures, owner_view, words
from dashboard import owner_words as say
from dashboard.owner_change import Change
from dashboard.owner_panels import Headline, Link
from dashboard.owner_pictures import Panel
from dashboard.owner_view import View
from dashboard.tables import Table
from voice import contacts, figures
from voice.figures import Behind, Period, Report
from voice.firm import Business, Line, StaffMember
from voice.models import Callback
from voice.rules import menu_tax
from voice.rules.menu_tax import MenuTax
from voice.rules.periods import Range

NAMED = 8  # of the callers lost; the others are one tap away


@dataclass(frozen=True)
class Asked:
    """What was asked, and of which firm."""

    view: View
    now: dt.datetime
    zone: str
    country: str
    lines: Mapping[str, str]  # name by number, in the firm's order

    @property
    def range(self) -> Range:
        """The period shown."""
        return self.view.range(self.now, self.zone)

    @property
    def other(self) -> Range:
        """The one it is set against."""
        return self.view.other(self.now, self.zone)

    @property
    def is_live(self) -> bool:
        """Whether what happens now is on it."""
        return self.view.is_live(self.now, self.zone)

    def link(self, range_: Range) -> Link:
        """Addresses of the lists behind the figures of a period."""

        fixed = self.view.query() | {"since": _plain(range_.since), "until": _plain(range_.until)}
        parts = {name: f"{name}={_quoted(value)}" for name, value in fixed.items()}
        begins = url_for("owner_calls.show") + "?"

        def to(figure: str, **more: Any) -> str:
            # A page has hundreds of these.
            changed = {name: f"{name}={_quoted(value)}" for name, value in more.items()}
            return begins + "&".join((parts | {"figure": f"figure={figure}"} | changed).values())

        return to


@dataclass(frozen=True)
class Lost:
    """Somebody who never reached a person."""

    who: str
    number: str | None
    called_at: dt.datetime
    reason: str


@dataclass(frozen=True)
class Page:
    """What the page shows."""

    asked: Asked
    report: Report
    summary: str
    headlines: list[Headline]
    lost: list[Lost]
    curve: Panel
    change: Change | None
    rest: Table
    closed: Table
    panels: list[Panel]
    staff: Table
    menu: MenuTax

    @property
    def tables(self) -> dict[str, Table]:
        """Every table, by its name."""
        tables = [self.rest, self.closed, self.staff, *(panel.table for panel in (self.curve, *self.panels))]
        return {table.name: table for table in tables}

    @property
    def pictures(self) -> dict[str, Panel]:
        """Every picture, by the name of its table."""
        return {panel.table.name: panel for panel in (self.curve, *self.panels) if panel.spec is not None}


@functools.lru_cache(1000)
def _quoted(value: object) -> str:
    return quote_plus(_plain(value))


def _plain(value: object) -> str:
    return f"{value:%Y-%m-%dT%H:%M:%SZ}" if isinstance(value, dt.datetime) else str(value)


def asked(session: Session, now: dt.datetime) -> Asked:
    """What this request asks for; 400 with the reason when that cannot be made out."""
    lines = {line.number: words.name(line.name) for line in session.scalars(sa.select(Line).order_by(Line.position))}
    country = session.scalar(sa.select(Business.country)) or ""
    line = request.args.get("line")
    zone = figures.zone_of(session, line if line in lines else None)
    today = owner_view.today(now, zone)
    try:
        return Asked(owner_view.read(request.args, today, lines), now, zone, country, lines)
    except owner_view.Unclear as unclear:
        abort(400, str(unclear))


def read(session: Session, asked: Asked) -> Page:
    """The page."""
    report = figures.read(session, asked.range, asked.now, asked.other)
    link, before = asked.link(report.now.asked), asked.link(report.before.asked)
    names = {staff.id: words.name(staff.name) for staff in session.scalars(sa.select(StaffMember))}
    return Page(
        asked=asked,
        report=report,
        summary=owner_panels.summary(report.now),
        headlines=owner_panels.headlines(report, link, before),
        lost=_lost(session, asked, report.now),
        curve=owner_pictures.curve(report, link, before),
        change=owner_change.read(session, _wanted(asked), asked.now),
        rest=owner_panels.rest(report, link, before),
        closed=owner_panels.closed(report, link, before),
        panels=[
            owner_pictures.by_hour(report, link, before),
            owner_pictures.by_cause(report, link, before),
            owner_pictures.by_line(report, asked.lines, link, before),
            owner_pictures.by_day(report, link, before),
        ],
        staff=owner_pictures.staff(report, names, link, before),
        menu=menu_tax.menu_tax(report.now.totals["offered"], report.now.to_person.median, asked.view.menu),
    )


def _wanted(asked: Asked) -> Mapping[str, str]:
    """The lines that were asked for."""
    one = asked.view.line
    return asked.lines if one is None else {one: asked.lines[one]}


def _lost(session: Session, asked: Asked, period: Period) -> list[Lost]:
    found = list[Callback]()
    for day in reversed(list(period.asked.days())):  # only days on which somebody is missing: few, of a long time
        if len(found) < NAMED and period.totals["lost"] and _unreached(period, day.date):
            part = replace(
                asked.range, since=max(day.since, asked.range.since), until=min(day.until, asked.range.until)
            )
            people = figures.people(session, part, Behind("lost"), asked.now, limit=NAMED - len(found))
            found += [row for row in people.items if isinstance(row, Callback)]
    names = contacts.names_of(session, (row.caller for row in found))
    return [
        Lost(who(names, row.caller, asked.country), row.caller, row.first_called_at, words.cause(row.reason))
        for row in found
    ]


def _unreached(period: Period, day: dt.date) -> int:
    return period.days[day]["unreached"] if day in period.days else 0


def who(names: Mapping[str | None, str], number: str | None, country: str) -> str:
    """A caller by name, else by number."""
    return words.name(names.get(number)) or words.number(number, country)


def title(asked: Asked) -> str:
    """Which days, of which line."""
    line = asked.lines.get(asked.view.line or "")
    return f"{say.days(asked.range)}, {line}" if line else say.days(asked.range)

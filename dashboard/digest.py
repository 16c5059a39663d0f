"""What a digest says: people lost by name first, five figures against the days before, a picture, one change."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard import owner_change, owner_page, owner_panels, owner_pictures, warnings, words
from dashboard import owner_words as say
from dashboard.owner_panels import Headline
from dashboard.owner_pictures import Panel
from voice import contacts, figures, letters
from voice.figures import Behind, Report
from voice.firm import Business, Line
from voice.models import Callback
from voice.rules import digest
from voice.rules import warnings as rules
from voice.rules.digest import Due
from voice.rules.periods import DAY, Range
from voice.stats import SENTENCES

NAMED = 15  # of the people lost
# Where a warning is mended, outside of a request; a test opens them all.
PLACES = {"team.show": "/team", "owner_calls.show": "/owner/calls?figure=broken"}
DRAWN = 7  # days


@dataclass(frozen=True)
class Lost:
    """Somebody who reached nobody."""

    who: str
    shown: str
    number: str | None
    when: str
    why: str


@dataclass(frozen=True)
class Proposed:
    """The one change: what it is, why, how sure that is or what to do. `place`: a path of ours, `to_do` its name."""

    title: str
    says: str
    fix: str
    place: str
    to_do: str


@dataclass(frozen=True)
class Digest:
    """What it says, in words; addresses are the reader's business."""

    due: Due
    firm: str
    days: str
    before: str
    summary: str
    lost: Sequence[Lost]
    lost_in_all: int
    figures: Sequence[Headline]
    panel: Panel
    change: Proposed | None

    @property
    def subject(self) -> str:
        """'Acme Plumbing, Mon 16 – Sun 22 Nov: 3 people lost'."""
        told = "nobody lost" if not self.lost_in_all else f"{say.people(self.lost_in_all)} lost"
        return f"{self.firm}, {self.days}: {told}" if self.firm else f"{self.days}: {told}"

    @property
    def days_asked(self) -> str:
        """Its own days, as they stand in an address of the owner's pages."""
        return urlencode({"days": "own", "from": self.due.first.isoformat(), "to": self.due.last.isoformat()})

    @property
    def alt(self) -> str:
        """The picture in words: every bar of it."""
        told = [f"{row[0].shown}: {row[2].value}" for row in self.panel.table.rows]
        return f"Missed calls by day. {', '.join(told)}."


def read(session: Session, due: Due, now: dt.datetime) -> Digest:
    """The digest of those days, with what is known of them now."""
    zone = letters.zone(session)
    report = figures.read(session, due.range(zone), now)
    firm = session.scalars(sa.select(Business)).first()
    return Digest(
        due=due,
        firm=words.name(firm.name) if firm else "",
        days=say.days(report.now.asked),
        before=say.days(report.before.asked),
        summary=owner_panels.summary(report.now),
        lost=_lost(session, report.now.asked, firm.country if firm else "", now),
        lost_in_all=report.now.totals["lost"],
        figures=[*owner_panels.headlines(report, _nowhere, _nowhere), _to_callback(report)],
        panel=owner_pictures.by_day(_week(session, due, zone, report, now), _nowhere, _nowhere),
        change=_replayed(session, now) or _again_and_again(session, now),
    )


def _replayed(session: Session, now: dt.datetime) -> Proposed | None:
    """What a replay has found of late."""
    lines = {line.number: line.name for line in session.scalars(sa.select(Line).where(Line.active))}
    found = owner_change.to_propose(session, lines, now)
    if found is None:
        return None
    title = f"{found.title} ({found.line_name})" if len(lines) > 1 else found.title
    place = f"/owner/replay?{urlencode({'line': found.line})}"
    return Proposed(title, found.caught, found.sure, place, "Who that is, and other proposals")


def _again_and_again(session: Session, now: dt.datetime) -> Proposed | None:
    """Of what goes wrong again and again, what cost most callers."""
    found = rules.proposed(warnings.read(session, now))
    if found is None:
        return None
    place = PLACES[found.where]
    if found.where == "owner_calls.show":
        place += f"&{urlencode({'line': found.of, 'days': rules.DAYS})}"
    return Proposed(found.title, found.says, found.fix, place, warnings.to_do(found))


def preview(session: Session, kind: digest.Kind, now: dt.datetime) -> Digest:
    """The one that came last, or would have."""
    return read(session, digest.newest(kind, now, letters.zone(session)), now)


def _week(session: Session, due: Due, zone: str, report: Report, now: dt.datetime) -> Report:
    """Seven days for the picture: one day alone makes none."""
    if due.kind == "weekly":
        return report
    return figures.read(session, Range.of_days(due.last - (DRAWN - 1) * DAY, due.last, zone), now)


def _lost(session: Session, asked: Range, country: str, now: dt.datetime) -> list[Lost]:
    found = figures.people(session, asked, Behind("lost"), now, limit=NAMED).items
    names = contacts.names_of(session, (row.caller for row in found))
    return [
        Lost(
            who=owner_page.who(names, row.caller, country),
            shown=words.number(row.caller, country),
            number=row.caller,
            when=words.day_time(row.first_called_at, now, asked.zone),
            why=words.cause(row.reason),
        )
        for row in found
        if isinstance(row, Callback)
    ]


def _to_callback(report: Report) -> Headline:
    name = "seconds_to_callback_median"
    now, before = report.now.times[name], report.before.times[name]
    some, some_before = report.now.totals["callbacks"], report.before.totals["callbacks"]
    trend = ""
    if some and some_before and now is not None and before is not None:
        trend = "same" if now == before else "better" if now < before else "worse"
    value, then = say.wait(now) if some else "–", say.wait(before) if some_before else ""
    return Headline("callback", "Time to callback", value, then, trend, [], SENTENCES[name], "", "")


def _nowhere(_figure: str, **_more: Any) -> str:
    return ""

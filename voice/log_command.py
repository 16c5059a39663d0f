"""`ringback reconcile`: hold our calls against the carrier's log by hand, day by day, and fill what is missing."""

import datetime as dt
import json
import sys
from typing import Any

from voice import call_log, clock, migrate, roster
from voice.carrier import client, reconcile
from voice.db import Database
from voice.rules import evidence
from voice.settings import Settings
from voice.work.tools import Tools

LATELY = dt.timedelta(days=7)


def moment(text: str) -> dt.datetime:
    """`2026-11-22` (its beginning) or `2026-11-22T15:04:05Z`, UTC unless it says otherwise. Raises ValueError."""
    told = dt.datetime.fromisoformat(text)
    return (told if told.tzinfo else told.replace(tzinfo=dt.UTC)).astimezone(dt.UTC)


def run(settings: Settings, since: dt.datetime | None, until: dt.datetime | None, as_json: bool) -> int:
    """Read [since, until) of every line's log now; the last seven days if not told. 1: a day differs, or unreadable."""
    settings.require_carrier()
    migrate.upgrade(settings.database_url)
    database, now = Database(settings.database_url), clock.now()
    tools = Tools(settings, database, client.Carrier(settings))
    try:
        reads = [_read(tools, line, since, min(until or now, now), now) for line in _lines(database)]
    except client.CarrierError as error:
        sys.stderr.write(f"The carrier's call log cannot be read: {error}. Nothing is lost: try again later.\n")
        return 1
    finally:
        database.engine.dispose()
    told = _told(reads)
    sys.stdout.write(json.dumps(told, indent=2) + "\n" if as_json else _in_words(told))
    return 0 if told["matches"] else 1


def _lines(database: Database) -> list[str]:
    with database.reading() as session:
        return sorted(roster.current(session).numbers())


def _read(tools: Tools, line: str, since: dt.datetime | None, until: dt.datetime, now: dt.datetime) -> reconcile.Read:
    """Without a `since`, nothing from before this line was ours: that takes somebody who asks for it."""
    if since is None:
        with tools.database.reading() as session:
            known = session.get(call_log.Reading, line)
        since = max(until - LATELY, known.since if known else until)
    window = evidence.Window(min(since, until), until, is_day=True)
    return reconcile.read_line(tools, line, window, now, at_once=True)


def _told(reads: list[reconcile.Read]) -> dict[str, Any]:
    days = [
        {"line": read.line, "day": day.day.isoformat(), "carrier": day.carrier, "ours": day.ours}
        for read in reads
        for day in read.days
    ]
    return {
        "days": days,
        "found": sum(len(read.found) for read in reads),
        "waiting": sum(read.waiting for read in reads),
        "matches": all(day["carrier"] == day["ours"] for day in days),
    }


def _in_words(told: dict[str, Any]) -> str:
    rows = [f"{'line':<16} {'day (UTC)':<10} {'carrier':>8} {'ours':>8}"]
    for day in told["days"]:
        differs = "" if day["carrier"] == day["ours"] else "  differs"
        rows.append(f"{day['line']:<16} {day['day']:<10} {day['carrier']:>8} {day['ours']:>8}{differs}")
    if told["found"]:
        rows.append(f"{told['found']} that we had never heard of: now on the list.")
    if told["waiting"]:
        rows.append(f"{told['waiting']} cannot be decided about yet: still going on, or their record is not there yet.")
    rows.append("Every call is known." if told["matches"] else "Not every day agrees.")
    return "\n".join(rows) + "\n"

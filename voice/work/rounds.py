"""Once a minute: what owners are to be told at once, which letters are due, and a replay that never came to its end."""

import datetime as dt

from voice import alerts, letters, replays
from voice.db import Database
from voice.settings import Settings

EVERY = dt.timedelta(minutes=1)


def go(database: Database, settings: Settings, now: dt.datetime) -> None:
    """Look first, without a write lock: most rounds find nothing."""
    by_mail = bool(settings.smtp_url)
    with database.reading() as session:
        broken = replays.given_up(session)
        found = alerts.look(session, now)
        due = letters.due(session, now) if by_mail else []
        waiting = by_mail and bool(letters.waiting(session, now))
    if not (broken or found or due or waiting):
        return
    with database.transaction() as session:
        if broken:
            replays.fail(session, broken, replays.GIVEN_UP, now)
        for alert in found:
            alerts.tell(session, alert, now, by_mail)
        if due or waiting:
            letters.write_down(session, due, now)

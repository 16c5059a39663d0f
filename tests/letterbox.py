"""A firm that writes letters: its mail server, its worker's minute, and what has arrived."""

import datetime as dt
import pathlib
from typing import Any

from tests.conftest import make_settings
from tests.mail_server import MailServer, Received
from tests.pages import Firm
from voice import clock, letters
from voice.carrier.client import Carrier
from voice.ledger import User
from voice.letter_tables import Letter
from voice.work import jobs, outbox, rounds
from voice.work.tools import Tools

FROM = "Ringback <ring@example.com>"


class Letterbox:
    """The minute of a worker, as often as asked for, at whatever time it is."""

    def __init__(self, firm: Firm, server: MailServer, folder: pathlib.Path, **more: Any) -> None:
        self.firm, self.server = firm, server
        settings = make_settings(firm.settings.database_url, folder, SMTP_URL=server.url, MAIL_FROM=FROM, **more)
        self.tools = Tools(settings, firm.database, Carrier(settings))
        firm.app.extensions["ringback"] = type(firm.app.extensions["ringback"])(settings, firm.database)

    def minute(self) -> list[Received]:
        """One round, and the work it has left to do; the letters that came in it."""
        before, now = len(self.server.received), clock.now()
        rounds.go(self.firm.database, self.tools.settings, now)
        with self.firm.database.transaction() as session:
            due = [row.id for row in outbox.due(session, now) if row.job in ("send_letter", "push_alert")]
            outbox.handed(session, due, now)
        for row_id in due:
            jobs.run(self.tools, row_id, now)
        return self.server.received[before:]

    def wish(self, user: str, daily: bool = False, weekly: bool = True, alerts: bool = True) -> None:
        """What somebody has chosen."""
        with self.firm.database.transaction() as session:
            row = session.query(User).filter_by(email=f"{user}@example.com").one()
            letters.wish(session, row.id, letters.Wishes(daily, weekly, alerts))

    def rows(self) -> list[tuple[str, str, str]]:
        """Every letter written down: its kind, its period, its state."""
        with self.firm.database.reading() as session:
            return sorted((row.kind, row.period, row.state) for row in session.query(Letter))


def at(text: str) -> dt.datetime:
    """A moment, written like 2026-11-23T13:00 (UTC)."""
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)

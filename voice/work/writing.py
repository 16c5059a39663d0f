"""Writes one letter, hands it to the mail server, and keeps what became of it."""

import datetime as dt
import importlib

import structlog

from voice import clock, letters
from voice.db import Database
from voice.ledger import User
from voice.letter_tables import Letter
from voice.rules import mail_server
from voice.settings import Settings
from voice.work import post

log = structlog.get_logger()

# Letters speak the pages' words, so they are written there; by name, as the phone side imports nothing of the people
# side.
WRITER = "dashboard.letters"
BECAME = {post.NotTaken: "waiting", post.Refused: "refused", post.Unknown: "unknown"}


def send(settings: Settings, database: Database, letter_id: str, now: dt.datetime) -> str:
    """At most once: it is taken in a transaction of its own before the server hears of it. Why to try again, or ""."""
    with database.reading() as session:
        letter = session.get_one(Letter, letter_id)
        to, is_waiting = session.get_one(User, letter.user_id).email, letter.state == "waiting"
    if not (settings.smtp_url and is_waiting and now < letter.stale_at):
        return ""
    fits = mail_server.is_plain(to)
    written = importlib.import_module(WRITER).write(settings, database, letter, now) if fits else None
    with database.transaction() as session:
        if not letters.take(session, letter_id, now):
            return ""
    state, problem = "sent", ""
    try:
        if written is None:
            raise post.Refused("that is no address")
        post.send(settings, to, written)
    except (post.NotTaken, post.Refused, post.Unknown) as said:
        state, problem = BECAME[type(said)], str(said)
        log.warning("letter_not_sent", state=state, kind=letter.kind)
    with database.transaction() as session:
        letters.settle(session, letter_id, state, clock.now(), problem)
    return problem if state == "waiting" else ""

"""Writes letters to owners: plain text that says it all, the same as HTML, and the picture. Needs no request."""

import datetime as dt
import functools
import hashlib
import pathlib
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any, cast

import jinja2
import sqlalchemy as sa
from itsdangerous import BadSignature, URLSafeSerializer
from markupsafe import Markup
from sqlalchemy.orm import Session

from dashboard import charts, digest, words
from voice import letters, pictures
from voice.db import Database
from voice.ledger import Notice, User
from voice.letter_tables import KINDS, Letter
from voice.rules import digest as rules
from voice.rules import mail_server
from voice.settings import Settings

HERE = pathlib.Path(__file__).resolve().parent
PICTURE = "picture"  # its content id
SHORT = 110  # characters of an alert in the subject
NAMES = {"daily": "the daily digest", "weekly": "the weekly digest", "alert": "alerts"}


@dataclass(frozen=True)
class Written:
    """A letter's words, ready for the way or for the page that shows what it will look like."""

    subject: str
    text: str
    body: str  # the words alone, as HTML
    html: str


def write(settings: Settings, database: Database, letter: Letter, now: dt.datetime) -> EmailMessage:
    """The whole letter, for its reader alone."""
    with database.reading() as session:
        user = session.get_one(User, letter.user_id)
        stop = f"{settings.public_url}/letters/stop/{token(settings, user.id, letter.kind)}"
        if letter.kind == "alert":
            written, png = _alert(session, settings, letter, stop), None
        else:
            zone = letters.zone(session)
            read = digest.read(session, rules.of_period(cast("rules.Kind", letter.kind), letter.period, zone), now)
            png = picture(settings, read)
            written = digest_letter(settings, read, stop, f"cid:{PICTURE}" if png else "")
    message = _message(settings, user.email, written, png)
    message["Date"] = format_datetime(now)
    message["Message-ID"] = f"<{hashlib.sha256(letter.id.encode()).hexdigest()[:32]}@{settings.public_host}>"
    message["List-Unsubscribe"] = f"<{stop}>"
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message["Auto-Submitted"] = "auto-generated"
    return message


def digest_letter(settings: Settings, read: digest.Digest, stop: str, picture: str, home: str | None = None) -> Written:
    """A digest in words. `picture`: the address of its picture, empty where there is none; `home`: ours, as links of
    its HTML begin."""
    subject = words.name(read.subject, 150)
    shown = {"digest": read, "stop": stop, "picture": picture}
    return _written(settings, "digest", subject, shown, home)


def picture(settings: Settings, read: digest.Digest) -> bytes | None:
    """The picture as PNG; None where there is nothing to draw, or the machine is too busy to."""
    if read.panel.spec is None:
        return None
    try:
        return pictures.picture(settings.home, charts.for_file(read.panel.spec, "Missed calls by day", ""), "png")
    except pictures.NotDrawn:
        return None


def token(settings: Settings, user_id: str, kind: str) -> str:
    """What the link in a letter holds: who wants no more of what. Signed, and good for ever."""
    return str(_signer(settings).dumps([user_id, kind]))


def read_token(settings: Settings, given: str) -> tuple[str, str] | None:
    """(user's id, kind) of such a link; None for one we did not write."""
    try:
        user_id, kind = _signer(settings).loads(given)
    except (BadSignature, TypeError, ValueError):
        return None
    return (user_id, kind) if kind in KINDS else None


def _signer(settings: Settings) -> URLSafeSerializer:
    return URLSafeSerializer(settings.key(), salt="letters")


def _alert(session: Session, settings: Settings, letter: Letter, stop: str) -> Written:
    notice = session.scalars(sa.select(Notice).where(Notice.key == letter.period)).one()
    subject = words.name(notice.words.partition(". ")[0], SHORT)
    return _written(settings, "alert", subject, {"notice": words.name(notice.words, 1000), "stop": stop})


def _written(settings: Settings, name: str, subject: str, shown: dict[str, Any], home: str | None = None) -> Written:
    ours, get = settings.public_url, _templates().get_template
    text = get(f"{name}.txt").render(shown, home=ours)
    body = get(f"{name}.html").render(shown, home=ours if home is None else home)
    whole = get("letter.html").render(subject=subject, style=Markup(_style()), body=Markup(body))  # noqa: S704  escaped above
    return Written(subject, text.strip() + "\n", body, whole)


def _message(settings: Settings, to: str, written: Written, png: bytes | None) -> EmailMessage:
    message = EmailMessage()
    message["From"] = mail_server.address(settings.mail_from)
    message["To"] = mail_server.address(to)
    message["Subject"] = written.subject
    message.set_content(written.text)
    message.add_alternative(written.html, subtype="html")
    if png is not None:
        html = cast("list[EmailMessage]", message.get_payload())[1]
        html.add_related(png, "image", "png", cid=f"<{PICTURE}>", filename="missed-by-day.png", disposition="inline")
    return message


@functools.cache
def _templates() -> jinja2.Environment:
    loader = jinja2.FileSystemLoader(HERE / "templates" / "letters")
    return jinja2.Environment(
        loader=loader,
        autoescape=jinja2.select_autoescape(("html",)),
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )


@functools.cache
def _style() -> str:
    return (HERE / "static" / "letter.css").read_text()

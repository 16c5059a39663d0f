"""What a digest looks like, before it comes: as a mail program shows it, and as plain text."""

import io

from flask import Blueprint, abort, request, send_file, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from dashboard import digest, frame, letters
from dashboard.owner import only_owner
from voice import clock
from voice import letters as wishes
from voice.installation import installation
from voice.rules.digest import KINDS, Kind

letter_pages = Blueprint("letter_pages", __name__, url_prefix="/owner/digest")


@letter_pages.get("")
def show() -> ResponseReturnValue:
    """The page."""
    visit, kind, settings = only_owner(), _kind(), installation().settings
    read = _read(kind)
    seen = url_for(".picture", kind=kind) if read.panel.spec else ""
    with installation().database.reading() as session:
        wanted = wishes.wishes(session, visit.user_id)
    written = letters.digest_letter(settings, read, f"{settings.public_url}/account#letters", seen, home="")
    return frame.page(
        "digest.html", subject=written.subject, text=written.text, body=Markup(written.body),  # noqa: S704  escaped there
        kind=kind, wanted=wanted, by_mail=bool(settings.smtp_url),
    )  # fmt: skip


@letter_pages.get("/picture.png")
def picture() -> ResponseReturnValue:
    """Its picture."""
    only_owner()
    png = letters.picture(installation().settings, _read(_kind()))
    if png is None:
        abort(503, "The picture could not be drawn just now. Try again in a minute; the digest says the same in words.")
    return send_file(io.BytesIO(png), mimetype="image/png")


def _kind() -> Kind:
    kind = request.args.get("kind", "weekly")
    return kind if kind in KINDS else abort(404)


def _read(kind: Kind) -> digest.Digest:
    with installation().database.reading() as session:
        return digest.preview(session, kind, clock.now())

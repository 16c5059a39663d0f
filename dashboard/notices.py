"""What the owner must know: the newest and unseen first, each dismissed by hand."""

import sqlalchemy as sa
from flask import Blueprint, abort, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from dashboard import visits
from voice import clock
from voice import notices as known_notices
from voice.firm import Business
from voice.installation import installation
from voice.ledger import Notice

notices = Blueprint("notices", __name__)
MOST = 100


@notices.get("/notices")
def show() -> ResponseReturnValue:
    """The page; only an owner's business."""
    _owner_only()
    newest = sa.select(Notice).order_by(Notice.seen_at.is_not(None), Notice.at.desc()).limit(MOST)
    with installation().database.reading() as session:
        found = list(session.scalars(newest))
        zone = session.scalar(sa.select(Business.time_zone)) or "UTC"
        count = len(known_notices.unseen(session))
    return render_template("notices.html", notices=found, zone=zone, now=clock.now(), unseen=count)


@notices.post("/notices/<int:notice_id>/dismiss")
def dismiss(notice_id: int) -> ResponseReturnValue:
    """Mark one as seen."""
    _owner_only()
    with installation().database.transaction() as session:
        session.execute(
            sa.update(Notice).where(Notice.id == notice_id, Notice.seen_at.is_(None)).values(seen_at=clock.now())
        )
    return redirect(url_for(".show"), 303)


def _owner_only() -> None:
    if not visits.here().is_owner:
        abort(403, "Notices are for the owner.")

"""The owner's page: did callers reach people, who was let down, why, and what to change. Effectiveness comes first."""

import hashlib
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from dashboard import frame, owner_page, raw_calls, shoes, visits, warnings, words
from dashboard import owner_words as say
from dashboard.owner_page import Asked
from voice import clock, pictures
from voice.accounts import Visit
from voice.firm import Line, StaffMember
from voice.installation import installation
from voice.models import Call
from voice.rules import menu_tax

owner = Blueprint("owner", __name__, url_prefix="/owner")


@owner.get("")
def show() -> ResponseReturnValue:
    """The page."""
    only_owner()
    with installation().database.reading() as session:
        asked = owner_page.asked(session, clock.now())
        page = owner_page.read(session, asked)
        lived = shoes.three(session, _lines(session, asked), asked.range.until, asked.view.another)
        no_call_yet = session.scalar(sa.select(Call.id).limit(1)) is None
        names = {staff.id: words.name(staff.name) for staff in session.scalars(sa.select(StaffMember))}
        wrong = [] if no_call_yet else warnings.read(session, clock.now(), page.report.now)
        numbers = list(session.scalars(sa.select(Line.number).where(Line.active).order_by(Line.position)))
    return frame.page(
        "owner.html", lived=lived, no_call_yet=no_call_yet, numbers=numbers, presets=PRESETS, staff_names=names,
        warnings=wrong, where=warnings.where, to_do=warnings.to_do,
        has_parquet=raw_calls.has_parquet(), no_parquet=raw_calls.NO_PARQUET, **contents(page),
    )  # fmt: skip


@owner.get("/part")
def part() -> ResponseReturnValue:
    """The part of the page that changes while its days are not over; 304 when it has not."""
    only_owner()
    with installation().database.reading() as session:
        page = owner_page.read(session, owner_page.asked(session, clock.now()))
    body = render_template("owner_part.html", **contents(page))
    answer = make_response(body)
    answer.set_etag(hashlib.sha256(body.encode()).hexdigest()[:32])
    return answer.make_conditional(request)


PRESETS = {"today": "Today", "7": "7 days", "28": "28 days"}


def contents(page: owner_page.Page) -> dict[str, Any]:
    """What both templates are given."""
    asked = page.asked
    return {
        "page": page, "asked": asked, "view": asked.view, "query": asked.view.query(), "say": say, "zone": asked.zone,
        "title": owner_page.title(asked), "before": say.days(asked.other), "source": menu_tax.SOURCE,
        "menu_says": menu_tax.SAYS,
        "country": asked.country, "library": url_for("owner_files.library", v=pictures.ENGINE),
    }  # fmt: skip


def only_owner() -> Visit:
    """The owner's visit; anybody else is sent away."""
    return visits.owner_only("Figures are shown to the owner.")


def _lines(session: Session, asked: Asked) -> list[Line]:
    rows = sa.select(Line).order_by(Line.position)
    return list(session.scalars(rows if asked.view.line is None else rows.where(Line.number == asked.view.line)))

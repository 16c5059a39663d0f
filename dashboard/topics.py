"""What a talk can be about: a short list, kept by the owner, from which staff choose beside a result."""

from collections.abc import Callable

from flask import Blueprint, Response, abort, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from dashboard import frame, visits
from voice import audit, clock
from voice import topics as verbs
from voice.accounts import Visit
from voice.installation import installation
from voice.list_tables import Topic

topics = Blueprint("topics", __name__)


@topics.get("/topics")
def show() -> ResponseReturnValue:
    """The page; only an owner's business."""
    return _page()


@topics.post("/topics/new")
def add() -> ResponseReturnValue:
    """A new one, at the end."""
    return _do(lambda session: verbs.add(session, _name()))


@topics.post("/topics/<int:topic_id>/rename")
def rename(topic_id: int) -> ResponseReturnValue:
    """Another name."""
    return _do(lambda session: verbs.rename(session, _find(session, topic_id), _name()), topic_id)


@topics.post("/topics/<int:topic_id>/up")
def move_up(topic_id: int) -> ResponseReturnValue:
    """One place earlier."""
    return _do(lambda session: verbs.move_up(session, _find(session, topic_id)))


@topics.post("/topics/<int:topic_id>/off")
def take_off(topic_id: int) -> ResponseReturnValue:
    """Offer it no more."""
    return _do(lambda session: verbs.take_off(session, _find(session, topic_id)))


def _name() -> str:
    return request.form.get("name", "")


def _find(session: Session, topic_id: int) -> Topic:
    return session.get(Topic, topic_id) or abort(404)


def _do(verb: Callable[[Session], object], topic_id: int = 0) -> ResponseReturnValue:
    visit = _owner_only()
    try:
        with installation().database.transaction() as session:
            verb(session)
            audit.record(session, visit, "topics_changed", "", clock.now())
    except verbs.BadTopic as refused:
        return _page(topic_id, str(refused), 400)
    return redirect(url_for(".show"), 303)


def _page(topic_id: int = 0, problem: str = "", status: int = 200) -> Response:
    """All topics; at the one that was refused (0: the new one) the reason why, with what was typed kept."""
    _owner_only()
    with installation().database.reading() as session:
        known = verbs.active(session)
    told = {"refused": topic_id, "problem": problem, "typed": _name()[:200] if problem else ""}
    return frame.page("topics.html", status, known=known, longest=verbs.LONGEST, **told)


def _owner_only() -> Visit:
    return visits.owner_only("Topics are kept by the owner.")

"""What callers hear first: the owner edits each line's greeting, as words or as a recording."""

import contextlib
from collections.abc import Callable

import sqlalchemy as sa
from flask import Blueprint, Response, abort, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from dashboard import visits
from voice import audit, clock
from voice import greetings as verbs
from voice.accounts import Visit
from voice.firm import Business, Line
from voice.installation import installation
from voice.rules import greeting as rules

greetings = Blueprint("greetings", __name__)


@greetings.get("/greetings")
def show() -> ResponseReturnValue:
    """The page; only an owner's business."""
    return _page()


@greetings.post("/greetings/<number>/words")
def set_words(number: str) -> ResponseReturnValue:
    """Greet with words."""
    words = request.form.get("words", "")[:1000]
    return _do(number, lambda session, line: verbs.set_words(session, line, words), words)


@greetings.post("/greetings/<number>/recording")
def set_recording(number: str) -> ResponseReturnValue:
    """Greet with a recording."""
    sound = _sound()
    if not sound:
        return _page(number, "Choose a WAV or MP3 file first.", status=400)
    return _do(number, lambda session, line: verbs.set_recording(session, line, sound))


def _sound() -> bytes:
    file = request.files.get("recording")
    if file is None:
        return b""
    with contextlib.closing(file):  # a large upload lies in a temporary file
        return bytes(file.read(verbs.MAX_BYTES + 1))


def _do(number: str, verb: Callable[[Session, Line], None], words: str | None = None) -> ResponseReturnValue:
    visit = _owner_only()
    try:
        with installation().database.transaction() as session:
            line = session.get(Line, number) or abort(404)
            verb(session, line)
            audit.record(session, visit, "greeting_changed", line.name, clock.now())
    except verbs.BadGreeting as refused:
        return _page(number, str(refused), words, 400)
    return redirect(url_for(".show", saved=number), 303)


def _page(number: str = "", problem: str = "", words: str | None = None, status: int = 200) -> Response:
    """All lines; at the line `number` the reason why not, with what was typed kept."""
    _owner_only()
    with installation().database.reading() as session:
        lines = list(session.scalars(sa.select(Line).where(Line.active).order_by(Line.position)))
        country = session.scalar(sa.select(Business.country))
    seconds = {line.number: rules.spoken_seconds(line.greeting, line.language) for line in lines}
    told = {"number": number, "problem": problem, "typed": words, "saved": request.args.get("saved", "")}
    return make_response(
        render_template("greetings.html", lines=lines, seconds=seconds, country=country, **told), status
    )


def _owner_only() -> Visit:
    return visits.owner_only("Greetings are changed by the owner.")

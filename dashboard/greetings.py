"""What callers hear first: the owner edits each line's greeting, as words or as a recording."""

import contextlib
from collections.abc import Callable

import sqlalchemy as sa
from flask import Blueprint, Response, abort, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from dashboard import frame, stale, visits
from voice import audit, clock
from voice import greetings as verbs
from voice.accounts import Visit
from voice.business import edit
from voice.firm import Line
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

    def change(session: Session, line: Line) -> None:
        settled = stale.settle({"words": words}, {"words": line.greeting})
        verbs.set_words(session, line, settled["words"])

    return _do(number, change, words)


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
    visit, database = _owner_only(), installation().database
    try:
        with database.transaction() as session:
            edit.hold(session)  # what is compared with the form stays so until it is saved
            line = session.get(Line, number) or abort(404)
            verb(session, line)
            audit.record(session, visit, "greeting_changed", line.name, clock.now())
    except verbs.BadGreeting as refused:
        return _page(number, str(refused), words, 400)
    except stale.Overtaken as overtaken:
        with database.reading() as session:
            name = session.get_one(Line, number).name
            told = stale.by_audit(session, overtaken, name, "greeting_changed", "line_changed")
        return _page(number, words=words, status=409, meanwhile=told)
    return redirect(url_for(".show", saved=number), 303)


def _page(
    number: str = "", problem: str = "", words: str | None = None, status: int = 200,
    meanwhile: stale.Meanwhile | None = None,
) -> Response:  # fmt: skip
    """All lines; at the line `number` the reason why not, with what was typed kept."""
    _owner_only()
    with installation().database.reading() as session:
        lines = list(session.scalars(sa.select(Line).where(Line.active).order_by(Line.position)))
    seconds = {line.number: rules.spoken_seconds(line.greeting, line.language) for line in lines}
    was = {line.number: stale.shown({"words": line.greeting}) for line in lines}
    if problem and words is not None and number in was:
        was[number] = request.form.get("was", "")
    told = {"number": number, "problem": problem, "typed": words, "saved": request.args.get("saved", "")}
    return frame.page(
        "greetings.html", status, lines=lines, was=was, meanwhile=meanwhile, seconds=seconds, **told
    )  # fmt: skip


def _owner_only() -> Visit:
    return visits.owner_only("Greetings are changed by the owner.")

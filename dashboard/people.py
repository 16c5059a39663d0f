"""The people who ring: a list to search, and a card for each, edited in place. Each edit is a small form of its own."""

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, Response, abort, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from dashboard import list_words, people_rows, person_history, person_rows, stale, visits
from voice import allowed, audit, callbacks, card_undo, clock, contacts, notices, persons, same_person, sight
from voice.card_undo import Deed
from voice.firm import Business
from voice.installation import installation
from voice.rules import person
from voice.rules.numbers import E164

people = Blueprint("people", __name__)
LONGEST_SEARCH = 100
FLAGS = {"yes": True, "no": False}
READ: Mapping[str, Callable[[str], Any]] = {
    "name": person.name, "language": person.language, "tags": lambda text: person.tags([text]),
}  # fmt: skip
Verb = Callable[[Session, str, dt.datetime], Deed]


@people.get("/people")
def index() -> ResponseReturnValue:
    """Everybody, or those the search finds."""
    visit, wanted = visits.here(), request.args.get("q", "").strip()[:LONGEST_SEARCH]
    with installation().database.reading() as session:
        business = session.scalars(sa.select(Business)).first()
        country, zone = (business.country, business.time_zone) if business else ("", "UTC")
        try:
            rows, following = people_rows.page(session, wanted, request.args.get("after", ""), country)
        except ValueError:
            abort(400, "This page of the list is not one we gave out. Start from the first.")
        unseen = len(notices.unseen(session)) if visit.is_owner else 0
    return render_template(
        "people.html", rows=rows, following=following, wanted=wanted, zone=zone, now=clock.now(), unseen=unseen
    )


@people.get("/people/<e164>")
def show(e164: str) -> ResponseReturnValue:
    """One person's card."""
    return _card(e164)


@people.post("/people/<e164>/change")
def change(e164: str) -> ResponseReturnValue:
    """Name, tags, language, VIP, no texts: whichever the form holds."""
    return _edit(e164, lambda session, by, now: _change(session, e164, by, now))


def _change(session: Session, e164: str, by: str, now: dt.datetime) -> Deed:
    form, values = request.form, dict[str, Any]()
    typed = {name: form[name] for name in person_rows.EDITED if name in form}
    card = person_rows.read(session, e164, now) or abort(404)
    for name, value in stale.settle(typed, person_rows.edited(card)).items():
        values[name] = READ[name](value)
    for flag in ("vip", "do_not_text"):
        if form.get(flag) in FLAGS:
            values[flag] = FLAGS[form[flag]]
    changed = persons.change(session, e164, by, now, **values)
    return ("contact_changed", ", ".join(changed)) if changed else None


@people.post("/people/<e164>/notes")
def add_note(e164: str) -> ResponseReturnValue:
    """Write a note."""

    def add(session: Session, by: str, now: dt.datetime) -> Deed:
        words = person.note(request.form.get("note", ""))
        persons.add_note(session, e164, words, by, now)
        return ("note_added", "") if words else None

    return _edit(e164, add)


@people.post("/people/<e164>/notes/<note_id>/remove")
def remove_note(e164: str, note_id: str) -> ResponseReturnValue:
    """Take a note away."""

    def remove(session: Session, by: str, now: dt.datetime) -> Deed:
        return ("note_removed", "") if persons.remove_note(session, e164, note_id, by, now) else None

    return _edit(e164, remove)


@people.post("/people/<e164>/merge")
def merge(e164: str) -> ResponseReturnValue:
    """Add another number of this person."""

    def join(session: Session, by: str, now: dt.datetime) -> Deed:
        country = session.scalar(sa.select(Business.country)) or ""
        other = person.number(request.form.get("other", ""), country)
        if sight.hidden(session, {"e164": other}):
            raise person.Unfit(f"phone: {other} has not rung on your lines. Ask somebody who sees every line.")

        def joined() -> Deed:
            same_person.merge(session, e164, other, by, now)
            return "numbers_joined", ""

        return card_undo.remembering(session, visits.here().user_id, [e164, other], now, joined)

    return _do(e164, join)


@people.post("/people/<e164>/undo")
def take_back(e164: str) -> ResponseReturnValue:
    """What I just did here is as it was before: for ten seconds, if nothing has happened since."""

    def back(session: Session, by: str, now: dt.datetime) -> Deed:
        if card_undo.take_back(session, visits.here().user_id, by, now) is not None:
            raise person.Unfit("It is too late to undo that: something has happened since, or the time for it is over.")
        return "card_change_undone", ""

    answer = _do(e164, back)
    with installation().database.reading() as session:
        if person_rows.read(session, e164, clock.now()) is None:  # they had just been added
            return redirect(url_for(".index"), 303)
    return answer


@people.post("/people/<e164>/split")
def split(e164: str) -> ResponseReturnValue:
    """This number is somebody else's after all; its own card opens."""

    def part(session: Session, by: str, now: dt.datetime) -> Deed:
        same_person.split(session, e164, by, now)
        return "number_taken_off", ""

    return _edit(e164, part)


@people.post("/people/<e164>/blocked")
def block(e164: str) -> ResponseReturnValue:
    """Block or unblock one number: the owner's decision."""
    visits.owner_only("Numbers are blocked by the owner.")
    blocked = request.form.get("blocked") == "yes"

    def decide(session: Session, by: str, now: dt.datetime) -> Deed:
        callbacks.block(session, e164, blocked, now)
        persons.set_blocked(session, e164, blocked, by, now)  # which number: on the card, never in the audit
        return "blocked" if blocked else "unblocked", ""

    return _edit(e164, decide)


@people.post("/people/<e164>/allowed")
def follow_rules(e164: str) -> ResponseReturnValue:
    """A number that was allowed is under the number rules again: the owner's decision. It is allowed on the list."""
    visits.owner_only("Numbers are allowed by the owner.")

    def decide(session: Session, by: str, now: dt.datetime) -> Deed:
        allowed.forbid(session, e164)
        persons.set_allowed(session, e164, False, by, now)
        return "number_not_allowed", ""

    return _edit(e164, decide)


def _edit(e164: str, verb: Verb) -> ResponseReturnValue:
    """One edit that can be taken back."""

    def remembered(session: Session, by: str, now: dt.datetime) -> Deed:
        user_id = visits.here().user_id
        return card_undo.remembering(session, user_id, [e164], now, lambda: verb(session, by, now))

    return _do(e164, remembered)


def _do(e164: str, verb: Verb) -> ResponseReturnValue:
    """One deed in one transaction; back to the card, which says why not when it was refused."""
    visit, now, database = visits.here(), clock.now(), installation().database
    if not E164.fullmatch(e164):
        abort(404)
    try:
        with database.transaction() as session:
            contacts.hold(session, e164)  # what is compared with the form stays so until it is saved
            if person_rows.read(session, e164, now) is None:
                abort(404)
            if deed := verb(session, visit.name, now):
                audit.record(session, visit, *deed, now)
    except person.Unfit as unfit:
        return _card(e164, str(unfit), 400)
    except stale.Overtaken as overtaken:
        with database.reading() as session:
            told = stale.by_note(session, overtaken, e164)
        return _card(e164, status=409, meanwhile=told)
    return redirect(url_for(".show", e164=e164), 303)


def _card(e164: str, problem: str = "", status: int = 200, meanwhile: stale.Meanwhile | None = None) -> Response:
    """The card; with a `problem`, or what somebody did `meanwhile`, what was typed stays in its field."""
    visit, now = visits.here(), clock.now()
    if not E164.fullmatch(e164):
        abort(404)
    with installation().database.reading() as session:
        card = person_rows.read(session, e164, now) or abort(404)
        ours = [line.number for line in card.numbers]
        happenings, earlier = person_history.read(session, ours, _before())
        unseen = len(notices.unseen(session)) if visit.is_owner else 0
        undoable = card_undo.offered(session, visit.user_id, now, e164)
    page: dict[str, object] = {
        "undoable": undoable,
        "done": undoable and person_rows.done(undoable),
        "undo_left": undoable and list_words.undo_left(undoable.at, now),
        "card": card,
        "happenings": happenings,
        "earlier": earlier,
        "now": now,
        "unseen": unseen,
    }
    limits = {"languages": person.LANGUAGES, "longest_name": person.LONGEST_NAME, "longest_note": person.LONGEST_NOTE}
    typed = request.form if problem or meanwhile else {}
    shown = person_rows.edited(card)
    page |= {"meanwhile": meanwhile, "was": stale.shown({**shown, **stale.sent()} if problem else shown)}
    return make_response(render_template("person.html", problem=problem, typed=typed, **page, **limits), status)


def _before() -> dt.datetime | None:
    asked = request.args.get("before")
    if not asked:
        return None
    try:
        moment = dt.datetime.fromisoformat(asked)
        return moment.astimezone(dt.UTC) if moment.tzinfo else abort(400)
    except (ValueError, OverflowError):
        abort(400, "There is no such page of this card. Open it from its beginning.")

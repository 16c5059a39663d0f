"""Who did what: for the owner, by person, by kind and by day, on the page and as CSV."""

import csv
import datetime as dt
import io
from collections.abc import Iterator
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from flask import Blueprint, Response, abort, request, stream_with_context
from flask.typing import ResponseReturnValue

from dashboard import frame, visits, words
from voice import audit as verbs
from voice import clock, results
from voice.accounts import Visit
from voice.firm import Business
from voice.installation import installation
from voice.ledger import User

audit = Blueprint("audit", __name__, url_prefix="/audit")
SHOWN = 100
WORDS = {
    "signed_in": "signed in",
    "sign_in_failed": "could not sign in",
    "signed_out": "signed out",
    "session_ended": "ended a session",
    "letters_chosen": "chose which letters they get",
    "password_changed": "changed their password",
    "totp_set_up": "set up an authenticator app",
    "totp_removed": "removed their authenticator app",
    "recovery_codes_made": "made new recovery codes",
    "passkey_made": "added a passkey",
    "passkey_removed": "removed a passkey",
    "invited": "invited",
    "invitation_accepted": "accepted their invitation",
    "invitation_withdrawn": "withdrew an invitation",
    "user_added": "added a user",
    "user_changed": "changed a user",
    "user_reset": "reset a user",
    "user_signed_out": "signed somebody out",
    "second_factor_taken_away": "took away a second factor",
    "second_factor_asked": "asked everybody for a second factor",
    "second_factor_not_asked": "stopped asking everybody for a second factor",
    "token_made": "made a token",
    "token_revoked": "revoked a token",
    "message_heard": "heard a message",
    "greeting_changed": "changed a greeting",
    "line_changed": "changed the settings of",
    "line_closed": "closed a day on",
    "line_open_again": "opened again on",
    "business_applied": "applied",
    "blocked": "blocked a number",
    "unblocked": "unblocked a number",
    "number_allowed": "allowed a number to be rung",
    "number_not_allowed": "allowed a number no longer",
    "contact_changed": "changed what is said of a person:",
    "note_added": "wrote a note about a person",
    "note_removed": "took away a note about a person",
    "numbers_joined": "put two numbers of a person on one card",
    "card_change_undone": "took back what they had just changed on a person's card",
    "number_given": "entered the number of a caller who hides it:",
    "reopened": "put back on the list:",
    "number_taken_off": "took a number off a person's card",
    "person_added": "added a person",
    "person_erased": "erased a person:",
    "merge_contact": "put two numbers of a person on one card",
    "unmerge_contact": "took back that two numbers are one person's",
    "told_seen": "put away what a colleague did",
    "split_contact": "took a number off a person's card",
    "change_contact": "changed a contact:",
    "exported": "exported",
    "contacts_imported": "brought in contacts",
    "import_stopped": "stopped bringing in contacts",
    "topics_changed": "changed the topics",
    "set_on": "said who is on",
    "set_away": "said who is away",
    "set_off": "said who is off",
    "phone_changed": "changed the phone of today",
    "team_change_undone": "took back what they had just said of",
    "person_joined": "added to the team",
    "person_changed": "changed name, phones or role of",
    "person_left": "took off the team",
    "firm_changed": "changed what is said of the firm",
    "line_added": "added the line",
    "line_given_up": "gave up the line",
    "day_off": "gave a day off",
    "day_off_taken_back": "took a day off back",
    "shifts_changed": "changed the shifts of",
    "claimed": "took in hand:",
    "released": "gave back to the list:",
    "took_over": "took over from a colleague:",
    "handed_over": "handed to a colleague:",
    "snoozed": "set aside:",
    "rang_back": "rang back:",
    "dialling_by_hand": "dialled by hand:",
    "closed": "closed:",
    "undone": "took back what they had just done with:",
    "took_call": "took the ringing call",
    "transcribe": "wrote down what was said in",
    "give_result": "said how it went with:",
    **{result: f"said “{words.plain(result)}” of:" for result in results.RESULTS},
}
# What a program did, by the name of the operation, in the words of the same deed on a page.
BY_PROGRAM = {
    "claim": "claimed", "release": "released", "take_over": "took_over", "hand_over": "handed_over",
    "set_aside": "snoozed", "call": "rang_back", "dial_by_hand": "dialling_by_hand", "close": "closed",
    "take_back": "undone", "take": "took_call", "give_number": "number_given", "reopen": "reopened",
    "allow": "number_allowed", "erase_person": "person_erased",
}  # fmt: skip
# A spreadsheet would run a cell that begins so.
FORMULAS = ("=", "+", "-", "@", "\t", "\r", "＝")


@audit.get("")
def show() -> ResponseReturnValue:
    """The page: the newest entries that fit, and a link to the older ones."""
    _owner()
    wanted, before = _wanted(), request.args.get("before", "")
    if before and not (before.isascii() and before.isdecimal() and len(before) < 16):
        abort(400, "This page of the list is not there.")
    with installation().database.reading() as session:
        found = verbs.page(session, wanted, SHOWN + 1, int(before) if before else None)
        people = session.execute(sa.select(User.id, User.name).order_by(sa.func.lower(User.name))).all()
        kinds = verbs.kinds(session)
    asked = {name: request.args[name] for name in ("who", "what", "since", "until") if request.args.get(name)}
    more = found[SHOWN - 1].id if len(found) > SHOWN else None
    return frame.page(
        "audit.html", entries=found[:SHOWN], people=people, kinds=kinds, asked=asked, more=more, phrase=phrase
    )


@audit.get("/export.csv")
def table() -> ResponseReturnValue:
    """The same as a table, all of it; that it was taken out is written down as well."""
    visit, wanted, database = _owner(), _wanted(), installation().database
    with database.transaction() as session:
        verbs.record(session, visit, "exported", "audit.csv", clock.now())

    def lines() -> Iterator[str]:
        yield _line("time", "who", "what", "object")
        with database.reading() as session:
            for entry in verbs.everything(session, wanted):
                yield _line(entry.at.strftime("%Y-%m-%dT%H:%M:%SZ"), entry.who, entry.what, entry.object)

    name = f"audit-{clock.now():%Y-%m-%d}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(stream_with_context(lines()), mimetype="text/csv", headers=headers)


def phrase(kind: str) -> str:
    """A deed in words."""
    return WORDS.get(BY_PROGRAM.get(kind, kind), words.plain(kind))


def _line(*cells: str) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(["'" + cell if cell.startswith(FORMULAS) else cell for cell in cells])
    return out.getvalue()


def _wanted() -> verbs.Wanted:
    who, what = request.args.get("who") or None, request.args.get("what") or None
    return verbs.Wanted(who, what, _midnight("since"), _midnight("until", days_later=1))


def _midnight(name: str, days_later: int = 0) -> dt.datetime | None:
    """The beginning of a day on the firm's clock, or of one some days later."""
    text = request.args.get(name)
    if not text:
        return None
    with installation().database.reading() as session:
        zone = session.scalar(sa.select(Business.time_zone)) or "UTC"
    try:
        day = dt.date.fromisoformat(text) + dt.timedelta(days=days_later)
        return dt.datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).astimezone(dt.UTC)
    except (ValueError, OverflowError):
        abort(400, f"{name.capitalize()}: choose a day, like 2026-11-22.")


def _owner() -> Visit:
    return visits.owner_only("Who did what is shown to the owner.")

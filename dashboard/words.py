"""How the pages say things: who, when, why and in which state. Pure: the present is an argument."""

import datetime as dt
import functools
import unicodedata
from zoneinfo import ZoneInfo

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat

from voice.rules import text

CAUSES = {
    "closed": "rang while you were closed",
    "holiday": "rang on a holiday",
    "nobody_on_shift": "nobody was on shift",
    "all_busy": "everybody was on the phone",
    "rang_out": "nobody picked up in time",
    "declined": "everybody declined",
    "mailbox": "only a mailbox answered",
    "carrier_limit": "the carrier would not ring more phones",
    "abandoned": "hung up while it was ringing",
    "short_abandon": "hung up within seconds",
    "short_talk": "the talk broke off within seconds",
    "our_outage": "rang while our server was out of order",
    "loop": "a phone of ours was forwarded to the line",
    "blocked": "is blocked",
}
RESULTS = {
    "sorted": "sorted",
    "call_again": "wants another call",
    "left_voicemail": "a voicemail was left",
    "voicemail": "a voicemail was left",
    "no_answer": "did not pick up",
    "busy": "was on the phone",
    "failed": "the call did not go through",
    "wrong_person": "wrong person",
    "do_not_call": "asked not to be rung",
    "not_recorded": "not recorded: nobody said how it went",
}
CLOSED = {
    "talked": "Talked",
    "got_through": "Got through by themselves",
    "done_by_staff": "Sorted by hand",
    "wrong_person": "Wrong person",
    "withdrawn_by_caller": "Asked not to be rung",
    "blocked": "Blocked",
    "erased": "Erased",
    "merged": "Goes on under another number of theirs",
}
OUTCOMES = {
    "pending": "Still going on",
    "talked": "Talked with a person",
    "callback": "To be rung back",
    "blocked": "Turned away",
}
MINE = {
    "claimed": "You have it",
    "calling": "Ringing: first your phone, then theirs",
    "talking": "You are talking",
    "wrapping_up": "You talked: how did it go?",
}
THEIRS = {
    "claimed": "has it",
    "calling": "is ringing them",
    "talking": "is talking with them",
    "wrapping_up": "has just talked with them",
}
EVENTS = {
    "received": "The call arrived",
    "ringing": "Staff phones are to be rung",
    "greeted": "They hear the greeting",
    "phone_placed": "A phone is asked to ring",
    "phone_rings": "A phone rings",
    "phone_picked_up": "Picked up: hears who is calling",
    "phone_stops": "A phone stops",
    "reserved": "Taken on the page",
    "passed_on": "A ringing phone now rings for this caller",
    "ladder": "Our way of ringing phones is down: one phone after the other",
    "accepted": "Accepted by a person",
    "joined": "They talk",
    "not_joined": "The accepted phone never came on the line",
    "parted": "The talk ended",
    "cut_off": "Cut off: their phone is rung again",
    "done": "It was done, said staff",
    "unanswered": "Nobody took it",
    "abandoned": "The caller hung up before anybody took it",
    "failed": "The call failed",
    "blocked": "Turned away",
    "ended": "The call is over",
    "explained": "What the phones did is known better now",
    "completed": "What became of it is known",
    "message": "They left a message",
    "callback_opened": "Put on the callback list",
    "callback_raised": "Already on the callback list: counted there",
    "promised": "Promised a time",
    "owed": "A time was set for the callback; nobody was there to be told",
    "got_through": "Got through, so their callback is closed",
    "crossed": "Rang in while being rung back",
    "due_ring": "The promise was near and nobody had it: a phone rang by itself",
    "claimed": "Taken in hand",
    "released": "Given back to the list",
    "lease_lapsed": "Left alone, so it went back to the list",
    "taken_over": "Taken over from a colleague",
    "handed_over": "Handed to a colleague",
    "snoozed": "Set aside until later",
    "dialling_by_hand": "Dialled by hand",
    "undone": "The last change was undone",
    "allowed": "The owner allowed the number to be rung",
    "number_given": "The number they said was entered",
    "merged": "Two callbacks of one person became one",
    "separated": "The number was somebody else's: a place of their own",
    "reopened": "Put back on the list",
    "found_in_log": "Found in the carrier's call log: nobody had told us of it",
    "evidence_read": "What the carrier had asked us was looked through",
    "talk_proven": "The carrier's record proves a talk",
    "records_disagree": "The carrier's record says there was no talk: to be rung back to be safe",
}
DAY = dt.timedelta(days=1)
NEAR_DAYS = {0: "", 1: "tomorrow ", -1: "yesterday "}
# Characters that reorder what follows them: a name could otherwise rewrite the line it stands on.
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


@functools.lru_cache(10_000)
def name(value: str | None, limit: int = 60) -> str:
    """A name from outside, fit for one line: no controls, no reordering, no stacks of accents, not endless."""
    kept = "".join(ch for ch in text.clean(value or "", limit + 1) if ch not in _BIDI)
    plain, accents = [], 0
    for ch in kept:
        accents = accents + 1 if unicodedata.combining(ch) else 0
        if accents <= 3:
            plain.append(ch)
    return "".join(plain[: limit - 1]).strip() + "…" if len(plain) > limit else "".join(plain).strip()


ERASED = "Somebody who was erased"


@functools.lru_cache(10_000)  # the slowest part of a row, and the same row is shown again and again
def number(e164: str | None, country: str | None = None) -> str:
    """A phone number as people at home write it: national in their own country, else international."""
    if not e164:
        return "Number withheld"
    try:
        parsed = phonenumbers.parse(e164)
    except NumberParseException:
        return name(e164)
    at_home = country is not None and parsed.country_code == phonenumbers.country_code_for_region(country)
    return phonenumbers.format_number(
        parsed, PhoneNumberFormat.NATIONAL if at_home else PhoneNumberFormat.INTERNATIONAL
    )


def clock_time(moment: dt.datetime, zone: str) -> str:
    """'3:40 pm' on the clock of `zone`."""
    return _clock_time(moment.astimezone(ZoneInfo(zone)))


def _clock_time(local: dt.datetime) -> str:
    return f"{local.hour % 12 or 12}:{local.minute:02} {'am' if local.hour < 12 else 'pm'}"


def day_time(moment: dt.datetime, now: dt.datetime, zone: str) -> str:
    """'3:40 pm', 'tomorrow 9:20 am', 'yesterday 4 pm' or 'Mon 23 Nov 9:20 am' on the clock of `zone`."""
    here = ZoneInfo(zone)
    local = moment.astimezone(here)
    days = local.toordinal() - now.astimezone(here).toordinal()
    near = NEAR_DAYS.get(days)
    return (f"{local:%a} {local.day} {local:%b} " if near is None else near) + _clock_time(local)


def date(day: dt.date, today: dt.date) -> str:
    """'Mon 23 Nov'; with its year when that is not plain."""
    return f"{day:%a} {day.day} {day:%b}" + (f" {day.year}" if day - today > 300 * DAY else "")


def dates(first: dt.date, last: dt.date, today: dt.date) -> str:
    """'Thu 24 Dec to Sat 2 Jan'; one date when both are the same."""
    return date(first, today) + (f" to {date(last, today)}" if last != first else "")


def hour(minutes: int) -> str:
    """A time of the day from its minutes: '9 am', '5:30 pm', 'noon', 'midnight'."""
    if minutes % (12 * 60) == 0:
        return "noon" if minutes == 12 * 60 else "midnight"
    hours, rest = divmod(minutes, 60)
    return f"{hours % 12 or 12}{f':{rest:02}' if rest else ''} {'am' if hours < 12 else 'pm'}"


def zone(code: str) -> str:
    """'New York time'."""
    return code.rpartition("/")[2].replace("_", " ") + " time"


def until(moment: dt.datetime, now: dt.datetime) -> str:
    """'in 12 min', 'due now' or '8 min late'; the page's script says the same words as time goes by."""
    seconds = (moment - now).total_seconds()
    if seconds > 0:
        return "in " + span(-int(-seconds // 60))  # rounded up: twelve minutes are left until the last is gone
    minutes = int(-seconds // 60)
    return f"{span(minutes)} late" if minutes else "due now"


def span(minutes: int) -> str:
    """'12 min', '2 h 5 min', '3 days'."""
    if minutes < 60:
        return f"{minutes} min"
    hours, rest = divmod(minutes, 60)
    if hours < 24:
        return f"{hours} h {rest} min" if rest else f"{hours} h"
    days = hours // 24
    return f"{days} day" if days == 1 else f"{days} days"


LATE = dt.timedelta(minutes=1)


def is_late(moment: dt.datetime, now: dt.datetime) -> bool:
    """Whether a promise has been missed by a minute or more."""
    return now - moment >= LATE


def times(count: int) -> str:
    """'once', 'twice', '3 times'."""
    return {1: "once", 2: "twice"}.get(count, f"{count} times")


def event(kind: str) -> str:
    """What happened, in plain words; a kind without words of its own is its name with spaces."""
    return EVENTS.get(kind) or plain(kind).capitalize()


def cause(code: str) -> str:
    """Why a call became a callback, in plain words."""
    return CAUSES.get(code) or plain(code)


def plain(code: str) -> str:
    """A code as words, for one that has no sentence of its own."""
    return name(code).replace("_", " ")


def seconds(count: int) -> str:
    """'12 s', '1:05 min'."""
    minutes, rest = divmod(max(count, 0), 60)
    return f"{minutes}:{rest:02d} min" if minutes else f"{rest} s"

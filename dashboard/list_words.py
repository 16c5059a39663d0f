"""How the list says what was done, what comes next and what may be done later."""

import datetime as dt

from dashboard import words
from voice.callbacks import REOPENED_WITHIN
from voice.models import Callback
from voice.rules import promise
from voice.rules.snooze import Choice
from voice.undo import OFFERED

SETTLED = ("sorted", "done_by_hand")  # the list keeps them after these only where they have rung again since
DONE = {
    "claimed": "You claimed",
    "released": "You gave back",
    "took_over": "You took over",
    "handed_over": "You handed over",
    "snoozed": "You set aside",
    "closed": "You closed",
    "allowed": "You allowed",
    "number_allowed": "You allowed",  # by an owner who has no phone here
    "number_given": "You entered the number of",
    "told_seen": "You put away what you were told of",
    "reopened": "You reopened",
    "dialling_by_hand": "Dialling by hand:",
    "sorted": "Sorted:",
    "done_by_hand": "Sorted by hand:",
    "call_again": "To be called again:",
    "left_voicemail": "Left a voicemail for",
    "no_answer": "No answer:",
    "wrong_person": "Wrong person:",
    "do_not_call": "Not to be called:",
}
ON_THE_TEAM = {"set_on": "On:", "set_away": "Away:", "set_off": "Off:", "phone_changed": "Another phone today:"}
LATER = {"hour": "In an hour", "noon": "At noon", "four": "At four"}


def tries(callback: Callback, most: int, later: bool, now: dt.datetime, zone: str) -> str:
    """How often they were tried and what came of it, what the plan is now: 'no answer · next try 2:30 pm, 2 of 4'."""
    said = [f"tried {words.times(callback.attempts)}"] if callback.attempts else []
    if callback.result in SETTLED and callback.state != "closed":
        said.append("rang again after you talked: still to be rung back")
    elif callback.result:
        said.append(words.RESULTS.get(callback.result) or words.plain(callback.result))
    following = promise.next_try(callback.due_at, callback.attempts, most)
    if callback.later == "retry" and following:
        when = words.day_time(following.at, now, zone) if later else "now"
        said.append(f"next try {when}, {following.number} of {following.of}")
    elif callback.later == "snoozed" and later:
        said.append("set aside")
    if callback.due_at != callback.promised_by and callback.rang_at is not None:
        said.append(f"promised {words.day_time(callback.promised_by, now, zone)}")
    return " · ".join(said)


def later(choice: Choice, now: dt.datetime, zone: str, caller_zone: str | None) -> str:
    """The button of one choice: 'At four', 'Tomorrow morning, 9:00 am', 'Next morning, Mon 30 Nov 9:00 am'; on a clock
    of the caller's own 'At four their time'."""
    theirs = " their time" if caller_zone and choice.at else ""
    if choice.key != "tomorrow" or choice.at is None:
        return LATER[choice.key] + theirs
    when = words.day_time(choice.at, now, caller_zone or zone)
    tomorrow = when.removeprefix("tomorrow ")
    return f"Next morning, {when}{theirs}" if tomorrow == when else f"Tomorrow morning, {tomorrow}{theirs}"


def undo_left(done_at: dt.datetime, now: dt.datetime) -> int:
    """For how many milliseconds more “Undo” is offered for what was done at that moment."""
    return (done_at + OFFERED - now) // dt.timedelta(milliseconds=1)


def can_reopen(closed_at: dt.datetime, now: dt.datetime) -> bool:
    """Whether one that was closed then may be put back on the list."""
    return now - closed_at <= REOPENED_WITHIN

"""What is said aloud, one module a language. `Words` is what a language must be able to say."""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Words:
    """One language's sentences, templates in braces, and the way its speakers say the time."""

    # caller
    default_greeting: str  # who
    plain_greeting: str  # for a name too long to be said in it
    missed: str
    closed: str
    promise: str  # who, when
    withheld: str
    message_only: str
    thanks: str
    goodbye: str
    through_to: str  # name
    cut_off_caller: str  # name
    # staff
    hidden_number: str
    nth_call: Callable[[int], str]
    waiting_since: str  # when
    offer: str  # who
    offer_reserved: str
    caller_gone: str
    taken_by: str  # name
    asked_for_message: str
    hung_up: str
    cut_off_staff: str  # who
    ring_back: str  # who, why
    due: str  # who, when
    reasons: Mapping[str, str]  # by cause; "" for every other
    nobody_waiting: str
    no_answer: str
    busy: str
    call_failed: str
    already_handled: str
    # time, of local moments
    by: Callable[[dt.datetime, dt.date], str]  # goes after "by": "half past nine tomorrow"
    at: Callable[[dt.datetime, dt.date], str]  # with its preposition: "at ten yesterday"


def says_part_of_day(moment: dt.datetime) -> bool:
    """Whether the hour alone would be taken for the other half of the day: business hours are not, evenings are."""
    return moment.hour >= 19 or moment.hour < 7

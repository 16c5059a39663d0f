"""English, as said in Britain ("twenty to four") and in America ("three forty")."""

import datetime as dt
from collections.abc import Callable
from dataclasses import replace

from voice.rules.languages import Words, says_part_of_day

_NUMBERS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
            "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen")  # fmt: skip
_TENS = ("", "", "twenty", "thirty", "forty", "fifty")
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
           "November", "December")  # fmt: skip
_ORDINALS = ("", "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
_PARTS = ((5, "night"), (12, "morning"), (18, "afternoon"), (24, "evening"))


def number(count: int) -> str:
    """0 to 59 in words."""
    if count < 20:
        return _NUMBERS[count]
    tens, ones = divmod(count, 10)
    return _TENS[tens] + (f"-{_NUMBERS[ones]}" if ones else "")


def british_clock(hour: int, minute: int) -> str:
    """ "twenty to four", "half past nine", "midday"."""
    if minute == 0 and hour % 12 == 0:
        return "midday" if hour else "midnight"
    if minute == 0:
        return _hour(hour)
    past = minute <= 30
    minutes = minute if past else 60 - minute
    spoken = {15: "a quarter", 30: "half"}.get(minutes, number(minutes))
    if minutes % 5:
        spoken += " minutes" if minutes > 1 else " minute"
    return f"{spoken} past {_hour(hour)}" if past else f"{spoken} to {_hour(hour + 1)}"


def american_clock(hour: int, minute: int) -> str:
    """ "three forty", "nine thirty", "nine oh five", "noon"."""
    if minute == 0 and hour % 12 == 0:
        return "noon" if hour else "midnight"
    if minute == 0:
        return _hour(hour)
    return f"{_hour(hour)} {'oh ' if minute < 10 else ''}{number(minute)}"


def _hour(hour: int) -> str:
    return _NUMBERS[hour % 12 or 12]


def _by(clock: Callable[[int, int], str]) -> Callable[[dt.datetime, dt.date], str]:
    def by(moment: dt.datetime, today: dt.date) -> str:
        spoken = clock(moment.hour, moment.minute)
        part = _part(moment) if says_part_of_day(moment) and spoken != "midnight" else ""
        day = _day(moment.date(), today)
        if not part:
            return f"{spoken} {day}".strip()
        if not day:
            return f"{spoken} tonight" if moment.hour >= 19 else f"{spoken} in the morning"
        if " of " in day:
            return f"{spoken} in the {part} {day}"
        return f"{spoken} {day} {part}".replace("yesterday night", "last night")

    return by


def _day(day: dt.date, today: dt.date) -> str:
    away = (day - today).days
    if away in (-1, 0, 1):
        return ("", "tomorrow", "yesterday")[away]
    if -7 < away < 7:
        return f"on {_DAYS[day.weekday()]}"
    return f"on {_DAYS[day.weekday()]} the {_date(day.day)} of {_MONTHS[day.month - 1]}"


def _date(day: int) -> str:
    return f"{day}{'th' if 10 < day < 14 else {1: 'st', 2: 'nd', 3: 'rd'}.get(day % 10, 'th')}"


def _part(moment: dt.datetime) -> str:
    return next(part for before, part in _PARTS if moment.hour < before)


def _nth_call(count: int) -> str:
    return f"{_ORDINALS[count]} call today" if count < len(_ORDINALS) else f"{count} calls today"


def _words(clock: Callable[[int, int], str]) -> Words:
    by = _by(clock)
    return Words(
        default_greeting="Thanks for calling {who}, I'm getting someone for you.",
        plain_greeting="Thanks for calling, I'm getting someone for you.",
        missed="Sorry, nobody is free just now.",
        closed="We're closed just now.",
        promise="{who} will ring you by {when}. You can hang up, or tell us what it's about.",
        withheld="Your number is hidden, so please say it with your message.",
        message_only="Sorry, nobody can come to the phone. Please tell us your name, your number and what it's about.",
        thanks="Thank you, we have that. Goodbye.",
        goodbye="Thank you. Goodbye.",
        through_to="You're through to {name}.",
        cut_off_caller="If we were cut off, I'm getting {name} back.",
        hidden_number="Hidden number",
        nth_call=_nth_call,
        waiting_since="rang {when}, still waiting",
        offer="{who}: any key to take it.",
        offer_reserved="Any key.",
        caller_gone="That caller is gone.",
        taken_by="{name} has it.",
        asked_for_message="A moment too late: they are being asked for a message now. They are on the list.",
        hung_up="They have hung up; any key to ring them back now.",
        cut_off_staff="Cut off from {who}: any key to go on, hang up if you were done.",
        ring_back="Ringing back {who}, {why}: any key to ring them now.",
        due="{who} is due by {when}. Any key to ring them now.",
        reasons={
            "closed": "who rang while we were closed",
            "holiday": "who rang on a holiday",
            "abandoned": "who hung up while it rang",
            "short_abandon": "who hung up at once",
            "short_talk": "who was only on briefly",
            "mailbox": "who met a mailbox",
            "our_outage": "who rang while we had a fault",
            "": "whom we missed",
        },
        nobody_waiting="Thank you, nobody is waiting any more.",
        no_answer="No answer. They stay on the list.",
        busy="Their line is busy. They stay on the list.",
        call_failed="The call did not go through. They stay on the list.",
        already_handled="That call is already dealt with. Thank you.",
        by=by,
        at=lambda moment, today: f"at {by(moment, today)}",
    )


BRITISH = _words(british_clock)
AMERICAN = replace(_words(american_clock), missed="Sorry, nobody is free right now.", closed="We're closed right now.")

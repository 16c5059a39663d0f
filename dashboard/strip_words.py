"""The rule behind each choice of a call, in a sentence: from its event rows, and only where they tell it."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence

from dashboard import words
from dashboard.strip import Fact

MODES = {
    "everyone": "Everyone at once: the line's setting",
    "in_order": "One more phone at a time, in order: the line's setting",
    "fewest_recent": "Who took the fewest calls of late comes first: the line's setting",
}
PLACED = {
    "everyone": "Everyone at once: the line's setting",
    "in_order": "Next in the line's order",
    "fewest_recent": "Next: took fewer calls of late",
    "again": "Rung again: nobody had taken the call yet",
    "reserved": "{name} took it on the page",
    "cut_off": "The phone they were cut off from, once more",
    "owes": "{name} first: owes them a call",
    "spoke": "{name} first: spoke with them {when}",
}
STOPS = {
    "declined": "Declined, so not rung again for this call",
    "not_screened": "Picked up and no key was pressed: a mailbox, or nobody there",
    "busy": "It was engaged",
    "limited": "The carrier would not ring more phones at once",
    "failed": "The carrier could not ring it",
}
LADDER = {
    "api": "The carrier did not answer our requests to ring phones",
    "worker": "No worker of ours took the ring in time",
}
PLAIN = {
    "accepted": "The first to accept has the caller: picking up alone proves nothing",
    "reserved": "Held for them for 15 s: no other phone is started",
    "passed_on": "Its first caller was taken or gone; this one had waited longest",
    "cut_off": "Still on the line 4 s after the talk, so they were cut off",
    "not_joined": "They wait on, and the phones go on ringing",
    "callback_raised": "One place on the list however often they ring",
}
Names = Mapping[str, str]


def why(facts: Sequence[Fact], place: int, names: Names, arrived: dt.datetime, zone: str, hidden: bool) -> str:
    """The rule behind the fact at `place`; empty when there is none to tell. `hidden`: they hide their number."""
    fact = facts[place]
    if fact.kind == "received":
        return _plan(fact, hidden)
    if fact.kind == "phone_placed":
        return _placed(fact, names, arrived, zone, hidden)
    if fact.kind == "phone_stops":
        return _stopped(facts, place, names)
    if fact.kind == "unanswered":
        return _over(facts, fact)
    if fact.kind == "ladder":
        return LADDER.get(str(fact.data.get("why")), "")
    return PLAIN.get(fact.kind, "")


def _plan(fact: Fact, hidden: bool) -> str:
    seconds = fact.data.get("rings")
    if not seconds:
        return ""
    if hidden:
        return f"Everyone at once, and half as long again ({seconds} s): they hide their number"
    return f"{MODES.get(str(fact.data.get('ring')), 'Phones are rung')}, for {seconds} s at most"


def _placed(fact: Fact, names: Names, arrived: dt.datetime, zone: str, hidden: bool) -> str:
    rule = str(fact.data.get("why"))
    if rule == "everyone" and hidden:
        return "Everyone at once: they hide their number"
    said = PLACED.get(rule, "")
    when = _spoke(str(fact.data.get("spoke", "")), arrived, zone)
    return said.format(name=names.get(fact.staff, ""), when=when) + _limit(fact)


def _limit(fact: Fact) -> str:
    """For how long a phone rings whose mailbox is known."""
    rings, mailbox = fact.data.get("rings"), fact.data.get("mailbox")
    return f"; for {rings} s at most, as its mailbox takes over at {mailbox} s" if rings and mailbox else ""


def _spoke(moment: str, arrived: dt.datetime, zone: str) -> str:
    try:
        spoke = dt.datetime.fromisoformat(moment)
    except ValueError:
        return "last"
    said = words.day_time(spoke, arrived, zone)
    return said if " " in said.removesuffix(" am").removesuffix(" pm") else f"at {said}"


def _stopped(facts: Sequence[Fact], place: int, names: Names) -> str:
    fact = facts[place]
    how = str(fact.data.get("how"))
    if how == "cancelled" and (told := _ended_by(facts[:place], fact, names)):
        return told
    if how not in ("cancelled", "no_answer"):
        return STOPS.get(how, "")
    rang = _rang_since(facts[:place], fact.staff)
    return f"Stopped at {round(fact.at - rang)} s, before the mailbox" if rang is not None else ""


def _ended_by(before: Sequence[Fact], fact: Fact, names: Names) -> str:
    """Why we ended a phone that rang: what had just become of its caller."""
    told: dict[str, Callable[[Fact], str]] = {
        "accepted": lambda other: f"{names.get(other.staff) or 'Somebody'} had taken the call",
        "unanswered": lambda _: "The time to ring was over",
        "abandoned": lambda _: "The caller had hung up",
        "ended": lambda _: "The caller had hung up",
        "not_joined": lambda _: "",
        "cut_off": lambda _: "",
    }
    last = next((other for other in reversed(before) if other.kind in told), None)
    return told[last.kind](last) if last is not None and last.staff != fact.staff else ""


def _rang_since(before: Sequence[Fact], staff: str) -> float | None:
    return next((f.at for f in reversed(before) if f.kind == "phone_rings" and f.staff == staff), None)


def _over(facts: Sequence[Fact], fact: Fact) -> str:
    plan = next((other.data.get("rings") for other in facts if other.kind == "received"), None)
    if fact.data.get("cause") == "rang_out" and plan:
        return f"Phones ring for {plan} s at most; then nobody is kept waiting"
    return "Nobody is let go: whoever is not answered is on the list" if fact.data.get("cause") else ""

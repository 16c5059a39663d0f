"""Why a caller reached nobody, read off what the phones did."""

import datetime as dt
from collections.abc import Collection

from voice.rules.ring_plan import Waiting

SHORT_SECONDS = 5.0  # a caller gone within this gave nobody a chance: left out of the rates, still called back
TALK_SECONDS = 10  # less than this is not a talk
READ_OFF_PHONES = ("carrier_limit", "mailbox", "declined", "rang_out")


def unanswered(plan: Waiting, busy: Collection[str], api_dead: bool) -> str:
    """The cause of a call nobody took in time (or that everybody declined who was free to take it).

    `api_dead`: no phone could be asked to ring, so that whatever was `limited` says nothing of the carrier's limits.
    """
    rings, people = plan.rings, plan.people
    ends = {ring.end for ring in rings}
    if not rings and people and set(people) <= set(busy):
        return "all_busy"
    if ends <= {"limited"}:
        return "our_outage" if api_dead else "carrier_limit" if rings else "rang_out"
    if ends <= {"not_screened"}:
        return "mailbox"
    if "declined" in ends and all(_refused(plan, person, person in busy) for person in people):
        return "declined"
    return "rang_out"


def _refused(plan: Waiting, person: str, busy: bool) -> bool:
    """Whether this person's phone did not just ring on: it did not ring at all while they were busy otherwise."""
    rung = {ring.end for ring in plan.rings_of(person)} - {"limited"}
    return bool(rung & {"declined", "not_screened", "ended"}) if rung else busy


def abandoned(received: dt.datetime, gone: dt.datetime) -> str:
    """The cause of a call whose caller hung up before anybody took it."""
    return "short_abandon" if (gone - received).total_seconds() < SHORT_SECONDS else "abandoned"

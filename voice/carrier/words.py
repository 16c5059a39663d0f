"""The carrier's vocabulary on one side, ours on the other. An unknown word is loud, never a silent default."""

# CallStatus of a staff leg -> event of states.LEG. `completed` after a pick-up is `end`.
LEG_EVENTS = {
    "queued": None,
    "initiated": None,
    "ringing": "ringing",
    "in-progress": "picked_up",
    "completed": "end",
    "busy": "busy",
    "no-answer": "no_answer",
    "failed": "failed",
    "canceled": "cancelled",
}

# CallStatus of a caller's leg: is the call over?
OVER = frozenset({"completed", "busy", "failed", "no-answer", "canceled"})

# Error codes of the carrier's API, as its documentation lists them.
TOO_MANY_LEGS = frozenset({10004})
TOO_FAST = frozenset({20429})
NO_SERVICE = frozenset({10003, 20003, 20005, 21216})  # account, credentials or profile: nothing will work
BAD_NUMBER = frozenset({21201, 21211, 21214, 21217, 13223, 13224})
NOT_ALLOWED = frozenset({21202, 21215, 13225, 13227, 32205})
GONE = frozenset({20404, 21220})  # the call is over already


class UnknownWord(Exception):
    """The carrier used a word we do not know."""


def leg_event(status: str) -> str | None:
    """Our event for a CallStatus of a staff leg; None for words that say nothing new. Raises UnknownWord."""
    if status not in LEG_EVENTS:
        raise UnknownWord(f"CallStatus {status[:20]!r}")
    return LEG_EVENTS[status]

"""The state tables of calls, legs, callbacks and attempts: data one can read aloud.

A pair that is in a table moves; a pair in NO_OPS is a late or repeated event and changes nothing; any other raises.
"""

Table = dict[tuple[str, str], str]


class Impossible(Exception):
    """An event that cannot happen in this state: a bug of ours or a new habit of the carrier's."""


CALL: Table = {
    ("received", "ring"): "ringing",
    ("received", "block"): "blocked",
    ("received", "nobody"): "unanswered",  # closed, holiday, nobody on shift, number unknown
    ("received", "hang_up"): "abandoned",
    ("received", "fail"): "failed",
    ("ringing", "accept"): "accepted",
    ("ringing", "give_up"): "unanswered",  # rang out, all declined, limits
    ("ringing", "hang_up"): "abandoned",
    ("ringing", "done"): "completed",  # after a cut-off the staff member said they were done
    ("ringing", "fail"): "failed",
    ("accepted", "join"): "joined",
    ("accepted", "lose"): "ringing",  # they never joined
    ("accepted", "hang_up"): "abandoned",
    ("accepted", "fail"): "failed",
    ("joined", "cut_off"): "ringing",
    ("joined", "hang_up"): "completed",
}
CALL_STATES = ("received", "ringing", "accepted", "joined", "completed", "unanswered", "abandoned", "failed", "blocked")
CALL_OVER = ("completed", "unanswered", "abandoned", "failed", "blocked")

LEG: Table = {
    **{("placed", event): event for event in ("ringing", "picked_up")},
    ("ringing", "picked_up"): "picked_up",
    ("picked_up", "accept"): "accepted",
    ("placed", "accept"): "accepted",  # the pick-up event was lost or is late
    ("ringing", "accept"): "accepted",
    ("accepted", "lose"): "picked_up",  # somebody else had the caller first; the next is offered
    ("accepted", "join"): "joined",
    ("accepted", "end"): "ended",
    ("joined", "end"): "ended",
    ("picked_up", "end"): "not_screened",
    **{
        (state, event): event
        for state in ("placed", "ringing")
        for event in ("declined", "no_answer", "busy", "limited", "cancelled", "failed")
    },
    ("picked_up", "cancelled"): "cancelled",
    ("picked_up", "failed"): "failed",
    ("accepted", "failed"): "ended",
    ("joined", "failed"): "ended",
}
LEG_LIVE = ("placed", "ringing", "picked_up", "accepted", "joined")
LEG_OVER = ("ended", "declined", "no_answer", "busy", "not_screened", "limited", "cancelled", "failed")
LEG_STATES = LEG_LIVE + LEG_OVER

CALLBACK: Table = {
    ("waiting", "claim"): "claimed",
    ("unreached", "claim"): "claimed",
    ("claimed", "take_over"): "claimed",  # the lease of the one before has lapsed
    ("claimed", "release"): "waiting",
    ("claimed", "dial"): "calling",
    **{(state, "exhaust"): "unreached" for state in ("waiting", "claimed", "unreached")},  # tried by hand, or let go
    ("calling", "answer"): "talking",
    ("calling", "no_answer"): "waiting",
    ("calling", "exhaust"): "unreached",
    ("calling", "back"): "claimed",  # the caller's phone never rang: still this person's
    ("calling", "wrap_up"): "wrapping_up",
    ("talking", "wrap_up"): "wrapping_up",
    ("wrapping_up", "dial"): "calling",
    ("wrapping_up", "again"): "waiting",
    ("wrapping_up", "exhaust"): "unreached",
    ("claimed", "again"): "waiting",
    ("waiting", "again"): "waiting",
    ("unreached", "again"): "waiting",
    ("unreached", "ring_in"): "waiting",
    ("no_number", "number_given"): "waiting",
    ("held", "allow"): "waiting",
    ("closed", "reopen"): "waiting",
    ("closed", "reopen_hidden"): "no_number",
    **{
        (state, "hold"): "held" for state in ("waiting", "claimed", "calling", "unreached")
    },
    **{
        (state, "close"): "closed"
        for state in ("waiting", "claimed", "calling", "talking", "wrapping_up", "unreached", "held", "no_number")
    },
}  # fmt: skip
CALLBACK_STATES = (
    "waiting", "claimed", "calling", "talking", "wrapping_up", "unreached", "held", "no_number", "closed",
)  # fmt: skip
CALLBACK_BUSY = ("calling", "talking", "wrapping_up")
CLOSED_REASONS = ("talked", "got_through", "done_by_staff", "wrong_person", "withdrawn_by_caller", "blocked", "erased")

ATTEMPT: Table = {
    ("intended", "send"): "sending",
    ("intended", "end"): "ended",  # the staff phone was not answered or not accepted: nobody was dialled
    ("intended", "cross"): "crossed",
    ("intended", "refuse"): "refused",
    ("sending", "place"): "placed",
    ("sending", "lose_sight"): "unknown",
    ("sending", "end"): "ended",
    ("sending", "refuse"): "refused",
    ("sending", "cross"): "crossed",
    ("unknown", "place"): "placed",
    ("unknown", "end"): "ended",
    ("unknown", "refuse"): "refused",
    ("unknown", "cross"): "crossed",
    ("placed", "end"): "ended",
    ("placed", "cross"): "crossed",
}
ATTEMPT_STATES = ("intended", "sending", "unknown", "placed", "ended", "crossed", "refused")

# Late or repeated events, written down so that anything else is loud.
_CALL_EVENTS = tuple(dict.fromkeys(event for _, event in CALL))
_LEG_EVENTS = tuple(dict.fromkeys(event for _, event in LEG))
NO_OPS: frozenset[tuple[str, str]] = frozenset(
    [(state, event) for state in CALL_OVER for event in _CALL_EVENTS]
    + [(state, event) for state in LEG_OVER for event in _LEG_EVENTS]
    + [(state, event) for state in ("ringing", "accepted", "joined") for event in ("ring", "block", "nobody")]
    + [("accepted", event) for event in ("accept", "give_up", "done", "cut_off")]
    + [("joined", event) for event in ("accept", "give_up", "join", "lose", "fail", "done")]
    + [("ringing", event) for event in ("join", "lose", "cut_off")]
    + [(state, event) for state in ("picked_up", "accepted", "joined") for event in ("ringing", "picked_up")]
)


def sources(table: Table, event: str) -> tuple[str, ...]:
    """The states from which `event` moves: what a conditional UPDATE asks for."""
    return tuple(state for (state, known), _ in table.items() if known == event)


def after(table: Table, state: str, event: str) -> str:
    """The state after `event`; the same state for a named no-op. Raises Impossible for any other pair."""
    if (state, event) in table:
        return table[state, event]
    if (state, event) in NO_OPS:
        return state
    raise Impossible(f"{event!r} cannot happen in state {state!r}")

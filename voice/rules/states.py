"""The state tables of calls, legs, callbacks and attempts: data one can read aloud.

For calls and legs a pair that is in a table moves, a pair in its no-ops is a late or repeated event and changes
nothing, and any other is loud. Moves of callbacks and attempts are claims: who does not get one is told why.
"""

Table = dict[tuple[str, str], str]
NoOps = frozenset[tuple[str, str]]


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
    ("joined", "lose"): "ringing",  # the phone was lost while the caller heard whose it was
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
    ("accepted", "join"): "joined",
    ("accepted", "end"): "ended",
    ("joined", "end"): "ended",
    ("picked_up", "end"): "not_screened",
    # A person pressed a key, and somebody had been faster: neither a machine nor a refusal.
    **{(state, "end_keyed"): "ended" for state in ("picked_up", "accepted", "joined")},
    ("picked_up", "declined"): "declined",  # nor would they take the next caller they were offered then
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

# Where a callback may rest when a person has just changed it, and so where an undo may lead back to and from.
_AT_REST = ("waiting", "claimed", "unreached", "held", "no_number", "closed")
CALLBACK: Table = {
    ("waiting", "claim"): "claimed",
    ("unreached", "claim"): "claimed",
    ("claimed", "take_over"): "claimed",  # the lease of the one before has lapsed, or a colleague has said so
    **{(state, "hand_over"): "claimed" for state in ("waiting", "claimed", "unreached")},
    **{(state, "snooze"): "waiting" for state in ("waiting", "claimed", "unreached")},
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
    **{
        (after, f"undo_to_{before}"): before
        for after in _AT_REST
        for before in (*_AT_REST, "wrapping_up")
    },
}  # fmt: skip
CALLBACK_STATES = (
    "waiting", "claimed", "calling", "talking", "wrapping_up", "unreached", "held", "no_number", "closed",
)  # fmt: skip
CALLBACK_BUSY = ("calling", "talking", "wrapping_up")
CLOSED_REASONS = (
    "talked", "got_through", "done_by_staff", "wrong_person", "withdrawn_by_caller", "blocked", "erased",
)  # fmt: skip
# Two numbers turned out to be one person's, and what was owed to both stands in the other row from then on. Nobody
# outside is told of this one: by its id they get the row it goes on in.
MERGED = "merged"

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

# Late or repeated events, which change nothing. Written down, so that whatever else does not move is loud.
_LATE = ("accept", "give_up", "done", "join", "lose", "cut_off", "hang_up", "fail")
CALL_NO_OPS: NoOps = frozenset(
    [(state, event) for state in ("completed", "unanswered", "abandoned", "failed") for event in _LATE]
    + [("ringing", event) for event in ("join", "lose")]  # the acceptance they are about has been lost already
    + [("accepted", event) for event in ("accept", "give_up")]
    + [("joined", event) for event in ("accept", "give_up", "join")]
)
_NEWS = ("ringing", "picked_up", "accept", "join")  # each takes a leg to the next state of LEG_LIVE
LEG_NO_OPS: NoOps = frozenset(
    [(state, event) for state in LEG_OVER for event in dict.fromkeys(event for _, event in LEG)]
    + [(state, event) for place, state in enumerate(LEG_LIVE[1:], start=1) for event in _NEWS[:place]]
)


def sources(table: Table, event: str) -> tuple[str, ...]:
    """The states from which `event` moves: what a conditional UPDATE asks for."""
    return tuple(state for (state, known), _ in table.items() if known == event)

"""The figures, each defined once, with the sentence shown beside it. Calls and people are counted, never legs.

A figure is a condition on calls, or on callbacks (one for each caller and line that is owed a call): the number is how
many meet it, the list behind the number is which ones. `moments` has the times these conditions are made of.
"""

from dataclasses import dataclass

import sqlalchemy as sa

from voice.callbacks import IS_OPEN
from voice.models import Attempt, Call, Callback, Leg, Promise
from voice.moments import FIRST_RANG, NOW, PROMISED_BY, REACHED
from voice.rules.numbers import ERASED

# Closed calls stand on a line of their own and blocked ones are nobody's loss: the rates are about the rest.
CLOSED_CAUSES = ("closed", "holiday")
CAUSE = sa.func.coalesce(Call.cause, "")
IS_CLOSED = CAUSE.in_(CLOSED_CAUSES)
IN_SCOPE = sa.and_(~IS_CLOSED, Call.outcome != "blocked")
SETTLED = Call.outcome != "pending"
JOINED = Call.joined_at.is_not(None)
ANSWERED = sa.and_(IN_SCOPE, SETTLED, JOINED)
MISSED = sa.and_(IN_SCOPE, SETTLED, ~JOINED)
ABANDONED = sa.and_(MISSED, Call.state == "abandoned")
SHORT = sa.and_(ABANDONED, CAUSE == "short_abandon")
ON_THE_LIST = (
    sa.select(Callback.first_called_at).where(Callback.id == Call.callback_id).correlate(Call).scalar_subquery()
)
RINGS = sa.and_(Leg.purpose != "ring_back", Leg.ringing_at.is_not(None))
RANG_SOMEBODY = sa.exists().where(Leg.call_id == Call.id, RINGS).correlate(Call)

CLOSED_REASON = sa.func.coalesce(Callback.closed_reason, "")
ONE_EACH = CLOSED_REASON != "merged"  # two numbers turned out to be one person: the other callback stands for both
AFTER_HOURS = Callback.reason.in_(CLOSED_CAUSES)
RUNG = FIRST_RANG.is_not(None)
# Whoever got through by themselves, or took their word back, before the time they were told, is owed nothing by then.
# Who was told no time, because nobody may ring their number or they hide it, is owed nothing either.
HIDDEN = sa.and_(Callback.caller.is_(None), ~Callback.caller_key.startswith(ERASED))
NO_PROMISE = sa.and_(
    sa.or_(HIDDEN, Callback.held_reason.is_not(None)),
    ~sa.exists().where(Promise.callback_id == Callback.id).correlate(Callback),
)
OWED = ~sa.or_(NO_PROMISE, sa.and_(~RUNG, sa.func.coalesce(Callback.closed_at <= PROMISED_BY, sa.false())))
KEPT = sa.and_(~NO_PROMISE, sa.func.coalesce(FIRST_RANG <= PROMISED_BY, sa.false()))
RUNNING = sa.and_(~NO_PROMISE, IS_OPEN, ~RUNG, PROMISED_BY > NOW)
REACHED_BY_THEN = sa.and_(OWED, sa.func.coalesce(REACHED <= PROMISED_BY, sa.false()))
TRIES = (
    sa.select(sa.func.count())
    .where(Attempt.callback_id == Callback.id, Attempt.rang_at.is_not(None))
    .correlate(Callback)
    .scalar_subquery()
)
UNREACHED = sa.and_(REACHED.is_(None), CLOSED_REASON != "blocked")
ON_THE_WAY = Callback.state.in_(("waiting", "claimed", "calling", "talking", "wrapping_up"))
COMING = sa.and_(IS_OPEN, UNREACHED, ON_THE_WAY, Callback.due_at > NOW)


@dataclass(frozen=True)
class Figure:
    """A count of calls or of callbacks: its name, its sentence, and which ones it counts."""

    name: str
    says: str
    counts: sa.ColumnElement[bool]
    of: type[Call] | type[Callback] = Call
    # A figure that changes by the clock alone is what `all_of` counts, less what `but` counts among the open ones.
    all_of: str | None = None
    but: str | None = None

    @property
    def rolled(self) -> bool:
        """Whether it changes only when a row does, so that its sums can be kept."""
        return self.but is None and self.name not in ("running", "coming")


COUNTED = (
    Figure("calls", "Calls that came in; each ends as talked, callback or blocked, or is still pending.", sa.true()),
    Figure("talked", "Calls in which the caller spoke with a person.", Call.outcome == "talked"),
    Figure("callback", "Calls that left the caller with a promise to be rung back.", Call.outcome == "callback"),
    Figure("blocked", "Calls turned away: blocked callers, and calls from our own numbers.", Call.outcome == "blocked"),
    Figure("pending", "Calls that are still going on, or about which the carrier has not said enough yet.", ~SETTLED),
    Figure("offered", "Calls while open, not blocked: answered, missed or pending.", IN_SCOPE),
    Figure("answered", "Offered calls that a person accepted and was joined to.", ANSWERED),
    Figure("missed", "Offered calls that nobody was joined to: unanswered, abandoned or failed.", MISSED),
    Figure("abandoned", "Missed calls in which the caller hung up before anybody accepted.", ABANDONED),
    Figure("short", "Abandoned calls of less than 5 seconds: left out of the rates, called back all the same.", SHORT),
    Figure("closed", "Calls outside opening hours; they count in no rate.",
           sa.and_(IS_CLOSED, Call.outcome != "blocked")),
    Figure("rated", "Calls the answer rate is taken of: offered, without the short and the pending ones.",
           sa.and_(IN_SCOPE, SETTLED, ~SHORT)),
    Figure("repeats", "Calls by people who were on the callback list already, and reached nobody this time either.",
           sa.func.coalesce(Call.received_at > ON_THE_LIST, sa.false())),
    Figure("rang", "Calls for which a staff phone rang.", RANG_SOMEBODY),
)  # fmt: skip

OF_CALLBACKS = tuple(
    Figure(name, says, sa.and_(ONE_EACH, counts), Callback, *how)
    for name, says, counts, *how in (
        ("callbacks", "People put on the callback list, once however often they rang.", sa.true()),
        ("rung", "Of these, people whose phone we have rung.", RUNG),
        ("owed", "People who were promised a time, and had not got through by themselves before it.", OWED),
        ("kept", "Promises kept: the caller's phone rang by the first time they were told.", KEPT),
        ("running", "Promises whose time has not come yet, of people not rung so far.", RUNNING),
        ("broken", "Promises broken: the time came, and the caller's phone had not rung.",
         sa.and_(OWED, ~KEPT, ~RUNNING), "not_kept", "running"),
        ("not_kept", "Promises not kept so far: broken, or still running.", sa.and_(OWED, ~KEPT)),
        ("reached_by_then", "People who spoke with a person by the first time they were told.", REACHED_BY_THEN),
        ("tried_again", "Callbacks that needed more than one try: the caller's phone rang twice or more.", TRIES > 1),
        ("unreached", "People on the list who have not reached a person so far, on any call or ring-back.", UNREACHED),
        ("coming", "Of these, people who are still to be rung, and not later than they were told.", COMING),
        ("lost", "Callers lost: they have not reached a person on any call or ring-back, and the time they were told "
         "has passed, or nobody will ring them any more.", sa.and_(UNREACHED, ~COMING), "unreached", "coming"),
        ("while_open", "People put on the list while we were open.", ~AFTER_HOURS),
        ("after_hours", "People put on the list while we were closed.", AFTER_HOURS),
        ("after_hours_rung", "Of these, people whose phone we have rung since.", sa.and_(AFTER_HOURS, RUNG)),
    )
)  # fmt: skip
FIGURES = {figure.name: figure for figure in (*COUNTED, *OF_CALLBACKS)}
# Whose list stands behind a figure that is no count.
BEHIND = {
    "answer_rate": "rated",
    "kept_rate": "owed",
    "reached_rate": "owed",
    "seconds_to_person_median": "offered",
    "seconds_to_person_p90": "offered",
    "seconds_to_callback_median": "while_open",
    "seconds_to_callback_p90": "while_open",
    "seconds_to_callback_closed_median": "after_hours",
    "seconds_to_callback_closed_p90": "after_hours",
}

SENTENCES = {figure.name: figure.says for figure in FIGURES.values()} | {
    "answer_rate": "Answered ÷ (offered - short - pending).",
    "kept_rate": "Promises kept ÷ (kept + broken).",
    "reached_rate": "Reached by then ÷ (kept + broken).",
    "seconds_to_person_median": "From the call to the first second of talk, on whichever call or callback got there "
    "first; half of the callers waited no longer. Those not reached yet count as still waiting.",
    "seconds_to_person_p90": "The same for nine callers of ten.",
    "seconds_to_callback_median": "From the call that put somebody on the list to the first ring of their phone; half "
    "of them waited no longer. Those not rung yet count as still waiting.",
    "seconds_to_callback_p90": "The same for nine of ten.",
    "seconds_to_callback_closed_median": "The same for those who rang while we were closed: how soon they were rung "
    "back, counted from their call.",
    "seconds_to_callback_closed_p90": "The same for nine of ten who rang while we were closed.",
}

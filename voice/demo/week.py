"""A plausible week for the demo, the same for everyone: calls answered, missed and kept promises, written as rows."""

import datetime as dt
import random
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from voice import moves, promising
from voice.demo import lived
from voice.firm import Line
from voice.models import Attempt, Call, Callback, Contact, Promise

DAYS = 7
CLOSED_DAYS_AGO = 3
STAFF = ("sam", "alex", "kim")
CALLS_A_DAY = (15, 13, 12, 14, 16, 6, 3)  # Monday first
PEOPLE = (
    "Maria Lopez", "Ben Carter", "Ivy Chen", "Omar Haddad", "Ruth Weiss", "Leo Brandt", "Nina Patel", "Gus Olsen",
    "Ada King", "Paul Moreau", "Zoe Adams", "Carl Jung Plumbing Supplies",
)  # fmt: skip
# How a call ends, and how often of a hundred.
ENDINGS = {"answered": 74, "rang_out": 11, "abandoned": 6, "short_abandon": 4, "all_busy": 5}
HEARD = {"rang_out": 20, "all_busy": 20, "abandoned": 11, "short_abandon": 3, "closed": 7}  # seconds before it was over
MESSAGE_SECONDS = 14
CLEAR = dt.timedelta(seconds=10)  # until a phone that was talked on rings for the next


def closed_day(now: dt.datetime) -> dt.date:
    """The day of the week on which the firm was closed."""
    return (now - dt.timedelta(days=CLOSED_DAYS_AGO)).date()


def write(session: Session, line: Line, now: dt.datetime) -> None:
    """Write the week before `now`, and the few callbacks that are open at this moment."""
    week = _Week(session, line)
    for index, name in enumerate(PEOPLE):
        session.add(Contact(number=number(index), name=name))
    session.flush()
    for ago in range(DAYS, 0, -1):
        day = (now - dt.timedelta(days=ago)).astimezone(ZoneInfo(line.time_zone)).date()
        week.write_day(day, closed=day == closed_day(now))
    lived.write_topics(session)
    week.write_open(now)
    lived.write_cards(session, [number(index) for index in range(len(PEOPLE))], now)


def number(index: int) -> str:
    """The number of a customer; the first ones have names."""
    return f"+12125550{150 + index}"


def people() -> dict[str, str]:
    """Everybody who calls in the week, by number; the later ones are not in the contacts, and so have no name."""
    return {number(index): name for index, name in enumerate(PEOPLE + ("",) * len(PEOPLE))}


def _sayable(moment: dt.datetime) -> dt.datetime:
    """A time as it is promised: on the five minutes before `moment`."""
    return moment.replace(minute=moment.minute // 5 * 5, second=0, microsecond=0)


def _vouched(caller: str | None) -> str:
    """The carrier vouches for everybody but one, whose number may be another's."""
    return "TN-Validation-Passed-C" if caller == number(5) else "TN-Validation-Passed-A"


@dataclass
class _Week:
    session: Session
    line: Line
    dice: random.Random = field(default_factory=lambda: random.Random(20))  # noqa: S311  a made-up week is no secret
    talks: list[tuple[str, dt.datetime, dt.datetime]] = field(default_factory=list)  # nobody has two at a time

    def write_day(self, day: dt.date, closed: bool) -> None:
        midnight = dt.datetime.combine(day, dt.time(), ZoneInfo(self.line.time_zone)).astimezone(dt.UTC)
        minutes = sorted(self.dice.randrange(8 * 60, 18 * 60) for _ in range(CALLS_A_DAY[day.weekday()]))
        for minute in minutes:
            at = midnight + dt.timedelta(minutes=minute, seconds=self.dice.randrange(60))
            caller = number(self.dice.randrange(len(people())))
            ending = "closed" if closed else self.dice.choices(list(ENDINGS), list(ENDINGS.values()))[0]
            if ending == "answered":
                self._answered(at, caller)
            else:
                self._kept(self._missed(at, caller, ending))

    def write_open(self, now: dt.datetime) -> None:
        """What is on the list when the demo starts: one late, some waiting, one hidden, one who cannot be reached."""
        for index, (minutes_ago, due_in, values) in enumerate(_OPEN):
            call = self._call(now - dt.timedelta(minutes=minutes_ago), values.get("caller", number(index)))
            self._over(call, values["reason"])
            self._callback(
                call, _sayable(now + dt.timedelta(minutes=due_in)), **{k: v for k, v in values.items() if k != "caller"}
            )

    def _call(self, at: dt.datetime, caller: str | None) -> Call:
        sid = f"CA{self.dice.getrandbits(128):032x}"
        until = at + dt.timedelta(seconds=self.line.ring_seconds)
        return Call(
            sid=sid, line=self.line.number, dialled=self.line.number, caller=caller,
            caller_key=caller or f"withheld:{sid}", source="webhook", received_at=at, ring_from=at, ring_until=until,
            seen_at=at, greeted_at=at, verstat=_vouched(caller),
        )  # fmt: skip

    def _answered(self, at: dt.datetime, caller: str) -> None:
        call, staff, free = self._call(at, caller), self.dice.choice(STAFF), self._free(at)
        staff = staff if staff in free else (free or STAFF)[0]
        waited, talked = 4 + self.dice.triangular(0, 16, 3), self.dice.randrange(40, 400)
        call.state, call.outcome, call.answered_by, call.talk_seconds = "completed", "talked", staff, talked
        call.first_ring_at = at + dt.timedelta(seconds=0.8)
        call.accepted_at = at + dt.timedelta(seconds=waited)
        call.joined_at = call.accepted_at + dt.timedelta(seconds=1)
        call.ended_at = call.seen_at = call.joined_at + dt.timedelta(seconds=talked)
        self._tell(call)
        self.talks.append((staff, at, call.ended_at + CLEAR))

    def _free(self, at: dt.datetime) -> list[str]:
        """Whose phones can ring."""
        talk = {staff for staff, since, until in self.talks if since <= at < until}
        return [staff for staff in STAFF if staff not in talk]

    def _missed(self, at: dt.datetime, caller: str, cause: str) -> Callback:
        call = self._call(at, caller)
        self._over(call, cause)
        promised = promising.promised_by(self.session, self.line, caller, at)
        return self._callback(call, promised, reason=cause)

    def _over(self, call: Call, cause: str) -> None:
        gone = cause in ("abandoned", "short_abandon")
        rang = cause not in ("closed", "all_busy")
        call.state, call.outcome, call.cause = "abandoned" if gone else "unanswered", "callback", cause
        call.first_ring_at = call.received_at + dt.timedelta(seconds=0.8) if rang else None
        over = call.received_at + dt.timedelta(seconds=HEARD[cause])
        call.told_at = None if gone else over
        call.ended_at = call.seen_at = over if gone else over + dt.timedelta(seconds=MESSAGE_SECONDS)
        self._tell(call)

    def _callback(self, call: Call, promised: dt.datetime, **values: Any) -> Callback:
        at = call.received_at
        times = {"first_called_at": at, "last_called_at": at, "promised_by": promised, "due_at": promised}
        callback = Callback(line=call.line, caller=call.caller, caller_key=call.caller_key, **(times | values))
        self.session.add(callback)
        self.session.flush()
        call.callback_id = callback.id
        channel = "voice" if call.told_at else "none"
        told = {"made_at": at, "promised_by": promised, "channel": channel, "words": ""}
        if promising.may_promise(callback):
            self.session.add(Promise(callback_id=callback.id, call_id=call.id, **told))
        moves.note(self.session, "callback_opened", call.told_at or call.ended_at or at, callback=callback)
        return callback

    def _kept(self, callback: Callback) -> None:
        """They were rung back: mostly in time, and mostly they picked up at the first try."""
        staff, late = self.dice.choice(STAFF), self.dice.random() < 0.12
        at = callback.promised_by + dt.timedelta(minutes=18 if late else -self.dice.randrange(3, 40))
        at = max(at, callback.first_called_at + dt.timedelta(minutes=2))
        talked = self.dice.randrange(50, 300)
        answered = at + dt.timedelta(seconds=9)
        over = answered + dt.timedelta(seconds=talked)
        self.session.add(
            Attempt(
                callback_id=callback.id, staff_id=staff, state="ended", created_at=at - dt.timedelta(seconds=12),
                sending_at=at, rang_at=at, answered_at=answered, ended_at=over, ending="talked", talk_seconds=talked,
            )
        )  # fmt: skip
        callback.state, callback.closed_reason, callback.result = "closed", "talked", "sorted"
        callback.attempts, callback.owed_by, callback.rang_at, callback.closed_at = 1, staff, at, over
        moves.note(self.session, "answered", answered, callback=callback, staff=staff)
        moves.note(self.session, "closed", over, callback=callback, staff=staff, reason="talked")

    def _tell(self, call: Call) -> None:
        self.session.add(call)
        self.session.flush()
        free = self._free(call.received_at)
        lived.write_seconds(self.session, call, free)
        lived.write_legs(self.session, call, free)


_OPEN: tuple[tuple[int, int, dict[str, Any]], ...] = (
    (72, -12, {"reason": "rang_out"}),
    (35, 25, {"reason": "all_busy", "calls": 2}),
    (21, 40, {"reason": "abandoned"}),
    (9, 50, {"reason": "rang_out", "caller": None, "state": "no_number"}),
    (26 * 60, -60, {"reason": "rang_out", "state": "unreached", "attempts": 4}),
)

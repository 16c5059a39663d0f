"""What owners are told at once, each matter once: callers missed in a row, a promise nobody has, a dead line."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from voice import contacts, letters, notices, pushing, roster
from voice.models import Call, Callback
from voice.roster import LineCard
from voice.rules import alerts as rules
from voice.rules import hours, text
from voice.stats import IN_SCOPE, SETTLED, SHORT

LOOK_BACK = 50  # calls of a line
MINUTE = dt.timedelta(minutes=1)
FRESH = 10 * MINUTE  # a run that ended longer ago was told of then, or by whatever followed
NEAR = 3 * MINUTE  # by then phones have rung for it by themselves, and nobody took it
# Quiet after an alert of a kind on a line, so that a bad afternoon is one matter and not twenty.
COOL_DOWN = {"missed": 120 * MINUTE, "promise": 30 * MINUTE, "silent": 720 * MINUTE}
WEEK = dt.timedelta(days=7)
WEEKS = 8  # of history by which silence is judged
LONGEST_SILENCE = WEEK


@dataclass(frozen=True)
class Alert:
    """Something to tell: its key is its matter, and begins with its kind and its line."""

    kind: str
    line: str
    matter: str
    values: dict[str, str | int]

    @property
    def about(self) -> str:
        """What it shares with others that it may not follow too soon."""
        return f"{self.kind}:{self.line}"

    @property
    def key(self) -> str:
        """The same matter has the same key, whoever finds it."""
        return f"{self.about}:{self.matter}"


def look(session: Session, now: dt.datetime) -> list[Alert]:
    """All there is to tell of at this moment that has not been told."""
    found = [alert for card in roster.current(session).lines for alert in _of_line(session, card, now)]
    return [alert for alert in found if not notices.told_since(session, alert.about, now - COOL_DOWN[alert.kind])]


def tell(session: Session, alert: Alert, now: dt.datetime, by_mail: bool) -> None:
    """Leave the notice, and have owners written to and their browsers woken, unless another worker has."""
    if notices.told_since(session, alert.about, now - COOL_DOWN[alert.kind]):
        return
    if notices.tell(session, alert.key, now, alert.kind, **alert.values):
        if by_mail:
            letters.alert(session, alert.key, now)
        wanting = [user.id for user in letters.readers(session) if letters.wishes(session, user.id).alerts]
        pushing.alert(session, wanting, alert.kind, now)


def _of_line(session: Session, card: LineCard, now: dt.datetime) -> Iterator[Alert]:
    for find in (_missed, _promise, _silent):
        alert = find(session, card, now)
        if alert is not None:
            yield alert


def _missed(session: Session, card: LineCard, now: dt.datetime) -> Alert | None:
    rows = sa.select(Call).where(Call.line == card.number, Call.received_at <= now, IN_SCOPE, SETTLED, ~SHORT)
    newest = session.scalars(rows.order_by(Call.received_at.desc(), Call.id).limit(LOOK_BACK)).all()
    if not newest or now - newest[0].received_at > FRESH:
        return None
    run = rules.missed_in_a_row([rules.Ended(call.id, call.caller_key, call.joined_at is None) for call in newest])
    if not run:
        return None
    count = len({call.caller_key for call in run})
    at = _time(newest[0].received_at, card)
    return Alert("missed", card.number, run[-1].id, {"count": count, "line": _name(card), "at": at})


def _promise(session: Session, card: LineCard, now: dt.datetime) -> Alert | None:
    near = sa.select(Callback).where(
        Callback.line == card.number, Callback.state == "waiting", Callback.rang_at.is_(None),
        Callback.later.is_(None), Callback.promised_by > now, Callback.promised_by <= now + NEAR,
    )  # fmt: skip
    found = session.scalars(near.order_by(Callback.promised_by, Callback.id)).all()
    if not found:
        return None
    first = found[0]
    who = text.clean(contacts.name_of(session, first.caller) or "") or first.caller or "Somebody without a number"
    more = f" So were {len(found) - 1} more." if len(found) > 1 else ""
    values: dict[str, str | int] = {"who": who, "line": _name(card), "at": _time(first.promised_by, card), "more": more}
    return Alert("promise", card.number, f"{first.id}:{first.promised_by.isoformat()}", values)


def _silent(session: Session, card: LineCard, now: dt.datetime) -> Alert | None:
    if not hours.is_open(card.schedule(), now):
        return None
    theirs = sa.select(Call).where(Call.line == card.number, Call.received_at <= now)
    last = session.scalars(theirs.order_by(Call.received_at.desc(), Call.id).limit(1)).first()
    if last is None or now - last.received_at < MINUTE or now - last.received_at > LONGEST_SILENCE:
        return None
    silence = stretches(session, card, last.received_at, now)
    if rules.chance(silence) >= rules.TOO_RARE or not rules.is_dead(silence, _calls_a_day(session, card, now)):
        return None
    values: dict[str, str | int] = {
        "line": _name(card), "since": _time(last.received_at, card), "number": card.number,
        "expected": round(rules.expected(silence)),
    }  # fmt: skip
    return Alert("silent", card.number, last.id, values)


def stretches(session: Session, card: LineCard, since: dt.datetime, now: dt.datetime) -> list[rules.Stretch]:
    """The open time in which nobody has rung, and what the same times of earlier weeks brought."""
    first = session.scalar(sa.select(sa.func.min(Call.received_at)).where(Call.line == card.number)) or now
    found = []
    for span in hours.open_intervals(card.schedule(), since, now):
        earlier = [_weeks_ago(span, weeks, card.time_zone) for weeks in range(1, WEEKS + 1)]
        alike = [each for each in earlier if each.start >= first and _was_open(card, each)]
        rang = sa.or_(sa.false(), *(sa.and_(Call.received_at >= a, Call.received_at < b) for a, b in alike))
        counted = sa.select(sa.func.count()).select_from(Call).where(Call.line == card.number, rang)
        found.append(rules.Stretch(session.scalar(counted) or 0, len(alike)))
    return found


def _was_open(card: LineCard, span: hours.Interval) -> bool:
    return hours.open_intervals(card.schedule(), *span) == [span]


def _weeks_ago(span: hours.Interval, weeks: int, zone: str) -> hours.Interval:
    """The same times of the clock, so many weeks earlier."""
    here = ZoneInfo(zone)
    local = [moment.astimezone(here).replace(tzinfo=None) - weeks * WEEK for moment in span]
    start, end = (moment.replace(tzinfo=here).astimezone(dt.UTC) for moment in local)
    return hours.Interval(start, end)


def _calls_a_day(session: Session, card: LineCard, now: dt.datetime) -> float:
    counted = sa.select(sa.func.count()).select_from(Call)
    recent = counted.where(Call.line == card.number, Call.received_at > now - rules.FEWEST_WEEKS * WEEK)
    open_days = sum(bool(spans) for spans in card.schedule().week.spans) or 1
    return (session.scalar(recent) or 0) / (rules.FEWEST_WEEKS * open_days)


def _name(card: LineCard) -> str:
    return text.clean(card.name) or card.number


def _time(moment: dt.datetime, card: LineCard) -> str:
    local = moment.astimezone(ZoneInfo(card.time_zone))
    return f"{local.hour % 12 or 12}:{local:%M} {'am' if local.hour < 12 else 'pm'}"

"""The short list of what a talk can be about; the owner keeps it. Verbs never commit."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from voice.list_tables import Topic
from voice.rules import text

MOST = 20  # more is no short list
LONGEST = 40


class BadTopic(ValueError):
    """A topic that is refused; the text says why and what to do."""


EVER = sa.select(Topic).order_by(Topic.position, Topic.id)


def active(session: Session) -> list[Topic]:
    """Those to choose from, in the owner's order."""
    return [topic for topic in ever(session) if topic.active]


def ever(session: Session) -> list[Topic]:
    """The same, with those that were taken off: what was about one still says so."""
    return list(session.scalars(EVER))


def add(session: Session, name: str) -> Topic:
    """A new one at the end; one that was taken off comes back. Raises BadTopic."""
    name, known = _fit(session, name, None), active(session)
    if len(known) >= MOST:
        raise BadTopic(f"There are {MOST} topics already. Take one off first: a short list is chosen from faster.")
    topic = session.scalar(sa.select(Topic).where(Topic.name == name)) or Topic(name=name)
    topic.active, topic.position = True, 1 + max((each.position for each in known), default=0)
    session.add(topic)
    session.flush()
    return topic


def rename(session: Session, topic: Topic, name: str) -> None:
    """Another name, also for what was about it before. Raises BadTopic."""
    topic.name = _fit(session, name, topic.id)
    session.flush()


def move_up(session: Session, topic: Topic) -> None:
    """One place earlier in the list."""
    order = active(session)
    place = order.index(topic) if topic in order else 0
    if place:
        order[place - 1], order[place] = order[place], order[place - 1]
    for position, each in enumerate(order):
        each.position = position
    session.flush()


def take_off(session: Session, topic: Topic) -> None:
    """Offer it no more; what was about it stays so."""
    topic.active = False
    session.flush()


def _fit(session: Session, name: str, but: int | None) -> str:
    name = text.clean(name, LONGEST)
    if not name:
        raise BadTopic("Name: write what the talk is about, like “A quote” or “An appointment”.")
    same = [each for each in active(session) if each.name.casefold() == name.casefold() and each.id != but]
    if same:
        raise BadTopic(f"Name: “{name}” is on the list already.")
    return name

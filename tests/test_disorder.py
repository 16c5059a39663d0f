"""Every delivery duplicated, delayed, reordered or dropped: the same calls end the same way."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests import firm, storage
from tests.conftest import make_settings
from tests.storage import KINDS
from tests.world import World
from voice.db import Database
from voice.ledger import Message
from voice.models import Attempt
from voice.simulator import scripts
from voice.simulator.switches import RestFault, Rudeness

DAY = 86_400.0
# The caller's own requests cannot be late without the caller living through it; news that only tells can.
NEWS = "/voice/(status|recording|(legs|ladder)/.*/status|attempts/.*/child)"
STATUS = "/voice/(status|(legs|ladder)/.*/status|attempts/.*/child)"
DOCUMENTS = (
    "/voice/(incoming|calls/.*/(wait|left|still-there|joined|promise|recorded)|legs/.*/(answered|accepted|dialled|silent)"
    "|ladder/.*/(screen|accepted|over)|attempts/.*/dialled)"
)
LOST = (STATUS, "/voice/status", "/legs/.*/status", "/voice/recording", "/attempts/")
LEFT = "/calls/.*/left"
AT_ONCE = Rudeness("duplicate", path=DOCUMENTS, same_token=False, seconds=0.05)
TWICE = Rudeness("duplicate", path=DOCUMENTS, same_token=False, seconds=20.0)


class Ending(NamedTuple):
    """What must not depend on how the deliveries came."""

    calls: tuple[tuple[Any, ...], ...]
    callbacks: tuple[tuple[Any, ...], ...]
    messages: int
    rings: tuple[int, ...]
    tries: tuple[str | None, ...]


def ending(world: World) -> Ending:
    """The projection of a world that has come to rest."""
    calls = tuple((c.caller_key[:12], c.state, c.outcome, c.cause, c.answered_by) for c in world.calls())
    callbacks = tuple((c.caller_key[:12], c.state, c.reason, c.closed_reason, c.calls) for c in world.callbacks())
    messages = world.read(lambda session: session.scalar(sa.select(sa.func.count()).select_from(Message))) or 0
    rings = tuple(len(phone.rings) for phone in (*world.phones.values(), world.caller()))
    tries = world.read(lambda session: tuple(session.scalars(sa.select(Attempt.ending).order_by(Attempt.created_at))))
    return Ending(calls, callbacks, messages, rings, tries)


def answered(world: World) -> None:
    """Sam takes the call; Alex does not hear it."""
    world.staff("sam", scripts.Answers(after=5))
    world.staff("alex", scripts.Off())
    world.rings(talk=40)
    world.advance(90)


def declined(world: World) -> None:
    """Both decline; the caller leaves a message."""
    world.staff("sam", scripts.Declines(after=3))
    world.staff("alex", scripts.Declines(after=4))
    world.rings(message="It is about the boiler, which has been dripping for two days.")
    world.advance(90)


def rang_out(world: World) -> None:
    """Nobody hears it; the caller listens to the promise and goes."""
    world.staff("sam", scripts.Script())
    world.staff("alex", scripts.Script())
    world.rings()
    world.advance(27)
    world.caller().hang_up()
    world.advance(60)


def abandoned(world: World) -> None:
    """The caller hangs up while phones ring."""
    world.staff("sam", scripts.Script())
    world.staff("alex", scripts.Script())
    world.rings(patience=9)
    world.advance(60)


def rings_again(world: World) -> None:
    """Missed the first time, got through the second."""
    abandoned(world)
    answered(world)


def short(world: World) -> None:
    """A talk of a few seconds."""
    world.staff("sam", scripts.Answers(after=5))
    world.staff("alex", scripts.Off())
    world.rings(talk=3)
    world.advance(60)


def on_the_ladder(world: World) -> None:
    """The API is dead: Sam's mailbox takes his call, Alex takes the caller."""
    world.day.carrier.moods.rest.append(RestFault("error", match="POST .*/Calls.json", status=400, code=10003))
    world.staff("sam", scripts.Mailbox(after=4))
    world.staff("alex", scripts.Answers(after=3))
    world.rings(talk=40)
    world.advance(120)
    world.day.carrier.moods.rest.clear()


def rung_back(world: World) -> None:
    """Missed, rung back by Sam, answered."""
    abandoned(world)
    world.staff("sam", scripts.Answers(after=2))
    world.caller().script = scripts.Answers(after=3, key="", talk=30)
    world.ring_back("sam")
    world.advance(90)


def cut_off(world: World) -> None:
    """Sam's phone drops after a while of talk; the caller stays on, and has him back."""
    world.staff("sam", scripts.InTurn((scripts.Answers(after=2, talk=15), scripts.Answers(after=3))))
    world.staff("alex", scripts.Off())
    world.rings()
    world.advance(35)
    world.caller().hang_up()
    world.advance(30)


def withheld(world: World) -> None:
    """Nobody takes a caller who hides their number; they say it with their message."""
    world.staff("sam", scripts.Declines(after=3))
    world.staff("alex", scripts.Declines(after=4))
    world.rings("anonymous", message="It is Jane, on 212 555 0142.")
    world.advance(90)


STORIES: tuple[Callable[[World], None], ...] = (
    answered,
    declined,
    rang_out,
    abandoned,
    rings_again,
    short,
    on_the_ladder,
    rung_back,
    cut_off,
    withheld,
)

duplicates = st.builds(
    Rudeness, kind=st.just("duplicate"), path=st.sampled_from((NEWS, DOCUMENTS)), same_token=st.booleans(),
    seconds=st.sampled_from((0.05, 0.5, 20.0, 3600.0, DAY)),
)  # fmt: skip
delays = st.builds(
    Rudeness, kind=st.just("delay"), path=st.sampled_from((NEWS, "/voice/status", "/voice/recording")),
    seconds=st.sampled_from((0.3, 2.0, 30.0, 200.0, 7200.0, DAY)),
)  # fmt: skip
reorders = st.builds(Rudeness, kind=st.just("reorder"), path=st.just(NEWS), seconds=st.sampled_from((1.0, 60.0)))
drops = st.builds(Rudeness, kind=st.just("drop"), path=st.sampled_from(LOST))
rudeness = st.lists(st.one_of(duplicates, delays, reorders, drops), min_size=1, max_size=4)


def surely(kind: str, story: Callable[[World], None], *moods: Rudeness) -> example:
    """An example that is lived every time, on that database."""
    return example(kind=kind, story=story, moods=[*moods])


_homes = iter(range(10**6))


def lived(story: Callable[[World], None], url: str, home: Path, moods: list[Rudeness]) -> Ending:
    """Live through a story with these moods, and a day after it; how it ended."""
    folder = home / str(next(_homes))
    folder.mkdir()
    installed = make_settings(url, folder)
    database = Database(installed.database_url)
    storage.waits_for_no_disk(database.engine)
    firm.found(
        database, due_ring=False
    )  # whom it rings depends on who was heard of, in time: `test_due_ring` tells of it
    world = World(database, installed)
    try:
        world.day.carrier.moods.webhooks.extend(moods)
        story(world)
        world.rest = dt.timedelta(seconds=20)
        world.advance(300)  # the sweeper's time
        world.rest = dt.timedelta(hours=3)
        world.advance(DAY + 7200)  # the latest of the late has come
        return ending(world)
    finally:
        world.close()
        storage.hang_up(database.engine)


@pytest.fixture(scope="module")
def undisturbed(new_storage: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Ending]:
    """How each story ends when the carrier is on its best behaviour."""
    home = tmp_path_factory.mktemp("quiet")
    return {story.__name__: lived(story, new_storage("sqlite"), home, []) for story in STORIES}


@pytest.mark.proves("01-6.11", "01-2.16")
def test_undisturbed_stories_end_as_told(undisturbed: dict[str, Ending]) -> None:
    outcomes = {name: [call[2] for call in how.calls] for name, how in undisturbed.items()}
    assert outcomes == {
        "answered": ["talked"], "declined": ["callback"], "rang_out": ["callback"], "abandoned": ["callback"],
        "rings_again": ["callback", "talked"], "short": ["callback"], "on_the_ladder": ["talked"],
        "rung_back": ["callback"], "cut_off": ["talked"], "withheld": ["callback"],
    }  # fmt: skip
    assert undisturbed["declined"].messages == 1
    assert undisturbed["rings_again"].callbacks[0][3] == "got_through"
    assert undisturbed["on_the_ladder"].calls[0][4] == "alex"
    assert undisturbed["cut_off"].rings[0] == 2
    assert (undisturbed["withheld"].messages, undisturbed["withheld"].callbacks[0][1]) == (1, "no_number")
    assert undisturbed["rung_back"].tries == ("talked",)


@pytest.mark.timeout(600)
@pytest.mark.proves("01-6.11", "01-2.16", "A3", "A4", "M1", "M2", "M4")
@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(kind=st.sampled_from(KINDS), story=st.sampled_from(STORIES), moods=rudeness)
@surely("postgres", declined, Rudeness("delay", path=NEWS, seconds=30.0))  # why it ended is heard after it has
@surely("sqlite", rings_again, Rudeness("delay", path=NEWS, seconds=200.0))  # phones that stopped seem to ring
@surely("postgres", answered, Rudeness("drop", path=STATUS))
@surely("sqlite", answered, Rudeness("drop", path=LEFT))
@surely("postgres", rang_out, Rudeness("drop", path=LEFT))  # the promise is not heard, the callback is there
@surely("sqlite", declined, Rudeness("drop", path="/voice/recording"), TWICE)
@surely("postgres", on_the_ladder, Rudeness("drop", path=STATUS), TWICE)
@surely("sqlite", on_the_ladder, Rudeness("delay", path=NEWS, seconds=30.0))
@surely("postgres", rung_back, Rudeness("delay", path=NEWS, seconds=200.0), TWICE)
@surely("sqlite", rung_back, Rudeness("drop", path="/attempts/"))
@surely("sqlite", declined, AT_ONCE)  # a wait that comes again before any worker has had its turn
@surely("postgres", cut_off, TWICE, Rudeness("drop", path=STATUS))
@surely("sqlite", withheld, TWICE)
def test_however_the_deliveries_come_the_story_ends_the_same(
    kind: str,
    story: Callable[[World], None],
    moods: list[Rudeness],
    undisturbed: dict[str, Ending],
    new_storage: Callable[[str], str],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    home = tmp_path_factory.getbasetemp()
    fresh = [Rudeness(**vars(mood)) for mood in moods]
    how = lived(story, new_storage(kind), home, fresh)
    assert how == undisturbed[story.__name__], how

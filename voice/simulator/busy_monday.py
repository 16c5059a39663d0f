"""A busy Monday: thirty callers in a minute over the staff phones. Seeded, so the same day can be seen again."""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from .plays import direct, hang_up_all, staff_phones
from .scripts import Answers, Declines, Mailbox, Script

if TYPE_CHECKING:
    from .carrier import Carrier
    from .phones import Phone

CALLERS, SECONDS = 30, 60.0
_FIRST_NUMBER = 16465550130  # 0100-0199 after 555 belong to nobody
_LOOK_SECONDS = 0.5
_NAMES = (
    "Ada Okafor", "Ben Castle", "Carla Ruiz", "Dev Patel", "Elsa Lind", "Femi Bello", "Greta Holm", "Hugo Brandt",
    "Ines Costa", "Jack Ferry", "Kaya Yilmaz", "Leo Marsh", "Mona Saleh", "Nils Berg", "Olga Weiss", "Pia Conti",
    "Quinn Reyes", "Rosa Moreno", "Seth Cole", "Tara Singh", "Uma Rao", "Vera Novak", "Will Stone", "Xenia Petrou",
    "Yara Haddad", "Zoe Adams", "Abe Frost", "Bea Lowe", "Cy Young", "Dot Miller",
)  # fmt: skip
_MATTERS = (
    "My boiler makes a noise like a goose.",
    "There is water where there should be none.",
    "I would like a quote for a bathroom.",
    "Somebody was to come at nine.",
    "It's about the invoice of last week.",
)
_RUNG_BACK = Answers(after=3, key="", talk=12)  # whoever was missed answers when a ring-back comes
Fate = Literal["to come", "waiting", "talking", "talked", "gone"]


@dataclass(frozen=True)
class Caller:
    """Somebody who will ring: when (seconds from the start), and what they do then (arguments of Phone.dial)."""

    number: str
    name: str
    at: float
    dial: dict[str, Any]


@dataclass(frozen=True)
class Hurried(Script):
    """A staff member on a Monday: mostly answers, sometimes declines, misses it, or lets the mailbox take it."""

    dice: random.Random = field(default_factory=random.Random, repr=False)

    def chosen(self) -> Script:
        dice, roll = self.dice, self.dice.random()
        if roll < 0.7:
            return Answers(dice.uniform(1, 3), str(dice.randint(1, 9)), dice.uniform(0.5, 1.2))
        if roll < 0.82:
            return Declines(dice.uniform(1, 3))
        return Mailbox(dice.uniform(3, 5), records=4) if roll < 0.9 else Script()


def cast(seed: str, number: int = CALLERS, seconds: float = SECONDS) -> list[Caller]:
    """Who will ring, in order of time."""
    dice = random.Random(seed)  # noqa: S311 a play, not a secret
    times = sorted(dice.uniform(0, seconds) for _ in range(number))
    return [
        Caller(f"+{_FIRST_NUMBER + at}", _NAMES[at % len(_NAMES)], moment - times[0], _manner(dice))
        for at, moment in enumerate(times)
    ]


def _manner(dice: random.Random) -> dict[str, Any]:
    """One in five is impatient, half of the others have something to say after the beep."""
    # Who called hangs up first, after long enough for a talk: otherwise it looks like a call that broke off.
    roll, talk = dice.random(), round(dice.uniform(10.5, 13), 1)
    if roll < 0.2:
        return {"talk": talk, "patience": round(dice.uniform(3, 12), 1)}
    if roll < 0.6:
        return {"talk": talk, "message": dice.choice(_MATTERS)}
    return {"talk": talk, "patience": round(dice.uniform(28, 36), 1)}


class BusyMonday:
    """Performs the day. All of it runs on the carrier's loop."""

    def __init__(self, carrier: "Carrier") -> None:
        self._carrier = carrier
        self._cast: list[Caller] = []
        self._came: dict[str, int] = {}  # number -> how many legs that phone had before it rang
        self._task: asyncio.Task[None] | None = None
        self._undo: Callable[[], None] = lambda: None
        self.running = False

    def start(self, seed: str = "monday", number: int = CALLERS, seconds: float = SECONDS) -> None:
        """Begin; again while it runs is nothing. ValueError without a line."""
        if self.running:
            return
        if not self._carrier.numbers:
            raise ValueError("this play needs a line")
        hang_up_all(self._carrier)
        self._cast, self._came, self.running = cast(seed, number, seconds), {}, True
        staff = staff_phones(self._carrier)
        dice = [random.Random(f"{seed}:{phone.number}") for phone in staff]  # noqa: S311 a play, not a secret
        self._undo = direct(self._carrier, [Hurried(one) for one in dice])
        self._task = self._carrier.spawn(self._play(next(iter(self._carrier.numbers))))

    def stop(self) -> None:
        """Everybody hangs up; nobody else comes."""
        if self._task is not None:
            self._task.cancel()
        if self.running:
            self._end()
            hang_up_all(self._carrier)

    def score(self) -> dict[str, Any]:
        """How it stands: each caller with what became of them."""
        return {
            "running": self.running,
            "callers": [{"number": one.number, "name": one.name, "fate": self._fate(one.number)} for one in self._cast],
        }

    async def _play(self, line: str) -> None:
        began = self._carrier.loop.time()
        for one in self._cast:
            await asyncio.sleep(max(0.0, began + one.at - self._carrier.loop.time()))
            phone = self._carrier.phone(one.number, _RUNG_BACK, name=one.name)
            self._came[one.number] = len(phone.legs)
            phone.dial(line, **one.dial)
        while any(self._fate(one.number) in {"waiting", "talking"} for one in self._cast):
            await asyncio.sleep(_LOOK_SECONDS)
        self._end()

    def _end(self) -> None:
        self._undo()
        self._undo, self.running = lambda: None, False

    def _fate(self, number: str) -> Fate:
        if number not in self._came:
            return "to come"
        phone: Phone = self._carrier.phones[number]
        legs = phone.legs[self._came[number] :]
        live = next((leg for leg in legs if not leg.over), None)
        if live is not None:
            return "talking" if live.bridge is not None else "waiting"
        return "talked" if any(leg.bridges for leg in legs) else "gone"

"""A made-up stretch of a line's life, lived through in the Day world: people who pick up, decline or are elsewhere."""

import datetime as dt
import random
from dataclasses import dataclass

from tests.world import World
from voice.simulator import scripts
from voice.simulator.scripts import Ring, Script


@dataclass(frozen=True)
class Moody(Script):
    """Somebody who mostly picks up, at their own pace; sometimes declines, or leaves it to a machine."""

    dice: random.Random
    slowness: float = 7.0
    mailbox: float = 13.0  # seconds until theirs takes over

    async def play(self, ring: Ring) -> None:
        luck = self.dice.random()
        after = 1.5 + self.dice.expovariate(1 / self.slowness)
        if luck < 0.5:
            await scripts.Answers(after=after, key_after=self.dice.uniform(0.5, 3)).play(ring)
        elif luck < 0.6:
            await scripts.Declines(after=1.5 + self.dice.random() * 4).play(ring)
        elif luck < 0.68:
            await scripts.Mailbox(after=self.mailbox).play(ring)


def live(world: World, calls: int, seed: int = 1, apart: float = 240.0) -> None:
    """Let so many calls come, some of them together, and everybody do what they do."""
    dice = random.Random(seed)
    for place, name in enumerate(world.phones):
        world.staff(name, Moody(dice, 5.0 + 3 * place, 9.0 + 2 * place))
    world.rest = dt.timedelta(seconds=30)
    for _ in range(calls):
        number = f"+1212555{dice.randrange(1000, 1000 + calls)}"
        patience = 3.0 + dice.expovariate(1 / 60)
        if world.caller(number).leg is None:
            world.rings(number, patience=max(patience, 3.0), talk=dice.uniform(11, 60))
        world.advance(dice.choice([8.0, apart, apart, apart]))
    world.advance(120)

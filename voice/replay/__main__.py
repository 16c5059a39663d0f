"""A process that plays past calls again and can reach nothing: no network, no other program, no setting of ours.

In: one line of JSON, `{"past": …, "wish": …, "draws": …}`; it ends when its input does, so it never outlives the
worker that asked. Out: lines of JSON, `{"done": n, "of": m}` and at last `{"result": …}`.
"""

import json
import logging
import os
import sys
import threading
from typing import Any

import structlog

from voice.replay.study import DRAWS, study
from voice.rules.other_settings import Change
from voice.rules.past import Past

NICENESS = 5  # calls of today come first
# What would leave this process. An audit hook cannot be taken out again, whoever's code runs.
REACHING_OUT = (
    "socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo", "socket.gethostby",
    "subprocess.", "os.system", "os.exec", "os.posix_spawn", "os.fork",
)  # fmt: skip


class Unreachable(Exception):
    """Something tried to leave the box."""


def seal() -> None:
    """From now on nothing outside this process can be reached from it."""

    def refuse(event: str, _args: tuple[Any, ...]) -> None:
        if event.startswith(REACHING_OUT):
            raise Unreachable(event)

    sys.addaudithook(refuse)


def main() -> int:
    """Play what is asked for."""
    seal()
    os.nice(NICENESS)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    asked = json.loads(sys.stdin.readline())
    threading.Thread(target=_end_with_the_worker, daemon=True).start()
    wish = Change(**asked["wish"]) if asked["wish"] else None
    result = study(
        Past.from_json(asked["past"]), wish, lambda done, of: _say(done=done, of=of), asked.get("draws", DRAWS)
    )
    _say(result=result)
    return 0


def _say(**told: Any) -> None:
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()


def _end_with_the_worker() -> None:
    sys.stdin.read()
    os._exit(1)


if __name__ == "__main__":
    sys.exit(main())

"""What the carrier told us while storage was gone: one line of JSON each, synced to disk, read back later."""

import datetime as dt
import json
import os
import pathlib
from collections.abc import Iterator
from dataclasses import dataclass

import structlog

from voice.carrier.delivery import Delivery
from voice.settings import Settings

log = structlog.get_logger()


@dataclass(frozen=True)
class Spooled:
    """One delivery of the spool, ready to be applied."""

    delivery: Delivery
    name: str
    values: dict[str, str]


def folder(settings: Settings) -> pathlib.Path:
    """Where the spool lies."""
    return settings.home / "spool"


def keep(delivery: Delivery, name: str, values: dict[str, str]) -> None:
    """Add a delivery. A disk that is full as well costs us this witness, never the caller their answer."""
    line = {
        "name": name, "values": values, "route": delivery.route, "token": delivery.token,
        "at": delivery.now.isoformat(), "form": dict(delivery.form),
    }  # fmt: skip
    path = folder(delivery.settings) / f"{os.getpid()}.jsonl"
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "a") as file:
            file.write(json.dumps(line) + "\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        log.error("spool_failed", error=error.strerror)


def waiting(settings: Settings) -> list[pathlib.Path]:
    """Files to read back, oldest first; each is renamed by whoever takes it."""
    return sorted(folder(settings).glob("*.jsonl"), key=lambda path: path.stat().st_mtime)


def take(path: pathlib.Path) -> pathlib.Path | None:
    """Claim a file, so that no line is written to it while it is read; None when another process was first."""
    taken = path.with_suffix(".taken")
    try:
        return path.rename(taken)
    except OSError:
        return None


def read(path: pathlib.Path, settings: Settings) -> Iterator[Spooled]:
    """The deliveries of a file. A torn last line (power cut) is left out: the carrier's log has that call."""
    for line in path.read_text().splitlines():
        try:
            raw = json.loads(line)
        except ValueError:
            continue
        at = dt.datetime.fromisoformat(raw["at"])
        yield Spooled(Delivery(settings, raw["route"], raw["form"], raw["token"], at), raw["name"], raw["values"])


def finish(path: pathlib.Path) -> None:
    """The file has been applied; it is kept for a month as evidence."""
    path.rename(path.with_suffix(f".{path.stat().st_mtime_ns}.done"))


def unfinished(settings: Settings) -> list[pathlib.Path]:
    """Files a process took and did not finish: reading them again is harmless, each delivery applies once."""
    return sorted(folder(settings).glob("*.taken"))

"""What the carrier told us while storage was gone: one small file for each delivery, synced to disk, read back later.

A file appears under its name only when it is whole, and is gone when it has been applied: no line is torn, and none
is lost to a reader that overtakes a writer. Names sort by the moment of the delivery, whichever process heard it.
"""

import datetime as dt
import json
import os
import pathlib
import uuid
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
    content = {
        "name": name, "values": values, "route": delivery.route, "token": delivery.token,
        "at": delivery.now.isoformat(), "form": dict(delivery.form),
    }  # fmt: skip
    path = folder(delivery.settings) / f"{delivery.now:%Y%m%dT%H%M%S.%f}-{delivery.about}-{uuid.uuid4().hex}.json"
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = path.with_suffix(".draft")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(content, file)
            file.flush()
            os.fsync(file.fileno())
        draft.rename(path)
        _sync(path.parent)
    except OSError as error:
        log.error("spool_failed", error=error.strerror)


def _sync(path: pathlib.Path) -> None:
    """The new name must survive a power cut as well as the content."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def waiting(settings: Settings, about: str = "") -> list[pathlib.Path]:
    """What is still to be read, oldest first; `about`: of that call only."""
    try:
        names = os.listdir(folder(settings))
    except OSError:
        return []  # mostly there is no such folder
    return [folder(settings) / name for name in sorted(names) if name.endswith(".json") and about in name]


def leftovers(settings: Settings) -> list[pathlib.Path]:
    """What was set aside, and drafts of writers that died: nobody reads these back."""
    return [path for path in folder(settings).glob("*") if path.suffix in (".failed", ".draft")]


def read(path: pathlib.Path, settings: Settings) -> Spooled | None:
    """The delivery in a file; None when another process has applied it meanwhile. Raises ValueError for nonsense."""
    try:
        raw = json.loads(path.read_text())
        at = dt.datetime.fromisoformat(raw["at"])
        delivery = Delivery(settings, raw["route"], raw["form"], raw["token"], at, replayed=True)
        return Spooled(delivery, raw["name"], raw["values"])
    except FileNotFoundError:
        return None
    except (KeyError, TypeError) as error:
        raise ValueError("not a delivery") from error


def finish(path: pathlib.Path) -> None:
    """The delivery is in the tables now, word for word."""
    path.unlink(missing_ok=True)


def set_aside(path: pathlib.Path) -> None:
    """It cannot be applied: kept for a person to look at, out of the way of the others."""
    path.rename(path.with_suffix(".failed"))

"""Pictures from their descriptions, as PNG or SVG, and the script that draws them in a browser; each made once.

They are kept in the installation's `cache` folder under the hash of what they show, so two processes that draw the
same picture write the same file, and one that has changed is another one.
"""

import contextlib
import hashlib
import json
import os
import pathlib
import subprocess
import sys
import threading
from collections.abc import Mapping
from importlib import metadata
from typing import Any

PROGRAM = pathlib.Path(__file__).with_name("drawing.py")
ENGINE = metadata.version("vl-convert-python")
SECONDS = 40.0  # a machine that is busy with calls draws slowly; one that needs longer has no time for pictures
QUEUE_SECONDS = 20.0
KEPT = 300  # pictures; the oldest go
_one_at_a_time = threading.Lock()  # a page has ten pictures, and calls need the processor


class NotDrawn(Exception):
    """The picture could not be made in time; asking again later may help."""


def picture(home: pathlib.Path, described: Mapping[str, Any], kind: str) -> bytes:
    """A Vega-Lite description as `png` or `svg`. Raises NotDrawn."""
    text = json.dumps(described, sort_keys=True)
    name = hashlib.sha256(f"{ENGINE} {kind} {text}".encode()).hexdigest()[:40]
    return _made_once(home / "cache" / "pictures" / f"{name}.{kind}", kind, text).read_bytes()


def library(home: pathlib.Path) -> pathlib.Path:
    """The file with the browser's script. Raises NotDrawn."""
    return _made_once(home / "cache" / f"vega-{ENGINE}.js", "library", "")


def _made_once(path: pathlib.Path, kind: str, text: str) -> pathlib.Path:
    if path.exists():
        return path
    if not _one_at_a_time.acquire(timeout=QUEUE_SECONDS):
        raise NotDrawn("too many pictures are being drawn")
    try:
        if not path.exists():
            _keep(path, _drawn(kind, text))
    finally:
        _one_at_a_time.release()
    return path


def _drawn(kind: str, text: str) -> bytes:
    # Isolated (-I) and without our environment: it needs neither the folder it is started in nor anybody's secrets.
    command = [sys.executable, "-I", str(PROGRAM), kind]
    try:
        ended = subprocess.run(
            command, input=text.encode(), capture_output=True, timeout=SECONDS, check=True, env={"LANG": "C.UTF-8"}
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise NotDrawn(f"{kind}: {type(error).__name__}") from error
    return ended.stdout


def _keep(path: pathlib.Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.write_bytes(data)
    draft.replace(path)
    drawn = sorted(path.parent.glob("*.*"), key=_age)
    for old in drawn[:-KEPT]:
        with contextlib.suppress(OSError):  # another process was faster
            old.unlink()


def _age(path: pathlib.Path) -> float:
    with contextlib.suppress(OSError):
        return path.stat().st_mtime
    return 0.0

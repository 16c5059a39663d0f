"""What a process was started with: its settings and its database."""

from dataclasses import dataclass
from typing import cast

from flask import current_app

from voice.db import Database
from voice.settings import Settings


@dataclass(frozen=True)
class Installation:
    """Settings and database of this process."""

    settings: Settings
    database: Database


def installation() -> Installation:
    """The installation of the application that serves this request."""
    return cast(Installation, current_app.extensions["ringback"])

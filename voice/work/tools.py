"""What every job is given, and how it says that it must come again."""

from dataclasses import dataclass

from voice.carrier import client
from voice.db import Database
from voice.settings import Settings


class Again(Exception):
    """Not possible yet: try later."""


@dataclass(frozen=True)
class Tools:
    """What a job works with."""

    settings: Settings
    database: Database
    carrier: client.Carrier

"""The product, the carrier in a box and one clock in one process: time is moved, never slept, and nobody is dialled."""

import datetime as dt
from collections.abc import Sequence

import requests

from voice.app import create_app
from voice.carrier.client import Carrier
from voice.db import Database
from voice.rules.past import SETUP
from voice.settings import Settings
from voice.simulator.day import Day, DayHttpClient
from voice.simulator.transport import WebRequest, call_wsgi
from voice.work.tools import Tools
from voice.work.worker import Worker

SOON = dt.timedelta(seconds=0.2)  # how long after anything has happened the worker looks, as it does in life
TICK = dt.timedelta(seconds=0.5)  # and how often while nothing does: only what goes by the clock can be due
REST = dt.timedelta(seconds=5)  # how long a look may wait when nothing is under way


class InlineHttp(DayHttpClient):
    """The SDK's client of the Day mount, which can bring sounds home as ours can."""

    def media(self, url: str, auth: tuple[str, str], limit: int) -> tuple[int, bytes]:
        """Status and bytes."""
        asked = requests.Request("GET", url, auth=auth).prepare()
        answer = call_wsgi(self._app, WebRequest("GET", url, {k: str(v) for k, v in asked.headers.items()}))
        return answer.status, answer.body[: limit + 1]


class Box:
    """One firm, one carrier, one clock. The carrier is reached through memory: there is no address it could dial."""

    def __init__(
        self, settings: Settings, database: Database, numbers: Sequence[str], start: dt.datetime, seed: str = "0",
        setup: float = SETUP,
    ) -> None:  # fmt: skip
        self.database, self.settings = database, settings
        url = settings.public_url
        config = {
            "account_sid": settings.twilio_account_sid,
            "auth_token": settings.twilio_auth_token,
            "seed": seed,
            "setup_seconds": setup,
            "numbers": [
                {"number": number, "voice_url": f"{url}/voice/incoming", "status_callback": f"{url}/voice/status"}
                for number in numbers
            ],
        }
        self.day = Day(config, start=start)
        self.day.http_client = InlineHttp(self.day.rest)
        self.app = create_app(settings, database)
        self.day.mount(url, self.app)
        tools = Tools(settings, database, Carrier(settings, http_client=self.day.http_client))
        self.worker: Worker | None = Worker(tools, run=lambda work: work())
        self.next_tick = start
        self.soon, self.tick, self.rest = SOON, TICK, REST

    @property
    def now(self) -> dt.datetime:
        """The moment."""
        return self.day.now

    def run_until(self, end: dt.datetime) -> None:
        """Let time go by until `end`, the worker looking at its tables soon after anything has happened."""
        while self.day.now < end:
            event = self.day.next_event_at() or end
            self.day.run_until(max(min(end, self.next_tick, event), self.day.now))
            if self.day.now >= self.next_tick:
                active = self.look()
                self.next_tick = self.day.now + (self.tick if active else self.rest)
            else:
                self.next_tick = min(self.next_tick, self.day.now + self.soon)  # something happened: look soon

    def look(self) -> bool:
        """One pass of the worker; whether anything is under way."""
        return self.worker is not None and self.worker.tick(self.day.now)

    def close(self) -> None:
        """Whatever still runs in it is dropped."""
        self.day.close()

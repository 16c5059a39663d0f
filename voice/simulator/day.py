"""The Day mount: carrier, phones and application in one process on one virtual clock; no thread, no socket."""

import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import requests
from twilio.http import HttpClient
from twilio.http.response import Response

from .carrier import Carrier
from .config import Config
from .legs import Leg
from .loop import VirtualLoop
from .phones import Phone
from .rest import LOST, bound, shared_rest_app
from .scripts import Script
from .transport import WebRequest, WsgiApp, WsgiTransport, call_wsgi

_START = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)  # a Monday, ten in the morning in New York


class DayHttpClient(HttpClient):  # type: ignore[misc]
    """Hands the real SDK's request bytes to the REST application, and loses answers when told to."""

    def __init__(self, app: WsgiApp, timeout: float | None = 5.0) -> None:
        self._app = app
        self.timeout = timeout
        self.dead = False

    def request(
        self,
        method: str,
        url: str,
        params: Mapping[str, Any] | None = None,
        data: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = False,
    ) -> Response:
        """As the SDK's own client: its answer, or what `requests` raises."""
        if self.dead:
            raise requests.exceptions.ConnectionError("connection refused")
        asked = requests.Request(method, url, dict(headers or {}), params=params, data=data, auth=auth).prepare()
        sent = WebRequest(method, str(asked.url), {name: str(value) for name, value in asked.headers.items()})
        sent.body = asked.body.encode() if isinstance(asked.body, str) else b""
        answer = call_wsgi(self._app, sent)
        lost = answer.headers.get(LOST.lower())
        if lost == "timeout":
            raise requests.exceptions.ReadTimeout("no answer in time")
        if lost == "refused":
            raise requests.exceptions.ConnectionError("connection refused")
        return Response(answer.status, answer.body.decode("utf-8", "replace"), answer.headers)


class Day:
    """A day in the life of one carrier.

    `between` is called after every instant at which something happened, while the loop stands still: the place
    to run the application's own workers. `on_time` is called whenever the clock moves, also inside the loop.
    """

    def __init__(self, config: Config | Mapping[str, Any] | None = None, start: datetime = _START) -> None:
        self._start = start
        self._loop = VirtualLoop()
        self._loop.on_move = self._moved
        self.on_time: Callable[[datetime], None] = lambda _: None
        self.between: Callable[[], None] | None = None
        read = config if isinstance(config, Config) else Config.read(config or {})
        self.transport: WsgiTransport
        self.carrier = Carrier(read, self._loop, lambda: self.now, self._make_transport)
        self.rest = bound(shared_rest_app(), self.carrier)
        self.http_client = DayHttpClient(self.rest)

    def _make_transport(self, complain: Callable[[str], None]) -> WsgiTransport:
        self.transport = WsgiTransport(0.02, complain)
        return self.transport

    @property
    def now(self) -> datetime:
        """The virtual time, aware, to the microsecond."""
        return self._start + timedelta(seconds=self._loop.time())

    def _moved(self) -> None:
        self.on_time(self.now)

    # --- time

    def next_event_at(self) -> datetime | None:
        """When the carrier has something to do next, never earlier than that; None when never."""
        when = self._loop.next_timer()
        return None if when is None else self._start + timedelta(microseconds=math.ceil(when * 1e6))

    def run_until(self, moment: datetime) -> None:
        """Let everything happen that is due up to and including `moment`; the clock then stands there."""
        while self.between is not None and (due := self.next_event_at()) is not None and due <= moment:
            self._run_to(due)
            self.between()
        self._run_to(moment)

    def advance(self, seconds: float) -> None:
        """Let that many virtual seconds pass."""
        self.run_until(self.now + timedelta(seconds=seconds))

    def _run_to(self, moment: datetime) -> None:
        self._loop.run_to((moment - self._start).total_seconds())

    def close(self) -> None:
        """Give the loop back; whatever still runs on it is dropped."""
        self.on_time, self.between = lambda _: None, None
        while self.carrier.stop():
            self._loop.run_to(self._loop.time())
        self._loop.close()

    def __enter__(self) -> "Day":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- the application and the people

    def mount(self, base_url: str, app: WsgiApp) -> None:
        """Webhooks to this scheme, host and port go to this application."""
        self.transport.mounts[base_url.rstrip("/")] = app

    def phone(
        self,
        number: str,
        script: Script | None = None,
        *,
        name: str = "",
        role: Literal["outside", "staff"] | None = None,
    ) -> Phone:
        """The phone with that number: somebody outside's, unless told otherwise."""
        return self.carrier.phone(number, script, name=name, role=role)

    def staff(self, number: str, script: Script | None = None, *, name: str = "") -> Phone:
        """The phone of one of the firm's own people."""
        return self.carrier.phone(number, script, name=name, role="staff")

    def calls(self) -> list[Leg]:
        """Every leg of the day, oldest first."""
        return list(self.carrier.calls.values())

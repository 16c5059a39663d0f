"""The wire mount: the carrier on real time behind a real socket, in two threads of its own process or a test's."""

import asyncio
import secrets
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any, Self

from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

from .carrier import Carrier
from .config import Config
from .control import control_routes
from .page import page_routes
from .rest import LOST, bound, rest_app
from .transport import SocketTransport, WsgiApp

_LONGEST_SILENCE_SECONDS = 60.0


class _Handler(WSGIRequestHandler):
    """Answers in one write: headers and body apart cost a client 40 ms of delayed acknowledgement."""

    wbufsize = -1

    def log(self, type: str, message: str, *args: Any) -> None:
        """Say nothing: the carrier keeps its own log."""


class Simulator:
    """A carrier listening on `url`. Use as a context manager, or start() and stop()."""

    def __init__(self, config: Config, port: int = 0, host: str = "127.0.0.1") -> None:
        self._loop = asyncio.new_event_loop()
        self._socket = SocketTransport()
        config.seed = secrets.token_hex(8)  # identifiers of two runs must not meet in one database
        self.carrier = Carrier(config, self._loop, lambda: datetime.now(UTC), lambda _: self._socket)
        self.app = simulator_app(self.carrier)
        self._server = make_server(host, port, _losing(self.app), threaded=True, request_handler=_Handler)
        self.url = f"http://{host}:{self._server.server_port}"
        config.api_url = self.url
        self._threads = [
            threading.Thread(target=self._run_loop, name="carrier", daemon=True),
            threading.Thread(target=lambda: self._server.serve_forever(0.05), name="carrier-http", daemon=True),
        ]

    def start(self) -> Self:
        """Begin to listen."""
        for thread in self._threads:
            thread.start()
        return self

    def stop(self) -> None:
        """Stop listening and drop every call."""
        self._server.shutdown()
        self._server.server_close()
        self._loop.call_soon_threadsafe(self._wind_up)
        for thread in self._threads:
            thread.join(5)
        self._socket.close()
        self._loop.close()

    def _wind_up(self) -> None:
        """Drop what runs, turn by turn, then stop the loop."""
        if self.carrier.stop():
            self._loop.call_soon(self._wind_up)
        else:
            self._loop.stop()

    def _run_loop(self) -> None:
        self.carrier.loop_thread = threading.get_ident()
        self._loop.run_forever()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()


def simulator_app(carrier: Carrier) -> Flask:
    """REST as the carrier has it, the phones under /simulator, and the page to play with them at /."""
    app = rest_app()
    app.wsgi_app = bound(app.wsgi_app, carrier)  # type: ignore[method-assign, assignment]
    app.register_blueprint(control_routes(carrier))
    app.register_blueprint(page_routes(carrier))
    return app


def _losing(app: WsgiApp) -> WsgiApp:
    """Lose the answers that the REST application marks so: in silence, or with a broken connection."""

    def wrapped(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        lost: list[str] = []

        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            lost.extend(value for name, value in headers if name == LOST)
            return (lambda _: None) if lost else start_response(status, headers, exc_info)

        body = app(environ, start)
        if not lost:
            return body
        connection: socket.socket = environ["werkzeug.socket"]
        if lost[0] == "timeout":
            _wait_for_close(connection)
        connection.shutdown(socket.SHUT_RDWR)
        raise ConnectionAbortedError("this answer is lost on purpose")

    return wrapped


def _wait_for_close(connection: socket.socket) -> None:
    """Until the client gives up, or a minute."""
    until = time.monotonic() + _LONGEST_SILENCE_SECONDS
    connection.settimeout(0.2)
    while time.monotonic() < until:
        try:
            if not connection.recv(1, socket.MSG_PEEK):
                return
            time.sleep(0.2)
        except TimeoutError:
            continue
        except OSError:
            return


def serve(config: Config, port: int = 8400, host: str = "127.0.0.1") -> None:
    """Run until interrupted; the last line printed is the URL."""
    done = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: done.set())
    with Simulator(config, port, host) as simulator:
        sys.stdout.write(f"{simulator.url}\n")
        sys.stdout.flush()
        done.wait()

"""How webhooks travel: over real sockets, or inline into a WSGI application on the virtual clock."""

import asyncio
import io
import sys
import traceback
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import unquote_to_bytes, urlsplit

import urllib3

WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


@dataclass
class WebRequest:
    """One HTTP request about to go out."""

    method: str
    url: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass
class WebAnswer:
    """One HTTP answer. Header names are lower case; a cookie may be set more than once."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    cookies: list[str] = field(default_factory=list)


class ConnectFailedError(Exception):
    """No connection, or it broke before an answer came."""


class ReadTimedOutError(Exception):
    """Connected, but no answer in time."""


class Transport(Protocol):
    """Anything that can carry a webhook."""

    async def send(self, request: WebRequest, connect_timeout: float, read_timeout: float) -> WebAnswer:
        """The answer; raises ConnectFailedError or ReadTimedOutError."""
        ...


def call_wsgi(app: WsgiApp, request: WebRequest) -> WebAnswer:
    """Call a WSGI application with one request, as a server would."""
    url = urlsplit(request.url)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(url.path or "/").decode("latin-1"),
        "QUERY_STRING": url.query,
        "SERVER_NAME": url.hostname or "localhost",
        "SERVER_PORT": str(url.port or (443 if url.scheme == "https" else 80)),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": url.netloc.rpartition("@")[2],
        "CONTENT_LENGTH": str(len(request.body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": url.scheme,
        "wsgi.input": io.BytesIO(request.body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in request.headers.items():
        key = name.upper().replace("-", "_")
        environ[key if key in {"CONTENT_TYPE", "CONTENT_LENGTH"} else f"HTTP_{key}"] = value
    started: list[Any] = []
    body = app(environ, lambda status, headers, exc_info=None: started.extend((status, headers)))
    try:
        content = b"".join(body)
    finally:
        if hasattr(body, "close"):
            body.close()
    status, headers = started[0], started[1]
    return WebAnswer(
        int(status.split(" ", 1)[0]),
        {name.lower(): value for name, value in headers},
        content,
        [value for name, value in headers if name.lower() == "set-cookie"],
    )


class WsgiTransport:
    """Webhooks handed inline to mounted applications; `latency` is virtual seconds there and back."""

    def __init__(self, latency: float, complain: Callable[[str], None]) -> None:
        self.latency = latency
        self.mounts: dict[str, WsgiApp] = {}
        self.down: set[str] = set()
        self._complain = complain

    async def send(self, request: WebRequest, connect_timeout: float, read_timeout: float) -> WebAnswer:
        url = urlsplit(request.url)
        origin = f"{url.scheme}://{url.netloc.rpartition('@')[2]}"
        await asyncio.sleep(self.latency / 2)
        if origin not in self.mounts or origin in self.down:
            raise ConnectFailedError(origin)
        answer = self._call(self.mounts[origin], request)
        await asyncio.sleep(self.latency / 2)
        return answer

    def _call(self, app: WsgiApp, request: WebRequest) -> WebAnswer:
        try:
            return call_wsgi(app, request)
        except (KeyboardInterrupt, SystemExit):
            raise
        except Exception:
            self._complain(f"the application raised at {request.url}\n{traceback.format_exc()}")
            return WebAnswer(500, {"content-type": "text/plain"}, b"raised")
        except BaseException as crash:  # a test's way of killing the process in the middle of a request
            raise ConnectFailedError(str(crash)) from crash


class SocketTransport:
    """Webhooks over real sockets, in threads beside the loop."""

    def __init__(self, threads: int = 64) -> None:
        self._pool = urllib3.PoolManager(maxsize=threads, cert_reqs="CERT_NONE")
        self._threads = ThreadPoolExecutor(threads, "webhook")

    async def send(self, request: WebRequest, connect_timeout: float, read_timeout: float) -> WebAnswer:
        timeout = urllib3.Timeout(connect=connect_timeout, read=read_timeout)
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._send, request, timeout)

    def close(self) -> None:
        """Let the threads go."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._pool.clear()

    def _send(self, request: WebRequest, timeout: urllib3.Timeout) -> WebAnswer:
        try:
            answer = self._pool.request(
                request.method,
                request.url,
                body=request.body,
                headers=request.headers,
                timeout=timeout,
                redirect=False,
                retries=False,
            )
        except urllib3.exceptions.ReadTimeoutError as error:
            raise ReadTimedOutError(request.url) from error
        except urllib3.exceptions.HTTPError as error:
            raise ConnectFailedError(request.url) from error
        return WebAnswer(
            answer.status,
            {name.lower(): value for name, value in answer.headers.items()},
            answer.data,
            answer.headers.getlist("set-cookie"),
        )


def header(headers: Mapping[str, str], name: str) -> str:
    """A header's value or an empty string."""
    return headers.get(name.lower(), "")

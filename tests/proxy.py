"""A line to a server that can break: connections are refused, or go silent in the middle of a word."""

import contextlib
import selectors
import socket
import threading
from pathlib import Path
from types import TracebackType


class Proxy:
    """Passes bytes between a TCP port of this machine and a unix socket, until told otherwise."""

    def __init__(self, target: Path) -> None:
        self._target = target
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._mode = "pass"
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._wake, self._woken = socket.socketpair()
        self._selector = selectors.DefaultSelector()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "Proxy":
        self._thread.start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._set("end")
        self._thread.join(5)
        self._hang_up()
        self._listener.close()
        self._wake.close()
        self._woken.close()
        self._selector.close()

    def refuse(self) -> None:
        """Live connections break, new ones are closed at once."""
        self._set("refuse")

    def stall(self) -> None:
        """Everything is taken, nothing is passed on."""
        self._set("stall")

    def mend(self) -> None:
        """New connections work again; those that had stalled are broken."""
        self._set("mend")

    def _set(self, mode: str) -> None:
        self._mode = mode
        self._wake.send(b"x")

    def _run(self) -> None:
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._selector.register(self._woken, selectors.EVENT_READ)
        while self._mode != "end":
            for key, _ in self._selector.select():
                if key.fileobj is self._woken:
                    self._woken.recv(16)
                    if self._mode in ("refuse", "mend"):
                        self._hang_up()
                elif key.fileobj is self._listener:
                    self._accept()
                elif isinstance(key.fileobj, socket.socket):
                    self._pass(key.fileobj, key.data)

    def _accept(self) -> None:
        near, _ = self._listener.accept()
        if self._mode == "refuse":
            near.close()
            return
        far = socket.socket(socket.AF_UNIX)
        far.connect(str(self._target))
        self._pairs.append((near, far))
        self._selector.register(near, selectors.EVENT_READ, far)
        self._selector.register(far, selectors.EVENT_READ, near)

    def _pass(self, source: socket.socket, sink: socket.socket) -> None:
        try:
            data = source.recv(65536)
            if data and self._mode != "stall":
                sink.sendall(data)
        except OSError:
            data = b""
        if not data:
            self._close(source)
            self._close(sink)

    def _hang_up(self) -> None:
        for pair in self._pairs:
            for end in pair:
                self._close(end)
        self._pairs.clear()

    def _close(self, end: socket.socket) -> None:
        with contextlib.suppress(KeyError, ValueError):
            self._selector.unregister(end)
        end.close()

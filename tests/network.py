"""No test reaches beyond this machine: Python's own audit events refuse a name or an address that is not loopback."""

import ipaddress
import sys
from typing import Any

# `gunicorn` and the simulator bind to names; the empty one and None mean every address of this machine.
HERE = {"localhost", "", None}
WATCHED = {"socket.connect": 1, "socket.sendto": 1, "socket.getaddrinfo": 0, "socket.gethostbyname": 0}


class OutsideWorld(AssertionError):
    """A test tried to reach another machine."""


def _is_here(host: Any) -> bool:
    name = host.decode() if isinstance(host, bytes) else host
    if name in HERE:
        return True
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def _refuse(event: str, arguments: tuple[Any, ...]) -> None:
    if event not in WATCHED:
        return
    target = arguments[WATCHED[event]]
    host = target[0] if isinstance(target, tuple) else target
    if event in ("socket.connect", "socket.sendto") and not isinstance(target, tuple):
        return  # a unix socket
    if not _is_here(host):
        raise OutsideWorld(f"a test may speak to this machine only, not to {host!r}")


def pytest_configure() -> None:
    """Watch from before the first test module is imported; an audit hook stays until the process ends."""
    sys.addaudithook(_refuse)

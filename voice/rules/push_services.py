"""Where a browser may ask to be woken through. An address from outside that we would post to is a way in, so there is a
list: the browsers' own push services, and what the owner adds."""

import ipaddress
from collections.abc import Collection
from urllib.parse import urlsplit

# Chrome, Edge and most others; Firefox; Safari; Edge on Windows.
SERVICES = ("fcm.googleapis.com", "updates.push.services.mozilla.com")
FAMILIES = (".push.apple.com", ".notify.windows.com")
LONGEST = 1000


def refusal(endpoint: str, more: Collection[str] = ()) -> str | None:
    """Why we do not post to this address, as a sentence; None: we do.

    `more`: further hosts, as `host` or `host:port`. Plain http only to this machine, and only where it is one of them.
    """
    try:
        parts = urlsplit(endpoint)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        return "That is not an address."
    named = f"{host}:{port}" if port else host
    if len(endpoint) > LONGEST or not endpoint.isascii() or not endpoint.isprintable() or parts.username is not None:
        return "That is not the address of a push service."
    if named in more:
        return None if parts.scheme == "https" or (parts.scheme == "http" and _is_here(host)) else "It must be https."
    known = host in SERVICES or host.endswith(FAMILIES)
    if parts.scheme != "https" or port not in (None, 443) or not known:
        return f"{host or 'That'} is no push service we know. The owner can allow it with PUSH_SERVICES."
    return None


def _is_here(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False

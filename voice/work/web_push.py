"""Posts to a browser's push service: encrypted for that browser alone (RFC 8291), signed as us (RFC 8292)."""

import datetime as dt
import json
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import urlsplit

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec
from py_vapid import Vapid02
from py_vapid.utils import b64urldecode

from voice import push_key
from voice.devices import Device
from voice.rules import push_services
from voice.settings import Settings

TIMEOUT = 5.0  # seconds
KEPT = 1800  # seconds the service keeps it for a browser that is off: later it would be an old story
SIGNED_FOR = dt.timedelta(hours=1)
FORGOTTEN = (404, 410)


class Gone(Exception):
    """The push service does not know that browser any more, or we would not post there."""


class NotSent(Exception):
    """The push service did not take it; it may later."""


class _StayHere(urllib.request.HTTPRedirectHandler):
    """A push service that sends us elsewhere would choose where we post."""

    def redirect_request(self, *_given: Any, **_named: Any) -> None:
        """Follow nothing."""


_opener = urllib.request.build_opener(_StayHere)


def send(settings: Settings, device: Device, news: dict[str, Any], now: dt.datetime) -> None:
    """Hand over one message. Raises Gone or NotSent."""
    if push_services.refusal(device.endpoint, settings.more_push_services):
        raise Gone
    request = urllib.request.Request(  # noqa: S310  the address has been looked at above
        device.endpoint,
        data=_encrypted(device, json.dumps(news).encode()),
        headers={
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(KEPT),
            "Urgency": "high",
            "Topic": str(news["callback"] or news["kind"])[:32],  # a newer one of the same caller takes its place
            **_signature(settings, device.endpoint, now),
        },
        method="POST",
    )
    try:
        _opener.open(request, timeout=TIMEOUT).close()
    except urllib.error.HTTPError as answer:
        answer.close()
        if answer.code in FORGOTTEN:
            raise Gone from None
        raise NotSent(f"the push service said {answer.code}") from None
    except OSError as error:
        raise NotSent(type(error).__name__) from None  # its text may hold the address, which is a secret


def _encrypted(device: Device, message: bytes) -> bytes:
    key, auth = (b64urldecode(part.encode()) for part in (device.p256dh, device.auth))
    ours = ec.generate_private_key(ec.SECP256R1())
    return bytes(http_ece.encrypt(message, private_key=ours, dh=key, auth_secret=auth, version="aes128gcm"))


def _signature(settings: Settings, endpoint: str, now: dt.datetime) -> dict[str, str]:
    parts = urlsplit(endpoint)
    us = settings.public_url if settings.secure else "mailto:ringback@localhost"  # whom the service may turn to
    until = int((now + SIGNED_FOR).timestamp())
    claims = {"aud": f"{parts.scheme}://{parts.netloc}", "exp": until, "sub": us}
    # Its own check of `sub` refuses an address with a port; the service decides.
    return dict(Vapid02(push_key.private(settings.key()), conf={"no-strict": True}).sign(claims))

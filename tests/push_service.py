"""A push service of our own, over the wire, and browsers that can read what it is given for them."""

import base64
import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import http_ece
import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


def b64(data: bytes) -> str:
    """base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Browser:
    """One browser's subscription; it alone can read what is sent to it."""

    def __init__(self, service: "PushService", name: str) -> None:
        self.name, self._key, self._secret = name, ec.generate_private_key(ec.SECP256R1()), os.urandom(16)
        self.endpoint = f"{service.url}/send/{name}"
        self._service = service
        point = self._key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        self.p256dh, self.auth = b64(point), b64(self._secret)

    @property
    def shown(self) -> list[dict[str, Any]]:
        """What it was told, in order, decrypted."""
        return [
            json.loads(http_ece.decrypt(body, private_key=self._key, auth_secret=self._secret, version="aes128gcm"))
            for path, _headers, body in self._service.taken
            if path == f"/send/{self.name}"
        ]


class PushService:
    """Takes what is posted, or answers with `status`."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, dict[str, str], bytes]] = []
        self.status = 201
        self.asked = 0
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                service.asked += 1
                if service.status == 201:
                    service.taken.append((self.path, dict(self.headers), body))
                self.send_response(service.status)
                self.send_header("Location", f"{service.url}/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_words: Any) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.host = f"127.0.0.1:{self.server.server_port}"
        self.url = f"http://{self.host}"

    def signed_by(self, public_key: str) -> dict[str, Any]:
        """The claims of the newest message's signature, checked with the key the page hands to browsers."""
        scheme, _, fields = self.taken[-1][1]["Authorization"].partition(" ")
        told = dict(field.split("=", 1) for field in fields.split(","))
        assert (scheme, told["k"]) == ("vapid", public_key)
        point = base64.urlsafe_b64decode(public_key + "=" * (-len(public_key) % 4))
        key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
        claims: dict[str, Any] = jwt.decode(told["t"], key, ["ES256"], audience=self.url)
        return claims


@contextmanager
def running() -> Iterator[PushService]:
    """A service that listens."""
    service = PushService()
    thread = threading.Thread(target=service.server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield service
    service.server.shutdown()
    thread.join()
    service.server.server_close()

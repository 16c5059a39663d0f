"""A browser asks to be woken when somebody is waiting, or no longer."""

import base64

from cryptography.hazmat.primitives.asymmetric import ec
from flask import Blueprint, abort, request
from flask.typing import ResponseReturnValue

from dashboard import visits
from voice import clock, pushing
from voice.installation import installation
from voice.rules import push_services

push = Blueprint("push", __name__)
NOTHING = ("", 204)
SECRET = 16  # bytes (RFC 8291, 3.2)


@push.post("/devices")
def add() -> ResponseReturnValue:
    """Wake this browser from now on; `names`: it may show who is waiting. 400 says what is wrong with it."""
    endpoint = request.form.get("endpoint", "")
    if refused := push_services.refusal(endpoint, installation().settings.more_push_services):
        abort(400, refused)
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), _bytes("p256dh"))
    except ValueError:
        abort(400, "p256dh is not the public key of a browser.")
    if len(_bytes("auth")) != SECRET:
        abort(400, f"auth is not a secret of {SECRET} bytes.")
    keys = (request.form["p256dh"], request.form["auth"])
    with installation().database.transaction() as session:
        pushing.register(session, visits.here(), endpoint, *keys, request.form.get("names") == "1", clock.now())
    return NOTHING


@push.post("/devices/forget")
def forget() -> ResponseReturnValue:
    """Wake this browser no more."""
    with installation().database.transaction() as session:
        pushing.forget(session, request.form.get("endpoint", ""))
    return NOTHING


def _bytes(field: str) -> bytes:
    text = request.form.get(field, "")
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError:
        abort(400, f"{field} is not base64url.")

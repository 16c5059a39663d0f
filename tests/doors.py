"""An authenticator app, and what its owner does with it on the pages."""

import datetime as dt
import re

import pyotp
from werkzeug.test import TestResponse

from tests.pages import Visitor


def now_shown(secret: str, steps_off: int = 0) -> str:
    """What the app shows, or showed so many half minutes ago."""
    return pyotp.TOTP(secret).at(dt.datetime.now(dt.UTC) + dt.timedelta(seconds=30 * steps_off))


def begin(visitor: Visitor) -> str:
    """Scan the QR code: the secret the app then has."""
    visitor.post("/account/totp/begin", {"csrf_token": visitor.token("/account")})
    shown = re.search(r'class="secret">([^<]+)<', visitor.get("/account/totp").text)
    assert shown
    return shown[1].replace(" ", "")


def confirm(visitor: Visitor, code: str) -> TestResponse:
    """Type the first code."""
    return visitor.post("/account/totp/confirm", {"csrf_token": visitor.token("/account"), "code": code})


def enrol(visitor: Visitor) -> tuple[str, list[str]]:
    """Set up an app: its secret, and the recovery codes."""
    secret = begin(visitor)
    codes = re.findall(r"<code>([a-z2-7-]{27})</code>", confirm(visitor, now_shown(secret)).text)
    return secret, codes


def second(visitor: Visitor, code: str) -> TestResponse:
    """Answer the question for a code."""
    return visitor.post("/login/second", {"csrf_token": visitor.token("/login/second"), "code": code})

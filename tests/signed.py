"""Deliveries as the carrier signs them, posted by hand: for what the carrier in a box would never send."""

import itertools
from typing import Any
from urllib.parse import urlencode

import sqlalchemy as sa
from flask import Flask
from twilio.request_validator import RequestValidator
from werkzeug.test import TestResponse

from tests import documents, firm
from tests.conftest import ACCOUNT, AUTH_TOKEN
from tests.world import URL
from voice.db import Database

_numbers = itertools.count(1)


def call_sid() -> str:
    """A CallSid nobody has seen yet."""
    return f"CA{next(_numbers):032x}"


def arrival(sid: str, **more: str) -> dict[str, str]:
    """The parameters of a new call."""
    return {
        "AccountSid": ACCOUNT, "CallSid": sid, "From": "+12125550177", "To": firm.LINE, "CallStatus": "ringing",
        "Direction": "inbound", "ApiVersion": "2010-04-01", **more,
    }  # fmt: skip


def post(
    app: Flask, path: str, form: dict[str, str], token: str = AUTH_TOKEN, delivery: str = "", **more: Any
) -> TestResponse:
    """Post one signed delivery. `token` signs it, `delivery` is the carrier's idempotency token.

    A document that comes back is held to the rules for every document.
    """
    signature = RequestValidator(token).compute_signature(URL + path, form)
    headers = {"X-Twilio-Signature": signature, "Host": "somewhere.else.test", **more.pop("headers", {})}
    if delivery:
        headers["I-Twilio-Idempotency-Token"] = delivery
    body = more.pop("data", None) or urlencode(form)
    content = "application/x-www-form-urlencoded; charset=UTF-8"
    answer = app.test_client().post(path, data=body, content_type=content, headers=headers, **more)
    wrong = documents.answered(URL + path, form, answer.content_type or "", answer.text, firm.PHONES.values())
    assert wrong == [], wrong
    return answer


def count(database: Database, table: type) -> int:
    """Rows of a table."""
    with database.reading() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(table)) or 0

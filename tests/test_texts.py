"""A text to a line: kept, answered with silence, and only from the carrier."""

import pytest
import sqlalchemy as sa
from flask import Flask

from tests import firm
from tests.conftest import ACCOUNT
from tests.signed import post
from voice.app import create_app
from voice.db import Database
from voice.ledger import CarrierEvent
from voice.settings import Settings

TEXT = {
    "AccountSid": ACCOUNT, "MessageSid": "SM" + "5" * 32, "From": "+12125550177", "To": firm.LINE,
    "Body": "Can you come on Tuesday?", "NumMedia": "0", "SmsStatus": "received",
}  # fmt: skip


@pytest.fixture
def app(settings: Settings, database: Database) -> Flask:
    """The phone side of Acme Plumbing, alone."""
    firm.found(database)
    return create_app(settings, database)


@pytest.mark.proves("01-2.18")
def test_a_text_is_kept_word_for_word_and_answered_with_silence(app: Flask, database: Database) -> None:
    answers = [post(app, "/sms/incoming", TEXT) for _ in range(2)]
    assert [(a.status_code, a.mimetype) for a in answers] == [(200, "text/xml")] * 2
    assert all(a.text.endswith("<Response />") for a in answers)
    with database.reading() as session:
        (kept,) = session.scalars(sa.select(CarrierEvent))
    assert kept.form["Body"] == "Can you come on Tuesday?"


@pytest.mark.proves("01-2.18")
@pytest.mark.parametrize(
    ("path", "form", "status"),
    [
        ("/sms/incoming", TEXT | {"MessageSid": "CA" + "5" * 32}, 400),
        ("/sms/incoming", TEXT | {"AccountSid": "AC" + "9" * 32}, 403),
        ("/voice/incoming", TEXT, 400),
    ],
    ids=["not a text", "another account", "a text at the door for calls"],
)
def test_what_is_not_a_text_to_us_is_refused(app: Flask, path: str, form: dict[str, str], status: int) -> None:
    assert post(app, path, form).status_code == status

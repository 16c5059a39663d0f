"""A small firm with its people side, and visitors who use it as a browser would: with cookies and the form's token."""

import datetime as dt
import hashlib
import pathlib
import re
from typing import Any

import sqlalchemy as sa
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from sqlalchemy.pool import QueuePool
from werkzeug.test import TestResponse

from dashboard import add_dashboard
from tests import storage
from tests.firm import LINE, found
from tests.waiting import until
from voice import accounts, clock
from voice.db import Database
from voice.firm import Audio, StaffMember
from voice.installation import Installation
from voice.ledger import Message, User
from voice.models import Call, Callback, Contact, new_id
from voice.settings import Settings

JANE = "+12125550142"
PASSWORD = "correct horse battery"
# Made lightly, and a hash says itself how it was made: what a right one costs is shown in test_sign_in alone.
PASSWORD_HASH = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(PASSWORD)


class Firm:
    """Acme Plumbing, always open, and everybody who works there may sign in; Sam is the owner."""

    SESSION_COOKIE = "ringback-session"

    def __init__(
        self, url: str, folder: pathlib.Path, public_url: str = "http://localhost", is_new: bool = True
    ) -> None:
        environ = {"DATABASE_URL": url, "RINGBACK_HOME": str(folder), "PUBLIC_URL": public_url, "SECRET_KEY": "k" * 64}
        self.settings = Settings.from_env(environ)
        self.database = Database(url)
        storage.waits_for_no_disk(self.database.engine)
        if is_new:
            found(self.database)
        self.app = Flask("people", static_folder=None)
        self.app.extensions["ringback"] = Installation(self.settings, self.database)
        add_dashboard(self.app)
        if is_new:
            with self.database.transaction() as session:
                _let_in(session)

    def close(self) -> None:
        """Let the pages go, and the database when the last of them is answered."""
        self.app.extensions["doorbell"].stop()
        pool = self.database.engine.pool
        assert isinstance(pool, QueuePool)
        until(lambda: pool.checkedout() == 0, "the last answers to be given")
        storage.hang_up(self.database.engine)

    def visitor(self, email: str | None = None) -> "Visitor":
        """A browser of its own; signed in when an address is given."""
        visitor = Visitor(self)
        if email:
            assert visitor.sign_in(email).status_code == 303
        return visitor

    def let_in(self, who: str) -> str:
        """What a browser's cookie holds once this person has signed in there."""
        with self.database.transaction() as session:
            user = session.scalars(sa.select(User).where(User.email == f"{who}@example.com")).one()
            return accounts.sign_in(session, user.id, clock.now())

    def callback(self, caller: str | None = JANE, due: float = 12, **values: Any) -> str:
        """Somebody on the list, due in so many minutes; their call and its id are made with them."""
        now, key = clock.now(), caller or f"withheld:{new_id()}"
        at = now + dt.timedelta(minutes=due)
        plain = {"state": "waiting", "reason": "rang_out", "promised_by": at, "due_at": at}
        seen = {"first_called_at": now, "last_called_at": now}
        with self.database.transaction() as session:
            row = Callback(line=LINE, caller=caller, caller_key=key, **(plain | seen | values))
            session.add(row)
            session.flush()
            self.call(session, caller, callback_id=row.id, state="unanswered", outcome="callback", ended_at=now)
            return row.id

    def call(self, session: Session, caller: str | None, **values: Any) -> Call:
        """An inbound call."""
        now, key = clock.now(), caller or f"withheld:{new_id()}"
        times = {"received_at": now, "ring_from": now, "ring_until": now + dt.timedelta(seconds=20), "seen_at": now}
        numbers = {"line": LINE, "dialled": LINE, "caller": caller, "caller_key": key}
        row = Call(**({"sid": f"CA{new_id()}", "source": "webhook"} | numbers | times | values))
        session.add(row)
        session.flush()
        return row

    def message(self, callback_id: str, data: bytes, content_type: str = "audio/wav") -> str:
        """What that caller said."""
        sound = hashlib.sha256(data).hexdigest()
        with self.database.transaction() as session:
            call = session.query(Call).filter_by(callback_id=callback_id).one()
            session.add(Audio(id=sound, content_type=content_type, seconds=4, data=data))
            session.flush()
            row = Message(call_id=call.id, recording_sid=f"RE{new_id()}", state="ready", received_at=clock.now())
            row.audio_id, row.seconds = sound, 4
            session.add(row)
            session.flush()
            return row.id

    def row(self, callback_id: str) -> Callback:
        """A callback as it is now."""
        with self.database.reading() as session:
            return session.get_one(Callback, callback_id)

    def set(self, callback_id: str, **values: Any) -> None:
        """Change a callback behind the page's back."""
        with self.database.transaction() as session:
            row = session.get_one(Callback, callback_id)
            for name, value in values.items():
                setattr(row, name, value)

    def name(self, number: str, name: str | None = None, carrier_name: str | None = None) -> None:
        """What we know of a caller."""
        with self.database.transaction() as session:
            session.add(Contact(number=number, name=name, carrier_name=carrier_name))


class Visitor:
    """One browser."""

    def __init__(self, firm: Firm) -> None:
        self.firm = firm
        self.client: FlaskClient = firm.app.test_client()
        self.origin = firm.settings.public_url

    def get(self, path: str, **headers: str) -> TestResponse:
        """Open a page."""
        return self.client.get(path, base_url=self.origin, headers=_headers(headers), buffered=True)

    def post(self, path: str, fields: dict[str, str] | None = None, **headers: str) -> TestResponse:
        """Send a form as it is, without the token of a page."""
        return self.client.post(path, base_url=self.origin, data=fields or {}, headers=_headers(headers), buffered=True)

    def press(self, path: str, **fields: str) -> TestResponse:
        """Press a button of a page: the form carries the page's token."""
        return self.post(path, fields | {"csrf_token": self.token("/")})

    def sign_in(self, email: str, password: str = PASSWORD, where: str = "/login") -> TestResponse:
        """Fill in the sign-in form."""
        return self.post(where, {"email": email, "password": password, "csrf_token": self.token(where)})

    def token(self, page: str) -> str:
        """The token in the first form of a page."""
        found = re.search(r'name="csrf_token" value="([^"]+)"', self.get(page).text)
        return found[1] if found else ""

    def cookie(self, purpose: str) -> str | None:
        """The value of one of our cookies."""
        prefix = "__Host-ringback-" if self.firm.settings.secure else "ringback-"
        host = self.origin.partition("://")[2]
        found = self.client.get_cookie(prefix + purpose, domain=host)
        return found.value if found else None


def reads(html: str) -> str:
    """A page as a person reads it."""
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def _headers(given: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in given.items()}


def _let_in(session: Session) -> None:
    """Everybody may sign in; Sam is the owner."""
    for person in session.scalars(sa.select(StaffMember)):
        person.email, person.role = f"{person.id}@example.com", "owner" if person.id == "sam" else "staff"
        accounts.add_user(session, person.email, person.name, person.role, PASSWORD_HASH)

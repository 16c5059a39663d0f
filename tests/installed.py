"""A small firm's installation in real processes: the carrier in a box, web and worker, each over real sockets."""

import contextlib
import dataclasses
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from tests.pages import Firm
from tests.terminal import Phones, Terminal
from voice.firm import Line, LineStaff, StaffMember
from voice.ledger import User
from voice.running import free_port
from voice.simulated import described


@dataclass
class Installed:
    """What runs: where its pages are, the phones around it, its tables, and its supervisor's terminal."""

    pages: str
    phones: Phones
    firm: Firm
    terminal: Terminal

    def calls_to(self, number: str) -> int:
        """How often the carrier was asked to ring that number."""
        return len([call for call in self.phones.get("calls")["calls"] if call["to"] == number])


@contextlib.contextmanager
def installed(database_url: str, home: Path, redis_url: str, staff: int = 0, **settings: str) -> Iterator[Installed]:
    """Start it for Acme Plumbing with so many more people, on a database with its tables. `settings`: environment."""
    pages = f"http://localhost:{(port := free_port(0))}"
    firm = Firm(database_url, home, pages)
    phones = _join(firm, staff)
    sid, token = "AC" + "0" * 31 + "1", "a-token-made-up-for-tests"
    config = home / "carrier.json"
    known = dataclasses.replace(firm.settings, twilio_account_sid=sid, twilio_auth_token=token)
    config.write_text(json.dumps(described(known, *phones)))
    env = {
        "TWILIO_ACCOUNT_SID": sid, "TWILIO_AUTH_TOKEN": token, "DATABASE_URL": database_url,
        "RINGBACK_HOME": str(home), "REDIS_URL": redis_url, "SECRET_KEY": "k" * 64,
        "PORT": str(port), "PUBLIC_URL": pages, "ALLOW_OTHER_CARRIER": "1", "PYTHONUNBUFFERED": "1", **settings,
    }  # fmt: skip
    with contextlib.ExitStack() as stack:
        stack.callback(firm.close)
        carrier = Terminal(("simulate", "--port", "0", "--config", str(config)), env, home / "carrier")
        stack.callback(carrier.interrupt)
        env["TWILIO_API_BASE_URL"] = carrier.address()
        terminal = Terminal(("run",), env, home / "printed")
        stack.callback(terminal.interrupt)
        terminal.address()
        made = Installed(pages, Phones(env["TWILIO_API_BASE_URL"]), firm, terminal)
        yield made
        assert made.phones.wrong() == []


def _join(firm: Firm, more: int) -> tuple[list[Line], list[StaffMember]]:
    """More people on the line, each with a phone and a sign-in; all lines and people."""
    with firm.database.transaction() as session:
        secret = session.scalars(sa.select(User.password_hash)).first()
        for number in range(more):
            who = f"staff{number}"
            session.add(StaffMember(id=who, name=f"Staff {number}", phone=f"+1212555{3000 + number}"))
            session.flush()
            session.add(LineStaff(line="+12125550100", staff_id=who, position=10 + number))
            session.add(User(email=f"{who}@example.com", name=who, role="staff", password_hash=secret, staff_id=who))
        return list(session.scalars(sa.select(Line))), list(session.scalars(sa.select(StaffMember)))

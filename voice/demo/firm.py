"""The firm of the demo: who works there, and the phones outside."""

import datetime as dt
import json
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from voice import accounts, availability, business, tokens
from voice.db import Database
from voice.demo import week
from voice.firm import Line, StaffMember
from voice.models import Call
from voice.settings import Settings
from voice.simulated import described

LINE = "+12125550100"
OWNER = "kim@acme.example"
# Open day and night, so that whoever tries it at whatever hour hears phones ring; one day of the week was a day off.
FILE = """\
[business]
name = "Acme Plumbing"
country = "US"
time_zone = "America/New_York"

[[staff]]
id = "sam"
name = "Sam Field"
phone = "+12125550111"

[[staff]]
id = "alex"
name = "Alex Reed"
phone = "+12125550112"

[[staff]]
id = "kim"
name = "Kim Novak"
phone = "+12125550113"
email = "kim@acme.example"
role = "owner"

[[lines]]
number = "+12125550100"
name = "Main line"
greeting = "Thanks for calling Acme Plumbing, I'm getting someone for you."
staff = ["sam", "alex", "kim"]
closed_days = ["{closed_day}"]
[lines.hours]
mon = "00:00-24:00"
tue = "00:00-24:00"
wed = "00:00-24:00"
thu = "00:00-24:00"
fri = "00:00-24:00"
sat = "00:00-24:00"
sun = "00:00-24:00"
"""
CUSTOMERS = [
    {"number": "+12125550142", "name": "Jane Doe"},
    {"number": "+13105550147", "name": "Tom Reyes"},
    {"number": "anonymous", "name": "Somebody who hides their number"},
]
# Who isn't on the page and is rung back picks up by themselves, has a talk, and hangs up.
ANSWERS = {"script": "answers", "after": 3, "key": "", "talk": 20}


@dataclass(frozen=True)
class Keys:
    """What lets people and the phones page in; kept, so that the next start prints the same."""

    password: str
    token: str


def found(database: Database, path: Path, now: dt.datetime) -> Keys:
    """The keys of the demo; on the first start its firm, week and user are made."""
    with database.reading() as session:
        if path.exists() and session.scalar(sa.select(Call.id).limit(1)):
            return Keys(**json.loads(path.read_text()))
    password = secrets.token_urlsafe(9)
    secret = accounts.hash_password(password)
    with database.transaction() as session:
        keys = Keys(password, _make(session, secret, now))
    path.touch(mode=0o600)
    path.write_text(json.dumps(asdict(keys)))
    return keys


def _make(session: Session, secret: str, now: dt.datetime) -> str:
    """The firm, its week, its owner with this password hash; the token of the phones page."""
    closed_day = week.closed_day(now)
    business.apply(session, FILE.format(closed_day=closed_day.isoformat()), now)
    week.write(session, session.get_one(Line, LINE), now)
    for member in session.scalars(sa.select(StaffMember)).all():
        # As if each had come in just now: else the phones the week has rung in vain rest after the first call played.
        availability.set_to(session, member, "on", now)
    if accounts.find_user(session, OWNER):
        accounts.reset_user(session, OWNER, secret)
    else:
        accounts.add_user(session, OWNER, "Kim Novak", "owner", secret, "kim")
    return tokens.make_token(session, "phones page", now)


def carrier(session: Session, settings: Settings, token: str) -> dict[str, Any]:
    """The carrier in a box for this firm: its line, its people's phones, some customers', and a token."""
    staff = session.scalars(sa.select(StaffMember).where(StaffMember.active).order_by(StaffMember.id)).all()
    told = described(settings, session.scalars(sa.select(Line).where(Line.active)).all(), staff)
    panel = {"ringback_url": settings.public_url, "ringback_token": token}  # the list beside the phones
    others = [{"number": number, "name": name, "script": ANSWERS} for number, name in week.people().items()]
    return told | panel | {"phones": told["phones"] + CUSTOMERS + others}

"""The carrier in a box, given what this installation knows: its account, its lines, and its people's phones."""

import pathlib
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import make_url

from voice.db import Database
from voice.firm import Line, StaffMember
from voice.running import say
from voice.settings import Settings


def serve(settings: Settings, port: int, file: pathlib.Path | None) -> int:
    """Run until interrupted. Prints the account to sign in with and, as the last line, the address."""
    # Only here: the demo describes its carrier too, and starts it in another process.
    from voice.simulator.config import Config
    from voice.simulator.server import serve as serve_forever

    config = Config.read(file or described(settings, *_firm(settings)))
    say(f"TWILIO_ACCOUNT_SID={config.account_sid}")
    say(f"TWILIO_AUTH_TOKEN={config.auth_token}")
    serve_forever(config, port)
    return 0


def described(settings: Settings, lines: Sequence[Line], staff: Sequence[StaffMember]) -> dict[str, Any]:
    """The configuration that makes these lines ring us at PUBLIC_URL, and these people's phones exist."""
    url = settings.public_url
    routes = {"voice_url": "/voice/incoming", "status_callback": "/voice/status", "sms_url": "/sms/incoming"}
    numbers = [
        {"number": line.number, "friendly_name": line.name} | {name: url + path for name, path in routes.items()}
        for line in lines
    ]
    phones = [{"number": person.phone, "name": person.name, "role": "staff"} for person in staff if person.phone]
    given = {"account_sid": settings.twilio_account_sid, "auth_token": settings.twilio_auth_token}
    return {name: value for name, value in given.items() if value} | {"numbers": numbers, "phones": phones}


def _firm(settings: Settings) -> tuple[Sequence[Line], Sequence[StaffMember]]:
    """Who is in the database; nobody when there is none yet, for the carrier in a box stands on its own."""
    url = make_url(settings.database_url)
    if url.get_backend_name() == "sqlite" and not pathlib.Path(url.database or "").is_file():
        return (), ()
    database = Database(settings.database_url)
    try:
        with database.reading() as session:
            lines = session.scalars(sa.select(Line).where(Line.active).order_by(Line.position)).all()
            return lines, session.scalars(sa.select(StaffMember).where(StaffMember.active)).all()
    except sa.exc.SQLAlchemyError:
        return (), ()
    finally:
        database.engine.dispose()

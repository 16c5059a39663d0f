"""Every operation of the JSON interface, asked with what its description allows and with what it does not.

Whoever adds an operation has added it here: schemathesis reads `openapi.json`. `RINGBACK_FUZZ=300` asks for minutes,
and Postgres too.
"""

import os
import re
from collections.abc import Callable
from typing import Any

import pytest
import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events

from dashboard.api.operation import OPERATIONS
from tests.program import JANE, MAIN, NOON, OTHER, Program
from tests.storage import KINDS
from voice.db import Database
from voice.firm import Audio
from voice.ledger import Message
from voice.list_tables import Told
from voice.models import Attempt
from voice.people import Erasure
from voice.rules import states

pytest_plugins = ["tests.interface"]

LONG = os.environ.get("RINGBACK_FUZZ")
EXAMPLES = int(LONG or 3)  # each costs some seconds of every run of the suite; the boundary cases come on top of them
OF_VERBS = 6
ODD = ["", " ", "\x00", "\u202e", "'; --", "<b>", "=1+1", "%00", "../..", "\U0001f388" * 50, "\u0661", "-0", "9" * 400]


def config(token: str, real: dict[str, list[str]]) -> SchemathesisConfig:
    """The same requests each time; where a name of `real` is asked for, mostly one that leads somewhere."""
    known = {f"real-{index}": {"values": values} for index, values in enumerate(real.values())}
    return SchemathesisConfig.from_dict(
        {
            "seed": 1,
            "continue-on-failure": True,
            # In process nothing unpacks a compressed answer.
            "headers": {"Authorization": f"Bearer {token}", "Accept-Encoding": "identity"},
            "dictionaries": {"odd": {"values": ODD}} | known,
            "parameters": {
                name: {"dictionary": f"real-{index}", "probability": 0.8} for index, name in enumerate(real)
            },
            "generation": {
                "mode": "all",
                "deterministic": True,
                "max-examples": EXAMPLES,
                "dictionaries": {"string": {"dictionary": "odd", "probability": 0.2}},
            },
            "operations": [
                # What the list does is what programs will do all day.
                {
                    "include-path-regex": "^/callbacks/.*/",
                    "include-method": "POST",
                    "generation": {"max-examples": max(EXAMPLES, OF_VERBS)},
                },
            ],
            "checks": {
                # A schema cannot say all that is refused: whether a line is ours, which cursor we gave.
                "positive_data_acceptance": {"enabled": False},
                # Every operation is asked without a token in `test_api_door`; over WSGI this check cannot run.
                "ignored_auth": {"enabled": False},
            },
            # Rows of every state are there from the start, so nothing has to be led to them step by step.
            "phases": {"stateful": {"enabled": False}},
        }
    )


def run(schema: Any) -> tuple[list[str], dict[int, int]]:
    """What was found, each with the request that shows it, and how often which status was answered."""
    found: list[str] = []
    statuses: dict[int, int] = {}
    for event in schemathesis.engine.from_schema(schema).execute():
        if isinstance(event, events.NonFatalError | events.FatalError):
            found.append(f"{getattr(event, 'label', '')}: {event}")
        if not isinstance(event, events.ScenarioFinished):
            continue
        for asked in event.recorder.interactions.values():
            if asked.response is not None:
                statuses[asked.response.status_code] = statuses.get(asked.response.status_code, 0) + 1
        for checks in event.recorder.checks.values():
            found += [
                f"{check.failure_info.failure}\n{check.failure_info.code_sample}"
                for check in checks
                if check.failure_info
            ]
    return found, statuses


@pytest.mark.proves("01-2.18", "02-5.4", "F40")
@pytest.mark.lived_on(*(KINDS if LONG else ("sqlite",)))  # what stumbles is what reads a request
@pytest.mark.timeout(2400 if LONG else 300)
@pytest.mark.filterwarnings("ignore:Generating overly large repr")
def test_no_request_makes_it_stumble_or_answer_other_than_described(
    program: Program, acme: Database, add_callback: Callable[..., str], add_call: Callable[..., str]
) -> None:
    call = add_call(0, state="ringing", outcome="pending")
    closed = {"state": "closed", "closed_reason": "talked"}
    kinds = [closed if state == "closed" else {"state": state} for state in states.CALLBACK_STATES]
    ids = [
        add_callback(number, caller=f"+1212555{2000 + number}", **kind) for number, kind in enumerate(kinds + [{}] * 20)
    ]
    with acme.transaction() as session:
        session.add(Audio(id="sound", content_type="audio/mpeg", seconds=1, data=b"sound"))
        session.add(Attempt(id="attempt", callback_id=ids[-1], staff_id="sam", created_at=NOON))
        session.flush()
        session.add(
            Message(id="message", call_id=call, recording_sid="RE1", state="ready", received_at=NOON, audio_id="sound")
        )
        session.add(Erasure(id="erasure", numbers=[], asked_by="Sam", asked_at=NOON))
        session.add(Told(staff_id="sam", by_staff_id="alex", callback_id=ids[-1], kind="took_over", at=NOON))
    real = {
        "path.callback_id": ids,
        "path.staff_id": ["sam", "alex"],
        "path.number": [MAIN, OTHER],
        "path.e164": [JANE],
        "path.sid": ["CA" + "0" * 32],
        "path.attempt_id": ["attempt"],
        "path.message_id": ["message"],
        "path.told_id": ["1"],
        "path.erasure_id": ["erasure"],
        "query.line": [MAIN],
        "query.staff": ["sam"],
        "body.staff": ["sam", "alex"],
    }
    in_paths = {name for each in OPERATIONS for name in re.findall(r"<(\w+)>", each.rule)}
    assert {f"path.{name}" for name in in_paths} <= real.keys(), "say above which ones lead somewhere"
    app = program.client.application
    app.testing = False  # what breaks is a 500, as it would be
    found, statuses = run(
        schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app, config=config(program.token, real))
    )
    assert not found, f"{len(found)} faults\n" + "\n\n".join(sorted(set(found))[:20])
    assert {200, 400, 404, 405, 409, 415} <= statuses.keys(), "it no longer gets anywhere"

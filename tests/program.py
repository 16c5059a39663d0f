"""A program with a token, and the application it speaks to, whose every answer is held to `openapi.json`."""

import datetime as dt
import functools
import re
from dataclasses import dataclass
from typing import Any

import jsonschema
from flask import Flask, Response, request
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from dashboard import add_dashboard
from dashboard.api.description import description
from dashboard.api.operation import ROOT
from dashboard.api.shapes import SOUND_KINDS
from voice.db import Database
from voice.installation import Installation
from voice.settings import Settings

MAIN, OTHER = "+12125550100", "+12125550101"
JANE = "+12125550142"
NOON = dt.datetime(2026, 11, 24, 17, 0, tzinfo=dt.UTC)  # a Tuesday, noon in New York

ACME = """\
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

[[lines]]
number = "+12125550100"
name = "Main line"
greeting = "Thanks for calling Acme Plumbing, I'm getting someone for you."
staff = ["sam", "alex"]
[lines.hours]
tue = "09:00-17:30"
wed = "09:00-17:30"

[[lines]]
number = "+12125550101"
name = "Other line"
staff = ["alex"]
[lines.hours]
"""


@dataclass
class Program:
    """A program with a token."""

    client: FlaskClient
    token: str

    def get(self, path: str, **query: str | int) -> tuple[int, Any]:
        """(status, body) of a GET."""
        return self._answer("GET", path, query_string=query)

    def post(self, path: str, **body: Any) -> tuple[int, Any]:
        """(status, body) of a POST."""
        return self._answer("POST", path, json=body)

    def patch(self, path: str, **body: Any) -> tuple[int, Any]:
        """(status, body) of a PATCH."""
        return self._answer("PATCH", path, json=body)

    def raw(self, method: str, path: str, **how: Any) -> TestResponse:
        """The answer as it came."""
        headers = {"Authorization": f"Bearer {self.token}"} | how.pop("headers", {})
        return self.client.open(f"/api/v1{path}", method=method, headers=headers, **how)

    def _answer(self, method: str, path: str, **how: Any) -> tuple[int, Any]:
        answer = self.raw(method, path, **how)
        return answer.status_code, answer.json


def people_side(settings: Settings, database: Database) -> Flask:
    """The people side as it is served; an answer of `/api/v1` that its description does not tell of fails the test."""
    app = Flask("tests", static_folder=None)
    app.extensions["ringback"] = Installation(settings, database)
    add_people_side(app)
    return app


def add_people_side(app: Flask) -> None:
    """Pages and `/api/v1`, the latter held to its description."""
    app.after_request(_hold_to_description)  # registered first, so it sees what goes out in the end
    add_dashboard(app)


def _hold_to_description(answer: Response) -> Response:
    if request.path.startswith("/api"):
        assert "Set-Cookie" not in answer.headers
        rule = request.url_rule.rule.removeprefix(ROOT) if request.url_rule else ""
        kinds, schema = _described(rule, request.method, answer.status_code)
        assert answer.mimetype in kinds
        if schema is not None:
            schema.validate(answer.get_json())
    return answer


@functools.cache
def _described(rule: str, method: str, status: int) -> tuple[tuple[str, ...], Any]:
    """The media types that `openapi.json` gives an answer, and its schema; fails when it does not speak of it. Sounds
    have no schema."""
    document = description()
    unknown = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    if rule:
        operation = document["paths"][re.sub(r"<(\w+)>", r"{\1}", rule)]["get" if method == "HEAD" else method.lower()]
        content = operation["responses"][str(status)]["content"]
    else:
        content = unknown
    if set(content) == set(SOUND_KINDS):
        return SOUND_KINDS, None
    ((kind, told),) = content.items()
    checker = jsonschema.Draft202012Validator.FORMAT_CHECKER
    whole = {**told["schema"], "components": document["components"]}
    return (kind,), jsonschema.Draft202012Validator(whole, format_checker=checker)

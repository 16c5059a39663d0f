"""A program with a token: every answer it gets from the JSON interface is held to `openapi.json`."""

import datetime as dt
import re
from dataclasses import dataclass
from typing import Any

import jsonschema
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from dashboard.api.description import description

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
        return self._checked("GET", path, query_string=query)

    def post(self, path: str, **body: Any) -> tuple[int, Any]:
        """(status, body) of a POST."""
        return self._checked("POST", path, json=body)

    def patch(self, path: str, **body: Any) -> tuple[int, Any]:
        """(status, body) of a PATCH."""
        return self._checked("PATCH", path, json=body)

    def raw(self, method: str, path: str, **how: Any) -> TestResponse:
        """The answer as it came."""
        headers = {"Authorization": f"Bearer {self.token}"} | how.pop("headers", {})
        return self.client.open(f"/api/v1{path}", method=method, headers=headers, **how)

    def _checked(self, method: str, path: str, **how: Any) -> tuple[int, Any]:
        answer = self.raw(method, path, **how)
        jsonschema.validate(answer.json, schema_of(method, path, answer.status_code))
        assert "Set-Cookie" not in answer.headers
        return answer.status_code, answer.json


def schema_of(method: str, path: str, status: int) -> dict[str, Any]:
    """What `openapi.json` says about this answer; fails when it does not speak of it."""
    document = description()
    for described, operations in document["paths"].items():
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", described), path) and method.lower() in operations:
            (content,) = operations[method.lower()]["responses"][str(status)]["content"].values()
            return {**content["schema"], "components": document["components"]}
    raise AssertionError(f"{method} {path} is not described")

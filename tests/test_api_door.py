"""The JSON interface as a whole: who gets in, what is refused, and that its description tells all of it."""

import re
from typing import Any

import jsonschema
import openapi_spec_validator
import pytest
import sqlalchemy as sa

from dashboard.api import api
from dashboard.api.operation import OPERATIONS
from dashboard.api.shapes import SOUND_KINDS
from tests.program import JANE, NOON, Program
from voice import paging
from voice.installation import installation

pytest_plugins = ["tests.interface"]

PATHS = [re.sub(r"<\w+>", "x", each.rule) for each in OPERATIONS]
NO_TOKENS = [None, "Bearer", "Bearer ", "Bearer rb_guess", "Basic {token}", "{token}"]


@pytest.mark.proves("01-2.18")
def test_without_a_known_token_no_route_answers(program: Program) -> None:
    for authorization in NO_TOKENS:
        headers = {} if authorization is None else {"Authorization": authorization.format(token=program.token)}
        for each, path in zip(OPERATIONS, PATHS, strict=True):
            answer = program.client.open(f"/api/v1{path}?bad=1", method=each.method, headers=headers)
            assert answer.status_code == 401, path
            assert answer.mimetype == "application/problem+json"
            assert answer.headers["WWW-Authenticate"] == "Bearer"
            assert answer.json is not None
            assert answer.json["status"] == 401
            assert answer.json["title"] == "Unauthorized"


@pytest.mark.proves("01-2.18", "02-5.2")
def test_every_route_is_described_and_every_description_is_a_route(program: Program) -> None:
    described = program.client.get("/api/v1/openapi.json").json
    assert described is not None
    rules = [
        rule for rule in program.client.application.url_map.iter_rules() if rule.endpoint.startswith(f"{api.name}.")
    ]
    routes = {
        (method, re.sub(r"<(\w+)>", r"{\1}", rule.rule.removeprefix("/api/v1")))
        for rule in rules
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    told = {(method.upper(), path) for path, operations in described["paths"].items() for method in operations}
    assert routes == told
    assert "/hooks" not in described["paths"]


@pytest.mark.proves("01-2.18", "02-5.2")
def test_the_description_is_openapi_3_1_and_its_examples_are_what_it_describes(program: Program) -> None:
    described = program.client.get("/api/v1/openapi.json").json
    assert described is not None
    assert described["openapi"] == "3.1.0"
    openapi_spec_validator.validate(described)
    told = [operation for operations in described["paths"].values() for operation in operations.values()]
    names = [operation["operationId"] for operation in told]
    assert len(names) == len(set(names))
    for operation in told:
        bodies = [operation["requestBody"]] if "requestBody" in operation else []
        contents = [
            content
            for each in [*bodies, *operation["responses"].values()]
            for kind, content in each["content"].items()
            if kind not in SOUND_KINDS
        ]
        shown = [each for each in [*contents, *operation.get("parameters", [])] if "example" in each]
        for each in shown:
            jsonschema.validate(each["example"], {**each["schema"], "components": described["components"]})
        assert len(shown) >= len(contents) or operation["operationId"] == "openapi"
        assert operation["summary"].endswith(".")


NOT_HERE = [
    ("GET", "/nothing", 404),
    ("DELETE", "/calls", 405),
    ("POST", "/stats", 405),
    ("GET", "/callbacks/x/claim", 405),
    ("GET", "/hooks", 404),
    ("OPTIONS", "/calls", 405),
    ("TRACE", "/calls", 405),
    ("HEAD", "/nothing", 404),
    ("HEAD", "/callbacks/x/claim", 405),
    ("GET", "/", 404),
    ("GET", "", 404),
    ("GET", "/../v2/calls", 404),
    ("GET", "/calls/", 404),
    ("GET", "//calls", 404),
    ("GET", "/callbacks/%00", 404),
    ("GET", "/callbacks/%ff", 404),
    ("GET", "/contacts/%2B1212555%D9%A1%D9%A1%D9%A1%D9%A1", 404),
    ("POST", "/callbacks/%00/reopen", 404),
    ("PATCH", "/contacts/+12125550142%0A", 404),
]


def test_an_unknown_path_or_method_is_a_problem_too(program: Program) -> None:
    for method, path, status in NOT_HERE:
        answer = program.raw(method, path)
        assert (answer.status_code, answer.mimetype) == (status, "application/problem+json"), (method, path)
        assert ("Allow" in answer.headers) is (status == 405)


BAD_FILTERS: list[tuple[str, dict[str, Any], str]] = [
        ("/calls", {"status": "talked"}, "status"),
        ("/calls", {"outcome": "lost"}, "outcome"),
        ("/calls", {"since": "yesterday"}, "since"),
        ("/calls", {"since": "2026-11-22T15:04:05"}, "since"),
        ("/calls", {"until": "0001-01-01T00:00:00+23:00"}, "until"),
        ("/calls", {"until": "0001-01-02T00:00:00Z"}, "until"),
        ("/calls", {"since": "2026-11-23T00:00:00Z", "until": "2026-11-22T00:00:00Z"}, "since"),
        ("/calls", {"line": "main"}, "line"),
        ("/calls", {"line": "+12125550999"}, "line"),
        ("/calls", {"caller": "jane"}, "caller"),
        ("/calls", {"limit": "0"}, "limit"),
        ("/calls", {"limit": "201"}, "limit"),
        ("/calls", {"limit": "-1"}, "limit"),
        ("/calls", {"limit": "²"}, "limit"),
        ("/calls", {"cursor": "x"}, "cursor"),
        ("/calls", {"cursor": "MDAwMS0wMS0wMVQwMDowMDowMCswMDowMCAx!"}, "cursor"),
        ("/callbacks", {"state": "waiting,open"}, "state"),
        ("/callbacks", {"state": ""}, "state"),
        ("/callbacks", {"line": "+12125550100"}, "line"),
        ("/callbacks", {"cursor": "%00"}, "cursor"),
        ("/callbacks", {"cursor": "\x00"}, "cursor"),
        ("/callbacks", {"cursor": paging.cursor(NOON, "\x00")}, "cursor"),
        ("/callbacks", {"cursor": paging.cursor(NOON, "x") + "="}, "cursor"),
        ("/calls", {"cursor": paging.cursor(NOON, "\x00")}, "cursor"),
        ("/calls", {"limit": ["1", "2"]}, "limit"),
        ("/calls", {"limit": "9" * 5000}, "limit"),
        ("/calls", {"caller": "+1212555\u0661\u0661\u0661\u0661"}, "caller"),
        ("/lines", {"cursor": "9"}, "cursor"),
        ("/staff", {"role": "owner"}, "role"),
        ("/stats", {"line": "+12125550999"}, "line"),
        ("/stats", {"limit": "5"}, "limit"),
    ]  # fmt: skip


@pytest.mark.proves("01-2.18")
def test_an_unknown_filter_or_a_bad_value_is_a_400_that_names_it(program: Program) -> None:
    for path, query, named in BAD_FILTERS:
        status, problem = program.get(path, **query)
        assert status == 400, (path, query)
        assert problem["detail"].startswith(f"{named}:")


BODIES = [
    (b'{"blocked": true}', "text/plain", 415),
    (b'{"blocked": true}', "application/x-www-form-urlencoded", 415),
    (b"blocked", "application/json", 400),
    (b"[true]", "application/json", 400),
    (b"[" * 30_000, "application/json", 400),
    (b'{"name": "\xff"}', "application/json", 400),
    (b'{"blocked": "yes"}', "application/json", 400),
    (b'{"unblock": true}', "application/json", 400),
    (b'{"blocked": NaN}', "application/json", 400),
    (b'{"blocked": ' + b"9" * 5000 + b"}", "application/json", 400),
    (b'{"blocked": 1e999}', "application/json", 400),
    (b'{"name": "a\\u0000b"}', "application/json", 400),
    (b'{"name": "\\ud83d"}', "application/json", 400),
    (b'{"name": {"a": ["\\udc00"]}}', "application/json", 400),
    (b'{"name": "\\ud83d\\ude00"}', "application/json", 200),
    (b'{"name": "' + b"x" * 64 * 1024 + b'"}', "application/json", 413),
    (b'{"blocked": true}', "application/json; charset=utf-8", 200),
]


def test_a_body_must_be_a_small_json_object(program: Program) -> None:
    for body, kind, status in BODIES:
        answer = program.raw("PATCH", f"/contacts/{JANE}", data=body, content_type=kind)
        assert answer.status_code == status, body[:80]
        assert answer.mimetype == ("application/json" if status == 200 else "application/problem+json")


@pytest.mark.parametrize("problem", [sa.exc.OperationalError, sa.exc.InterfaceError, None])
def test_what_breaks_on_our_side_is_a_problem_that_tells_nothing_of_the_inside(
    program: Program, monkeypatch: pytest.MonkeyPatch, problem: type[sa.exc.DBAPIError] | None
) -> None:
    broken = problem("SELECT secret", {}, Exception("secret")) if problem else ValueError("secret")
    program.client.application.testing = False

    def break_off() -> None:
        raise broken

    with program.client.application.app_context():
        monkeypatch.setattr(installation().database, "reading", break_off)
    answer = program.raw("GET", "/lines")
    assert (answer.status_code, answer.mimetype) == (503 if problem else 500, "application/problem+json")
    assert "secret" not in answer.text
    assert ("Retry-After" in answer.headers) is bool(problem)

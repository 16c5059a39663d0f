"""`openapi.json`: made from the operations themselves, so that it cannot describe what is not there."""

import functools
import re
from typing import Any

from flask import Response, jsonify

from dashboard.api import shapes
from dashboard.api.operation import OPERATIONS, ROOT, Operation, api

PARAMETERS: dict[str, tuple[shapes.Schema, str]] = {
    "since": (shapes.TIME, "From this time on. Default: 7 days before `until`."),
    "until": (shapes.TIME, "Until just before this time. Default: now."),
    "line": (shapes.NUMBER, "One of our lines."),
    "caller": (shapes.NUMBER, "Who called."),
    "outcome": (shapes.TEXT, f"One or several by comma: {', '.join(shapes.OUTCOMES)}."),
    "state": (shapes.TEXT, "One or several by comma."),
    "limit": ({"type": "integer", "minimum": 1, "maximum": 200, "default": 50}, "How many items at most."),
    "cursor": (shapes.TEXT, "`next` of the page before."),
}


@api.get("/openapi.json")
def openapi() -> Response:
    """The description; it holds nothing secret, so it needs no token."""
    return jsonify(description())


@functools.cache
def description() -> dict[str, Any]:
    """The whole document, OpenAPI 3.1."""
    paths: dict[str, dict[str, Any]] = {}
    for each in OPERATIONS:
        path = re.sub(r"<(\w+)>", r"{\1}", each.rule)
        paths.setdefault(path, {})[each.method.lower()] = _operation(each)
    answers = {"200": _answer("OpenAPI 3.1.", {"type": "object"})}
    paths["/openapi.json"] = {"get": {"summary": "This description.", "security": [], "responses": answers}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Ringback", "version": "1", "description": "Calls, callbacks and figures of a phone line."},
        "servers": [{"url": ROOT}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": shapes.SHAPES,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(each: Operation) -> dict[str, Any]:
    path_names = re.findall(r"<(\w+)>", each.rule)
    in_path = [{"name": name, "in": "path", "required": True, "schema": shapes.TEXT} for name in path_names]
    in_query = [_parameter(name) for name in each.query]
    wrong = {400: "A bad filter or body.", 401: "No token, or an unknown one.", 403: f"Made without `{each.scope}`."}
    wrong |= {404: "Unknown."} if path_names else {}
    wrong |= {413: "More than 64 kB.", 415: "Not JSON."} if each.body else {}
    answers = {status: (says, shapes.ref("Problem")) for status, says in wrong.items()}
    for status, schema in each.answers.items():
        answers[status] = ("Refused." if status >= 400 else "Done.", schema)
    described: dict[str, Any] = {
        "operationId": each.name,
        "summary": each.says,
        "security": [{"token": [each.scope]}],
        "parameters": in_path + in_query,
        "responses": {str(status): _answer(*told) for status, told in answers.items()},
    }
    if each.body is not None:
        required = bool(each.body["required"])
        described["requestBody"] = {"required": required, "content": {"application/json": {"schema": each.body}}}
    return described


def _parameter(name: str) -> dict[str, Any]:
    schema, says = PARAMETERS[name]
    return {"name": name, "in": "query", "schema": schema, "description": says}


def _answer(says: str, schema: shapes.Schema) -> dict[str, Any]:
    kind = "application/problem+json" if schema == shapes.ref("Problem") else "application/json"
    return {"description": says, "content": {kind: {"schema": schema}}}

"""`openapi.json`: made from the operations themselves, so that it cannot describe what is not there."""

import functools
import json
import re
from http import HTTPStatus
from typing import Any

from flask import Response

from dashboard.api import shapes
from dashboard.api.examples import example, problem
from dashboard.api.operation import OPERATIONS, ROOT, Operation, api
from voice.rules import states

INTRODUCTION = (
    "Calls, callbacks, people and figures of a phone line. Everything but this description needs a token: "
    "`Authorization: Bearer …`, made with `ringback token create --name N`. Errors are problem+json (RFC 9457). "
    "Times are UTC; a line is its number and a staff member their id, everywhere."
)
PROBLEM = shapes.ref("Problem")
PARAMETERS: dict[str, tuple[shapes.Schema, str]] = {
    "callback_id": (shapes.TEXT, "The `id` of a callback."),
    "staff_id": (shapes.TEXT, "The `id` of a staff member."),
    "attempt_id": (shapes.TEXT, "The `attempt` that `call` gave."),
    "message_id": (shapes.TEXT, "The `id` of a message."),
    "erasure_id": (shapes.TEXT, "The `id` that `erase` gave."),
    "told_id": (shapes.TEXT, "The `id` of a line of news."),
    "staff": (shapes.TEXT, "The `id` of a staff member."),
    "number": (shapes.NUMBER, "One of our lines."),
    "sid": (shapes.TEXT, "The `sid` of a call."),
    "q": (shapes.text(80), "Looked for: a name, a number or a part of one, a tag, words of a note."),
    "e164": (shapes.NUMBER, "The number of a contact."),
    "since": (shapes.MOMENT, "From this time on. Default: 7 days before `until`."),
    "until": (shapes.MOMENT, "Until just before this time. Default: no end."),
    "line": (shapes.NUMBER, "One of our lines."),
    "caller": (shapes.NUMBER, "Who called."),
    "outcome": (shapes.some_of(*shapes.OUTCOMES), "One or several, by comma."),
    "state": (shapes.some_of(*states.CALLBACK_STATES), "One or several, by comma. Default: all that are not closed."),
    "closed_since": (shapes.MOMENT, "Closed at this time or later."),
    "limit": ({"type": "integer", "minimum": 1, "maximum": 200, "default": 50}, "How many items at most."),
    "cursor": (shapes.TEXT, "`next` of the page before. Only what a list gave is taken."),
}
SAYS = {
    200: "Done.",
    201: "Made.",
    202: "Taken on; it happens next.",
    206: "The bytes that the header `Range` asked for.",
    400: "A filter, a member or the body is not as described here; `detail` names it.",
    401: "No token, or an unknown one.",
    403: "This token was made without the scope that this takes.",
    404: "There is no such thing.",
    409: "Not now: somebody or something is in the way; `kind` says what.",
    413: "The body is larger than 64 kB.",
    415: "The body is not application/json.",
    416: "The sound has no such bytes.",
    422: "Not with this one, now or later; `kind` says why.",
    500: "Something broke on our side.",
    503: "The database does not answer just now. Nothing was changed.",
}


@api.get("/openapi.json", provide_automatic_options=False)
def openapi() -> Response:
    """The description; it holds nothing secret, so it needs no token."""
    return Response(json.dumps(description()), mimetype="application/json")


@functools.cache
def description() -> dict[str, Any]:
    """The whole document, OpenAPI 3.1."""
    paths: dict[str, dict[str, Any]] = {}
    for each in OPERATIONS:
        path = re.sub(r"<(\w+)>", r"{\1}", each.rule)
        paths.setdefault(path, {})[each.method.lower()] = _operation(each)
    itself = {"200": {"description": "OpenAPI 3.1.", "content": {"application/json": {"schema": {"type": "object"}}}}}
    paths["/openapi.json"] = {
        "get": {"operationId": "openapi", "summary": "This description.", "security": [], "responses": itself}
    }
    about = "A token of this installation."
    return {
        "openapi": "3.1.0",
        "info": {"title": "Ringback", "version": "1", "description": INTRODUCTION},
        "servers": [{"url": ROOT}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": shapes.SHAPES,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "description": about}},
        },
    }


def path_names(each: Operation) -> list[str]:
    """The names in the path of an operation."""
    return re.findall(r"<(\w+)>", each.rule)


def _operation(each: Operation) -> dict[str, Any]:
    wrong = [400, 401, 403, 500, 503]
    wrong += [404] if path_names(each) else []
    wrong += [413, 415] if each.body else []
    answers = dict.fromkeys(wrong, PROBLEM) | each.answers
    described: dict[str, Any] = {
        "operationId": each.name,
        "tags": [each.rule.split("/")[1]],
        "summary": each.says,
        "security": [{"token": [each.scope]}],
        "parameters": [_parameter(name, "path") for name in path_names(each)]
        + [_parameter(name, "query") for name in each.query],
        "responses": {str(status): _answer(status, answers[status]) for status in sorted(answers)},
    }
    if each.body is not None:
        content = {"application/json": {"schema": each.body, "example": example(each.body)}}
        described["requestBody"] = {"required": bool(each.body["required"]), "content": content}
    return described


def _parameter(name: str, place: str) -> dict[str, Any]:
    schema, says = PARAMETERS[name]
    told = {"name": name, "in": place, "required": place == "path", "schema": schema, "description": says}
    if schema.get("type") == "array":
        told |= {"style": "form", "explode": False}
    # A cursor is only ever one that we gave.
    return told if name == "cursor" else told | {"example": example(schema, name)}


def _answer(status: int, schema: shapes.Schema) -> dict[str, Any]:
    says = SAYS.get(status, HTTPStatus(status).phrase + ".")
    if schema is shapes.SOUND:
        content: dict[str, Any] = {kind: {} for kind in shapes.SOUND_KINDS}
    elif schema == PROBLEM:
        content = {"application/problem+json": {"schema": schema, "example": problem(status, says)}}
    else:
        content = {"application/json": {"schema": schema, "example": example(schema)}}
    return {"description": says, "content": content}

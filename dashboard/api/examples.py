"""Examples for `openapi.json`, made from the schemas: whoever adds a shape or an operation has written its example."""

from http import HTTPStatus
from typing import Any

from dashboard.api import shapes

# What a member or parameter of this name holds; where the schema has words of its own to choose from, the first one.
USUAL: dict[str, Any] = {
    "id": "5b1f0c7e9a5d4f6d8a3c2b1e0f9d8c7b",
    "callback_id": "5b1f0c7e9a5d4f6d8a3c2b1e0f9d8c7b",
    "attempt": "c0ffee0c7e9a5d4f6d8a3c2b1e0f9d8c",
    "sid": "CA" + "0" * 32,
    "line": "+12125550100",
    "number": "+12125550100",
    "caller": "+12125550142",
    "e164": "+12125550142",
    "staff": "sam",
    "staff_id": "sam",
    "holder": "alex",
    "claimed_by": "sam",
    "answered_by": "sam",
    "name": "Jane Doe",
    "phone": "+12125550111",
    "email": "sam@example.com",
    "greeting": "Thanks for calling Acme Plumbing, I'm getting someone for you.",
    "language": "en-US",
    "holidays": "US-NY",
    "time_zone": "America/New_York",
    "next": None,
}
NUMBER, TIME = "+12125550142", "2026-11-24T17:00:00Z"
PLAIN = {"string": "text", "integer": 1, "number": 1, "boolean": True}


def example(schema: shapes.Schema, name: str = "") -> Any:
    """A value that the schema allows, for a member of this name."""
    if "$ref" in schema:
        return example(shapes.SHAPES[schema["$ref"].rpartition("/")[2]])
    for given in ("examples", "enum"):
        if given in schema:
            return schema[given][0]
    if "anyOf" in schema:
        return example(schema["anyOf"][0], name)
    kinds = schema.get("type", "object")
    return _of_kind(kinds if isinstance(kinds, str) else kinds[0], schema, name)


def _of_kind(kind: str, schema: shapes.Schema, name: str) -> Any:
    if kind == "object":
        return {each: example(inner, each) for each, inner in schema.get("properties", {}).items()}
    if kind == "array":
        return [example(schema["items"], name)]
    if kind == "string" and name in USUAL:
        return USUAL[name]
    if "pattern" in schema:
        return NUMBER if schema["pattern"] == shapes.NUMBER["pattern"] else TIME
    return None if "null" in schema["type"] else PLAIN[kind]


def problem(status: int, says: str) -> dict[str, Any]:
    """A problem as it would be told."""
    return {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": says}

"""Holds REST requests and their answers against the carrier's own OpenAPI files.

The files are no part of this project: they are looked for in the folder that RINGBACK_OPENAPI names, else in
../shared/twilio-openapi beside the checkout. They say nothing of recordings' sound, nor of how errors look: for
those stands the shape that the carrier's pages give (code, message, more_info, status).
"""

import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from tests.simulator.openapi_formats import ANSWERED, ASKED

Schema = dict[str, Any]
_FILES = ("twilio_api_v2010.json", "twilio_lookups_v2.json")
_BESIDE = Path(__file__).resolve().parents[2].parent / "shared" / "twilio-openapi"
_SOUND = re.compile(r"/2010-04-01/Accounts/AC\w{32}/Recordings/RE\w{32}(\.wav|\.mp3)?")
_KEPT = frozenset(("type", "format", "pattern", "enum", "minLength", "maxLength", "minimum", "maximum"))
_BOOLEANS = {"true": True, "True": True, "false": False, "False": False}
_ERROR = {
    "type": "object",
    "required": ["code", "message", "more_info", "status"],
    "properties": {
        "code": {"type": "integer"},
        "message": {"type": "string"},
        "more_info": {"type": "string", "format": "uri"},
        "status": {"type": "integer"},
        "details": {},
    },
    "additionalProperties": False,
}


def folder() -> Path | None:
    """Where the files are, or None."""
    named = os.environ.get("RINGBACK_OPENAPI")
    place = Path(named) if named else _BESIDE
    return place if all((place / name).is_file() for name in _FILES) else None


needs_files = pytest.mark.skipif(
    folder() is None, reason="the carrier's OpenAPI files are not here: set RINGBACK_OPENAPI"
)


def faults(requests: Sequence[Mapping[str, Any]]) -> list[str]:
    """What is wrong with these entries of `carrier.requests`, a sentence each; the files must be here."""
    sound: set[str] = set()
    return [f"{entry['method']} {entry['path']}: {what}" for entry in requests for what in _faults(entry, sound)]


def wrong(requests: Sequence[Mapping[str, Any]]) -> list[str]:
    """The faults of these entries, for whoever checks where the files are and does without where not."""
    return faults(requests) if folder() else []


def example_faults(paths: re.Pattern[str]) -> list[str]:
    """What this module would find wrong with the files' own examples of answers, at these paths."""
    shown = [
        (path, method, int(status), json.dumps(example["value"]))
        for _, path, methods in _templates()
        for method in {"get", "post"} & set(methods)
        if paths.fullmatch(path)
        for status, answer in methods[method]["responses"].items()
        for example in answer.get("content", {}).get("application/json", {}).get("examples", {}).values()
    ]
    return [
        f"{method} {path}: {what}"
        for path, method, status, body in shown
        for what in _operation(path, method).answer_faults(status, "application/json", body, set())
    ]


def _faults(entry: Mapping[str, Any], sound: set[str]) -> Iterator[str]:
    method, path = entry["method"].lower(), entry["path"]
    if method == "get" and _SOUND.fullmatch(path):
        return
    template = next((each for each in _templates() if each[0].fullmatch(path)), None)
    if template is None or method not in template[2]:
        yield "the files know no such request"
        return
    operation = _operation(template[1], method)
    found = template[0].fullmatch(path)
    parts = {name: [text] for name, text in (found.groupdict() if found else {}).items()}
    yield from operation.request_faults({"path": parts, "query": entry["query"], "form": entry["form"]})
    if not entry["lost"]:
        yield from operation.answer_faults(entry["status"], entry["type"], entry["body"], sound)


# --- one request and its answer


@dataclass(frozen=True)
class Parameter:
    """A parameter of a path, query or form."""

    shape: Draft202012Validator  # of one value
    kind: str  # integer | boolean | number | string
    many: bool
    required: bool

    def faults(self, values: list[str]) -> Iterator[str]:
        """What is wrong with the texts sent for it."""
        if len(values) != 1 and not self.many:
            yield f"is given {len(values)} times"
        for text in values:
            yield from _errors(self.shape, self._read(text))

    def _read(self, text: str) -> object:
        if self.kind == "boolean":
            return _BOOLEANS.get(text, text)
        if self.kind in {"integer", "number"} and re.fullmatch(r"-?\d+(\.\d+)?", text):
            return json.loads(text)
        return text


@dataclass(frozen=True)
class Operation:
    """One method on one path, as the files describe it."""

    parameters: Mapping[str, Mapping[str, Parameter]]  # path | query | form → by name
    answers: Mapping[str, Draft202012Validator | None]  # by status; None: without a body

    def request_faults(self, sent: Mapping[str, Mapping[str, list[str]]]) -> Iterator[str]:
        """What is wrong with what was asked."""
        for where, known in self.parameters.items():
            for name, values in sent[where].items():
                if name in known:
                    yield from (f"{where} parameter {name}: {what}" for what in known[name].faults(values))
                else:
                    yield f"{where} parameter {name}: is unknown"
            missing = [name for name, parameter in known.items() if parameter.required and name not in sent[where]]
            yield from (f"{where} parameter {name}: is missing" for name in missing)

    def answer_faults(self, status: int, kind: str, body: str, sound: set[str]) -> Iterator[str]:
        """What is wrong with what was answered. `sound`: rows of lists in which nothing was wrong; it grows."""
        if status >= 400:
            yield from _error_faults(status, kind, body)
        elif str(status) not in self.answers:
            yield f"answer: status {status} is none of {', '.join(self.answers)}"
        elif (shape := self.answers[str(status)]) is None:
            yield from ["answer: has a body"] if body else []
        elif kind != "application/json":
            yield f"answer: is {kind}"
        else:
            yield from (f"answer: {what}" for what in _list_errors(shape, json.loads(body), sound))


def _list_errors(shape: Draft202012Validator, answer: Schema, sound: set[str]) -> Iterator[str]:
    """The log of a day is read again every minute: a row that has not changed since is looked at once."""
    fresh: set[str] = set()
    for name, rows in answer.items():
        if isinstance(rows, list):
            texts = [f"{name} {json.dumps(row)}" for row in rows]
            fresh.update(texts)
            answer[name] = [row for row, text in zip(rows, texts, strict=True) if text not in sound]
    wrong = list(_errors(shape, answer))
    if not wrong:
        sound |= fresh
    yield from wrong


def _error_faults(status: int, kind: str, body: str) -> Iterator[str]:
    """A proxy on the way may answer with anything that is not JSON."""
    if kind == "application/json":
        yield from (f"error: {what}" for what in _errors(Draft202012Validator(_ERROR), json.loads(body)))
        if json.loads(body).get("status") != status:
            yield f"error: states another status than {status}"


def _errors(shape: Draft202012Validator, value: object) -> Iterator[str]:
    for error in chain.from_iterable(map(_causes, shape.iter_errors(value))):
        place = ".".join(map(str, error.absolute_path))
        yield f"{place}: {error.message}"[:240] if place else error.message[:240]


def _causes(error: Any) -> Iterator[Any]:
    """A choice of shapes fails for what is wrong with its last, which is the described one."""
    if error.validator != "anyOf":
        yield error
        return
    last = len(error.validator_value) - 1
    yield from chain.from_iterable(_causes(each) for each in error.context if each.schema_path[0] == last)


# --- reading the files


@cache
def _files() -> dict[str, Schema]:
    place = folder()
    assert place is not None, "the carrier's OpenAPI files are not here"
    return {name: json.loads((place / name).read_text("utf-8")) for name in _FILES}


@cache
def _templates() -> list[tuple[re.Pattern[str], str, Schema]]:
    """Every path as (pattern, template, methods); those with fewer variable parts first."""
    found = {path: methods for file in _files().values() for path, methods in file["paths"].items()}
    ordered = sorted(found, key=lambda path: path.count("{"))
    return [(re.compile(_pattern(path)), path, found[path]) for path in ordered]


def _pattern(path: str) -> str:
    return re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(path))


@cache
def _operation(path: str, method: str) -> Operation:
    file = next(file for file in _files().values() if path in file["paths"])
    described = file["paths"][path][method]
    listed = described.get("parameters", [])
    body = described.get("requestBody", {}).get("content", {}).get("application/x-www-form-urlencoded", {})
    form = body.get("schema", {})
    required = form.get("required", [])
    parameters = {
        where: {each["name"]: _parameter(file, each["schema"], each.get("required", False)) for each in here}
        for where, here in (
            ("path", [each for each in listed if each["in"] == "path"]),
            ("query", [each for each in listed if each["in"] == "query"]),
            (
                "form",
                [
                    {"name": name, "schema": schema, "required": name in required}
                    for name, schema in form.get("properties", {}).items()
                ],
            ),
        )
    }
    answers = {status: _answer(file, answer.get("content", {})) for status, answer in described["responses"].items()}
    return Operation(parameters, answers)


def _parameter(file: Schema, schema: Schema, required: bool) -> Parameter:
    resolved = _resolved(file, schema)
    many = resolved.get("type") == "array"
    one = _resolved(file, resolved["items"]) if many else resolved
    return Parameter(_validator(_shape(file, one, []), ASKED), one.get("type", "string"), many, required)


def _answer(file: Schema, content: Schema) -> Draft202012Validator | None:
    if not content:
        return None
    described = content["application/json"]
    examples = [example["value"] for example in described.get("examples", {}).values()]
    return _validator(_shape(file, described["schema"], examples), ANSWERED)


def _validator(shape: Schema, formats: FormatChecker) -> Draft202012Validator:
    return Draft202012Validator(shape, format_checker=formats)


def _resolved(file: Schema, schema: Schema) -> Schema:
    name = schema.get("$ref", "").rpartition("/")[2]
    return file["components"]["schemas"][name] if name else schema


def _shape(file: Schema, schema: Schema, examples: list[Any]) -> Schema:
    """Plain JSON Schema. `examples` are what the files show here, and what they show is right: null, or nothing.

    In all of them every field is there and no other, so that is asked of an answer too.
    """
    schema = _resolved(file, schema)
    shape = {key: value for key, value in schema.items() if key in _KEPT}
    if "properties" in schema:
        parts = {
            name: _shape(file, part, [each[name] for each in examples if each and name in each])
            for name, part in schema["properties"].items()
        }
        shape |= {"properties": parts, "required": list(parts), "additionalProperties": False}
    if "items" in schema:
        shape["items"] = _shape(file, schema["items"], [one for each in examples for one in each or ()])
    allowed = [{"const": shown} for shown in (None, "") if shown in examples]
    if schema.get("nullable") and {"const": None} not in allowed:
        allowed.append({"const": None})
    return {"anyOf": [*allowed, shape]} if allowed else shape

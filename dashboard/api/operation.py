"""The one way to add a route: it is signed in to, described and answered alike, so none can be forgotten."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import structlog
from flask import Blueprint, Response, jsonify, request
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from dashboard.api import asked
from dashboard.api.problems import Problem
from voice import accounts, clock
from voice.db import Database
from voice.installation import installation

ROOT = "/api/v1"
api = Blueprint("api", __name__, url_prefix=ROOT)
log = structlog.get_logger()

Schema = dict[str, Any]
Answer = dict[str, Any] | tuple[dict[str, Any], int] | Problem


@dataclass(frozen=True)
class Operation:
    """One route as `openapi.json` describes it: `query` names its filters, `body` and `answers` are schemas."""

    method: str
    rule: str
    says: str
    answers: dict[int, Schema]
    query: tuple[str, ...] = ()
    body: Schema | None = None
    name: str = ""


OPERATIONS: list[Operation] = []


def operation(
    method: str,
    rule: str,
    says: str,
    answers: dict[int, Schema],
    query: tuple[str, ...] = (),
    body: Schema | None = None,
) -> Callable[[Callable[..., Answer]], Callable[..., Answer]]:
    """Serve `handler(session, now, **path)` at `rule` to whoever brings a token; only a GET's session cannot write."""

    def add(handler: Callable[..., Answer]) -> Callable[..., Answer]:
        OPERATIONS.append(Operation(method, rule, says, answers, query, body, handler.__name__))

        def serve(**path: str) -> Response:
            return _answered(handler, query, method == "GET", path)

        api.add_url_rule(rule, handler.__name__, serve, methods=[method])
        return handler

    return add


def _answered(handler: Callable[..., Answer], query: tuple[str, ...], reads: bool, path: dict[str, str]) -> Response:
    now, database = clock.now(), installation().database
    token, name = _sign_in(database)
    asked.only(query)
    with database.reading() if reads else database.transaction() as session:
        if not reads:  # a list that is polled must not become a writer
            accounts.token_used(session, token, now)
        answer = handler(session, now, **path)
    if isinstance(answer, Problem):
        return answer.response()
    payload, status = answer if isinstance(answer, tuple) else (answer, 200)
    if not reads:
        log.info("api", by=name, method=request.method, endpoint=request.endpoint, status=status)
    response = jsonify(payload)
    response.status_code = status
    response.headers["Cache-Control"] = "no-store"
    return response


def _sign_in(database: Database) -> tuple[str, str]:
    """The token that came with the request, and its name."""
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() == "bearer" and token.strip():
        with database.reading() as session:
            name = accounts.token_name(session, token.strip())
        if name is not None:
            return token.strip(), name
    raise Problem(401, "Send a token: `Authorization: Bearer …`. `ringback token create --name N` makes one.")


@api.errorhandler(Problem)
def _problem(problem: Problem) -> Response:
    return problem.response()


@api.errorhandler(HTTPException)
def _http(error: HTTPException) -> Response:
    return Problem(error.code or 500, error.description or error.name).response()


@api.before_app_request
def _unknown_route() -> Response | None:
    """A path or method that we do not have: no blueprint is chosen then, so the handlers above are not asked."""
    error = request.routing_exception
    if error is None or isinstance(error, RequestRedirect) or not request.path.startswith(f"{ROOT}/"):
        return None
    answer = Problem(error.code or 404, error.description or error.name).response()
    for name, value in error.get_headers():
        if name == "Allow":
            answer.headers[name] = value
    return answer

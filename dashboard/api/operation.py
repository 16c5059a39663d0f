"""The one way to add a route: it is signed in to, described and answered alike, so none can be forgotten."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
import structlog
from flask import Blueprint, Response, request
from werkzeug.exceptions import HTTPException, NotFound

from dashboard.api import asked
from dashboard.api.problems import Problem, answer_to, in_api
from voice import accounts, clock
from voice.db import Database
from voice.installation import installation

ROOT = "/api/v1"
api = Blueprint("api", __name__, url_prefix=ROOT)
RETRY_SECONDS = "5"
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

        api.add_url_rule(rule, handler.__name__, serve, methods=[method], provide_automatic_options=False)
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
    response = Response(json.dumps(payload), status, mimetype="application/json")  # members in the order described
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
    return answer_to(error)


@api.errorhandler(sa.exc.OperationalError)
@api.errorhandler(sa.exc.InterfaceError)
@api.errorhandler(sa.exc.TimeoutError)
def _database_gone(error: Exception) -> Response:
    log.error("the database is gone", endpoint=request.endpoint, kind=type(error).__name__)
    answer = Problem(503, "The database does not answer just now. Nothing was changed; try again.").response()
    answer.headers["Retry-After"] = RETRY_SECONDS
    return answer


@api.before_app_request
def _unknown_route() -> Response | None:
    """A path or method that we do not have: no blueprint is chosen then, so the handlers above are not asked."""
    error = request.routing_exception
    if not in_api(request.path):
        return None
    if asked.NO_TEXT.search(request.path):  # no row is called that, and Postgres would not even look
        error = NotFound("There is nothing at this address.")
    return answer_to(error) if isinstance(error, HTTPException) else None

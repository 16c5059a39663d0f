"""The one way to add a route: it is signed in to, described and answered alike, so none can be forgotten."""

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
import structlog
from flask import Blueprint, Response, g, request
from werkzeug.exceptions import HTTPException, NotFound

from dashboard.api import asked
from dashboard.api.problems import Problem, answer_to, in_api
from voice import audit, clock, sight, tokens
from voice.db import Database, patiently
from voice.installation import installation
from voice.tokens import Program

ROOT = "/api/v1"
api = Blueprint("api", __name__, url_prefix=ROOT)
RETRY_SECONDS = "5"
log = structlog.get_logger()
SEEN_READING = dt.timedelta(hours=1)  # how exactly we remember reads: a list that is polled must not become a writer
WORK = ("/callbacks", "/calls", "/messages", "/told")  # what staff do all day; any other change is for those who manage
OWNERS = "/allow"  # but this: on the page only an owner may

Schema = dict[str, Any]
Answer = dict[str, Any] | tuple[dict[str, Any], int] | Problem | Response


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

    @property
    def scope(self) -> str:
        """What a token must be made for to use it."""
        if self.method == "GET":
            return "read"
        return "work" if self.rule.startswith(WORK) and not self.rule.endswith(OWNERS) else "manage"


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
        known = Operation(method, rule, says, answers, query, body, handler.__name__)
        OPERATIONS.append(known)

        def serve(**path: str) -> Response:
            return _answered(handler, known, path)

        api.add_url_rule(rule, handler.__name__, serve, methods=[method], provide_automatic_options=False)
        return handler

    return add


def _answered(handler: Callable[..., Answer], known: Operation, path: dict[str, str]) -> Response:
    now, database, reads = clock.now(), installation().database, known.method == "GET"
    program = g.program = _let_in(database, known, path, now)
    asked.only(known.query)

    def once() -> Answer:
        with database.reading() if reads else database.transaction() as session:
            answer = handler(session, now, **path)
            if not reads:
                tokens.token_used(session, program.token_id, now)
                if not isinstance(answer, Problem):
                    audit.record(session, program_name(), known.name, g.get("told", " ".join(path.values())), now)
            return answer

    answer = once() if reads else patiently(once)
    if isinstance(answer, Problem):
        return answer.response()
    response = answer if isinstance(answer, Response) else _as_json(answer)
    if not reads:
        log.info("api", by=program.name, method=request.method, endpoint=request.endpoint, status=response.status_code)
    response.headers["Cache-Control"] = "no-store"
    return response


def _as_json(answer: dict[str, Any] | tuple[dict[str, Any], int]) -> Response:
    payload, status = answer if isinstance(answer, tuple) else (answer, 200)
    return Response(json.dumps(payload), status, mimetype="application/json")  # members in the order described


def program_name() -> str:
    """Who asks, as it is written on a person's card: the name of the token."""
    return f"token {g.program.name}"


def program_maker() -> str:
    """Whose merge it is that can be undone."""
    return f"token {g.program.token_id}"


def tell_audit(words: str) -> None:
    """What this request changed, in place of the ids in its address: words of ours, never what was sent."""
    g.told = words


def _let_in(database: Database, known: Operation, path: dict[str, str], now: dt.datetime) -> Program:
    """Whoever brought a token that is made for this, and may see what it names."""
    program = _program(database)
    if known.scope not in program.scopes:
        raise Problem(403, f"This token may not do that: it was made without the scope `{known.scope}`.")
    sight.look_through(program.lines)
    with database.reading() as session:
        if sight.hidden(session, path):
            raise Problem(404, "There is no such thing on the lines this token may see.")
    if known.method == "GET" and (program.used_at is None or now - program.used_at >= SEEN_READING):
        with database.transaction() as session:
            tokens.token_used(session, program.token_id, now)
    return program


def _program(database: Database) -> Program:
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() == "bearer" and token.strip():
        with database.reading() as session:
            program = tokens.program(session, token.strip())
        if program is not None:
            return program
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

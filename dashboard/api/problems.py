"""What went wrong, as problem+json (RFC 9457)."""

import json
from http import HTTPStatus
from typing import Any

from flask import Response
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect


def in_api(path: str) -> bool:
    """Whether a program asks, and gets its errors as a program reads them; also at addresses that do not exist."""
    return path == "/api" or path.startswith("/api/")


class Problem(Exception):
    """An answer other than the one asked for. Raised, it undoes the transaction; returned, what was written stays."""

    def __init__(self, status: int, detail: str, **extra: Any) -> None:
        super().__init__(detail)
        self.status, self.detail, self.extra = status, detail, extra

    def response(self) -> Response:
        """The answer that tells it; `extra` members stand beside the standard ones."""
        known = {"type": "about:blank", "title": HTTPStatus(self.status).phrase, "status": self.status}
        text = json.dumps(known | {"detail": self.detail} | self.extra)
        answer = Response(text, self.status, mimetype="application/problem+json")
        if self.status == HTTPStatus.UNAUTHORIZED:
            answer.headers["WWW-Authenticate"] = "Bearer"
        return answer


def answer_to(error: HTTPException) -> Response:
    """What the framework refuses, told like everything else. A redirect is none: no program should have to follow."""
    if isinstance(error, RequestRedirect):
        return Problem(404, "There is nothing at this address.").response()
    status = error.code or HTTPStatus.INTERNAL_SERVER_ERROR
    said = "Something broke on our side. It has been written down." if status >= 500 else error.description
    answer = Problem(status, said or error.name).response()
    for name, value in error.get_headers():
        if name == "Allow":
            answer.headers[name] = value
    return answer

"""What went wrong, as problem+json (RFC 9457)."""

import json
from http import HTTPStatus
from typing import Any

from flask import Response


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

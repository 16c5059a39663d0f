"""What every part of the REST API needs: where things live, how they are found missing, how errors look."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from flask import Response, jsonify, request

from .params import API_VERSION

if TYPE_CHECKING:
    from .carrier import Carrier

View = Callable[..., Any]  # of the carrier and the path's parts
BASE = f"/{API_VERSION}/Accounts/<account>"


class RestError(Exception):
    """An answer with the carrier's error number."""

    def __init__(self, status: int, code: int | None, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


def error_answer(status: int, code: int | None, message: str) -> Response:
    """An error as the carrier writes it; without a code, as a proxy in between would."""
    if code is None:
        return Response(f"<html><body>{message}</body></html>", status, content_type="text/html")
    body = {
        "code": code,
        "message": message,
        "more_info": f"https://www.twilio.com/docs/errors/{code}",
        "status": status,
    }
    answer = jsonify(body)
    answer.status_code = status
    return answer


def not_found(what: str = "") -> RestError:
    """404 for anything."""
    return RestError(404, 20404, f"The requested resource {what or request.path} was not found")


def account_uri(carrier: "Carrier") -> str:
    """Where the account's resources live."""
    return f"/{API_VERSION}/Accounts/{carrier.config.account_sid}"


def created(shown: dict[str, Any]) -> Response:
    """201 with the new resource."""
    answer = jsonify(shown)
    answer.status_code = 201
    return answer

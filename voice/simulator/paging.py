"""Lists as the REST API gives them: pages with links, and filters by time."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlencode

from flask import Response, jsonify, request

from .rest_base import RestError

if TYPE_CHECKING:
    from .carrier import Carrier

T = TypeVar("T")
_LARGEST_PAGE, _DEFAULT_PAGE = 1000, 50
_PAGING = frozenset(("Page", "PageSize", "PageToken"))
_AFTER, _BEFORE = "PA", "PB"  # which way a token leads


def page(
    carrier: "Carrier", name: str, uri: str, items: Sequence[T], render: Callable[[T], dict[str, Any]]
) -> Response:
    """One page of `items` under `name`, with links to its neighbours. Only their tokens lead there, no number does.

    RestError for any page but the first without a token, and for a token that was never given for this list.
    """
    size = min(max(_whole("PageSize", _DEFAULT_PAGE), 1), _LARGEST_PAGE)
    number = max(_whole("Page", 0), 0)
    start, end = _cut(carrier, uri, items, size, number)
    kept = [(key, value) for key, value in request.args.items(multi=True) if key not in _PAGING]

    def link(which: int, token: str) -> str:
        place = [("PageSize", size), ("Page", which), *([("PageToken", token)] if token else [])]
        return f"{uri}?{urlencode([*kept, *place])}"

    def turn(kind: str, which: int, at: int) -> str:
        token = carrier.new_sid(kind)
        carrier.page_tokens[uri, token] = items[:at]
        return link(which, token)

    return jsonify(
        {
            name: [render(item) for item in items[start:end]],
            "page": number,
            "page_size": size,
            "start": number * size,
            "end": number * size + max(end - start - 1, 0),
            "uri": link(number, request.args.get("PageToken", "")),
            "first_page_uri": link(0, ""),
            "next_page_uri": turn(_AFTER, number + 1, end) if end < len(items) else None,
            "previous_page_uri": turn(_BEFORE, number - 1, start) if number and start else None,
        }
    )


def _cut(carrier: "Carrier", uri: str, items: Sequence[Any], size: int, number: int) -> tuple[int, int]:
    """Where the page asked for begins and ends. A token stands for what came before it, though some may have gone."""
    token = request.args.get("PageToken", "")
    if not token and number:
        raise RestError(400, 20001, "PageToken is required for paging.")
    if token and (uri, token) not in carrier.page_tokens:
        raise RestError(400, 21481, "Invalid PageToken")
    places = {id(item): at for at, item in enumerate(items)}
    before = reversed(carrier.page_tokens[uri, token] if token else ())
    at = next((places[id(item)] + 1 for item in before if id(item) in places), 0)
    return (max(at - size, 0), at) if token.startswith(_BEFORE) else (at, min(at + size, len(items)))


def _whole(name: str, default: int) -> int:
    value = request.args.get(name, "")
    return int(value) if value.isdigit() else default


def between(carrier: "Carrier", name: str, moment: datetime | None) -> bool:
    """Does a time, as this carrier states it, pass the filters Name, Name< and Name>?

    A filter without a time of day means the UTC day; by switch so does every other.
    """
    asked = {sign: request.args.get(name + sign) for sign in ("", "<", ">")}
    if not any(asked.values()):
        return True
    if moment is None:
        return False
    stated, most = carrier.stated(moment), 10 if carrier.switches.day_filters else None
    return all(_passes(stated, value[:most], sign) for sign, value in asked.items() if value)


def _passes(moment: datetime, value: str, sign: str) -> bool:
    first, last = _span(value)
    if sign == "<":
        return moment <= last
    if sign == ">":
        return moment >= first
    return first <= moment <= last


def _span(value: str) -> tuple[datetime, datetime]:
    """The instants a filter value stands for: a day, or one second."""
    if "T" not in value:
        start = datetime.combine(date.fromisoformat(value[:10]), time(), UTC)
        return start, start + timedelta(days=1, microseconds=-1)
    start = datetime.fromisoformat(value.replace("Z", "+00:00"))
    return start, start + timedelta(seconds=1, microseconds=-1)

"""Lists as the REST API gives them: pages with links, and filters by time."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, TypeVar
from urllib.parse import urlencode

from flask import Response, jsonify, request

T = TypeVar("T")
_LARGEST_PAGE, _DEFAULT_PAGE = 1000, 50


def page(name: str, uri: str, items: Sequence[T], render: Callable[[T], dict[str, Any]]) -> Response:
    """One page of `items` under `name`, with links to its neighbours."""
    size = min(max(_whole("PageSize", _DEFAULT_PAGE), 1), _LARGEST_PAGE)
    number = max(_whole("Page", 0), 0)
    start = number * size
    shown = items[start : start + size]

    def link(which: int) -> str:
        kept = [(key, value) for key, value in request.args.items(multi=True) if key not in {"Page", "PageToken"}]
        kept = [(key, value) for key, value in kept if key != "PageSize"]
        return f"{uri}?{urlencode([*kept, ('PageSize', size), ('Page', which)])}"

    return jsonify(
        {
            name: [render(item) for item in shown],
            "page": number,
            "page_size": size,
            "start": start,
            "end": max(start + len(shown) - 1, 0),
            "uri": link(number),
            "first_page_uri": link(0),
            "next_page_uri": link(number + 1) if start + size < len(items) else None,
            "previous_page_uri": link(number - 1) if number else None,
        }
    )


def _whole(name: str, default: int) -> int:
    value = request.args.get(name, "")
    return int(value) if value.isdigit() else default


def between(name: str, moment: datetime | None) -> bool:
    """Does a time pass the filters Name, Name< and Name>? A filter without a time of day means the UTC day."""
    asked = {sign: request.args.get(name + sign) for sign in ("", "<", ">")}
    if not any(asked.values()):
        return True
    if moment is None:
        return False
    return all(_passes(moment, value, sign) for sign, value in asked.items() if value)


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

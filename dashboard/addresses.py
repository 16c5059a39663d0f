"""The addresses on the rows of a list. Building each by the map of routes would be an eighth of the page's time."""

import functools

from flask import request, url_for

HOLE = "0000"


def of(endpoint: str, name: str, value: str) -> str:
    """What `url_for(endpoint, name=value)` gives. `value` is an id or an E.164 number, so nothing in it needs escaping.

    Not for routes that convert their value, or put it anywhere but once into the path.
    """
    before, after = _of(endpoint, name, request.script_root)
    return before + value + after


def around(endpoint: str, **values: str) -> tuple[str, str]:
    """What stands before and after the last HOLE of an address."""
    before, _, after = url_for(endpoint, **values).rpartition(HOLE)  # type: ignore[arg-type]
    return before, after


@functools.lru_cache(100)
def _of(endpoint: str, name: str, root: str) -> tuple[str, str]:
    return around(endpoint, **{name: HOLE})

"""Cursors of lists that are ordered by a time and an id: opaque to others, refused when they are not ours."""

import base64
import binascii
import datetime as dt


def cursor(moment: dt.datetime, row_id: str) -> str:
    """The cursor of the page after this row."""
    return base64.urlsafe_b64encode(f"{moment.isoformat()} {row_id}".encode()).decode().rstrip("=")


def read(text: str) -> tuple[dt.datetime, str]:
    """The time and id of the last row the reader has seen. Raises ValueError."""
    try:
        moment, _, row_id = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode().partition(" ")
        if "\0" in row_id:
            raise ValueError("no id, and nothing that Postgres could compare with one")
        return dt.datetime.fromisoformat(moment).astimezone(dt.UTC), row_id
    except (ValueError, binascii.Error) as wrong:
        raise ValueError("this cursor did not come from a list of ours") from wrong

"""Files of contacts: CSV and vCard, read leniently and written safely. Pure: bytes in, people out, and back."""

import codecs
from collections.abc import Collection
from itertools import islice

from voice.rules.contact_files import csv_file, vcard_file
from voice.rules.contact_files.entry import Entry, Unreadable, check

MAX_BYTES = 2 * 1024 * 1024
MOST_ROWS = 5000


def read(data: bytes, country: str, own_lines: Collection[str]) -> list[Entry]:
    """The people in a file, in its order; numbers without a country code are taken as of `country`.

    Raises Unreadable for a file that is too large, of another kind, or without a column of phone numbers.
    """
    if len(data) > MAX_BYTES:
        raise Unreadable("The file is larger than 2 MB. Split it, and bring in one part after the other.")
    words = decoded(data)
    if not words.strip():
        raise Unreadable("The file is empty. Choose a CSV or vCard file with your contacts.")
    is_vcard = "BEGIN:VCARD" in words[:4096].upper()
    rows = vcard_file.read(words) if is_vcard else csv_file.read(words)
    raws = list(islice(rows, MOST_ROWS + 1))
    if len(raws) > MOST_ROWS:
        raise Unreadable(f"The file holds more than {MOST_ROWS:,} people. Split it into smaller ones.")
    if not raws:
        raise Unreadable("Nobody is in this file.")
    seen: dict[str, int] = {}
    return [check(raw, country, own_lines, seen) for raw in raws]


def decoded(data: bytes) -> str:
    """The text of a file, whatever program saved it: UTF-8 and UTF-16 by their marks, else UTF-8, else Windows'."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", errors="replace")
    head = data[:200]
    if head.count(0) > len(head) // 3:  # UTF-16 without its mark: every other byte of plain letters is zero
        return data.decode("utf-16-be" if data[:1] == b"\0" else "utf-16-le", errors="replace").replace("\0", "")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


__all__ = ["MAX_BYTES", "MOST_ROWS", "Entry", "Unreadable", "decoded", "read"]

"""Text from outside, made harmless once, at the edge."""

import unicodedata


def clean(text: str, limit: int = 80) -> str:
    """One line of printable text, at most `limit` characters.

    Control characters, surrogates and non-characters go: some of them would make the XML we answer unreadable.
    """
    spaced = "".join(" " if ch in "\t\r\n" else ch for ch in unicodedata.normalize("NFC", text[: limit * 4]))
    kept = "".join(ch for ch in spaced if unicodedata.category(ch) not in ("Cc", "Cs", "Cn", "Co"))
    return " ".join(kept.split())[:limit].strip()

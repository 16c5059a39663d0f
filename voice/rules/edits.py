"""Two people save the same form: what each of them changed is kept, and where both changed one thing, nobody's is lost.

A form carries what it showed (`was`). The later save is laid over what is kept now, field by field.
"""

from collections.abc import Mapping
from typing import NamedTuple


class Settled(NamedTuple):
    """`values`: what to save. `overtaken`: the fields somebody else has changed meanwhile to something else."""

    values: dict[str, str]
    overtaken: tuple[str, ...]


def settle(was: Mapping[str, str], typed: Mapping[str, str], now: Mapping[str, str]) -> Settled:
    """What is to be saved of a form, by what it showed, what it says, and what is kept now.

    A field left as it was shown stays as it is kept now. Without a word of what it was shown as, what is typed counts.
    """
    values, overtaken = dict(typed), []
    for field in typed.keys() & was.keys() & now.keys():
        shown, wanted, kept = (" ".join(each[field].split()) for each in (was, typed, now))
        if wanted == shown:
            values[field] = now[field]
        elif kept not in (shown, wanted):
            overtaken.append(field)
    return Settled(values, tuple(sorted(overtaken)))

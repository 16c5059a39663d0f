"""What somebody has asked the list to show: whom they look for, how much of each group, which rows are unfolded.

It lives in the address alone, and every form brings it along, so that a page without scripts keeps it too.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlencode

from voice.rules import text

FIRST = {"waiting": 50, "found": 50}  # rows of a group to begin with
OTHERS = 10  # of each other group: what is not to be rung now must not hide what is
MORE = 50  # at a time
MOST = 500  # beyond this one searches
GROUPS = ("mine", "waiting", "later", "unreached", "no_number", "held", "closed", "found")
UNFOLDED = 20


@dataclass(frozen=True)
class View:
    """`q`: words looked for; `shown`: rows of a group where more than usual; `unfolded`: ids of rows."""

    q: str = ""
    shown: Mapping[str, int] = field(default_factory=dict)
    unfolded: tuple[str, ...] = ()

    def rows(self, group: str) -> int:
        """How many rows of this group at most."""
        return self.shown.get(group) or FIRST.get(group, OTHERS)

    def query(self) -> dict[str, str]:
        """The view as it stands in an address."""
        asked = {"q": self.q, "open": ".".join(self.unfolded)}
        return {name: value for name, value in asked.items() if value} | {
            group: str(count) for group, count in self.shown.items()
        }

    def text(self) -> str:
        """The view as one form field."""
        return urlencode(self.query())

    def more(self, group: str) -> dict[str, str]:
        """The address with another MORE rows of a group."""
        return self.query() | {group: str(min(self.rows(group) + MORE, MOST))}

    def unfolding(self, callback_id: str) -> dict[str, str]:
        """The address with one row more unfolded."""
        return self.query() | {"open": ".".join((*self.unfolded, callback_id)[-UNFOLDED:])}

    def folded(self, callback_id: str) -> "View":
        """The same without this row unfolded: what one wanted to do with it is done."""
        return View(self.q, self.shown, tuple(each for each in self.unfolded if each != callback_id))


def read(given: Mapping[str, str]) -> View:
    """The view of an address; what makes no sense in it is left out."""
    shown = {group: _count(given[group]) for group in GROUPS if group in given}
    unfolded = tuple(each for each in given.get("open", "").split(".") if each.isalnum())[-UNFOLDED:]
    return View(text.clean(given.get("q", ""), 80), {name: count for name, count in shown.items() if count}, unfolded)


def read_field(given: str) -> View:
    """The view of a form's field."""
    return read(dict(parse_qsl(given[:2000])))


def _count(given: str) -> int:
    return min(int(given), MOST) if given.isascii() and given.isdecimal() and len(given) < 5 else 0

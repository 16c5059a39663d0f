"""What staff say beside how a talk ended: a note, what it was about, whether they bought."""

from dataclasses import asdict, dataclass
from typing import Any

from voice.models import Callback


@dataclass(frozen=True)
class About:
    """All of it optional: None or empty leaves what is there."""

    note: str = ""
    topic_id: int | None = None
    bought: bool | None = None
    why_not: str = ""

    def values(self, callback: Callback) -> dict[str, Any]:
        """The columns to set. A note goes before those of earlier tries: none is ever written over."""
        notes = " · ".join(dict.fromkeys(filter(None, (self.note, callback.note))))
        told = {"note": notes, "topic_id": self.topic_id, "bought": self.bought, "why_not": self.why_not}
        return {name: value for name, value in told.items() if value not in (None, "")}

    def told(self) -> dict[str, Any]:
        """The same for the history of the callback: what was said this time, and only that."""
        return asdict(self)


NOTHING_SAID = About()

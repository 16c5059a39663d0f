"""How long what is kept; `voice.retention` lets go of it. Counts and figures name nobody, and are kept for ever."""

import datetime as dt
from dataclasses import dataclass

MONTH = dt.timedelta(days=365.25) / 12


@dataclass(frozen=True)
class Keeping:
    """As the firm has it; the fields are those of [business], and the defaults those of who says nothing."""

    keep_people_months: int = 13  # number, name and notes, since anything last happened with them
    keep_messages_days: int = 90  # what they said, on messages and in texts
    keep_deliveries_days: int = 30  # what the carrier told us, word for word
    keep_audit_months: int = 24  # who did what

    def people_since(self, now: dt.datetime) -> dt.datetime:
        """Of whom nothing is newer than this is forgotten."""
        return now - self.keep_people_months * MONTH

    def audit_since(self, now: dt.datetime) -> dt.datetime:
        """What was done before this is forgotten."""
        return now - self.keep_audit_months * MONTH


LIMITS = {
    "keep_people_months": (1, 120), "keep_messages_days": (1, 3650), "keep_deliveries_days": (2, 3650),
    "keep_audit_months": (1, 120),
}  # fmt: skip

"""Gathers, from the carrier's own record, what may prove that a caller talked with somebody."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from voice.carrier import client
from voice.db import chunks
from voice.models import Leg
from voice.rules import evidence
from voice.rules.causes import TALK_SECONDS
from voice.work.tools import Tools


@dataclass(frozen=True)
class Proof:
    """What could be learned of a call: `wait` for the record a little longer, or `read` it, and here is the talk."""

    talk: evidence.Talk | None = None
    read: bool = True
    wait: bool = False


def start_of(row: client.Seen) -> dt.datetime:
    """When a listed call began."""
    assert row.started_at is not None  # noqa: S101  the client refuses a listing with a row that lacks it
    return row.started_at


def end_of(row: client.Seen, now: dt.datetime) -> dt.datetime:
    """When a listed call ended; `now` while it goes on."""
    return row.ended_at or now


class Proofs:
    """For one line and window. Our own legs are listed once, and only when a call asks for them."""

    def __init__(self, tools: Tools, line: str, window: evidence.Window, now: dt.datetime) -> None:
        self._tools, self._line, self._window, self.now = tools, line, window, now
        self._legs: dict[str, client.Seen] | None = None
        self._whose: Mapping[str, str | None] = {}

    @property
    def legs(self) -> dict[str, client.Seen]:
        """Legs from this line's number, by the carrier's id. Raises CarrierError."""
        if self._legs is None:
            legs = {leg.sid: leg for leg in self._tools.carrier.log(*self._window.days, from_=self._line)}
            with self._tools.database.reading() as session:
                self._whose = {
                    sid: call_id
                    for some in chunks(list(legs))
                    for sid, call_id in session.execute(sa.select(Leg.sid, Leg.call_id).where(Leg.sid.in_(some)))
                    if sid
                }
            self._legs = legs
        return self._legs

    def of(self, row: client.Seen, call_id: str | None) -> Proof:
        """The proof of a talk in a call that is over. `call_id`: our row of it, if we have one. Raises CarrierError."""
        legs = self._beside(row, call_id) if row.seconds >= TALK_SECONDS else []
        if not legs:
            return Proof()  # nobody of ours was on the phone: there was no talk, and nothing to wait for
        ended = end_of(row, self.now)
        hopeless = evidence.is_hopeless(ended, self.now)
        if not evidence.can_be_read(max(ended, *(end_of(leg, self.now) for leg in legs)), self.now):
            return Proof(read=False, wait=not hopeless)
        try:
            asked = self._tools.carrier.asked(row.sid)
            staff = {leg.sid: self._asked(leg) for leg in legs}
        except client.CarrierError:
            return Proof(read=False, wait=not hopeless)
        return Proof(evidence.talk(asked, staff, ended))

    def _beside(self, row: client.Seen, call_id: str | None) -> list[client.Seen]:
        """Legs that may have been joined with this caller: dialled from theirs, or up at the same time.

        Those known to be another caller's are none.
        """
        begun, ended = start_of(row), end_of(row, self.now)
        return [
            leg
            for leg in self.legs.values()
            if leg.parent_sid == row.sid
            or (
                leg.direction == "outbound-api"
                and start_of(leg) < ended
                and end_of(leg, self.now) > begun
                and self._whose.get(leg.sid) in (None, call_id)
            )
        ]

    def _asked(self, leg: client.Seen) -> evidence.StaffLeg:
        return evidence.StaffLeg(leg.to, end_of(leg, self.now), self._tools.carrier.asked(leg.sid))

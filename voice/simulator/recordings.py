"""Recordings: made by verbs, ready a little later, fetched and deleted by REST."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from .document import Source
from .params import API_VERSION, call_params, rfc2822
from .webhooks import Webhook

if TYPE_CHECKING:
    from .carrier import Carrier
    from .legs import Leg

_TRANSCRIBED_AFTER_SECONDS = 20.0
_TRANSCRIBABLE = (2.0, 120.0)


@dataclass(eq=False)
class Recording:
    """A recording. `words` is what a listener would hear; status: processing, completed, absent, deleted."""

    sid: str
    leg: "Leg"
    source: str
    started_at: datetime
    ended_at: datetime
    seconds: float
    words: str
    status: str
    url: str


class Recordings:
    """All recordings of the account."""

    def __init__(self, carrier: "Carrier") -> None:
        self._carrier = carrier
        self.by_sid: dict[str, Recording] = {}

    def keep(
        self,
        leg: "Leg",
        source: str,
        started: datetime,
        seconds: float,
        words: str,
        *,
        status: str = "completed",
        told: Source | None = None,
        events: frozenset[str] = frozenset(("completed",)),
        transcribed: str = "",
    ) -> Recording:
        """Keep one; its media is ready after the carrier's delay, and `told` hears of it then."""
        config = self._carrier.config
        sid = self._carrier.new_sid("RE")
        url = f"{config.api_url}/{API_VERSION}/Accounts/{config.account_sid}/Recordings/{sid}"
        first = "absent" if status == "absent" else "processing"
        kept = Recording(sid, leg, source, started, self._carrier.now(), seconds, words, first, url)
        self.by_sid[sid] = kept
        self._carrier.note("recording", f"{leg.phone.label}: {words or 'nothing said'}", leg, recording=sid)
        self._carrier.spawn(self._finish(kept, status, told, events))
        if transcribed and _TRANSCRIBABLE[0] < seconds < _TRANSCRIBABLE[1]:
            self._carrier.spawn(self._transcribe(kept, transcribed))
        return kept

    async def _finish(self, kept: Recording, status: str, told: Source | None, events: frozenset[str]) -> None:
        await asyncio.sleep(self._carrier.switches.recording_delay_seconds)
        if kept.status != "deleted":
            kept.status = status
        if told is None or status not in events:
            return
        params = {
            "AccountSid": self._carrier.config.account_sid,
            "CallSid": kept.leg.sid,
            "RecordingSid": kept.sid,
            "RecordingUrl": kept.url,
            "RecordingStatus": status,
            "RecordingDuration": str(round(kept.seconds)),
            "RecordingChannels": "1",
            "RecordingSource": kept.source,
            "RecordingStartTime": rfc2822(self._carrier.stated(kept.started_at)),
        }
        self._carrier.tell(Webhook(kept.leg, "recording", told.url, told.method, params, "receipt"))

    async def _transcribe(self, kept: Recording, url: str) -> None:
        await asyncio.sleep(_TRANSCRIBED_AFTER_SECONDS)
        params = call_params(kept.leg) | {
            "TranscriptionSid": self._carrier.new_sid("TR"),
            "TranscriptionText": kept.words,
            "TranscriptionStatus": "completed",
            "TranscriptionUrl": kept.url + "/Transcriptions",
            "RecordingSid": kept.sid,
            "RecordingUrl": kept.url,
        }
        self._carrier.tell(Webhook(kept.leg, "transcription", url, "POST", params, "receipt"))

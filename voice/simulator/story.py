"""The timeline in plain words: every request between the carrier and the application as a sentence a stranger reads."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from . import plain

if TYPE_CHECKING:
    from .carrier import Carrier
    from .legs import Leg

Speaker = Literal["carrier", "ringback", "people", "alarm", "start"]
_OK = range(200, 300)


@dataclass
class Row:
    """One line of the story. `raw` names what an engineer may open: webhooks/12 or requests/3."""

    speaker: Speaker
    text: str
    at: str
    seconds: float
    detail: bool = False
    raw: str = ""
    phones: list[str] = field(default_factory=list)

    def as_dict(self, number: int) -> dict[str, Any]:
        """For the page."""
        return vars(self) | {"n": number}


class Story:
    """Reads the carrier's timeline as it grows. All of it runs on the carrier's loop."""

    def __init__(self, carrier: "Carrier") -> None:
        self._carrier = carrier
        self._rows: list[Row] = []
        self._read = self._requests = 0
        self._live: set[str] = set()
        self._began = carrier.now()
        self._held: list[Row] = []  # what a request brought about is noted before the request itself

    def since(self, number: int, most: int = 400) -> list[dict[str, Any]]:
        """The rows after the `number`-th, the newest `most` of them."""
        self._catch_up()
        first = max(number, len(self._rows) - most, 0)
        return [row.as_dict(at + 1) for at, row in enumerate(self._rows[first:], first)]

    def _catch_up(self) -> None:
        lines = self._carrier.timeline
        while self._read < len(lines):
            line = lines[self._read]
            self._read += 1
            self._begin(line)
            row = self._row(line)
            if row is not None:
                (self._held if self._by_request(line) else self._rows).append(row)
            if line["kind"] == "rest":
                self._rows += self._held
                self._held = []

    def _by_request(self, line: Mapping[str, Any]) -> bool:
        leg = self._carrier.calls.get(str(line.get("call", "")))
        return line["kind"] == "ended" and leg is not None and leg.ended_by == "api"

    def _begin(self, line: Mapping[str, Any]) -> None:
        """Time counts from the first call of a stretch in which somebody is always on the phone."""
        call = str(line.get("call", ""))
        if line["kind"] in {"dial", "create"}:
            if not self._live:
                self._began = datetime.fromisoformat(line["at"])
            self._live.add(call)
        elif line["kind"] == "ended":
            self._live.discard(call)

    def _row(self, line: Mapping[str, Any]) -> Row | None:
        leg = self._carrier.calls.get(str(line.get("call", "")))
        tell = getattr(self, f"_{line['kind']}", None)
        if tell is None:
            return None
        row: Row | None = tell(line, leg)
        if row is not None:
            row.phones = [leg.phone.number] if leg else row.phones
        return row

    def _say(self, speaker: Speaker, text: str, line: Mapping[str, Any], *, detail: bool = False, raw: str = "") -> Row:
        at = str(line["at"])
        passed = (datetime.fromisoformat(at) - self._began).total_seconds()
        return Row(speaker, text, at, round(passed, 2), detail, raw)

    # --- one method for each kind of line; a kind without one is told by another line already

    def _dial(self, line: Mapping[str, Any], leg: "Leg | None") -> Row:
        to = plain.line_name(self._carrier, leg.to if leg else "")
        who = leg.phone.label if leg else "Somebody"
        forwarded = leg is not None and leg.forwarded_from
        alone = len(self._live) == 1
        text = f"{who}'s phone sends the call on to {to}" if forwarded else f"{who} calls {to}"
        return self._say("start" if alone else "people", text, line)

    def _webhook(self, line: Mapping[str, Any], _leg: "Leg | None") -> Row:
        exchange = self._carrier.exchanges[line["exchange"] - 1]
        text, detail = plain.question(self._carrier, exchange)
        return self._say("carrier", text, line, detail=detail, raw=f"webhooks/{exchange.number}")

    def _answer(self, line: Mapping[str, Any], _leg: "Leg | None") -> Row | None:
        exchange = self._carrier.exchanges[line["exchange"] - 1]
        raw = f"webhooks/{exchange.number}"
        if exchange.document is not None:
            text = f"Ringback answers: {plain.orders(self._carrier, exchange.document, exchange.webhook.leg)}"
            only_a_sound = [verb.tag for verb in exchange.document.root] == ["Play"]
            return self._say("ringback", text, line, detail=only_a_sound, raw=raw)
        if exchange.status in _OK:
            return None
        answer = f"answers with an error ({exchange.status})" if exchange.status else "does not answer"
        return self._say("alarm", f"Ringback {answer}", line, raw=raw)

    def _rest(self, line: Mapping[str, Any], _leg: "Leg | None") -> Row:
        request = self._carrier.requests[self._requests]
        self._requests += 1
        text, detail, number = plain.request(self._carrier, request)
        row = self._say("ringback", text, line, detail=detail, raw=f"requests/{request['n']}")
        row.phones = [number] if number else []
        return row

    def _heard(self, line: Mapping[str, Any], leg: "Leg | None") -> Row | None:
        # A ringing tone in somebody's ear is a ring too, but not their bell.
        bell = f"{leg.phone.label} hears ring: {leg.frm}" if leg else ""
        if leg is None or leg.direction == "inbound" or line["text"] != bell:
            return None
        return self._say("people", f"{leg.phone.label}'s phone rings", line)

    def _key(self, line: Mapping[str, Any], leg: "Leg | None") -> Row:
        nothing = ": nothing happens, nobody outside is ever asked to" if leg and leg.facing == "caller" else ""
        return self._say("people", f"{line['text']}{nothing}", line)

    def _speech(self, line: Mapping[str, Any], _leg: "Leg | None") -> Row:
        who, _, words = str(line["text"]).partition(" says: ")
        return self._say("people", f"{who}: “{words}”", line)

    def _joined(self, line: Mapping[str, Any], _leg: "Leg | None") -> Row:
        return self._say("people", str(line["text"]), line)

    def _ended(self, line: Mapping[str, Any], leg: "Leg | None") -> Row | None:
        return self._say("people", plain.ending(leg), line, detail=leg.ended_by == "carrier") if leg else None

    def _recording(self, line: Mapping[str, Any], leg: "Leg | None") -> Row:
        _, _, words = str(line["text"]).partition(": ")
        who = leg.phone.label if leg else "Somebody"
        return self._say("people", f"Kept from {who}: " + (f"“{words}”" if words != "nothing said" else words), line)

    def _text(self, line: Mapping[str, Any], _leg: "Leg | None") -> Row:
        return self._say("people", str(line["text"]), line)

    def _complaint(self, line: Mapping[str, Any], _leg: "Leg | None") -> Row:
        return self._say("alarm", f"The carrier complains: {str(line['text']).splitlines()[0][:200]}", line)

    def _failure(self, line: Mapping[str, Any], _leg: "Leg | None") -> Row:
        return self._say("alarm", f"The carrier cannot go on with that (error {line.get('code')})", line)

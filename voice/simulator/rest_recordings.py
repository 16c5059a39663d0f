"""REST: recordings and their sound."""

from typing import TYPE_CHECKING, Any

from flask import Response, jsonify, request

from .media import silent_mp3, tone_wav
from .paging import between, page
from .params import API_VERSION, rfc2822
from .recordings import Recording
from .rest_base import BASE, View, account_uri, not_found

if TYPE_CHECKING:
    from .carrier import Carrier


def _listing(carrier: "Carrier", call: str = "") -> Response:
    wanted = call or request.args.get("CallSid", "")
    found = [
        kept
        for kept in carrier.recordings.by_sid.values()
        if wanted in {"", kept.leg.sid} and kept.status != "deleted" and between("DateCreated", kept.ended_at)
    ]
    uri = f"{account_uri(carrier)}/{f'Calls/{call}/' if call else ''}Recordings.json"
    return page("recordings", uri, found[::-1], lambda kept: _render_recording(carrier, kept))


def _find(carrier: "Carrier", sid: str) -> Recording:
    kept = carrier.recordings.by_sid.get(sid)
    if kept is None or kept.status == "deleted":
        raise not_found()
    return kept


def _fetch(carrier: "Carrier", sid: str) -> Response:
    return jsonify(_render_recording(carrier, _find(carrier, sid)))


def _remove(carrier: "Carrier", sid: str) -> Response:
    _find(carrier, sid).status = "deleted"
    return Response(status=204)


def _sound(carrier: "Carrier", sid: str, kind: str = "wav") -> Response:
    kept = _find(carrier, sid)
    if kept.status != "completed":
        raise not_found()
    if kind == "mp3":
        return Response(silent_mp3(kept.seconds), content_type="audio/mpeg")
    return Response(tone_wav(kept.seconds), content_type="audio/x-wav")


def _render_recording(carrier: "Carrier", kept: Recording) -> dict[str, Any]:
    base = f"{account_uri(carrier)}/Recordings/{kept.sid}"
    done = kept.status == "completed"
    return {
        "sid": kept.sid,
        "account_sid": carrier.config.account_sid,
        "api_version": API_VERSION,
        "call_sid": kept.leg.sid,
        "conference_sid": None,
        "channels": 1,
        "source": kept.source,
        "status": kept.status,
        "error_code": None,
        "price": None,
        "price_unit": "USD",
        "duration": str(round(kept.seconds)) if done else None,
        "start_time": rfc2822(kept.started_at),
        "date_created": rfc2822(kept.ended_at),
        "date_updated": rfc2822(kept.ended_at),
        "encryption_details": None,
        "media_url": kept.url,
        "uri": f"{base}.json",
        "subresource_uris": {
            "add_on_results": f"{base}/AddOnResults.json",
            "transcriptions": f"{base}/Transcriptions.json",
        },
    }


RECORDING_VIEWS: dict[tuple[str, str], View] = {
    ("GET", f"{BASE}/Recordings.json"): _listing,
    ("GET", f"{BASE}/Calls/<call>/Recordings.json"): _listing,
    ("GET", f"{BASE}/Recordings/<sid>.json"): _fetch,
    ("DELETE", f"{BASE}/Recordings/<sid>.json"): _remove,
    ("GET", f"{BASE}/Recordings/<sid>"): _sound,
    ("GET", f"{BASE}/Recordings/<sid>.<any(wav, mp3):kind>"): _sound,
}

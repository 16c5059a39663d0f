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
        if wanted in {"", kept.leg.sid}
        and _visible(kept)
        and between(carrier, "DateCreated", kept.ended_at)
        and not request.args.get("ConferenceSid")  # no conference is ever recorded here
    ][::-1]
    base = account_uri(carrier)
    if call:
        return page(carrier, "recordings", f"{base}/Calls/{call}/Recordings.json", found, _render_of_call)
    return page(carrier, "recordings", f"{base}/Recordings.json", found, _render)


def _visible(kept: Recording) -> bool:
    """What was deleted stays readable for those who ask for it, its sound does not."""
    return kept.status != "deleted" or request.args.get("IncludeSoftDeleted", "").lower() == "true"


def _find(carrier: "Carrier", sid: str) -> Recording:
    kept = carrier.recordings.by_sid.get(sid)
    if kept is None or not _visible(kept):
        raise not_found()
    return kept


def _fetch(carrier: "Carrier", sid: str) -> Response:
    return jsonify(_render(_find(carrier, sid)))


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


def _render_common(kept: Recording) -> dict[str, Any]:
    carrier = kept.leg.carrier
    done = kept.status in {"completed", "deleted"}
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
        "start_time": rfc2822(carrier.stated(kept.started_at)),
        "date_created": rfc2822(carrier.stated(kept.ended_at)),
        "date_updated": rfc2822(carrier.stated(kept.ended_at)),
        "encryption_details": None,
    }


def _render(kept: Recording) -> dict[str, Any]:
    base = f"{account_uri(kept.leg.carrier)}/Recordings/{kept.sid}"
    parts = {"add_on_results": "AddOnResults", "transcriptions": "Transcriptions"}
    return _render_common(kept) | {
        "media_url": kept.url,
        "uri": f"{base}.json",
        "subresource_uris": {name: f"{base}/{part}.json" for name, part in parts.items()},
    }


def _render_of_call(kept: Recording) -> dict[str, Any]:
    """The same among a call's own, where fewer fields are shown."""
    uri = f"{account_uri(kept.leg.carrier)}/Calls/{kept.leg.sid}/Recordings/{kept.sid}.json"
    return _render_common(kept) | {"track": "both", "uri": uri}


RECORDING_VIEWS: dict[tuple[str, str], View] = {
    ("GET", f"{BASE}/Recordings.json"): _listing,
    ("GET", f"{BASE}/Calls/<call>/Recordings.json"): _listing,
    ("GET", f"{BASE}/Recordings/<sid>.json"): _fetch,
    ("DELETE", f"{BASE}/Recordings/<sid>.json"): _remove,
    ("GET", f"{BASE}/Recordings/<sid>"): _sound,
    ("GET", f"{BASE}/Recordings/<sid>.<any(wav, mp3):kind>"): _sound,
}

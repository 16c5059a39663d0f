"""REST: Queues and their Members."""

from typing import TYPE_CHECKING, Any

from flask import Response, jsonify, request

from . import queues
from .document import Source
from .paging import page
from .params import rfc2822
from .queues import Member, Queue, Taking
from .rest_base import BASE, RestError, View, account_uri, created, not_found

if TYPE_CHECKING:
    from .carrier import Carrier

_LONGEST_NAME, _LARGEST = 64, 5000


def render_queue(queue: Queue) -> dict[str, Any]:
    """A Queue resource."""
    base = f"{account_uri(queue.carrier)}/Queues/{queue.sid}"
    return {
        "sid": queue.sid,
        "account_sid": queue.carrier.config.account_sid,
        "friendly_name": queue.name,
        "current_size": len(queue.members),
        "max_size": queue.max_size,
        "average_wait_time": queue.average(),
        "date_created": rfc2822(queue.carrier.stated(queue.created_at)),
        "date_updated": rfc2822(queue.carrier.stated(queue.created_at)),
        "uri": f"{base}.json",
    }


def render_member(queue: Queue, member: Member) -> dict[str, Any]:
    """A Member resource."""
    return {
        "call_sid": member.leg.sid,
        "queue_sid": queue.sid,
        "date_enqueued": rfc2822(queue.carrier.stated(member.joined_at)),
        "position": queue.members.index(member) + 1,
        "wait_time": round(queue.seconds(member)),
        "uri": f"{account_uri(queue.carrier)}/Queues/{queue.sid}/Members/{member.leg.sid}.json",
    }


def _create(carrier: "Carrier") -> Response:
    name = request.form.get("FriendlyName", "")
    if not 0 < len(name) <= _LONGEST_NAME:
        raise RestError(400, 22000, "FriendlyName is required and is at most 64 characters")
    if queues.find(carrier, name) is not None:
        raise RestError(400, 22003, f"A queue with this name exists: {name}")
    return created(render_queue(queues.create(carrier, name, _size(queues.DEFAULT_MAX_SIZE))))


def _listing(carrier: "Carrier") -> Response:
    return page(carrier, "queues", f"{account_uri(carrier)}/Queues.json", list(carrier.queues.values()), render_queue)


def _fetch(carrier: "Carrier", sid: str) -> Response:
    return jsonify(render_queue(_find(carrier, sid)))


def _update(carrier: "Carrier", sid: str) -> Response:
    queue = _find(carrier, sid)
    queue.name = request.form.get("FriendlyName", queue.name)
    queue.max_size = _size(queue.max_size)
    return jsonify(render_queue(queue))


def _remove(carrier: "Carrier", sid: str) -> Response:
    queue = _find(carrier, sid)
    if queue.members:
        raise RestError(400, 22004, "The queue is not empty")
    del carrier.queues[sid]
    queue.deleted = True
    queue.changed()
    return Response(status=204)


def _members(carrier: "Carrier", sid: str) -> Response:
    queue = _find(carrier, sid)
    uri = f"{account_uri(carrier)}/Queues/{sid}/Members.json"
    return page(carrier, "queue_members", uri, queue.members, lambda member: render_member(queue, member))


def _fetch_member(carrier: "Carrier", sid: str, call: str) -> Response:
    queue = _find(carrier, sid)
    return jsonify(render_member(queue, _member(queue, call)))


def _dequeue(carrier: "Carrier", sid: str, call: str) -> Response:
    queue = _find(carrier, sid)
    member = _member(queue, call)
    url = request.form.get("Url")
    if not url:
        raise RestError(400, 21205, "Url parameter is required")
    shown = render_member(queue, member)
    member.taken.set_result(Taking(Source(url, request.form.get("Method", "POST").upper())))
    return jsonify(shown)


def _size(default: int) -> int:
    value = request.form.get("MaxSize", "")
    return min(int(value), _LARGEST) if value.isdigit() else default


def _find(carrier: "Carrier", sid: str) -> Queue:
    queue = carrier.queues.get(sid)
    if queue is None:
        raise not_found()
    return queue


def _member(queue: Queue, call: str) -> Member:
    """A member by its call, or the one at the front; 404 when nobody is there."""
    found = (member for member in queue.members if not member.taken.done() and call in {member.leg.sid, "Front"})
    member = next(found, None)
    if member is None:
        raise not_found()
    return member


QUEUE_VIEWS: dict[tuple[str, str], View] = {
    ("GET", f"{BASE}/Queues.json"): _listing,
    ("POST", f"{BASE}/Queues.json"): _create,
    ("GET", f"{BASE}/Queues/<sid>.json"): _fetch,
    ("POST", f"{BASE}/Queues/<sid>.json"): _update,
    ("DELETE", f"{BASE}/Queues/<sid>.json"): _remove,
    ("GET", f"{BASE}/Queues/<sid>/Members.json"): _members,
    ("GET", f"{BASE}/Queues/<sid>/Members/<call>.json"): _fetch_member,
    ("POST", f"{BASE}/Queues/<sid>/Members/<call>.json"): _dequeue,
}

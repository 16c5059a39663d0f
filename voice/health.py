"""Whether this process answers, whether the whole is ready, and the figures a scraper reads."""

import datetime as dt
import hmac

import sqlalchemy as sa
from flask import Blueprint, Response, abort, jsonify, request
from prometheus_client import CollectorRegistry, Gauge, generate_latest
from sqlalchemy.orm import Session

from voice import call_log, clock, promising, roster
from voice.installation import installation
from voice.ledger import Outbox, Pace
from voice.models import Call, Callback, Leg
from voice.settings import LOOPBACK

health = Blueprint("health", __name__)
WORKER_LATE = dt.timedelta(seconds=15)


@health.get("/healthz")
def healthz() -> Response:
    """This process answers."""
    return Response("ok", mimetype="text/plain")


@health.get("/readyz")
def readyz() -> tuple[Response, int]:
    """Whether a call that came in now would be served in full."""
    now = clock.now()
    try:
        with installation().database.reading() as session:
            lines = roster.current(session).numbers()
            read = call_log.freshness(session, lines, now)
            checks = {"database": "ok", "worker": _worker(session, now), "reconcile": read}
    except sa.exc.SQLAlchemyError:
        checks = dict.fromkeys(("database", "worker", "reconcile"), "down")
    ready = set(checks.values()) == {"ok"}
    return jsonify(ready=ready, checks=checks), 200 if ready else 503


def _worker(session: Session, now: dt.datetime) -> str:
    seen = session.scalar(sa.select(Pace.worker_seen_at))
    if seen is None:
        return "never"
    return "ok" if now - seen <= WORKER_LATE else "late"


@health.get("/metrics")
def metrics() -> Response:
    """Figures in Prometheus' format: for this machine without a proxy in between, or with the metrics token."""
    token = installation().settings.metrics_token
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    direct = request.remote_addr in LOOPBACK and not any("forwarded" in name.lower() for name, _ in request.headers)
    if not direct and not (token and hmac.compare_digest(token.encode(), given.encode())):
        abort(403)
    try:
        return Response(generate_latest(_figures()), mimetype="text/plain; version=0.0.4")
    except sa.exc.SQLAlchemyError:
        abort(503)  # what a scraper shows as a gap, and not as a bug


def _figures() -> CollectorRegistry:
    registry = CollectorRegistry()
    counts = {
        "ringback_calls_live": (Call, Call.ended_at.is_(None), "Callers on the line."),
        "ringback_legs_live": (Leg, Leg.ended_at.is_(None), "Staff phones ringing or talking."),
        "ringback_callbacks_open": (Callback, Callback.state != "closed", "People who are to be rung back."),
        "ringback_callbacks_late": (
            Callback, sa.and_(Callback.state != "closed", promising.MAY_PROMISE, Callback.promised_by < clock.now()),
            "Promises not kept yet.",
        ),
        "ringback_outbox_open": (Outbox, Outbox.done_at.is_(None), "Work that is to follow a commit."),
    }  # fmt: skip
    with installation().database.reading() as session:
        for name, (table, condition, says) in counts.items():
            gauge = Gauge(name, says, registry=registry)
            gauge.set(session.scalar(sa.select(sa.func.count()).select_from(table).where(condition)) or 0)
    return registry

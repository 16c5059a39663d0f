"""How a delivery is handled: verify, dedupe, apply, record, commit; only then answer.

`@document` answers with TwiML, `@receipt` with 204. When storage is gone, the delivery goes to the spool
and the caller is answered from the roster file.
"""

from collections.abc import Callable
from dataclasses import dataclass

import sqlalchemy as sa
import structlog
from flask import Blueprint, Response, request
from sqlalchemy.orm import Session

from voice import clock, roster
from voice.carrier import fallback, spool
from voice.carrier.delivery import MAX_BODY, Delivery, Refused, check, read_form
from voice.db import Database, insert_once
from voice.installation import installation
from voice.ledger import CarrierEvent
from voice.settings import Settings

log = structlog.get_logger()
phone = Blueprint("phone", __name__)

GONE = (sa.exc.OperationalError, sa.exc.InterfaceError, sa.exc.TimeoutError)  # what storage says when it is not there
AT_ONCE = 5  # spooled deliveries of other calls read back with one delivery: its caller waits for them

EVENTS = CarrierEvent.metadata.tables[CarrierEvent.__tablename__]
ANSWERED = sa.update(EVENTS).where(EVENTS.c.id == sa.bindparam("event")).values(answer=sa.bindparam("said"))

Handler = Callable[..., str | None]  # (session, delivery, **path values) -> document


@dataclass(frozen=True)
class Route:
    """A route the carrier calls, and the handler behind it."""

    name: str
    handler: Handler
    repeats: bool
    asks: bool


ROUTES: dict[str, Route] = {}  # by name: the spool is read back through it


def document(rule: str, repeats: bool = False, asks: bool = False) -> Callable[[Handler], Handler]:
    """A route that answers with a document.

    `repeats`: asked again and again with the same parameters. `asks`: it only asks what comes next; when that was
    answered without the tables, there is nothing left to decide when it is read back.
    """
    return _route(rule, repeats, asks, _as_xml)


def receipt(rule: str) -> Callable[[Handler], Handler]:
    """A route that only takes note."""
    return _route(rule, False, False, lambda _body: Response(status=204))


def text(rule: str) -> Callable[[Handler], Handler]:
    """A route for a text message; it answers with a document."""
    return _route(rule, False, False, _as_xml, "MessageSid")


def _as_xml(body: str) -> Response:
    return Response(body, mimetype="text/xml")


def _route(
    rule: str, repeats: bool, asks: bool, answer: Callable[[str], Response], subject: str = "CallSid"
) -> Callable[[Handler], Handler]:
    def register(handler: Handler) -> Handler:
        route = ROUTES[handler.__name__] = Route(handler.__name__, handler, repeats, asks)

        def view(**values: str) -> Response:
            try:
                delivery = _receive(subject)
            except Refused as refused:
                log.warning("refused", route=route.name, status=refused.status, why=str(refused))
                return Response(status=refused.status)
            return answer(_answer(route, delivery, values))

        phone.add_url_rule(rule, handler.__name__, view, methods=["POST"])
        return handler

    return register


def _receive(subject: str) -> Delivery:
    """The delivery in this request, verified. Raises Refused."""
    settings = installation().settings
    if (request.content_length or 0) > MAX_BODY:
        raise Refused(413, "body too large")
    request.max_content_length = MAX_BODY + 1  # a body in chunks tells no length: with this byte more it is refused
    form = read_form(request.get_data(cache=False))
    query = request.query_string.decode("ascii", "replace")
    route = f"{request.path}?{query}" if query else request.path
    check(settings, settings.public_url + route, form, request.headers.get("X-Twilio-Signature", ""), subject)
    form = {name: value.replace("\0", "") for name, value in form.items()}  # Postgres keeps no such text
    return Delivery(settings, route, form, request.headers.get("I-Twilio-Idempotency-Token", ""), clock.now())


def _answer(route: Route, delivery: Delivery, values: dict[str, str]) -> str:
    """Apply the delivery; whatever breaks, the carrier gets a document it can play."""
    database, settings = installation().database, delivery.settings
    try:
        read_spool(database, settings, delivery.about)  # what was heard of this call before comes before this
        answer = apply(database, route, delivery, values)
        read_spool(database, settings, most=AT_ONCE)
        return answer
    except GONE as error:
        log.error("storage_gone", route=route.name, error=type(error).__name__)
    except roster.NoLine:
        log.error("no_line", route=route.name)  # before the first `apply`: kept until there is one to put it on
    except Exception:
        # A bug of ours must not cost a caller their call: the last resort speaks, the log has the trace.
        log.exception("handler_failed", route=route.name)
    spool.keep(delivery, route.name, values)
    return fallback.answer(route.name, delivery, values)


def apply(database: Database, route: Route, delivery: Delivery, values: dict[str, str]) -> str:
    """Apply a delivery once, in one transaction; the same delivery again gets the stored answer.

    Two deliveries that race for the same row are settled by trying again: the second then finds the first's rows.
    """
    for last in (False, False, True):
        try:
            with database.transaction() as session:
                return _apply_once(session, route, delivery, values)
        except sa.exc.IntegrityError:
            if last:
                raise
        except sa.exc.OperationalError as error:
            if last or getattr(error.orig, "sqlstate", "") not in ("40P01", "40001"):
                raise
    raise AssertionError("unreachable")


def _apply_once(session: Session, route: Route, delivery: Delivery, values: dict[str, str]) -> str:
    key = delivery.key(route.repeats)
    row = {
        "key": key, "route": route.name, "sid": delivery.sid, "received_at": delivery.now,
        "form": dict(delivery.form), "answer": "",
    }  # fmt: skip
    insert = insert_once(session.get_bind().dialect.name, CarrierEvent, "key")
    event_id = session.scalar(insert.returning(CarrierEvent.id), row)
    if event_id is None:
        return session.scalar(sa.select(CarrierEvent.answer).where(CarrierEvent.key == key)) or ""
    decided = delivery.replayed and route.asks
    answer = "" if decided else route.handler(session, delivery, **values) or ""
    session.flush()
    session.execute(ANSWERED, {"event": event_id, "said": answer})
    return answer


def read_spool(database: Database, settings: Settings, about: str = "", most: int | None = None) -> int:
    """Apply what was spooled while storage was gone, as of the moment it came in; how many deliveries that was.

    Each applies once, whoever reads it and however often. Raises one of GONE when storage is gone again,
    and NoLine while there is no line to put a call on.
    """
    paths = spool.waiting(settings, about)[:most]
    for path in paths:
        try:
            if line := spool.read(path, settings):
                apply(database, ROUTES[line.name], line.delivery, line.values)
            spool.finish(path)
        except (*GONE, roster.NoLine):
            raise
        except Exception:
            log.exception(
                "spooled_delivery_failed", file=path.name
            )  # one that cannot be applied must not stop the next
            spool.set_aside(path)
    if paths:
        log.info("spool_read", deliveries=len(paths))
    return len(paths)

"""The jobs that tell people something: a push to a browser, a letter to an owner."""

import datetime as dt
from typing import Any

from voice import pushing
from voice.devices import Device
from voice.models import Callback
from voice.work import web_push, writing
from voice.work.tools import Again, Tools


def wake(tools: Tools, now: dt.datetime, callback_id: str, kind: pushing.Kind, staff_id: str | None) -> None:
    """People are to be told of a callback: a job for each of their browsers."""
    with tools.database.transaction() as session:
        pushing.spread(session, session.get_one(Callback, callback_id), kind, staff_id, now)


def push(
    tools: Tools, now: dt.datetime, device_id: str, callback_id: str, kind: pushing.Kind, stale_at: str
) -> None:  # fmt: skip
    """Wake one browser, unless it is too late or no longer so. One its push service has forgotten we forget too."""
    with tools.database.reading() as session:
        device = session.get(Device, device_id)
        news = pushing.news(session, device, session.get_one(Callback, callback_id), kind) if device else None
        if device is None or news is None or now >= dt.datetime.fromisoformat(stale_at):
            return
        session.expunge(device)
    _post(tools, device, news, now)


def _post(tools: Tools, device: Device, news: dict[str, Any], now: dt.datetime) -> None:
    try:
        web_push.send(tools.settings, device, news, now)
    except web_push.NotSent as problem:
        raise Again(str(problem)) from None
    except web_push.Gone:
        with tools.database.transaction() as session:
            pushing.forget(session, device.endpoint)


def send_letter(tools: Tools, now: dt.datetime, letter_id: str) -> None:
    """Write a letter and hand it to the mail server, at most once."""
    if problem := writing.send(tools.settings, tools.database, letter_id, now):
        raise Again(problem)


def push_alert(tools: Tools, now: dt.datetime, device_id: str, kind: str, stale_at: str) -> None:
    """Wake one browser of an owner for an alert, unless it is too late."""
    with tools.database.reading() as session:
        device = session.get(Device, device_id)
    if device is not None and now < dt.datetime.fromisoformat(stale_at):
        _post(tools, device, {"kind": kind, "callback": None}, now)

"""<Record>: a beep, then what is said until silence, a key, the limit or the end of the call."""

import asyncio
from datetime import datetime

from .document import Element, Source, flag, whole, within
from .legs import Input, Interrupted, Leg
from .params import call_params
from .player import Stage, verb
from .recordings import Recording
from .webhooks import Webhook

_BEEP_SECONDS = 0.4
_LONGEST, _LONGEST_TRANSCRIBED = 3600, 120


@verb("Record")
async def record(stage: Stage, element: Element) -> Source | None:
    """Record the leg and take the result to the action."""
    if flag(element, "playBeep", default=True):
        await stage.leg.hear_for("beep", "", _BEEP_SECONDS)
    started = stage.carrier.now()
    try:
        with stage.leg.listen() as ear:
            ended_by = await _until_done(stage, element, ear, started)
    except Interrupted:
        kept = _keep(stage, element, started)
        if stage.leg.over and (action := _action(stage, element, kept, "hangup")):
            # The call is over: the answer to this request is read by nobody.
            params = call_params(stage.leg) | dict(action.params)
            stage.carrier.tell(Webhook(stage.leg, "record action", action.url, action.method, params, "document"))
        raise
    return _action(stage, element, _keep(stage, element, started), ended_by)


async def _until_done(stage: Stage, element: Element, ear: "asyncio.Queue[Input]", started: datetime) -> str:
    """Listen until the recording ends; returns the key that ended it or an empty string."""
    now = stage.carrier.now
    silence = whole(element, "timeout", 5)
    longest = within(element, "maxLength", _LONGEST_TRANSCRIBED if _transcribed(element) else _LONGEST)
    finish = element.get("finishOnKey", "1234567890*#")
    if not finish and not stage.carrier.switches.record_keys_ignored:
        finish = "1234567890*#"
    while True:
        voice = max([said.until for said in stage.leg.said if said.until > started], default=started)
        left = longest - (now() - started).total_seconds()
        if silence:
            left = min(left, (voice - now()).total_seconds() + silence)
        if left <= 0:
            return ""
        try:
            heard = await stage.leg.wait(ear.get(), left)
        except TimeoutError:
            return ""
        if heard.kind == "key" and heard.text in finish:
            return heard.text


def _transcribed(element: Element) -> bool:
    return flag(element, "transcribe", default=False) and bool(element.get("transcribeCallback"))


def spoken_since(leg: Leg, started: datetime, now: datetime) -> tuple[str, float]:
    """What was said on a leg since then, and the seconds from then to the end of the last word."""
    said = [utterance for utterance in leg.said if utterance.until > started]
    last = min(max((utterance.until for utterance in said), default=started), now)
    return " ".join(utterance.text for utterance in said), (last - started).total_seconds()


def _keep(stage: Stage, element: Element, started: datetime) -> Recording:
    now = stage.carrier.now()
    words, seconds = spoken_since(stage.leg, started, now)
    if element.get("trim") == "do-not-trim":
        seconds = (now - started).total_seconds()
    absent = not words and stage.carrier.switches.silent_record == "absent"
    return stage.carrier.recordings.keep(
        stage.leg,
        "RecordVerb",
        started,
        0.0 if absent else seconds,
        words,
        status="absent" if absent else "completed",
        told=stage.link(element, "recordingStatusCallback", "recordingStatusCallbackMethod")
        if element.get("recordingStatusCallback")
        else None,
        events=frozenset(element.get("recordingStatusCallbackEvent", "completed").split()),
        transcribed=stage.document.resolve(element.get("transcribeCallback", "")) if _transcribed(element) else "",
    )


def _action(stage: Stage, element: Element, kept: Recording, ended_by: str) -> Source | None:
    if kept.status == "absent":
        return None
    action = stage.link(element, "action")
    params = {"RecordingUrl": kept.url, "RecordingDuration": str(round(kept.seconds)), "RecordingSid": kept.sid}
    if ended_by:
        params["Digits"] = ended_by
    return Source(action.url, action.method, params=tuple(params.items())) if action.url else None

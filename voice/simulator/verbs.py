"""The plain verbs: Say, Play, Pause, Redirect, Hangup, Reject, Leave."""

from .document import Element, Source, spoken, whole, within
from .lint import spoken_link
from .media import FALLBACK_SECONDS, speech_seconds, wav_seconds
from .player import EndOfCallError, LeftQueueError, Stage, verb
from .webhooks import Webhook

_ENDLESS = 1000  # what loop="0" comes to
_REJECTED = {"busy": "busy"}


@verb("Say")
async def say(stage: Stage, element: Element) -> Source | None:
    """Speak."""
    text = spoken(element)
    for _ in range(whole(element, "loop", 1) or _ENDLESS):
        await stage.leg.hear_for("say", text, speech_seconds(text), element.get("language", "en-US"))
    return None


@verb("Play")
async def play(stage: Stage, element: Element) -> Source | None:
    """Play a sound file, or send tones."""
    if digits := element.get("digits"):
        await stage.leg.hear_for("tone", digits, 0.25 * len(digits))
        return None
    url = stage.document.resolve(spoken_link(element))
    seconds = await _length(stage, url)
    for _ in range(whole(element, "loop", 1) or _ENDLESS):
        await stage.leg.hear_for("play", url, seconds)
    return None


async def _length(stage: Stage, url: str) -> float:
    """How long a sound file plays; 0 when it is missing. Fetched once, as the carrier caches sound."""
    lengths = stage.carrier.sound_seconds
    if url not in lengths:
        hook = Webhook(stage.leg, "sound", url, "GET", {}, "media")
        exchange = await stage.leg.wait(stage.carrier.webhooks.deliver(hook))
        if exchange.error is not None:
            stage.carrier.complain(f"a sound file could not be had ({exchange.error})", url)
            return 0.0
        lengths[url] = wav_seconds(exchange.body) if exchange.body else FALLBACK_SECONDS
    return lengths[url]


@verb("Pause")
async def pause(stage: Stage, element: Element) -> Source | None:
    """Silence."""
    await stage.leg.hear_for("silence", "", within(element, "length", 1))
    return None


@verb("Redirect")
async def redirect(stage: Stage, element: Element) -> Source | None:
    """Go on elsewhere; a blank target is this document again."""
    return Source(stage.document.resolve(spoken_link(element)), element.get("method", "POST").upper())


@verb("Hangup")
async def hangup(stage: Stage, element: Element) -> Source | None:
    """End the call."""
    raise EndOfCallError


@verb("Reject")
async def reject(stage: Stage, element: Element) -> Source | None:
    """Refuse an unanswered call; an answered one is hung up."""
    leg = stage.leg
    if leg.answered_at is not None or leg.paused or leg.direction != "inbound":
        leg.answer()
        raise EndOfCallError(why="<Reject> after the call was answered")
    reason = element.get("reason", "rejected")
    leg.hear("tone", reason)
    raise EndOfCallError(_REJECTED.get(reason, "no-answer"), f"rejected ({reason})")


@verb("Leave")
async def leave(stage: Stage, element: Element) -> Source | None:
    """Out of the queue."""
    raise LeftQueueError

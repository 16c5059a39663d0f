"""<Gather>: a prompt, and what the phone's owner keys or says."""

import asyncio

from .document import Element, Source, flag, whole
from .legs import Input, first_of
from .player import VERBS, Stage, verb

_END_OF_SPEECH_SECONDS = 1.0  # speechTimeout="auto"


@verb("Gather")
async def gather(stage: Stage, element: Element) -> Source | None:
    """Collect keys or speech and take them to the action; silence goes on with the next verb."""
    wanted = {"key" if kind == "dtmf" else "speech" for kind in element.get("input", "dtmf").split()}
    with stage.leg.listen() as ear:
        first = await _during_prompt(stage, element, ear, wanted)
        if first is None:
            first = await _next(stage, ear, wanted, whole(element, "timeout", 5))
        params = await _collect(stage, element, ear, first) if first is not None else None
    if params is None:
        if not flag(element, "actionOnEmptyResult", default=False):
            return None
        params = {"Digits": ""} if "key" in wanted else {"SpeechResult": ""}
    action = stage.link(element, "action")
    return Source(action.url, action.method, params=tuple(params.items())) if action.url else None


async def _during_prompt(stage: Stage, element: Element, ear: "asyncio.Queue[Input]", wanted: set[str]) -> Input | None:
    """Play what is inside; something wanted cuts it short and is returned."""
    prompt = asyncio.ensure_future(_prompt(stage, element))
    barge = asyncio.ensure_future(_matching(ear, wanted))
    try:
        waits = [prompt, barge] if flag(element, "bargeIn", default=True) else [prompt]
        await stage.leg.wait(first_of(*waits))
        if prompt.done():
            prompt.result()  # whatever went wrong in it goes wrong here
        return barge.result() if barge.done() else None
    finally:
        for task in (prompt, barge):
            task.cancel()
        await asyncio.gather(prompt, barge, return_exceptions=True)


async def _prompt(stage: Stage, element: Element) -> None:
    for child in element:
        if child.tag in {"Say", "Play", "Pause"}:
            await VERBS[child.tag](stage, child)


async def _matching(ear: "asyncio.Queue[Input]", wanted: set[str]) -> Input:
    while True:
        heard = await ear.get()
        if heard.kind in wanted:
            return heard


async def _next(stage: Stage, ear: "asyncio.Queue[Input]", wanted: set[str], timeout: float) -> Input | None:
    try:
        return await stage.leg.wait(_matching(ear, wanted), timeout)
    except TimeoutError:
        return None


async def _collect(stage: Stage, element: Element, ear: "asyncio.Queue[Input]", first: Input) -> dict[str, str] | None:
    """What the action is told, or None when there is nothing to tell."""
    timeout = whole(element, "timeout", 5)
    if first.kind == "speech":
        auto = element.get("speechTimeout") == "auto"
        silence = _END_OF_SPEECH_SECONDS if auto else whole(element, "speechTimeout", timeout)
        await stage.leg.rest(first.seconds + silence)
        return {"SpeechResult": first.text, "Confidence": "0.9"}
    finish, most = element.get("finishOnKey", "#"), whole(element, "numDigits", 0)
    digits, heard = "", first
    while heard.text not in finish or not finish:
        digits += heard.text
        if len(digits) == most:
            break
        following = await _next(stage, ear, {"key"}, timeout)
        if following is None:
            break
        heard = following
    return {"Digits": digits} if digits else None

"""Every document we send the carrier, built by its SDK so that text is always escaped."""

from collections.abc import Iterable

from twilio.twiml.voice_response import Dial, Gather, VoiceResponse

from voice.rules import wording

MESSAGE_SECONDS = 120
MESSAGE_SILENCE = 6  # seconds of silence that end a message
JOIN_TIMEOUT = 5  # seconds a staff leg waits for the caller's queue
KEY_SECONDS = 5


def say(response: VoiceResponse | Gather, words: str, language: str) -> None:
    """Speak `words` in the voice of `language`."""
    voice = wording.voice_for(language)
    response.say(words, voice=voice.voice, language=voice.language)


def empty() -> str:
    """Nothing to do: where a screening document ends like this, the two parties are joined."""
    return str(VoiceResponse())


def hang_up(words: str = "", language: str = "en-US") -> str:
    """Say `words`, if any, and end the leg."""
    response = VoiceResponse()
    if words:
        say(response, words, language)
    response.hangup()
    return str(response)


def reject(reason: str) -> str:
    """Refuse a call before it is answered (`rejected` or `busy`): free, and only as the first verb."""
    response = VoiceResponse()
    response.reject(reason=reason)
    return str(response)


def enqueue(queue: str, wait_url: str, action: str, words: str = "", language: str = "en-US") -> str:
    """Put the caller into a queue of their own, where `wait_url` is what they hear."""
    response = VoiceResponse()
    if words:
        say(response, words, language)
    response.enqueue(queue, wait_url=wait_url, wait_url_method="POST", action=action, method="POST")
    return str(response)


def wait(ringback_url: str) -> str:
    """One piece of waiting: one cycle of ringback."""
    response = VoiceResponse()
    response.play(ringback_url)
    return str(response)


def greet(words: str, language: str, recorded_url: str = "") -> str:
    """The first piece of waiting: the greeting alone, so that the next is asked for as soon as it has been heard."""
    response = VoiceResponse()
    if recorded_url:
        response.play(recorded_url)
    else:
        say(response, words, language)
    return str(response)


def leave() -> str:
    """Let the caller out of the queue; the Enqueue action says what comes next."""
    response = VoiceResponse()
    response.leave()
    return str(response)


def take_message(words: str, language: str, action: str, recording_url: str) -> str:
    """Say `words`, then record what the caller may want to say. No key ends it: there are no keys."""
    response = VoiceResponse()
    say(response, words, language)
    _record(response, action, recording_url)
    return str(response)


def go_on_recording(action: str, recording_url: str) -> str:
    """More recording without a word: what a caller gets who touched a key."""
    response = VoiceResponse()
    _record(response, action, recording_url, beep=False)
    return str(response)


def _record(response: VoiceResponse, action: str, recording_url: str, beep: bool = True) -> None:
    response.record(
        action=action,
        method="POST",
        max_length=MESSAGE_SECONDS,
        timeout=MESSAGE_SILENCE,
        finish_on_key="",
        play_beep=beep,
        recording_status_callback=recording_url,
        recording_status_callback_event="completed absent",
    )
    response.hangup()  # reached only when nothing was recorded and no action is requested


def ask_for_key(words: str, language: str, action: str, times: int = 2, silent_url: str = "") -> str:
    """On a staff phone only: say `words` `times` times; a key goes to `action`, none to `silent_url` or the end."""
    response = VoiceResponse()
    gather = Gather(num_digits=1, timeout=KEY_SECONDS, finish_on_key="", action=action, method="POST")
    for _ in range(times):
        say(gather, words, language)
        gather.pause(length=1)
    response.append(gather)
    if silent_url:
        response.redirect(silent_url, method="POST")
    else:
        response.hangup()
    return str(response)


def join_queue(queue: str, joined_url: str, action: str, pause: int = 0) -> str:
    """Connect this staff leg with the caller at the front of `queue`; `joined_url` is what that caller hears first."""
    response = VoiceResponse()
    if pause:
        response.pause(length=pause)
    dial = Dial(timeout=JOIN_TIMEOUT, action=action, method="POST")
    dial.queue(queue, url=joined_url, method="POST")
    response.append(dial)
    return str(response)


def dial_one(
    phone: str, caller_id: str, timeout: int, action: str, status_url: str, screen_url: str = "",
    words: str = "", language: str = "en-US",
) -> str:  # fmt: skip
    """Say `words`, if any, and dial one phone from the line's number; with `screen_url` the person is asked first."""
    response = VoiceResponse()
    if words:
        say(response, words, language)
    dial = Dial(timeout=timeout, caller_id=caller_id, action=action, method="POST")
    screening = {"url": screen_url, "method": "POST"} if screen_url else {}
    child = dial.sip if phone.startswith(("sip:", "sips:")) else dial.number
    child(
        phone,
        status_callback=status_url,
        status_callback_method="POST",
        status_callback_event="initiated ringing answered completed",
        **screening,
    )
    response.append(dial)
    return str(response)


def say_only(words: str, language: str) -> str:
    """Say `words`; what follows is not this document's business."""
    response = VoiceResponse()
    say(response, words, language)
    return str(response)


def greet_and_go(words: str, language: str, url: str) -> str:
    """Say `words`, then carry on with the document at `url`."""
    response = VoiceResponse()
    say(response, words, language)
    response.redirect(url, method="POST")
    return str(response)


def pause_and_go(seconds: int, url: str) -> str:
    """Wait, then carry on with the document at `url`."""
    response = VoiceResponse()
    response.pause(length=seconds)
    response.redirect(url, method="POST")
    return str(response)


def spoken(words: Iterable[str]) -> str:
    """Sentences in one breath."""
    return " ".join(part for part in words if part)

"""Carrier vocabulary in plain words: what a webhook asks, what a document orders, what a REST request wants. Pure."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from .document import Document, Element, spoken

if TYPE_CHECKING:
    from .carrier import Carrier
    from .legs import Leg
    from .webhooks import Exchange

_PROGRESS = {
    "initiated": "{who}'s phone is being reached",
    "ringing": "{who}'s phone is ringing",
    "in-progress": "{who} has picked up",
    "completed": "{who}'s call is over",
    "busy": "{who} is busy",
    "no-answer": "{who} did not pick up",
    "failed": "{who} could not be reached",
    "canceled": "{who}'s phone was told to stop",
}
_OUT_OF_QUEUE = {
    "bridged": "{who}'s talk is over",
    "leave": "{who} has left the queue",
    "hangup": "{who} hung up in the queue",
    "queue-full": "{who}'s queue is full",
    "redirected": "{who} was moved out of the queue",
}
_FETCHES = {"sound": "The carrier fetches {sound}", "recording": "The carrier reports: {who}'s message is kept"}
# What follows these is reached only when nobody presses or says anything.
_JOINTS = {"Gather": "; without one, ", "Record": "; if nothing is said, "}
_SIMPLE = {
    "Leave": "let {who} out of the queue",
    "Record": "record what {who} says",
    "Reject": "refuse the call",
    "Redirect": "ask again what to do",
    "Hangup": "hang up",
}
_LAST = {
    "no-answer": "Rang, nobody came",
    "canceled": "Rang, then stopped",
    "busy": "Engaged",
    "failed": "Unreachable",
}
_LONGEST_QUOTE = 160


def line_name(carrier: "Carrier", number: str) -> str:
    """What the owner calls a number of theirs."""
    known = carrier.numbers.get(number)
    return (known.friendly_name if known else "") or number


def name(carrier: "Carrier", number: str) -> str:
    """Whose number it is, as far as the carrier's phones tell."""
    phone = carrier.phones.get(number)
    return phone.label if phone else line_name(carrier, number)


def sound(url: str) -> str:
    """A sound by its file's name: ringback and greeting are words of the trade, others are called a sound."""
    file = urlsplit(url).path.rpartition("/")[2].lower()
    if "ringback" in file or "ringing" in file:
        return "the ringing tone"
    return "the recorded greeting" if "greeting" in file else "a sound"


def question(carrier: "Carrier", exchange: "Exchange") -> tuple[str, bool]:
    """What a webhook asks or tells, and whether that is a detail."""
    hook = exchange.webhook
    who = hook.leg.phone.label if hook.leg else "somebody"
    again = " (once more)" if exchange.rude == "again" else ""
    if hook.kind == "incoming":
        to = line_name(carrier, hook.leg.to if hook.leg else "")
        return f"The carrier asks: a call came in for {to}. What now?{again}", False
    if hook.kind == "wait":
        goes_on = hook.params.get("QueueTime", "0") != "0"
        return f"The carrier asks: what does {who} hear while waiting?{again}", goes_on
    if hook.kind == "queue":
        return f"The carrier asks: {who} is about to be connected. What do they hear?{again}", False
    if hook.kind == "fallback":
        return "The carrier turns to the fallback it was given", False
    if hook.kind == "status":
        said = _PROGRESS.get(hook.params.get("CallStatus", ""), "{who}'s call goes on")
        return f"The carrier reports: {said.format(who=who)}{again}", True
    if hook.kind in _FETCHES:
        return _FETCHES[hook.kind].format(who=who, sound=sound(hook.url)), True
    if hook.expects == "document":
        return f"The carrier asks: {_turn(exchange, who)}. What now?{again}", False
    return f"The carrier reports: {hook.kind}{again}", True


def _turn(exchange: "Exchange", who: str) -> str:
    """What has just happened on a leg that needs its next document."""
    params = exchange.webhook.params
    if result := params.get("QueueResult"):
        if "DialCallStatus" not in params:
            word = result.split("-", 1)[0] if result.startswith("redirected") else result
            return _OUT_OF_QUEUE.get(word, "{who} is out of the queue").format(who=who)
        return f"{who}'s connection is over" if result == "bridged" else f"nobody was left in the queue for {who}"
    if status := params.get("DialCallStatus"):
        talked = "the talk is over" if params.get("DialBridged") == "true" else f"no talk ({status})"
        return f"{who} dialled, {talked}"
    if params.get("RecordingUrl"):
        return f"{who} has finished speaking"
    if digits := params.get("Digits"):
        return f"{who} pressed {digits}"
    leg = exchange.webhook.leg
    if leg is not None and leg.direction != "inbound" and leg.exchanges and _first_document(leg) is exchange:
        return f"{who} picked up"
    return f"{who} is still there"


def _first_document(leg: "Leg") -> "Exchange | None":
    return next((one for one in leg.exchanges if one.webhook.expects == "document"), None)


def orders(carrier: "Carrier", document: Document, leg: "Leg | None") -> str:
    """What a document tells the carrier to do, verb by verb."""
    who, joint = leg.phone.label if leg else "them", ""
    told = ""
    for element in document.root:
        words = _order(carrier, element, who)
        told += f"{joint}{words}" if told else words
        joint = _JOINTS.get(element.tag, ", then ")
    return told or "nothing more to do"


def _order(carrier: "Carrier", element: Element, who: str) -> str:
    match element.tag:
        case "Say":
            return f"say “{_quote(element)}”"
        case "Play":
            return f"play {sound(element.text or '')}"
        case "Pause":
            return f"wait {element.get('length', '1')} s"
        case "Gather":
            return f"ask {who} for a key: “{_asked(element)}”"
        case "Enqueue":
            return f"put {who} in a queue of their own"
        case "Dial":
            return _dial_order(carrier, element, who)
    return _SIMPLE.get(element.tag, element.tag).format(who=who)


def _asked(gather: Element) -> str:
    return next((_quote(element) for element in gather.iter("Say")), "…")


def _quote(element: Element) -> str:
    words = spoken(element)
    return words if len(words) <= _LONGEST_QUOTE else words[:_LONGEST_QUOTE] + "…"


def _dial_order(carrier: "Carrier", dial: Element, who: str) -> str:
    if any(noun.tag == "Queue" for noun in dial):
        return f"connect {who} with the caller in the queue"
    whom = [name(carrier, (noun.text or "").strip()) for noun in dial] or [name(carrier, (dial.text or "").strip())]
    return f"ring {' and '.join(whom)}"


def request(carrier: "Carrier", asked: Mapping[str, Any]) -> tuple[str, bool, str]:
    """What a REST request wants, whether that is a detail, and the number of the phone it is about."""
    form = {key: values[0] for key, values in asked["form"].items() if values}
    parts = [part.removesuffix(".json") for part in str(asked["path"]).split("/")]
    leg = next((carrier.calls[part] for part in parts if part in carrier.calls), None)
    refused = f". The carrier refuses ({asked['status']})" if asked["status"] >= 400 else ""
    if parts[-1] == "Calls" and asked["method"] == "POST":
        to = form.get("To", "")
        return f"Ringback asks: ring {name(carrier, to)}{refused}", False, to
    if parts[-1] == "Messages" and asked["method"] == "POST":
        return f"Ringback asks: text {name(carrier, form.get('To', ''))}{refused}", False, ""
    if leg is not None and asked["method"] == "POST":
        wish = "hang up" if form.get("Status") else "move"
        ringing = wish == "hang up" and leg.answered_at is None and leg.direction != "inbound"
        text = f"stop ringing {leg.phone.label}" if ringing else f"{wish} {leg.phone.label}'s call"
        return f"Ringback asks: {text}{refused}", False, leg.phone.number
    if "Recordings" in parts:
        return f"Ringback fetches the message{refused}", True, ""
    if "Queues" in parts:
        return f"Ringback {'tidies' if asked['method'] == 'DELETE' else 'looks'} up a queue{refused}", True, ""
    what = f"{leg.phone.label}'s call" if leg else "/".join(parts[4:]) or "something"
    return f"Ringback looks up {what}{refused}", True, leg.phone.number if leg else ""


def ending(leg: "Leg") -> str:
    """How a leg ended, as its owner would say."""
    who = leg.phone.label
    if leg.why == "declined":
        return f"{who} declines"
    if leg.ended_by == "phone" and leg.status not in {"busy", "failed", "no-answer"}:
        return f"{who} hangs up"
    if leg.ended_by == "application":
        return f"{who}'s call ends"
    return {
        "no-answer": f"{who}'s phone stops: nobody picked up",
        "canceled": f"{who}'s phone stops ringing",
        "busy": f"{who}'s phone is busy",
        "failed": f"{who}'s phone cannot be reached",
    }.get(leg.status, f"{who}'s call ends")


def last_thing(leg: "Leg") -> str:
    """The same in a word or two, on the phone's own screen."""
    if leg.why == "declined":
        return "Declined"
    if leg.ended_by == "phone" and leg.status not in {"busy", "failed", "no-answer"}:
        return "Hung up"
    return _LAST.get(leg.status, "The call is over")

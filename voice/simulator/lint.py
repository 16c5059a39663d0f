"""What is wrong with a document, in sentences: the carrier would stay silent or break; we are loud."""

from itertools import pairwise
from urllib.parse import urlsplit

from .document import LIMITS, Context, Document, Element, Facing, whole

_STATUS = "statusCallback statusCallbackMethod statusCallbackEvent"
_MACHINE = (
    "machineDetection machineDetectionTimeout machineDetectionSpeechThreshold machineDetectionSpeechEndThreshold "
    "machineDetectionSilenceTimeout amdStatusCallback amdStatusCallbackMethod"
)
_RECORDING = "recordingStatusCallback recordingStatusCallbackMethod recordingStatusCallbackEvent"

ATTRIBUTES: dict[str, frozenset[str]] = {
    tag: frozenset(names.split())
    for tag, names in {
        "Response": "",
        "Say": "voice language loop",
        "Play": "loop digits",
        "Pause": "length",
        "Dial": "action method timeout timeLimit answerOnBridge hangupOnStar callerId callReason ringTone record "
        f"{_RECORDING} recordingTrack trim sequential referUrl referMethod events passports recordingConfigurationId",
        "Number": f"url method sendDigits byoc {_STATUS} {_MACHINE}",
        "Client": f"url method {_STATUS}",
        "Identity": "",
        "Parameter": "name value",
        "Sip": f"username password url method {_STATUS} {_MACHINE}",
        "Queue": "url method reservationSid postWorkActivitySid",
        "Conference": "startConferenceOnEnter endConferenceOnExit muted beep waitUrl waitMethod maxParticipants "
        f"participantLabel coach jitterBufferSize region record trim {_STATUS} {_RECORDING}",
        "Enqueue": "waitUrl waitUrlMethod action method workflowSid maxQueueSize",
        "Leave": "",
        "Redirect": "method",
        "Hangup": "",
        "Reject": "reason",
        "Message": "to from action method statusCallback",
        "Body": "",
        "Media": "",
        "Gather": "input action method timeout numDigits finishOnKey speechTimeout speechModel language hints "
        "profanityFilter enhanced maxSpeechTime partialResultCallback partialResultCallbackMethod "
        "actionOnEmptyResult bargeIn",
        "Record": "action method timeout finishOnKey maxLength playBeep trim transcribe transcribeCallback "
        f"{_RECORDING}",
    }.items()
}

ALLOWED: dict[Context, frozenset[str]] = {
    "call": frozenset(["Say", "Play", "Pause", "Dial", "Enqueue", "Redirect", "Hangup", "Reject", "Gather", "Record"]),
    "screening": frozenset(["Say", "Play", "Pause", "Gather", "Hangup", "Redirect"]),
    "wait": frozenset(["Say", "Play", "Pause", "Hangup", "Redirect", "Leave", "Gather"]),
    "queue": frozenset(["Say", "Play", "Pause", "Redirect"]),
    "conference": frozenset(["Say", "Play", "Pause", "Redirect"]),
    "text": frozenset(["Message", "Redirect"]),
}
_NOUNS = frozenset(["Number", "Client", "Sip", "Queue", "Conference"])
_INSIDE: dict[str, frozenset[str]] = {
    "Dial": _NOUNS,
    "Gather": frozenset(["Say", "Play", "Pause"]),
    "Client": frozenset(["Identity", "Parameter"]),
    "Message": frozenset(["Body", "Media"]),
}
_SPEECH_MARKUP = frozenset(["break", "emphasis", "lang", "p", "phoneme", "prosody", "s", "say-as", "sub", "w"])
_VALUES: dict[tuple[str, str], frozenset[str]] = {
    ("Reject", "reason"): frozenset(("rejected", "busy")),
    ("Gather", "input"): frozenset(("dtmf", "speech", "dtmf speech", "speech dtmf")),
    ("Dial", "sequential"): frozenset(("true", "false")),
    ("Dial", "answerOnBridge"): frozenset(("true", "false")),
    ("Record", "trim"): frozenset(("trim-silence", "do-not-trim")),
}
_LINKS = ("action", "url", "waitUrl", "statusCallback", "recordingStatusCallback", "transcribeCallback")
_MAX_BYTES = 64 * 1024
_MOST_NOUNS, _LONGEST_QUEUE_NAME = 10, 64


def lint(document: Document, context: Context, facing: Facing) -> list[str]:
    """Everything wrong with a document sent to this kind of person at this place of a call."""
    found: list[str] = []
    if len(document.root.attrib):
        found.append("<Response> takes no attribute")
    for verb in document.root:
        if verb.tag not in ATTRIBUTES or verb.tag in _NOUNS:
            found.append(f"<{verb.tag}> is no verb")
        elif verb.tag not in ALLOWED[context]:
            found.append(f"<{verb.tag}> is not allowed in a {context} document")
        found += _element(verb, document, facing)
    found += _order(document.root, context)
    return found


def too_long(body: bytes) -> list[str]:
    """A complaint when a document is larger than the carrier reads."""
    return [f"a document of {len(body)} bytes is over 64 kB"] if len(body) > _MAX_BYTES else []


def _element(element: Element, document: Document, facing: Facing) -> list[str]:
    tag = element.tag
    found = [
        f"<{tag}> has no attribute {name} (12200)" for name in element.attrib if name not in ATTRIBUTES.get(tag, ())
    ]
    found += [
        f'<{tag} {name}="{element.get(name)}"> is no value of it (12200)'
        for (owner, name), values in _VALUES.items()
        if owner == tag and name in element.attrib and element.get(name) not in values
    ]
    found += [
        f'<{tag} {name}="{element.get(name)}"> is not from {least} to {most} (12200)'
        for (owner, name), (least, most) in LIMITS.items()
        if owner == tag and name in element.attrib and not least <= whole(element, name, -1) <= most
    ]
    found += _children(element, document, facing)
    found += _links(element, document)
    found += _habits(element, facing)
    return found


def _children(element: Element, document: Document, facing: Facing) -> list[str]:
    found: list[str] = []
    for child in element:
        if element.tag == "Say" and child.tag in _SPEECH_MARKUP:
            continue
        if child.tag not in _INSIDE.get(element.tag, ()):
            found.append(f"<{child.tag}> does not belong inside <{element.tag}>")
        found += _element(child, document, facing)
    return found


def _links(element: Element, document: Document) -> list[str]:
    found: list[str] = []
    for name in _LINKS:
        link = element.get(name)
        if not link:
            continue
        parts = urlsplit(link)
        if not document.url and not parts.scheme:
            found.append(f'<{element.tag} {name}="{link}"> is relative in inline TwiML (15004)')
        if "_" in (parts.hostname or ""):
            found.append(f"<{element.tag} {name}> has a host with an underscore, which is refused")
    if element.tag == "Redirect" and not document.url and not urlsplit(spoken_link(element)).scheme:
        found.append("<Redirect> is relative in inline TwiML (15004)")
    return found


def spoken_link(element: Element) -> str:
    """The URL written as an element's text."""
    return (element.text or "").strip()


def _habits(element: Element, facing: Facing) -> list[str]:
    tag = element.tag
    found: list[str] = _dialling(element) if tag == "Dial" else []
    if (tag in {"Gather", "Record"} and not element.get("action")) or (tag == "Redirect" and not spoken_link(element)):
        found.append(f"<{tag}> without an action or target runs its own document again, for ever")
    if tag == "Gather" and facing == "caller" and "dtmf" in element.get("input", "dtmf"):
        found.append("a <Gather> asks the caller for digits")
    if tag in {"Number", "Sip", "Queue", "Play", "Say"} and not spoken_or_digits(element):
        found.append(f"<{tag}> is empty")
    if tag == "Enqueue" and len(spoken_link(element)) > _LONGEST_QUEUE_NAME:
        found.append("<Enqueue> names are at most 64 characters")
    return found


def _dialling(dial: Element) -> list[str]:
    found: list[str] = []
    if not len(dial) and not spoken_link(dial):
        found.append("<Dial> dials nobody")
    alone = [child.tag for child in dial if child.tag in {"Queue", "Conference"}]
    if alone and len(dial) > 1:
        found.append(f"<{alone[0]}> must stand alone in <Dial>")
    if len(dial) > _MOST_NOUNS:
        found.append(f"<Dial> takes at most {_MOST_NOUNS} nouns")
    return found


def spoken_or_digits(element: Element) -> str:
    """What an element holds as text, or the digits it plays."""
    return "".join(element.itertext()).strip() or element.get("digits", "")


def _order(root: Element, context: Context) -> list[str]:
    """Verbs that can never run."""
    found: list[str] = []
    ends = {"Redirect", "Hangup", "Reject", "Leave"}
    verbs = list(root)
    for verb, after in pairwise(verbs):
        if verb.tag in ends or (verb.tag in {"Dial", "Enqueue"} and verb.get("action")):
            found.append(f"<{after.tag}> after <{verb.tag}> never runs")
    if context == "call" and any(verb.tag == "Reject" for verb in verbs[1:]):
        found.append("<Reject> is free only as the first verb")
    return found

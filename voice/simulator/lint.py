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
# Attributes that the carrier takes, and that would change what happens: nothing here heeds them.
_NOT_SIMULATED: dict[str, frozenset[str]] = {
    tag: frozenset(names.split())
    for tag, names in {
        "Dial": "referUrl referMethod events passports recordingConfigurationId recordingTrack trim "
        "recordingStatusCallbackMethod recordingStatusCallbackEvent",
        "Number": f"sendDigits byoc {_MACHINE}",
        "Sip": _MACHINE,
        "Queue": "reservationSid postWorkActivitySid",
        "Conference": f"muted beep maxParticipants participantLabel coach record trim {_RECORDING}",
        "Enqueue": "workflowSid",
        "Message": "action method statusCallback",
        "Gather": "partialResultCallback partialResultCallbackMethod",
    }.items()
}
_PROGRESS = "initiated ringing answered completed"
_TRIM = "trim-silence do-not-trim"
_VALUES: dict[tuple[str, str], frozenset[str]] = {
    (tag, name): frozenset(values.split())
    for tag, name, values in (
        ("Reject", "reason", "rejected busy"),
        ("Dial", "record", "true false do-not-record record-from-answer record-from-answer-dual "
         "record-from-ringing record-from-ringing-dual"),
        ("Dial", "recordingTrack", "both inbound outbound"),
        ("Dial", "ringTone", "at au bg br be ch cl cn cz de dk ee es fi fr gr hu il in it lt jp mx my nl no nz ph pl "
         "pt ru se sg th uk us us-old tw ve za"),
        ("Dial", "trim", _TRIM),
        ("Record", "trim", _TRIM),
        ("Conference", "trim", _TRIM),
        ("Conference", "record", "true false do-not-record record-from-start"),
        ("Conference", "beep", "true false onEnter onExit"),
        *((tag, name, "true false")
          for tag, names in {
              "Dial": "sequential answerOnBridge hangupOnStar",
              "Gather": "actionOnEmptyResult bargeIn profanityFilter enhanced",
              "Record": "playBeep transcribe",
              "Conference": "startConferenceOnEnter endConferenceOnExit muted",
          }.items()
          for name in names.split()),
    )
}  # fmt: skip
_LISTS: dict[tuple[str, str], frozenset[str]] = {  # any of these words, with spaces between them
    (tag, name): frozenset(words.split())
    for tag, name, words in (
        ("Gather", "input", "dtmf speech"),
        ("Number", "statusCallbackEvent", _PROGRESS),
        ("Client", "statusCallbackEvent", _PROGRESS),
        ("Sip", "statusCallbackEvent", _PROGRESS),
        ("Conference", "statusCallbackEvent", "start end join leave mute hold modify speaker announcement"),
        *((tag, "recordingStatusCallbackEvent", "in-progress completed absent")
          for tag in ("Dial", "Conference", "Record")),
    )
}  # fmt: skip
_WHOLE = {
    ("Say", "loop"),
    ("Play", "loop"),
    ("Gather", "numDigits"),
    ("Record", "timeout"),
    ("Enqueue", "maxQueueSize"),
}
_METHODS = frozenset(("GET", "POST"))
_LINKS = ("action", "url", "waitUrl", "statusCallback", "recordingStatusCallback", "transcribeCallback")
_MAX_BYTES = 64 * 1024
_MOST_NOUNS, _LONGEST_QUEUE_NAME, _LONGEST_SPEECH = 10, 64, 4096


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
    found += _stray_text(document.root)
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
        f'<{tag} {name}="{value}"> is no value of it (12200)'
        for name, value in element.attrib.items()
        if not _is_value(tag, name, value)
    ]
    found += [f"<{tag} {name}> is not simulated" for name in element.attrib if name in _NOT_SIMULATED.get(tag, ())]
    found += [
        f'<{tag} {name}="{element.get(name)}"> is not from {least} to {most} (12200)'
        for (owner, name), (least, most) in LIMITS.items()
        if owner == tag and name in element.attrib and not least <= whole(element, name, -1) <= most
    ]
    found += _children(element, document, facing)
    found += _links(element, document)
    found += _habits(element, facing)
    return found


def _is_value(tag: str, name: str, value: str) -> bool:
    """Could the carrier make anything of it? Limits in seconds are looked at elsewhere."""
    if name.lower().endswith("method"):
        return value.upper() in _METHODS
    if (tag, name) in _LISTS:
        return bool(value.split()) and set(value.split()) <= _LISTS[tag, name]
    if (tag, name) in _WHOLE:
        return value.isdecimal()
    return (tag, name) not in _VALUES or value in _VALUES[tag, name]


def _stray_text(element: Element) -> list[str]:
    """Words between verbs: nobody ever hears them."""
    texts = [(text or "").strip() for text in (element.text, *(child.tail for child in element))]
    return [f'"{text}" stands inside <{element.tag}> and is not spoken' for text in texts if text]


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
    found: list[str] = _dialling(element) if tag == "Dial" else _stray_text(element) if tag == "Gather" else []
    if (tag in {"Gather", "Record"} and not element.get("action")) or (tag == "Redirect" and not spoken_link(element)):
        found.append(f"<{tag}> without an action or target runs its own document again, for ever")
    if tag == "Gather" and facing == "caller" and "dtmf" in element.get("input", "dtmf"):
        found.append("a <Gather> asks the caller for digits")
    if tag in {"Number", "Sip", "Queue", "Play", "Say"} and not spoken_or_digits(element):
        found.append(f"<{tag}> is empty")
    if tag == "Say" and len(spoken_or_digits(element)) > _LONGEST_SPEECH:
        found.append(f"<Say> is longer than {_LONGEST_SPEECH} characters")
    if tag == "Enqueue" and not spoken_link(element) and not element.get("workflowSid"):
        found.append("<Enqueue> names no queue")
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

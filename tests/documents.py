"""What must hold for every document we ever send, checked apart from the carrier's own complaints."""

import datetime as dt
import functools
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

from voice.rules import wording
from voice.rules.greeting import key_request
from voice.simulator.document import DocumentSeen, Facing

NOUNS = {"Response", "Queue", "Number", "Client", "Sip"}
VERBS = {"Say", "Play", "Pause", "Enqueue", "Leave", "Dial", "Record", "Gather", "Redirect", "Hangup", "Reject"}
LARGEST = 64 * 1024
# How we ask for a message, in each language: what follows is recorded.
INVITATIONS = tuple(
    words.rpartition(". ")[2]
    for language in wording.LANGUAGES
    for words in (wording.promise("", "", language), wording.withheld(language), wording.message_only(language))
)
LINK = re.compile(r"(url|action|callback)$", re.IGNORECASE)


def faults(seen: Iterable[DocumentSeen], *ours: str) -> list[str]:
    """What is wrong with these documents; `ours` are the only places their links may lead to."""
    places, told, found = tuple(f"{place}/" for place in ours), set[str](), list[str]()
    for document in seen:
        faults = [*_faults(document, places), *_unannounced(document, told)]
        found += [f"{document.url}: {fault}" for fault in faults]
    return found


def unannounced(seen: Iterable[DocumentSeen]) -> list[str]:
    """Recordings nobody was told of: each is asked for in words just before it, or goes on with one that was."""
    told, wrong = set[str](), []
    for document in seen:
        said = False
        root = ET.fromstring(document.body if "<Record" in document.body else "<Response/>")  # noqa: S314 our own words
        for element in root.iter():
            said |= element.tag == "Say" and "".join(element.itertext()).endswith(INVITATIONS)
            if element.tag == "Record" and not said and document.call_sid not in told:
                wrong.append(f"{document.url}: records without a word")
        if said:
            told.add(document.call_sid)
    return wrong


def answered(url: str, form: Mapping[str, str], kind: str, body: str, staff: Collection[str] = ()) -> list[str]:
    """What is wrong with a document that somebody else than the carrier in a box has asked for and got.

    `kind` is its content type: what is no XML is no document. `staff`: numbers of the firm's own phones.
    """
    if not kind.startswith("text/xml"):
        return []
    direction, at = form.get("Direction", ""), dt.datetime.now(dt.UTC)
    facing: Facing = "staff" if direction != "inbound" and form.get("To") in staff else "caller"
    seen = DocumentSeen(at, url, form.get("CallSid", ""), direction, facing, "call", "", "", {}, 200, {}, body)
    place = urlsplit(url)
    return faults([seen], f"{place.scheme}://{place.netloc}")


def _faults(document: DocumentSeen, ours: tuple[str, ...]) -> Iterator[str]:
    if len(document.body.encode()) >= LARGEST:
        yield "64 kB or more"
    try:
        root = ET.fromstring(document.body)  # noqa: S314 our own words
    except ET.ParseError as error:
        yield f"does not parse: {error}"
        return
    yield from (f"<{verb}> is not allowed" for verb in {element.tag for element in root.iter()} - VERBS - NOUNS)
    yield from (f"leads to {link}" for link in _links(root) if not link.startswith(ours))
    if document.facing == "caller":
        yield from _asks_for_keys(root)


def _unannounced(document: DocumentSeen, told: set[str]) -> Iterator[str]:
    """A recording nobody was told of before; `told`: the legs on which words or a sound came before one."""
    if "ecord" not in document.body:
        return
    for verb, attributes in re.findall(r"<(\w+)([^>]*)>", document.body):
        if re.search(r"\srecord=", attributes):
            yield f"<{verb}> records a talk"
        if verb in ("Say", "Play") and "<Record" in document.body:
            told.add(document.call_sid)
        if verb == "Record" and document.call_sid not in told:
            yield "records without a word before"


_asked = functools.cache(key_request)  # the same few sentences, thousands of times


def _links(root: ET.Element) -> Iterator[str]:
    for element in root.iter():
        yield from (value for name, value in element.items() if LINK.search(name))
        if element.tag in ("Play", "Redirect"):
            yield (element.text or "").strip()


def _asks_for_keys(root: ET.Element) -> Iterator[str]:
    for element in root.iter("Gather"):
        if element.get("input") != "speech":
            yield "a <Gather> takes digits from a caller"
    for element in root.iter("Say"):
        if words := _asked("".join(element.itertext())):
            yield f'asks a caller for a key: "{words}"'

"""TwiML as it arrives: parsing by content type, and a record of every document received."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from urllib.parse import urljoin
from xml.etree import ElementTree as ET

from .transport import WebAnswer, header

Element = ET.Element
Context = Literal["call", "screening", "wait", "queue", "conference", "text"]
Facing = Literal["caller", "staff"]

_XML = {"text/xml", "application/xml", "text/html"}
_UNPARSABLE, _BAD_TYPE = 12100, 12300
LIMITS = {  # the least and the most of an attribute, in seconds
    ("Dial", "timeout"): (5, 600),
    ("Dial", "timeLimit"): (1, 14400),
    ("Record", "maxLength"): (1, 14400),
    ("Pause", "length"): (1, 14400),
}


class BadDocumentError(Exception):
    """An answer that cannot be run; `code` is the carrier's error number."""

    def __init__(self, code: int) -> None:
        super().__init__(str(code))
        self.code = code


@dataclass(frozen=True)
class Source:
    """Where the next document comes from: a URL, or inline text given by REST."""

    url: str = ""
    method: str = "POST"
    twiml: str = ""
    params: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Document:
    """A parsed document and the URL its relative links resolve against ("" when it came inline)."""

    root: Element
    url: str = ""
    method: str = "POST"

    def resolve(self, link: str) -> str:
        """An attribute's URL made absolute; an empty one is this document itself."""
        return urljoin(self.url, link) if link else self.url


@dataclass
class DocumentSeen:
    """One document received, with what was asked, for rules that hold over a whole suite."""

    at: datetime
    url: str
    call_sid: str
    direction: str
    facing: Facing
    context: Context
    kind: str
    token: str
    params: dict[str, str]
    status: int
    headers: dict[str, str]
    body: str
    complaints: list[str] = field(default_factory=list)


def parse_text(text: str | bytes) -> Element:
    """The <Response>; raises BadDocumentError(12100) when there is none."""
    try:
        root = ET.fromstring(text)  # noqa: S314 it comes from the application under test
    except (ET.ParseError, ValueError, LookupError) as error:
        raise BadDocumentError(_UNPARSABLE) from error
    if root.tag != "Response":
        raise BadDocumentError(_UNPARSABLE)
    return root


def parse_answer(answer: WebAnswer, url: str, method: str) -> Document:
    """Read an answer by its content type: XML is run, sound is played, plain text is spoken."""
    kind = header(answer.headers, "content-type").partition(";")[0].strip().lower()
    if kind in _XML:
        return Document(parse_text(answer.body), url, method)
    if kind.startswith("audio/"):
        return Document(_one_verb("Play", url), url, method)
    if kind == "text/plain":
        try:
            return Document(parse_text(answer.body), url, method)
        except BadDocumentError:
            return Document(_one_verb("Say", answer.body.decode("utf-8", "replace")), url, method)
    raise BadDocumentError(_BAD_TYPE)


def _one_verb(tag: str, text: str) -> Element:
    root = Element("Response")
    ET.SubElement(root, tag).text = text
    return root


def flag(element: Element, name: str, default: bool) -> bool:
    """A boolean attribute; anything but true and false counts as absent."""
    return {"true": True, "false": False}.get(element.get(name, ""), default)


def whole(element: Element, name: str, default: int) -> int:
    """A whole-number attribute; anything else counts as absent."""
    value = element.get(name, "")
    return int(value) if value.isdigit() else default


def within(element: Element, name: str, default: int) -> int:
    """A whole-number attribute; one that the carrier does not take is ignored by it, with a warning (12200)."""
    least, most = LIMITS[element.tag, name]
    value = whole(element, name, default)
    return value if least <= value <= most else default


def spoken(element: Element) -> str:
    """The words of a <Say>, without its markup."""
    return " ".join("".join(element.itertext()).split())

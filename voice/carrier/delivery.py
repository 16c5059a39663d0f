"""One delivery of the carrier: read strictly, checked against its signature, turned into plain values."""

import datetime as dt
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from urllib.parse import parse_qsl, urlencode, urlsplit

from twilio.request_validator import RequestValidator

from voice.settings import Settings

MAX_BODY = 64 * 1024
MAX_FIELDS = 200
LATE = dt.timedelta(seconds=3)
SIDS = {"CallSid": re.compile(r"CA[0-9a-f]{32}"), "MessageSid": re.compile(r"(SM|MM)[0-9a-f]{32}")}

# Two tries of 4 s, then the fallback: the carrier's own default is one retry, and only of a failed connection.
RETRY = "#rc=1&rp=5xx,ct,rt&rt=4000&tt=9000"

# What makes one delivery of a route another one than the last: everything else may differ between repeats.
TELLING = (
    "CallSid", "MessageSid", "CallStatus", "SequenceNumber", "DialCallStatus", "DialCallSid", "QueueResult", "QueueSid",
    "Digits", "RecordingSid", "RecordingStatus", "DequeingCallSid",
)  # fmt: skip


class Refused(Exception):
    """A delivery that is not answered as one: `status` is the HTTP status."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


@dataclass(frozen=True)
class Delivery:
    """What the carrier said, when, and where. Everything a handler may look at."""

    settings: Settings = field(repr=False)
    route: str  # the path with its query
    form: Mapping[str, str] = field(repr=False)
    token: str  # the carrier's idempotency token: the same on each retry of one delivery
    now: dt.datetime
    replayed: bool = False  # read back from the spool: nobody is on the line to hear an answer

    def get(self, name: str) -> str:
        """A parameter, or an empty text."""
        return self.form.get(name, "")

    def asked(self, name: str) -> str:
        """A parameter of the address itself, or an empty text."""
        return dict(parse_qsl(urlsplit(self.route).query)).get(name, "")

    @property
    def sid(self) -> str:
        """The leg (or the text) this is about."""
        return self.form.get("CallSid") or self.form["MessageSid"]

    @property
    def about(self) -> str:
        """The call this is about: a leg that a document of ours dialled belongs to its parent."""
        return self.get("ParentCallSid") or self.sid

    @property
    def status(self) -> str:
        """CallStatus, in the carrier's words."""
        return self.get("CallStatus")

    def url(self, path: str, **query: str | int) -> str:
        """An absolute address of ours, to be put into a document; queries in alphabetical order."""
        asked = f"?{urlencode(sorted(query.items()))}" if query else ""
        return f"{self.settings.public_url}{path}{asked}{RETRY}"

    def number(self, name: str, most: int = 2**31 - 1) -> int | None:
        """A whole number from 0 to `most`; None when it is missing or nonsense."""
        text = self.get(name)
        return int(text) if text.isdecimal() and len(text) < 11 and int(text) <= most else None

    def happened(self) -> dt.datetime:
        """When it happened. The carrier's stamp counts whole seconds, so it is used only for what comes late."""
        try:
            said = parsedate_to_datetime(self.get("Timestamp"))
        except ValueError:
            return self.now
        said = (said if said.tzinfo else said.replace(tzinfo=dt.UTC)).astimezone(dt.UTC)
        return said if self.now - said > LATE else self.now

    def key(self, repeats: bool) -> str:
        """What two deliveries of the same thing share.

        `repeats`: the route is asked again and again with the same parameters, so only the token can tell.
        """
        facts = [self.token] if repeats and self.token else [self.get(name) for name in TELLING]
        if repeats and not self.token:
            facts.append(self.now.isoformat())
        return hashlib.sha256("\n".join([self.route, *facts]).encode()).hexdigest()


def read_form(body: bytes) -> dict[str, str]:
    """The form fields of a body. Raises Refused for what the carrier never sends."""
    if len(body) > MAX_BODY:
        raise Refused(413, "body too large")
    try:
        pairs = parse_qsl(
            body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS
        )  # fmt: skip
    except ValueError as error:  # UnicodeDecodeError is one
        raise Refused(400, "body is not a form in UTF-8") from error
    form = dict(pairs)
    if len(form) != len(pairs):
        raise Refused(400, "a field is repeated")  # values could be swapped under a valid signature
    return form


def check(settings: Settings, url: str, form: Mapping[str, str], signature: str, subject: str = "CallSid") -> None:
    """Refuse what is not signed with our token, is of another account, or is about no call (or text)."""
    signed = any(RequestValidator(token).validate(url, dict(form), signature) for token in settings.auth_tokens)
    if not signed:
        raise Refused(403, "signature does not match")
    if form.get("AccountSid") != settings.twilio_account_sid:
        raise Refused(403, "another account")
    if not SIDS[subject].fullmatch(form.get(subject, "")):
        raise Refused(400, f"{subject} is not one")
    if not SIDS["CallSid"].fullmatch(form.get("ParentCallSid") or "CA" + "0" * 32):
        raise Refused(400, "ParentCallSid is not one")

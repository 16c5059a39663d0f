"""A small town for the carrier's own tests: one number, a few phones, and an application made of answers."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

from twilio.request_validator import RequestValidator
from twilio.rest import Client

from tests.simulator import openapi
from voice.simulator.config import Config
from voice.simulator.day import Day
from voice.simulator.legs import Leg
from voice.simulator.phones import Phone

LINE = "+12125550100"
APP = "https://app.test"
Form = dict[str, str]
Answer = str | int | tuple[int, dict[str, str], bytes]


@dataclass
class Asked:
    """One request the toy application got."""

    at: datetime
    method: str
    path: str
    form: Form
    headers: dict[str, str]


@dataclass
class Toy:
    """A WSGI application: path → verbs of a document, a status, or a whole answer, or a function of the form.

    Every request's signature is checked with the SDK's own validator.
    """

    token: str
    clock: Callable[[], datetime]
    origin: str = APP
    answers: dict[str, Answer | Callable[[Form], Answer]] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"] or 0)).decode()
        query = environ["QUERY_STRING"]
        posted = dict(parse_qsl(body, keep_blank_values=True))
        form = posted | dict(parse_qsl(query, keep_blank_values=True))
        path = environ["PATH_INFO"]
        headers = {name[5:].replace("_", "-").lower(): value for name, value in environ.items() if name[:5] == "HTTP_"}
        self.asked.append(Asked(self.clock(), environ["REQUEST_METHOD"], path, form, headers))
        url = self.origin + path + (f"?{query}" if query else "")
        valid = RequestValidator(self.token).validate(url, posted, headers.get("x-twilio-signature", ""))
        status, sent, content = self._answer(path, form) if valid else (403, {"Content-Type": "text/plain"}, b"forged")
        start(f"{status} {HTTPStatus(status).phrase}", list(sent.items()))
        return [content]

    def _answer(self, path: str, form: Form) -> tuple[int, dict[str, str], bytes]:
        answer = self.answers.get(path, "")
        if callable(answer):
            answer = answer(form)
        if isinstance(answer, int):
            return answer, {"Content-Type": "text/plain"}, b""
        if isinstance(answer, tuple):
            return answer
        return 200, {"Content-Type": "text/xml"}, f"<Response>{answer}</Response>".encode()

    def at(self, path: str) -> list[Form]:
        """What was sent to a path, in order."""
        return [asked.form for asked in self.asked if asked.path == path]

    def requests(self, path: str) -> list[Asked]:
        """The requests to a path, in order."""
        return [asked for asked in self.asked if asked.path == path]


@dataclass
class Town:
    """The day, the toy, and who lives here."""

    day: Day
    toy: Toy
    client: Client
    ann: Phone
    sam: Phone
    alex: Phone
    may_complain: bool = False

    def answers(self, **paths: Answer | Callable[[Form], Answer]) -> None:
        """Set what the toy answers; a double underscore in a name is a slash."""
        self.toy.answers |= {"/" + name.replace("__", "/"): answer for name, answer in paths.items()}

    def call(self, **how: Any) -> Leg:
        """Ann dials the number."""
        return self.ann.dial(LINE, **how)

    def ring(self, phone: Phone, url: str = f"{APP}/leg", **more: Any) -> Any:
        """The application rings a phone by REST, with every status event to /progress."""
        events = ["initiated", "ringing", "answered", "completed"]
        more = {"status_callback": f"{APP}/progress", "status_callback_event": events} | more
        return self.client.calls.create(to=phone.number, from_=LINE, url=url, **more)

    def heard(self, phone: Phone) -> list[str]:
        """The sentences documents have spoken to a phone, in order."""
        return [caption.text for caption in phone.captions if caption.kind == "say"]

    def events(self, sid: str) -> list[str]:
        """The statuses of a leg that were sent to /progress."""
        return [form["CallStatus"] for form in self.toy.at("/progress") if form["CallSid"] == sid]

    def close(self) -> None:
        """The day is over: no complaint may be left that nobody asked about, nor a word unlike the carrier's files."""
        self.day.close()
        wrong = openapi.wrong(self.day.carrier.requests)
        wrong += [] if self.may_complain else self.day.carrier.complaints
        assert wrong == [], wrong

    @property
    def complaints(self) -> str:
        """All complaints as one text; asking for it makes them allowed."""
        self.may_complain = True
        return "\n".join(self.day.carrier.complaints)


def make_town(**config: Any) -> Town:
    """A town with one number, whose VoiceUrl is /voice and whose status callback is /over."""
    number = {"number": LINE, "voice_url": f"{APP}/voice", "status_callback": f"{APP}/over", "sms_url": f"{APP}/text"}
    number |= config.pop("number", {})
    day = Day(Config.read({"numbers": [number]} | config))
    toy = Toy(day.carrier.config.auth_token, lambda: day.now)
    toy.answers |= {"/over": 204, "/progress": 204}
    day.mount(APP, toy)
    account = day.carrier.config
    client = Client(account.account_sid, account.auth_token, http_client=day.http_client)
    return Town(
        day,
        toy,
        client,
        day.phone("+12125550177", name="Ann"),
        day.staff("+12125550111", name="Sam"),
        day.staff("+12125550112", name="Alex"),
    )

"""The carrier's API: what we ask of it, and its refusals in our words."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar
from urllib.parse import urlsplit, urlunsplit

import requests
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from voice.carrier import words
from voice.rules import evidence
from voice.settings import CARRIER_URL, Settings

TIMEOUT = 10.0  # seconds; the SDK's own default is none at all
PAGE = 1000  # the carrier's largest
UNREADABLE = (ValueError, LookupError, TypeError, AttributeError)  # what the SDK makes of an answer of another shape
MOST = 100_000  # rows of one listing: one that is longer does not end
Row = TypeVar("Row")


class CarrierError(Exception):
    """The carrier did not do what it was asked."""

    def __init__(self, why: str, code: int = 0) -> None:
        super().__init__(why)
        self.code = code


class Unclear(CarrierError):
    """It may have done it, or not: never to be sent again blindly."""


class NotSent(CarrierError):
    """The request never reached the carrier."""


class TooMany(CarrierError):
    """More legs at once than the account may have. Nothing was done."""


class TooFast(CarrierError):
    """More requests a second than the account may make. Nothing was done; the same may be asked again."""


class NoService(CarrierError):
    """Account, credentials or profile: nothing will work until somebody mends it."""


class Gone(CarrierError):
    """The call it was about is over."""


class Refused(CarrierError):
    """This one request is refused for good, for example a number that cannot be rung."""


class Http(TwilioHttpClient):  # type: ignore[misc]  # the SDK ships no types
    """The SDK's client with a time limit; it can send to another host, path unchanged, and bring sounds home."""

    def __init__(self, base_url: str) -> None:
        super().__init__(timeout=TIMEOUT)
        self._other = urlsplit(base_url) if base_url != CARRIER_URL else None

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
        """Send one request of the SDK's, whatever host it chose for it."""
        return super().request(method, self._address(url), *args, **kwargs)

    def media(self, url: str, auth: tuple[str, str], limit: int) -> tuple[int, bytes]:
        """Status and bytes (at most one more than `limit`); the SDK itself would read a sound as text."""
        with requests.get(
            self._address(url), auth=auth, timeout=TIMEOUT, stream=True, allow_redirects=False
        ) as answer:  # fmt: skip
            return answer.status_code, answer.raw.read(limit + 1, decode_content=True)

    def _address(self, url: str) -> str:
        if self._other is None:
            return url
        asked, other = urlsplit(url), self._other
        return urlunsplit((other.scheme, other.netloc, other.path.rstrip("/") + asked.path, asked.query, ""))


@dataclass(frozen=True)
class Seen:
    """A leg as the carrier's log has it."""

    sid: str
    status: str
    ended_at: dt.datetime | None
    to: str
    sender: str
    started_at: dt.datetime | None
    seconds: int
    direction: str = ""
    parent_sid: str = ""
    caller_name: str = ""
    forwarded_from: str = ""

    @property
    def over(self) -> bool:
        """Whether nobody is on it any more."""
        return self.status in words.OVER


@dataclass(frozen=True)
class Recorded:
    """A recording as the carrier lists it."""

    sid: str
    call_sid: str
    status: str
    seconds: int
    at: dt.datetime


class Carrier:
    """One account. Every method may raise the errors above, and none of them retries."""

    def __init__(self, settings: Settings, http_client: Any = None) -> None:
        http_client = http_client or Http(settings.twilio_api_base_url)
        user = settings.twilio_api_key or settings.twilio_account_sid
        password = settings.twilio_api_secret or settings.twilio_auth_token
        self._client = Client(user, password, account_sid=settings.twilio_account_sid, http_client=http_client)
        self._http, self._auth = http_client, (user, password)
        self._account = f"https://api.twilio.com/2010-04-01/Accounts/{settings.twilio_account_sid}"

    def place(self, to: str, line: str, url: str, status_url: str, ring_seconds: int) -> str:
        """Ring a phone from a line's number; the leg's id. The phone's document is fetched from `url` at pick-up."""
        return self._ask(
            lambda: _sid(
                self._client.calls.create(
                    to=to,
                    from_=line,
                    url=url,
                    fallback_url=url,
                    status_callback=status_url,
                    status_callback_event=["initiated", "ringing", "answered", "completed"],
                    timeout=ring_seconds,
                )
            )
        )

    def end(self, sid: str) -> None:
        """End a leg, whether it rings or talks. (`canceled` would leave one that was just picked up.)"""
        self._ask(lambda: self._client.calls(sid).update(status="completed"))

    def move(self, sid: str, url: str) -> None:
        """Have a live leg carry on with the document at `url`, at once."""
        self._ask(lambda: self._client.calls(sid).update(url=url, method="POST"))

    def look(self, sid: str) -> Seen:
        """A leg as it is now."""
        return self._ask(lambda: _seen(self._client.calls(sid).fetch()))

    def children(self, parent_sid: str) -> list[Seen]:
        """Legs a document of ours has dialled from `parent_sid`."""
        return self._ask(lambda: [_seen(call) for call in self._client.calls.list(parent_call_sid=parent_sid)])

    def log(self, first: dt.datetime, last: dt.datetime, **which: str) -> list[Seen]:
        """The calls that began between two midnights of UTC, `to=` or `from_=` a number: all of them, or it raises."""
        span = {"start_time_after": first, "start_time_before": last}
        return self._listed(lambda: self._client.calls.list(**span, **which, page_size=PAGE, limit=MOST), _logged)

    def recordings(self, first: dt.datetime, last: dt.datetime) -> list[Recorded]:
        """The recordings made in [first, last), both midnights of UTC."""
        span = {"date_created_after": first, "date_created_before": last}
        return self._listed(
            lambda: self._client.recordings.list(**span, page_size=PAGE, limit=MOST),
            lambda row: Recorded(row.sid, row.call_sid, str(row.status), int(row.duration or 0), row.date_created),
        )

    def asked(self, sid: str) -> list[evidence.Asked]:
        """What the carrier asked us about a leg, earliest first; empty until some 15 minutes after its end."""
        return self._listed(lambda: self._client.calls(sid).events.list(page_size=PAGE, limit=MOST), _asked)

    def _listed(self, request: Callable[[], list[Any]], read: Callable[[Any], Row]) -> list[Row]:
        def whole() -> list[Row]:
            rows = request()
            if len(rows) >= MOST:
                raise ValueError("the listing does not end")
            return [read(row) for row in rows]

        return list(self._ask(whole))

    def drop_queue(self, sid: str) -> None:
        """Delete a queue; the carrier refuses while somebody is in it."""
        self._ask(lambda: self._client.queues(sid).delete())

    def empty_queues(self, prefix: str, before: dt.datetime) -> list[str]:
        """Ids of empty queues whose name begins so, made before `before`."""
        queues = self._ask(lambda: self._client.queues.list())
        ours = (q for q in queues if str(q.friendly_name).startswith(prefix) and not q.current_size)
        return [str(q.sid) for q in ours if q.date_created < before]

    def recording(self, sid: str, limit: int) -> bytes | None:
        """The sound of a recording as MP3, or None while it is not ready. More than `limit` bytes is refused."""
        url = f"{self._account}/Recordings/{sid}.mp3"  # rebuilt from the id: an address is never taken from a request
        status, sound = self._ask(lambda: self._http.media(url, self._auth, limit))
        if status == 404:
            return None
        if status != 200:
            raise Unclear(f"recording answered {status}")
        if len(sound) > limit:
            raise Refused("recording is too large")
        return bytes(sound)

    def drop_recording(self, sid: str) -> None:
        """Delete a recording; the carrier keeps the fact that there was one for 40 days, its sound not."""
        self._ask(lambda: self._client.recordings(sid).delete())

    @staticmethod
    def _ask(request: Callable[[], Row]) -> Row:
        try:
            return request()
        except TwilioRestException as error:
            raise _refusal(error) from error
        except requests.exceptions.ConnectTimeout as error:
            raise NotSent("could not connect") from error
        except requests.exceptions.ConnectionError as error:
            raise (NotSent if _was_not_sent(error) else Unclear)(type(error).__name__) from error
        except (requests.exceptions.RequestException, TwilioException, *UNREADABLE) as error:
            raise Unclear(type(error).__name__) from error  # no answer in time, or one that cannot be read


def _was_not_sent(error: requests.exceptions.ConnectionError) -> bool:
    """Whether it broke before a byte of the request was out: no address, no connection, no TLS."""
    told = repr(error).lower()
    return any(sign in told for sign in ("newconnectionerror", "nameresolutionerror", "sslerror", "refused"))


def _refusal(error: TwilioRestException) -> CarrierError:
    """The carrier's error in our words."""
    code = int(error.code or 0)
    kinds: list[tuple[bool, type[CarrierError]]] = [
        (code in words.TOO_MANY_LEGS, TooMany),
        (code in words.TOO_FAST or error.status == 429, TooFast),
        (code in words.NOT_ALLOWED | words.BAD_NUMBER, Refused),
        (code in words.NO_SERVICE or error.status in (401, 403), NoService),
        (code in words.GONE or error.status == 404, Gone),
        (error.status >= 500, Unclear),
    ]
    kind = next((kind for holds, kind in kinds if holds), Refused)
    return kind(f"carrier answered {error.status}", code)


def _sid(call: Any) -> str:
    """The id of a call. An answer without one is none: bound to it, a leg would never be heard of again."""
    if not isinstance(call.sid, str) or not call.sid.startswith("CA"):
        raise ValueError("a call without its id")
    return call.sid


def _seen(call: Any) -> Seen:
    started, seconds = call.start_time or call.date_created, int(call.duration or 0)
    return Seen(
        _sid(call), str(call.status), call.end_time, str(call.to), str(call._from), started, seconds,
        str(call.direction), call.parent_call_sid or "", call.caller_name or "", call.forwarded_from or "",
    )  # fmt: skip


def _logged(call: Any) -> Seen:
    """A row to decide by: without its times it is no row, and the listing is not whole."""
    seen = _seen(call)
    times = (seen.started_at, seen.ended_at) if seen.over else (seen.started_at,)
    if not all(isinstance(moment, dt.datetime) for moment in times):
        raise ValueError("a call without its times")
    return seen


def _asked(event: Any) -> evidence.Asked:
    asked, answered = event.request, event.response
    params = {str(name): str(value) for name, value in asked["parameters"].items()}
    return evidence.Asked(urlsplit(asked["url"]).path, parsedate_to_datetime(answered["date_created"]), params)

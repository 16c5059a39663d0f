"""The carrier as an HTTP client: signing, time limits, retries, redirects, cookies, and rudeness on request."""

import asyncio
import base64
import uuid
from dataclasses import dataclass, field
from datetime import datetime
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING, Literal
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit, urlunsplit

from twilio.request_validator import RequestValidator

from .document import Context, Document, DocumentSeen
from .switches import Rudeness
from .transport import ConnectFailedError, ReadTimedOutError, WebAnswer, WebRequest, header

if TYPE_CHECKING:
    from .carrier import Carrier
    from .legs import Leg

Expects = Literal["document", "receipt", "media"]
HTTP_ERROR, CONNECT_ERROR, BAD_HOST, TOO_MANY_REDIRECTS = 11200, 11205, 11210, 11215
_MAX_REDIRECTS = 10
_OK_FROM, _OK_TO, _SERVER_ERROR = 200, 300, 500
_REDIRECTS = frozenset((301, 302, 303, 307, 308))
_KEEP_METHOD = frozenset((307, 308))


@dataclass
class Webhook:
    """Something the application is to be told or asked. `kind` names it for people and rules."""

    leg: "Leg | None"
    kind: str
    url: str
    method: str
    params: dict[str, str]
    expects: Expects = "document"
    context: Context = "call"


@dataclass
class Exchange:
    """One webhook and what came of it. `error` is the carrier's error number, `status` None without an answer."""

    webhook: Webhook
    number: int
    at: datetime
    token: str
    rude: str = ""
    attempts: int = 0
    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    error: int | None = None
    seconds: float = 0.0
    final_url: str = ""
    final_method: str = ""
    document: Document | None = None

    @property
    def answer(self) -> WebAnswer:
        """The answer's bytes; status 0 when there was none."""
        return WebAnswer(self.status or 0, self.headers, self.body)

    def seen(self, complaints: list[str]) -> DocumentSeen:
        """The document it brought, with what is wrong with it."""
        hook, leg = self.webhook, self.webhook.leg
        return DocumentSeen(
            self.at,
            hook.url,
            leg.sid if leg else "",
            leg.direction if leg else "",
            leg.facing if leg else "caller",
            hook.context,
            hook.kind,
            self.token,
            hook.params,
            self.status or 0,
            self.headers,
            self.body.decode("utf-8", "replace"),
            complaints,
        )


@dataclass(frozen=True)
class Overrides:
    """Limits and retries, from a URL's fragment or the defaults. Lengths are in seconds."""

    connect: float = 5.0
    read: float = 15.0
    total: float = 15.0
    retries: int = 1
    retry_on: frozenset[str] = frozenset(("ct",))

    @classmethod
    def of(cls, url: str) -> "Overrides":
        """Read #ct=…&rt=…&tt=…&rc=…&rp=…; out of range values are brought into it."""
        given = {name: values[0] for name, values in parse_qs(urlsplit(url).fragment).items()}

        def seconds(name: str, most: float) -> float:
            value = given.get(name, "")
            return min(max(int(value) / 1000, 0.1), most) if value.isdigit() else most

        retries = given.get("rc", "")
        return cls(
            min(seconds("ct", 10.0), 5.0 if "ct" not in given else 10.0),
            seconds("rt", 15.0),
            seconds("tt", 15.0),
            min(int(retries), 5) if retries.isdigit() else 1,
            frozenset(given.get("rp", "ct").split(",")),
        )

    def again_after(self, reason: str) -> bool:
        """Is a failure of this kind (4xx, 5xx, ct, rt) tried again?"""
        return bool(self.retry_on & {reason, "all"})


class WebhookClient:
    """Sends webhooks and keeps what was exchanged."""

    def __init__(self, carrier: "Carrier") -> None:
        self._carrier = carrier
        self._validator = RequestValidator(carrier.config.auth_token)
        self._held: list[asyncio.Future[None]] = []

    def deliver(self, webhook: Webhook) -> "asyncio.Future[Exchange]":
        """Send one webhook; await what comes of it, or don't: it goes out all the same, and never raises."""
        return asyncio.shield(self._carrier.spawn(self._deliver(webhook)))

    async def _deliver(self, webhook: Webhook) -> Exchange:
        token = str(uuid.UUID(hex=self._carrier.new_sid("")))
        parts = urlsplit(webhook.url)
        rules = self._carrier.moods.for_webhook(f"{parts.path}?{parts.query}")
        exchange = self._carrier.begin_exchange(webhook, token, ",".join(rule.kind for rule in rules))
        if any(rule.kind == "drop" for rule in rules):
            exchange.error = CONNECT_ERROR
            self._carrier.finish_exchange(exchange)
            return exchange
        await self._hold_back(rules)
        for rule in rules:
            if rule.kind == "duplicate":
                self._carrier.spawn(self._once_more(webhook, token if rule.same_token else None, rule.seconds))
        await self._attempts(exchange, rules)
        if any(rule.kind == "retry" for rule in rules):
            await self._attempts(exchange, [])
        self._carrier.finish_exchange(exchange)
        return exchange

    async def _hold_back(self, rules: list[Rudeness]) -> None:
        """Be late, or let the next one overtake."""
        held, self._held = self._held, []
        for rule in rules:
            if rule.kind == "delay":
                await asyncio.sleep(rule.seconds)
            if rule.kind == "reorder":
                gate: asyncio.Future[None] = self._carrier.loop.create_future()
                self._held.append(gate)
                await asyncio.wait({gate}, timeout=rule.seconds)
        for gate in held:
            if not gate.done():
                self._carrier.loop.call_later(self._carrier.config.latency_seconds * 2, _open, gate)

    async def _once_more(self, webhook: Webhook, token: str | None, seconds: float) -> None:
        await asyncio.sleep(seconds)
        again = self._carrier.begin_exchange(webhook, token or str(uuid.UUID(hex=self._carrier.new_sid(""))), "again")
        await self._attempts(again, [])
        self._carrier.finish_exchange(again)

    async def _attempts(self, exchange: Exchange, rules: list[Rudeness]) -> None:
        overrides = Overrides.of(exchange.webhook.url)
        loop = self._carrier.loop
        deadline = loop.time() + overrides.total
        for _ in range(1 + overrides.retries):
            left = deadline - loop.time()
            if left <= 0:
                break
            exchange.attempts += 1
            reason = await self._attempt(exchange, overrides, left, rules)
            if not reason or not overrides.again_after(reason):
                break
        exchange.seconds = (self._carrier.now() - exchange.at).total_seconds()

    async def _attempt(self, exchange: Exchange, limits: Overrides, left: float, rules: list[Rudeness]) -> str:
        """One try; returns why it failed (4xx, 5xx, ct, rt) or an empty string."""
        exchange.status, exchange.headers, exchange.body = None, {}, b""
        try:
            answer = await asyncio.wait_for(
                self._follow(exchange, limits, rules), min(left, limits.connect + limits.read)
            )
        except (ConnectFailedError, UnicodeError):
            exchange.error = CONNECT_ERROR
            return "ct"
        except (ReadTimedOutError, TimeoutError):
            exchange.error = CONNECT_ERROR
            return "rt"
        except _RefusedUrlError as refused:
            exchange.error = refused.code
            return ""
        exchange.status, exchange.headers, exchange.body = answer.status, answer.headers, answer.body
        if _OK_FROM <= answer.status < _OK_TO:
            exchange.error = None
            return ""
        exchange.error = HTTP_ERROR
        return "5xx" if answer.status >= _SERVER_ERROR else "4xx"

    async def _follow(self, exchange: Exchange, limits: Overrides, rules: list[Rudeness]) -> WebAnswer:
        """Send, and go where redirects point. A redirected POST becomes a GET without its parameters."""
        url, method, params = exchange.webhook.url, exchange.webhook.method, exchange.webhook.params
        for _ in range(1 + _MAX_REDIRECTS):
            exchange.final_url, exchange.final_method = url.partition("#")[0], method
            answer = await self._send(exchange, url, method, params, limits, rules)
            self._keep_cookies(exchange.webhook.leg, url, answer)
            if answer.status not in _REDIRECTS or not header(answer.headers, "location"):
                return answer
            url = urljoin(url, header(answer.headers, "location"))
            if answer.status not in _KEEP_METHOD and method == "POST":
                method, params = "GET", {}
        raise _RefusedUrlError(TOO_MANY_REDIRECTS)

    async def _send(
        self,
        exchange: Exchange,
        url: str,
        method: str,
        params: dict[str, str],
        limits: Overrides,
        rules: list[Rudeness],
    ) -> WebAnswer:
        request = self._build(exchange, url, method, params)
        fixed = next((rule for rule in rules if rule.kind == "answer"), None)
        if fixed and not fixed.delivered:
            return WebAnswer(fixed.status, {"content-type": "text/html"}, b"Bad gateway")
        answer = await self._carrier.transport.send(request, limits.connect, limits.read)
        for rule in rules:
            if rule.kind == "slow":
                await asyncio.sleep(min(rule.seconds, limits.read))
                if rule.seconds >= limits.read:
                    raise ReadTimedOutError(url)
        return WebAnswer(fixed.status, {"content-type": "text/html"}, b"Bad gateway") if fixed else answer

    def _build(self, exchange: Exchange, url: str, method: str, params: dict[str, str]) -> WebRequest:
        """The signed request. The signature covers the URL without userinfo and fragment."""
        parts = urlsplit(url)
        host = parts.netloc.rpartition("@")[2]
        if parts.scheme not in {"http", "https"} or not parts.hostname or "_" in parts.hostname:
            raise _RefusedUrlError(BAD_HOST)
        query = parts.query
        if method == "GET" and params:
            query = "&".join(filter(None, (query, urlencode(params))))
        target = urlunsplit((parts.scheme, host, parts.path, query, ""))
        posted = params if method == "POST" else {}
        headers = {
            "Host": host,
            "User-Agent": "TwilioProxy/1.1",
            "Accept": "*/*",
            "I-Twilio-Idempotency-Token": exchange.token,
            "X-Twilio-Signature": str(self._validator.compute_signature(target, posted)),
        }
        if method == "POST":
            headers["Content-Type"] = "application/x-www-form-urlencoded; charset=UTF-8"
        if parts.username:
            pair = f"{parts.username}:{parts.password or ''}".encode()
            headers["Authorization"] = "Basic " + base64.b64encode(pair).decode()
        leg = exchange.webhook.leg
        if leg is not None and leg.cookies.get(host):
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in leg.cookies[host].items())
        return WebRequest(method, target, headers, urlencode(posted).encode() if posted else b"")

    def _keep_cookies(self, leg: "Leg | None", url: str, answer: WebAnswer) -> None:
        if leg is None:
            return
        jar = leg.cookies.setdefault(urlsplit(url).netloc.rpartition("@")[2], {})
        for line in answer.cookies:
            try:
                jar |= {name: morsel.value for name, morsel in SimpleCookie(line).items()}
            except CookieError:
                self._carrier.complain(f"a cookie that cannot be read: {line}", url)


class _RefusedUrlError(Exception):
    """A URL the carrier does not go to; `code` is its error number."""

    def __init__(self, code: int) -> None:
        super().__init__(str(code))
        self.code = code


def _open(gate: "asyncio.Future[None]") -> None:
    if not gate.done():
        gate.set_result(None)

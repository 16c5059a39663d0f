"""The carrier: its state, and the few verbs through which phones, webhooks, REST and tests reach it."""

import asyncio
import contextvars
import hashlib
import threading
import traceback
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import Future
from datetime import datetime, timedelta
from typing import Any, Literal, TypeVar

from . import dial, enqueue, gather, record, verbs  # noqa: F401 their import makes the verbs known
from .config import Config, Number
from .document import BadDocumentError, DocumentSeen, Source, parse_answer
from .legs import HungUp, Leg, StatusHook
from .lint import lint, too_long
from .params import progress_params
from .phones import Phone
from .placing import Pacer, place_api
from .player import Player
from .queues import Queue
from .recordings import Recordings
from .scripts import Script, from_json
from .switches import Moods, Switches
from .texts import Texts
from .transport import Transport
from .webhooks import Exchange, Webhook, WebhookClient

T = TypeVar("T")
_OK = range(200, 300)


class Carrier:
    """One account in one carrier. Everything here runs on the loop's thread; others come in through `on_loop`."""

    def __init__(
        self,
        config: Config,
        loop: asyncio.AbstractEventLoop,
        clock: Callable[[], datetime],
        transport: Callable[[Callable[[str], None]], Transport],
    ) -> None:
        self.config, self.loop, self.now = config, loop, clock
        self.switches, self.moods = Switches(), Moods()
        self.complaints: list[str] = []
        self.documents: list[DocumentSeen] = []
        self.exchanges: list[Exchange] = []
        self.requests: list[dict[str, Any]] = []
        self.timeline: list[dict[str, Any]] = []
        self.calls: dict[str, Leg] = {}
        self.queues: dict[str, Queue] = {}
        self.conferences: dict[str, Any] = {}
        self.phones: dict[str, Phone] = {}
        self.numbers: dict[str, Number] = {}
        self.sound_seconds: dict[str, float] = {}
        self.page_tokens: dict[tuple[str, str], Sequence[Any]] = {}  # (list, token): the rows before that place
        self.loop_thread: int | None = None
        self._sids = 0
        self._tasks: set[asyncio.Task[Any]] = set()
        self.transport = transport(lambda what: self.complain(what, ""))
        self.webhooks = WebhookClient(self)
        self.recordings = Recordings(self)
        self.texts = Texts(self)
        self.player = Player(self)
        self.pacer = Pacer(self)
        for number in config.numbers:
            self.add_number(number)
        for phone in config.phones:
            self.phone(
                phone.number,
                from_json(phone.script),
                name=phone.name,
                role="staff" if phone.role == "staff" else "outside",
            )

    # --- clock, names, tasks

    def stated(self, moment: datetime | None = None) -> datetime:
        """A moment, or now, as this carrier states it: wrong when the clock switch says so."""
        return (moment or self.now()) + timedelta(seconds=self.switches.clock_offset_seconds)

    def after(self, seconds: float) -> datetime:
        """The instant that many seconds from now."""
        return self.now() + timedelta(seconds=seconds)

    def new_sid(self, prefix: str) -> str:
        """A new identifier: the prefix and 32 hex digits, the same in every run with the same seed."""
        self._sids += 1
        return prefix + hashlib.sha256(f"{self.config.seed}:{self._sids}".encode()).hexdigest()[:32]

    def spawn(self, work: Coroutine[Any, Any, T]) -> "asyncio.Task[T]":
        """Run something beside; what it raises (but for a leg's end) becomes a complaint."""
        task = self.loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)
        return task

    def _finished(self, task: "asyncio.Task[Any]") -> None:
        self._tasks.discard(task)
        if task.cancelled():
            return
        error = task.exception()
        if error is not None and not isinstance(error, HungUp):
            self.complain("the simulator itself failed\n" + "".join(traceback.format_exception(error)), "")

    def stop(self) -> bool:
        """Drop all that still runs; True while something was still to be dropped."""
        running = asyncio.all_tasks(self.loop)
        for task in running:
            task.cancel()
        return bool(running)

    def on_loop(self, work: Callable[[], T]) -> T:
        """Run on the loop's thread and wait for it: how server threads change anything."""
        if self.loop_thread is None or threading.get_ident() == self.loop_thread:
            return work()
        done: Future[T] = Future()

        def run() -> None:
            try:
                done.set_result(work())
            except Exception as error:
                done.set_exception(error)

        self.loop.call_soon_threadsafe(run, context=contextvars.copy_context())
        return done.result(timeout=30)

    # --- what is written down

    def note(self, kind: str, text: str, leg: Leg | None = None, **more: object) -> None:
        """One line of the timeline, for people."""
        self.timeline.append(
            {"n": len(self.timeline) + 1, "at": self.now().isoformat(), "kind": kind, "text": text}
            | ({"call": leg.sid, "phone": leg.phone.number} if leg else {})
            | more
        )

    def complain(self, what: str, where: str) -> None:
        """Something the application did wrong."""
        self.complaints.append(f"{what} [{where}]" if where else what)
        self.note("complaint", what, url=where)

    # --- accounts, numbers, phones

    def add_number(self, number: Number) -> Number:
        """Put a number into the account."""
        number.sid = number.sid or self.new_sid("PN")
        self.numbers[number.number] = number
        return number

    def phone(
        self,
        number: str,
        script: Script | None = None,
        *,
        name: str = "",
        role: Literal["outside", "staff"] | None = None,
    ) -> Phone:
        """The phone with that number, made when new; a script, name or role given replaces what it had."""
        phone = self.phones.setdefault(number, Phone(self, number))
        phone.script = script or phone.script
        phone.name = name or phone.name
        phone.role = role or phone.role
        return phone

    # --- calls

    def inbound(self, phone: Phone, to: str, *, forwarded_from: str = "", relay: Leg | None = None) -> Leg:
        """Somebody calls a number of the account; ValueError when it isn't one."""
        number = self.numbers.get(to)
        if number is None:
            raise ValueError(f"{to} is no number of this account")
        frm = relay.frm if relay else phone.number
        leg = Leg(self, self.new_sid("CA"), "inbound", frm, to, phone, "ringing", self.now())
        leg.forwarded_from, leg.relay, leg.started_at = forwarded_from, relay, self.now()
        leg.call_token = self.new_sid("")
        if number.status_callback:
            leg.hook = StatusHook(number.status_callback, number.status_callback_method)
        if number.voice_fallback_url:
            leg.fallback = Source(number.voice_fallback_url, number.voice_fallback_method)
        self.calls[leg.sid] = leg
        phone.legs.append(leg)
        self.note("dial", f"{phone.label} dials {to}", leg)
        leg.hear("ring", to)
        self.spawn(self._answer_inbound(leg, number))
        return leg

    async def _answer_inbound(self, leg: Leg, number: Number) -> None:
        if not number.voice_url:
            leg.end("failed", "carrier", "the number has no VoiceUrl")
            return
        await self.player.run(leg, Source(number.voice_url, number.voice_method), "incoming")

    def forward(self, leg: Leg, to: str) -> None:
        """A call of ours reaches a number of ours, by its own dialling or a phone's network: a new inbound call."""
        if not leg.over:
            through = "" if leg.to == to else leg.phone.number
            leg.relayed = self.inbound(leg.phone, to, forwarded_from=through, relay=leg)

    def place(self, leg: Leg) -> Leg:
        """A call made by REST: it waits its turn at the account's pace."""
        self.calls[leg.sid] = leg
        self.note("create", f"a call to {leg.phone.label} is created", leg)
        self.pacer.submit(leg, lambda: self.spawn(place_api(self, leg)))
        return leg

    def live_legs(self) -> int:
        """Legs that hold a channel now."""
        return sum(1 for leg in self.calls.values() if not leg.over and leg.status != "queued")

    def leg_ended(self, leg: Leg, *, silently: bool) -> None:
        """A leg is over: tell who asked to know, and the network whose call it forwarded."""
        self.note("ended", f"{leg.phone.label}: {leg.status} ({leg.why or leg.ended_by})", leg, status=leg.status)
        if not silently:
            self.emit(leg, "completed")
        if leg.relay is not None and not leg.relay.over:
            if leg.relay.answered_at is not None:
                leg.relay.end("completed", "phone", "the call it was forwarded to ended")
            elif not leg.relay.settled.done():
                leg.relay.settled.set_result("busy" if leg.status == "busy" else "no-answer")
        second = leg.relayed
        if second is not None:
            second.end("completed" if second.answered_at else "canceled", "phone", "its first half ended")

    def emit(self, leg: Leg, event: str) -> None:
        """Tell about progress, if anybody asked."""
        hook = leg.hook
        if hook is not None and event in hook.events:
            params = progress_params(leg, event)
            leg.sequence += 1
            self.tell(Webhook(leg, "status", hook.url, hook.method, params, "receipt"))

    # --- webhooks

    def tell(self, webhook: Webhook) -> None:
        """Send something whose answer changes nothing."""
        self.webhooks.deliver(webhook)

    def begin_exchange(self, webhook: Webhook, token: str, rude: str) -> Exchange:
        """A webhook is about to go out."""
        exchange = Exchange(webhook, len(self.exchanges) + 1, self.now(), token, rude)
        self.exchanges.append(exchange)
        if webhook.leg is not None:
            webhook.leg.exchanges.append(exchange)
        self.note("webhook", f"{webhook.kind}: {webhook.method} {webhook.url}", webhook.leg, exchange=exchange.number)
        return exchange

    def finish_exchange(self, exchange: Exchange) -> None:
        """Its answer is in, or will never be: read it, and be loud about what is wrong."""
        webhook = exchange.webhook
        self.note(
            "answer",
            f"{webhook.kind}: {exchange.status or 'no answer'}",
            webhook.leg,
            exchange=exchange.number,
            rude=exchange.rude,
        )
        answered_badly = exchange.status is not None and exchange.status not in _OK
        if webhook.expects == "receipt" and answered_badly and "answer" not in exchange.rude:
            self.complain(f"a {webhook.kind} webhook was answered with {exchange.status}", webhook.url)
        if webhook.expects == "document" and exchange.error is None:
            self._read(exchange)

    def _read(self, exchange: Exchange) -> None:
        webhook = exchange.webhook
        found: list[str] = []
        try:
            exchange.document = parse_answer(exchange.answer, exchange.final_url, exchange.final_method)
            found = lint(exchange.document, webhook.context, webhook.leg.facing if webhook.leg else "caller")
        except BadDocumentError as error:
            exchange.error = error.code
            found = [f"a {webhook.kind} answer that cannot be run ({error.code})"]
        found += too_long(exchange.body)
        self.keep(exchange.seen(found))

    def keep(self, seen: DocumentSeen) -> None:
        """Keep a document for rules over a whole suite, and complain of what is wrong with it."""
        self.documents.append(seen)
        for what in seen.complaints:
            self.complain(f"{what}: {seen.body[:400]}", seen.url or seen.call_sid)

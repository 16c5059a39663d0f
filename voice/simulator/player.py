"""Runs TwiML on a leg: fetches documents, goes through their verbs, follows where they lead."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .document import BadDocumentError, Context, Document, DocumentSeen, Element, Source, parse_text
from .legs import Leg, Moved
from .lint import ALLOWED, lint
from .params import call_params
from .webhooks import Webhook

if TYPE_CHECKING:
    from .carrier import Carrier

_SILENT_WAIT_SECONDS = 10.0
_APPLICATION_ERROR = "We are sorry, an application error has occurred. Goodbye."


class EndOfCallError(Exception):
    """A verb ends the leg; `status` is its last one."""

    def __init__(self, status: str = "completed", why: str = "hung up by its document") -> None:
        super().__init__(why)
        self.status, self.why = status, why


class LeftQueueError(Exception):
    """<Leave> ran in a wait document."""


class DivertedError(Exception):
    """A document could not be had or run; the fallback's document takes over the whole call."""

    def __init__(self, document: Document) -> None:
        super().__init__(document.url)
        self.document = document


@dataclass(frozen=True)
class Stage:
    """Where a verb runs."""

    carrier: "Carrier"
    leg: Leg
    document: Document
    context: Context

    def link(self, element: Element, name: str, method_name: str = "method") -> Source:
        """The source an attribute points at, POST unless the element says GET."""
        return Source(self.document.resolve(element.get(name, "")), element.get(method_name, "POST").upper())


Verb = Callable[[Stage, Element], Awaitable[Source | None]]
VERBS: dict[str, Verb] = {}  # filled by the verb modules as they are imported


def verb(tag: str) -> Callable[[Verb], Verb]:
    """Register the player of a verb. It returns where to go, or None to go on with the next verb."""

    def register(play: Verb) -> Verb:
        VERBS[tag] = play
        return play

    return register


class Player:
    """One for the whole carrier; all state is the leg's."""

    def __init__(self, carrier: "Carrier") -> None:
        self._carrier = carrier

    async def run(self, leg: Leg, source: Source, kind: str) -> None:
        """Play documents on a leg until the call ends; the leg is over afterwards. HungUp passes through."""
        pending: Source | Document | None = source
        try:
            while pending is not None:
                leg.rearm()
                try:
                    document = pending if isinstance(pending, Document) else await self.fetch(leg, pending, kind)
                    pending = await self.play(leg, document, "call")
                except DivertedError as turn:
                    pending = turn.document
                except Moved as turn:
                    pending = turn.source
                kind = "document"
        except EndOfCallError as end:
            leg.end(end.status, "application", end.why)
            return
        leg.answer()
        leg.end("completed", "application", "its document ended")

    async def run_side(
        self, leg: Leg, source: Source, context: Context, params: Callable[[], dict[str, str]] = dict
    ) -> None:
        """Play documents beside the call's own (screening, waiting, before a bridge) until they end."""
        pending: Source | None = source
        while pending is not None:
            document = await self.fetch(leg, pending, context, context, params())
            pending = await self.play(leg, document, context)

    async def play(self, leg: Leg, document: Document, context: Context) -> Source | None:
        """Go through a document's verbs; returns where it leads, or None at its end."""
        stage = Stage(self._carrier, leg, document, context)
        for element in document.root:
            play = VERBS.get(element.tag)
            if play is None or element.tag not in ALLOWED[context]:
                continue
            _answer_for(leg, element)
            turn = await play(stage, element)
            if turn is not None:
                return turn
        return None

    async def fetch(
        self,
        leg: Leg,
        source: Source,
        kind: str,
        context: Context = "call",
        params: dict[str, str] | None = None,
    ) -> Document:
        """The document at a source, else the fallback's; raises DivertedError or EndOfCallError when neither works."""
        if source.twiml:
            return self._inline(leg, source.twiml)
        if kind != "incoming":  # that one goes out even when the caller has hung up already
            leg.check()
        more = dict(source.params) | (params or {})
        hook = Webhook(leg, kind, source.url, source.method, call_params(leg) | more, "document", context)
        exchange = await leg.wait(self._carrier.webhooks.deliver(hook))
        if exchange.document is not None:
            return exchange.document
        if context == "wait" and self._carrier.switches.wait_failure == "silence":
            await leg.rest(_SILENT_WAIT_SECONDS)
            return Document(Element("Response"), source.url, source.method)
        return await self._fall_back(leg, source, exchange.error or 0, context)

    async def _fall_back(self, leg: Leg, source: Source, code: int, context: Context) -> Document:
        self._carrier.note("failure", f"{code} at {source.url}", leg, code=code)
        if leg.fallback is not None:
            params = call_params(leg) | {"ErrorCode": str(code), "ErrorUrl": source.url.partition("#")[0]}
            hook = Webhook(leg, "fallback", leg.fallback.url, leg.fallback.method, params)
            exchange = await leg.wait(self._carrier.webhooks.deliver(hook))
            if exchange.document is not None:
                if context == "call":
                    return exchange.document
                raise DivertedError(exchange.document)
        leg.answer()
        await leg.hear_for("say", _APPLICATION_ERROR, 4.0, "en-US")
        raise EndOfCallError(why=f"application error {code}")

    def _inline(self, leg: Leg, twiml: str) -> Document:
        try:
            document = Document(parse_text(twiml))
        except BadDocumentError as error:
            self._carrier.complain(f"inline TwiML that cannot be run ({error.code}): {twiml[:400]}", leg.sid)
            raise EndOfCallError(why="inline TwiML that cannot be run") from error
        found, at = lint(document, "call", leg.facing), self._carrier.now()
        self._carrier.keep(
            DocumentSeen(at, "", leg.sid, leg.direction, leg.facing, "call", "inline", "", {}, 0, {}, twiml, found)
        )
        return document


def _answer_for(leg: Leg, element: Element) -> None:
    """Most verbs answer the call; as the very first, a few do not."""
    if leg.answered_at is not None or element.tag == "Reject":
        return
    if element.tag == "Pause" and not leg.paused:
        leg.paused = True
        return
    if element.tag == "Dial" and element.get("answerOnBridge") == "true":
        return
    leg.answer()

"""<Dial>: ring people in parallel or one after another, screen whoever picks up, join them.

Not simulated: the DialSip… parameters that a <Sip> adds to the action.
"""

import asyncio
from dataclasses import dataclass, field

from .bridges import Bridge
from .conference import dial_conference
from .dial_queue import dial_queue
from .dialling import Outcome, star_key
from .document import Element, Source, flag, within
from .legs import HungUp, Leg, Moved, StatusHook, first_of
from .lint import spoken_link
from .params import call_params
from .placing import ring
from .player import EndOfCallError, Stage, verb
from .webhooks import Webhook


@verb("Dial")
async def dial(stage: Stage, element: Element) -> Source | None:
    """Ring and join; then the action, or the next verb without one."""
    outcome = Outcome(timeout=float(within(element, "timeout", 30)))
    ringback = stage.leg.hear("ring", "ringback")
    try:
        await _dial_nouns(stage, element, outcome)
    except HungUp:
        if outcome.bridged or stage.carrier.switches.dial_action_on_hangup:
            _tell_action(stage, element, outcome)
        raise
    except Moved:
        _tell_action(stage, element, outcome)
        _tell_redirect(stage, element)
        raise
    finally:
        ringback.until = ringback.until or stage.carrier.now()
    if not element.get("action"):
        return None
    action = stage.link(element, "action")
    return Source(action.url, action.method, params=tuple(outcome.params().items()))


def _tell_action(stage: Stage, element: Element, outcome: Outcome) -> None:
    """Request the action though its answer is read by nobody."""
    if element.get("action"):
        action = stage.link(element, "action")
        params = call_params(stage.leg) | outcome.params()
        stage.carrier.tell(Webhook(stage.leg, "dial action", action.url, action.method, params))


def _tell_redirect(stage: Stage, element: Element) -> None:
    """The same for the <Redirect> that follows a <Dial> without an action."""
    verbs = list(stage.document.root)
    after = verbs[verbs.index(element) + 1 :]
    if not element.get("action") and after and after[0].tag == "Redirect":
        url, method = stage.document.resolve(spoken_link(after[0])), after[0].get("method", "POST").upper()
        stage.carrier.tell(Webhook(stage.leg, "document", url, method, call_params(stage.leg)))


async def _dial_nouns(stage: Stage, element: Element, outcome: Outcome) -> None:
    first = element[0] if len(element) else None
    if first is not None and first.tag == "Queue":
        await dial_queue(stage, element, first, outcome)
    elif first is not None and first.tag == "Conference":
        await dial_conference(stage, first, outcome)
    else:
        await _Ringing(stage, element, outcome).run()


@dataclass
class _Ringing:
    """One run of the verb over numbers, clients and SIP addresses."""

    stage: Stage
    element: Element
    outcome: Outcome
    legs: list[Leg] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._won: asyncio.Future[Leg] = self.stage.carrier.loop.create_future()
        self._released: asyncio.Future[None] = self.stage.carrier.loop.create_future()
        self._tasks: list[asyncio.Task[None]] = []

    async def run(self) -> None:
        """Ring, screen, join, talk. On an interruption the outcome says how far it came."""
        try:
            with star_key(self.stage.leg, self.element) as star:
                await self._ring_all(star)
                given_up = star.done()
            if self._won.done():
                await self._talk(self._won.result())
            elif given_up:
                self._caller_left("canceled")
            else:
                self._nobody()
        except HungUp:
            self._caller_left()
            raise
        except Moved:
            self._caller_left("canceled")
            raise
        finally:
            if not self._released.done():
                self._released.set_result(None)
            for leg in self.legs:
                if not leg.moved:
                    leg.end("completed" if leg.answered_at else "canceled", "carrier", "the <Dial> is over")

    async def _ring_all(self, star: asyncio.Future[None]) -> None:
        nouns = [(noun.tag, noun) for noun in self.element] or [("Number", self.element)]
        sequential = flag(self.element, "sequential", default=False)
        for tag, noun in nouns:
            leg = self._child(tag, noun)
            self._tasks.append(self.stage.carrier.spawn(self._live(leg, None if noun is self.element else noun)))
            if sequential:
                await self._until_done(star)
                if star.done() or any(child.answered_at for child in self.legs):
                    break
        await self._until_done(star)

    async def _until_done(self, star: asyncio.Future[None]) -> None:
        """Until somebody has won, nobody can any more, or the caller drops them all."""
        everyone = asyncio.gather(*self._tasks, return_exceptions=True)
        try:
            await self.stage.leg.wait(first_of(asyncio.shield(self._won), asyncio.shield(everyone), star))
        finally:
            everyone.add_done_callback(lambda done: done.cancelled() or done.exception())

    def _child(self, tag: str, noun: Element) -> Leg:
        carrier, parent = self.stage.carrier, self.stage.leg
        address = _address(tag, noun)
        frm = self.element.get("callerId") or parent.frm
        leg = Leg(
            carrier,
            carrier.new_sid("CA"),
            "outbound-dial",
            frm,
            address,
            carrier.phone(address),
            "queued",
            carrier.now(),
        )
        leg.parent = parent
        if noun.get("statusCallback") and noun is not self.element:
            hook = self.stage.link(noun, "statusCallback", "statusCallbackMethod")
            leg.hook = StatusHook(
                hook.url, hook.method, frozenset(noun.get("statusCallbackEvent", "completed").split())
            )
        carrier.calls[leg.sid] = leg
        self.legs.append(leg)
        return leg

    async def _live(self, leg: Leg, noun: Element | None) -> None:
        """A child leg's life: ring, screening, conversation; or another document when REST moves it."""
        try:
            if not await self._rings(leg):
                return
            self._picked_up(leg)
            if noun is not None and noun.get("url"):
                source = self.stage.link(noun, "url")
                await self.stage.carrier.player.run_side(leg, source, "screening")
            if self._won.done():
                leg.end("completed", "carrier", "another phone was accepted first")
                return
            self._won.set_result(leg)
            await leg.wait(asyncio.shield(self._released))
        except EndOfCallError:
            leg.end("completed", "application", "screening refused")
        except Moved as turn:
            await self.stage.carrier.player.run(leg, turn.source, "document")

    async def _rings(self, leg: Leg) -> bool:
        carrier, parent = self.stage.carrier, self.stage.leg
        if not self._caller_id_allowed(leg.frm):
            carrier.complain(
                f"<Dial callerId> {leg.frm} is neither the caller's nor a number of the account (13214)", parent.sid
            )
            leg.become("initiated")
            leg.end("failed", "carrier", "caller ID refused")
            return False
        return await ring(carrier, leg, self.outcome.timeout + carrier.switches.dial_buffer_seconds)

    def _caller_id_allowed(self, number: str) -> bool:
        carrier, parent = self.stage.carrier, self.stage.leg
        return number in {parent.frm, parent.to, *carrier.numbers, *carrier.config.verified_numbers}

    def _picked_up(self, leg: Leg) -> None:
        self.outcome.child = leg
        if not self.stage.carrier.switches.accept_wins:
            self._stop_others(leg)

    def _stop_others(self, winner: Leg) -> None:
        for leg in self.legs:
            if leg is not winner:
                leg.end("completed" if leg.answered_at else "canceled", "carrier", "another phone was first")

    async def _talk(self, child: Leg) -> None:
        self._stop_others(child)
        self.stage.leg.answer()
        bridge = Bridge(self.stage.leg, child)
        self.outcome.child, self.outcome.bridged, self.outcome.status = child, True, "completed"
        await self.outcome.talk(self.stage, self.element, bridge)

    def _nobody(self) -> None:
        statuses = [leg.status for leg in self.legs]
        answered = next((leg for leg in self.legs if leg.answered_at), None)
        order = ("no-answer", "busy", "failed", "canceled")
        self.outcome.child = answered or self.legs[-1]
        self.outcome.status = "completed" if answered else next((word for word in order if word in statuses), "failed")
        self.outcome.talked_seconds = float(answered.seconds) if answered else None

    def _caller_left(self, status: str = "") -> None:
        """The caller is gone or gave up by the star key: what that makes of the children and of the outcome."""
        if self.outcome.bridged:
            return
        switches = self.stage.carrier.switches
        answered = [leg for leg in self.legs if leg.answered_at]
        self.outcome.status = status or (
            switches.screening_hangup_dial_status if answered else switches.hangup_dial_status
        )
        self.outcome.child = self.outcome.child or (self.legs[-1] if self.legs else None)
        for leg in self.legs:
            leg.end("completed" if leg.answered_at else switches.hangup_child_status, "carrier", "the caller hung up")


def _address(tag: str, noun: Element) -> str:
    """Whom a noun rings: a number, sip:… or client:…"""
    if tag == "Client":
        identity = next((child.text or "" for child in noun if child.tag == "Identity"), spoken_link(noun))
        return f"client:{identity.strip()}"
    return spoken_link(noun)

"""SMS: sent by REST, received by webhook, with the carrier's own handling of STOP.

Not simulated: Advanced Opt-Out, and with it the parameter OptOutType.
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from .params import API_VERSION, place
from .phones import Phone, Text
from .webhooks import Webhook

if TYPE_CHECKING:
    from .carrier import Carrier

STOP = frozenset(["STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"])
START = frozenset(("START", "YES", "UNSTOP"))
HELP = frozenset(("HELP", "INFO"))
_REPLIES = {
    STOP: "You have successfully been unsubscribed. Reply START to resubscribe.",
    START: "You have successfully been re-subscribed. Reply STOP to unsubscribe.",
    HELP: "Reply STOP to unsubscribe.",
}
_SENT_AFTER, _DELIVERED_AFTER = 0.5, 2.0
_PLAIN, _PLAIN_PART, _WIDE, _WIDE_PART = 160, 153, 70, 67
_GSM = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà^{}\\[~]|€"
)


@dataclass(eq=False)
class Message:
    """A Message resource."""

    sid: str
    frm: str
    to: str
    body: str
    direction: str
    status: str
    created_at: datetime
    hook: str = ""
    error_code: int | None = None
    sent_at: datetime | None = None


def segments(body: str) -> int:
    """How many parts a text is sent in."""
    one, part = (_PLAIN, _PLAIN_PART) if set(body) <= _GSM else (_WIDE, _WIDE_PART)
    return 1 if len(body) <= one else -(-len(body) // part)


class Texts:
    """All messages of the account."""

    def __init__(self, carrier: "Carrier") -> None:
        self._carrier = carrier
        self.by_sid: dict[str, Message] = {}
        self.opted_out: set[tuple[str, str]] = set()  # (number of the account, phone)

    def send(self, frm: str, to: str, body: str, hook: str) -> Message:
        """A message created by REST; it is on its way."""
        message = Message(
            self._carrier.new_sid("SM"), frm, to, body, "outbound-api", "queued", self._carrier.now(), hook
        )
        self.by_sid[message.sid] = message
        self._carrier.spawn(self._deliver(message))
        return message

    def receive(self, phone: Phone, to: str, body: str) -> Message:
        """A phone texts a number of the account; ValueError when it isn't one."""
        number = self._carrier.numbers.get(to)
        if number is None:
            raise ValueError(f"{to} is no number of this account")
        message = Message(
            self._carrier.new_sid("SM"), phone.number, to, body, "inbound", "received", self._carrier.now()
        )
        self.by_sid[message.sid] = message
        phone.texts.append(Text(self._carrier.now(), phone.number, to, body))
        self._note_keyword(message)
        self._carrier.note("text", f"{phone.label} texts {to}: {body}")
        if number.sms_url:
            hook = Webhook(None, "text", number.sms_url, number.sms_method, self._params(message), "document", "text")
            self._carrier.spawn(self._ask(hook, message))
        return message

    def _note_keyword(self, message: Message) -> None:
        if not self._carrier.switches.opt_out_keywords:
            return
        word = message.body.strip().upper()
        if word in STOP:
            self.opted_out.add((message.to, message.frm))
        if word in START:
            self.opted_out.discard((message.to, message.frm))
        for words, reply in _REPLIES.items():
            if word in words:  # the carrier's own answer: no resource, and nobody is told
                self._carrier.phone(message.frm).texts.append(Text(self._carrier.now(), message.to, message.frm, reply))

    async def _ask(self, hook: Webhook, message: Message) -> None:
        exchange = await self._carrier.webhooks.deliver(hook)
        for element in exchange.document.root if exchange.document is not None else ():
            if element.tag == "Message":
                body = " ".join("".join(element.itertext()).split())
                self.send(element.get("from", message.to), element.get("to", message.frm), body, "")

    async def _deliver(self, message: Message) -> None:
        await asyncio.sleep(_SENT_AFTER)
        phone = self._carrier.phone(message.to)
        message.sent_at = self._carrier.now()
        self._become(message, "sent")
        await asyncio.sleep(_DELIVERED_AFTER - _SENT_AFTER)
        if phone.line_type == "landline":
            message.error_code = 30006
            self._become(message, "undelivered")
            return
        phone.texts.append(Text(self._carrier.now(), message.frm, message.to, message.body))
        self._become(message, "delivered")

    def _become(self, message: Message, status: str) -> None:
        message.status = status
        self._carrier.note("text", f"to {message.to}: {status}")
        if message.hook:
            params = self._params(message)
            self._carrier.tell(Webhook(None, "text status", message.hook, "POST", params, "receipt"))

    def _params(self, message: Message) -> dict[str, str]:
        params = {
            "MessageSid": message.sid,
            "SmsSid": message.sid,
            "AccountSid": self._carrier.config.account_sid,
            "From": message.frm,
            "To": message.to,
            "ApiVersion": API_VERSION,
            "SmsStatus": message.status,
        }
        if message.direction != "inbound":
            return (
                params
                | {"MessageStatus": message.status}
                | ({"ErrorCode": str(message.error_code)} if message.error_code else {})
            )
        for name, number in (("From", message.frm), ("To", message.to)):
            params |= {name + part: value for part, value in place(number).items()}
        return params | {
            "SmsMessageSid": message.sid,
            "Body": message.body,
            "NumMedia": "0",
            "NumSegments": str(segments(message.body)),
        }

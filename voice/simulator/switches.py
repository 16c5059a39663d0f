"""Readings of the carrier that nobody is sure of, and its rude moods: all of them can be set while it runs."""

import re
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal


@dataclass
class Switches:
    """One field per doubtful reading; the default is the likelier one. Lengths are in seconds."""

    accept_wins: bool = False  # parallel <Dial>: others ring on until a screening ends well
    sentinel_refused: bool = True  # a placeholder as caller ID makes a leg fail
    declined_status: str = "busy"  # what a handset's "decline" looks like: busy | no-answer
    dial_buffer_seconds: float = 5.0  # always added to <Dial timeout>
    queue_buffer_seconds: float = 0.0  # the same for <Dial><Queue>
    api_buffer_seconds: float = 0.0  # the same for calls placed by REST
    dequeue_waits_for_document: bool = False  # a <Dial><Queue> lets the playing wait document end first
    queue_setup_seconds: float = 0.1  # a hang-up this soon after <Enqueue> is a system-error
    dialler_lost: str = "bridging-in-process"  # QueueResult when the dialling leg ends before the bridge | bridged
    wait_failure: str = "fallback"  # a wait document that fails: fallback | silence (and again 10 s later)
    dial_action_on_hangup: bool = True  # the caller hangs up while <Dial> rings: its action is requested
    hangup_dial_status: str = "canceled"  # DialCallStatus then: canceled | no-answer
    hangup_child_status: str = "canceled"  # the ringing child's last status then: canceled | no-answer
    screening_hangup_dial_status: str = "completed"  # the same while a callee is screened: completed | canceled
    unanswered_hangup_status: str = "no-answer"  # an inbound call hung up before any answer: no-answer | canceled
    enqueue_action_on_hangup: bool = True
    silent_record: str = "action"  # nothing said: action | absent (no action, next verb)
    record_keys_ignored: bool = True  # finishOnKey="" on <Record>: keys do nothing
    recording_delay_seconds: float = 2.0  # until the media can be fetched
    events_delay_seconds: float = 900.0  # until a call's Events can be read
    max_legs: int | None = None  # legs at once in the whole account
    cap_mode: str = "create"  # over the cap: create (10004 at once) | fail (the leg fails unrung)
    clock_offset_seconds: float = 0.0  # a wrong clock: moves every time the carrier states
    opt_out_keywords: bool = True
    day_filters: bool = False  # filters of lists by time look at the UTC day alone

    def set(self, **values: Any) -> None:
        """Set some by name; an unknown name raises ValueError."""
        known = {item.name for item in fields(self)}
        for name, value in values.items():
            if name not in known:
                raise ValueError(f"no switch is called {name}")
            setattr(self, name, value)

    def as_dict(self) -> dict[str, Any]:
        """All of them, for the control API."""
        return asdict(self)


RudeKind = Literal["duplicate", "delay", "reorder", "drop", "retry", "answer", "slow"]


@dataclass
class Rudeness:
    """One way of being rude to webhooks whose path (with query) matches `path`, `times` times (None: always).

    duplicate  sent once more after `seconds`, with the same idempotency token or (same_token=False) a new one
    delay      sent `seconds` late
    reorder    held until the next webhook has gone out, at most `seconds`
    drop       never sent; where a document was wanted, it counts as a failed connection
    retry      the answer is lost on its way back, so the webhook is sent again with its token
    answer     the answer is taken to have been `status`; delivered=False: the application never saw it
    slow       the answer takes `seconds` more
    """

    kind: RudeKind
    path: str = ""
    times: int | None = None
    seconds: float = 1.0
    same_token: bool = True
    status: int = 502
    delivered: bool = True


RestFaultKind = Literal["error", "error_done", "timeout", "timeout_done", "refused"]


@dataclass
class RestFault:
    """One way of failing REST requests whose "METHOD /path" matches `match`, `times` times (None: always).

    error         answered with `status` and `code`, nothing done (429 with 20429, 503 with no code, 10003 …)
    error_done    done all the same, and then answered with `status` (a 5xx though the call was placed)
    timeout       never answered, nothing done          timeout_done  never answered, though done
    refused       no connection
    """

    kind: RestFaultKind = "error"
    match: str = ""
    times: int | None = None
    status: int = 503
    code: int | None = None
    message: str = "Service unavailable"


@dataclass
class Moods:
    """The rude rules in force."""

    webhooks: list[Rudeness] = field(default_factory=list)
    rest: list[RestFault] = field(default_factory=list)

    def for_webhook(self, target: str) -> list[Rudeness]:
        """Those that apply to this webhook; each is used up once."""
        found = [rule for rule in self.webhooks if re.search(rule.path, target) and rule.times != 0]
        for rule in found:
            rule.times = None if rule.times is None else rule.times - 1
        return found

    def for_rest(self, target: str) -> RestFault | None:
        """The first that applies to "METHOD /path", used up once."""
        for rule in self.rest:
            if rule.times != 0 and re.search(rule.match, target):
                rule.times = None if rule.times is None else rule.times - 1
                return rule
        return None

    def clear(self) -> None:
        """Be polite again."""
        self.webhooks.clear()
        self.rest.clear()

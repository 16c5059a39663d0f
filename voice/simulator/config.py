"""What the carrier in a box is told at its start: account, numbers, phones, and the lengths of things."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Self, TypeVar

T = TypeVar("T")


@dataclass
class Number:
    """A number of the account and what the owner entered for it (an IncomingPhoneNumber)."""

    number: str
    sid: str = ""
    friendly_name: str = ""
    voice_url: str = ""
    voice_method: str = "POST"
    voice_fallback_url: str = ""
    voice_fallback_method: str = "POST"
    status_callback: str = ""
    status_callback_method: str = "POST"
    sms_url: str = ""
    sms_method: str = "POST"
    sms_fallback_url: str = ""
    sms_fallback_method: str = "POST"
    voice_caller_id_lookup: bool = False


@dataclass
class PhoneConfig:
    """A telephone outside: its number (or sip:/client: address), its owner's name, and its script as JSON."""

    number: str
    name: str = ""
    role: str = "outside"  # outside | staff
    script: dict[str, Any] = field(default_factory=dict)


@dataclass
class Config:
    """The account and everything that stands in it. Lengths are in seconds."""

    account_sid: str = "AC" + "0" * 31 + "1"
    auth_token: str = "simulated-auth-token"  # noqa: S105 a made-up account's
    api_keys: dict[str, str] = field(default_factory=dict)
    api_url: str = "https://api.twilio.com"
    numbers: list[Number] = field(default_factory=list)
    phones: list[PhoneConfig] = field(default_factory=list)
    verified_numbers: list[str] = field(default_factory=list)
    countries: list[str] = field(default_factory=list)  # where the account may call (21215); empty: anywhere
    blocked_numbers: list[str] = field(default_factory=list)  # 21216
    calls_per_second: float = 1.0
    setup_seconds: float = 0.2  # from dialling to the first ring
    latency_seconds: float = 0.02  # there and back of one webhook
    seed: str = "0"
    ringback_url: str = ""  # where the phones page reads the callback list; empty: it says so
    ringback_token: str = ""  # for its JSON interface; it never leaves this server

    @classmethod
    def read(cls, source: Mapping[str, Any] | Path) -> Self:
        """From a mapping or a JSON file; an unknown key raises ValueError naming it."""
        data = dict(json.loads(source.read_text("utf-8")) if isinstance(source, Path) else source)
        data["numbers"] = [_build(Number, item) for item in data.get("numbers", [])]
        data["phones"] = [_build(PhoneConfig, item) for item in data.get("phones", [])]
        return _build(cls, data)


def _build(kind: type[T], data: Mapping[str, Any]) -> T:
    known = {item.name for item in fields(kind)}  # type: ignore[arg-type]
    if unknown := set(data) - known:
        raise ValueError(f"{kind.__name__} has no {', '.join(sorted(unknown))}")
    return kind(**data)

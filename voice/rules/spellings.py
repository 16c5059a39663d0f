"""How a phone number may be written in a text, so that it can be taken out wherever it stands; and names."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import phonenumbers

ERASED = "(erased)"
# Digits with what people write between them. Not within a word: an id has digits, too.
RUN = re.compile(r"(?<![^\W_])(?:%2B|\+)?[(]?\d(?:[\s().\-/\xa0]{0,3}\d){6,}(?![^\W_])", re.IGNORECASE)
LOCAL = 7  # digits that are a whole number to a neighbour
SHORTEST_NATIONAL = 8  # fewer may stand in a longer number by chance
DIALLED_ABROAD = ("00", "011")


@dataclass(frozen=True)
class Spellings:
    """All spellings of some numbers (E.164)."""

    whole: frozenset[str]  # the digits with the country's
    national: frozenset[str]  # without them
    alone: frozenset[str]  # what is only meant when nothing stands beside it

    @property
    def ends(self) -> list[str]:
        """How any spelling ends: two digits, which hardly anybody parts."""
        return sorted({digits[-2:] for digits in self.whole})

    def hit(self, text: str) -> bool:
        """Whether one of them stands in this text."""
        return any(self._means(found[0]) for found in RUN.finditer(text))

    def out_of(self, value: Any) -> Any:
        """The same text, or JSON value, without them."""
        if isinstance(value, str):
            return RUN.sub(lambda found: ERASED if self._means(found[0]) else found[0], value)
        if isinstance(value, list):
            return [self.out_of(each) for each in value]
        if isinstance(value, dict):
            return {self.out_of(name): self.out_of(each) for name, each in value.items()}
        return value

    def _means(self, run: str) -> bool:
        is_whole, run = run.startswith(("+", "%")), run.upper().removeprefix("%2B")
        if is_whole:  # what follows may be no more of it: +1 917 555 8364 9-5
            heads = {re.sub(r"\D", "", run[: end.end()]) for end in re.finditer(r"\d(?!\d)", run)}
            return any(each in self.whole or each.replace("0", "", 1) in self.whole for each in heads)  # +44 (0)20 …
        digits = re.sub(r"\D", "", run)
        return digits in self.alone or any(each in digits for each in self.national)


def of(numbers: Collection[str]) -> Spellings:
    """The spellings of these numbers."""
    whole = {number.removeprefix("+") for number in numbers}
    national = {_national(number) for number in numbers}
    long = {digits for digits in national if len(digits) >= SHORTEST_NATIONAL}
    alone = whole | national | {digits[-LOCAL:] for digits in national} | {f"0{digits}" for digits in national}
    alone |= {before + digits for before in DIALLED_ABROAD for digits in whole}
    return Spellings(frozenset(whole), frozenset(long), frozenset(alone))


def without_names(text: str, names: Collection[str], kept: Collection[str]) -> str:
    """A text with “somebody” for these names, wherever one is no part of another word or of a name to be kept."""
    if not names:
        return text
    every = "|".join(re.escape(name) for name in sorted({*names, *kept}, key=len, reverse=True))
    return re.sub(rf"(?<!\w)(?:{every})(?!\w)", lambda found: found[0] if found[0] in kept else "somebody", text)


def _national(number: str) -> str:
    try:
        return phonenumbers.national_significant_number(phonenumbers.parse(number))
    except phonenumbers.NumberParseException:  # somebody claims to ring from a country that there is not
        return number.removeprefix("+")

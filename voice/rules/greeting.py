"""What a greeting may not be: longer than six seconds, or a request to press keys.

A word like "press" is refused only where it asks for a key: before one, after "please", or opening an instruction
("press to …"). "Espresso Press Ltd" and "we press your shirts" pass. Every shipped language is looked for whatever the
line's own, because callers do not read settings. The words are in `key_words`.
"""

import re
import unicodedata
from collections.abc import Iterator

from voice.rules.key_words import ALL, AND, BEFORE_A_NAME, COUNTED, NUMBER, PLACES, THEN, KeyWords

MAX_SECONDS = 6.0
# Syllable-timed voices say more words a second; German words are longer. Measured in words, pauses apart.
_WORDS_A_SECOND = {"en": 2.8, "es": 2.8, "fr": 2.9, "de": 2.4}
_LETTERS_A_SECOND = 16.0  # what a telephone voice manages in any of these languages: bounds long words
_PAUSE_SECONDS = {",": 0.2, ";": 0.3, ":": 0.3, ".": 0.4, "!": 0.4, "?": 0.4}
_STOPS = frozenset(".;!?")
_SIGNS = _STOPS | {",", ":"}


class _Reading:
    """A greeting read with the words of one language. Places are indexes of `said`: its words, digits and signs."""

    def __init__(self, said: list[str], words: KeyWords) -> None:
        self.said, self.words = said, words

    def asked(self) -> Iterator[tuple[int, int]]:
        """From where to where it asks for a key."""
        for place, word in enumerate(self.said[:-2]):
            before = self.said[max(place - 2, 0) : place]
            if not BEFORE_A_NAME.isdisjoint((*before[-1:], " ".join(before))):
                continue
            for end in (self._key_after(place, word), self._instruction(place, word), self._code(place, word)):
                if end is not None:
                    yield place, end
            if word in self.words.verb_last and (start := self._key_before(place)) is not None:
                yield start, place
        yield from self._extension()
        yield from self._menu()
        yield from self._phrases()

    # --- keys

    def _key_after(self, place: int, word: str) -> int | None:
        """Where the key that this word works ends."""
        if word in self.words.verbs:
            at = self._skipped(place + 1)
            if self.said[at] in self.words.keys or self._is_key(at, after_sign=self.said[at - 1] in _SIGNS):
                return at
            # "Press a key": what may stand between may also be what is pressed.
            return at - 1 if at - 1 > place and self.said[at - 1] in self.words.keys else None
        at = self._skipped(place + 1, signs=False)
        if word in self.words.sparing:
            follows = self.said[at + 1 + (self.said[at + 1] == ",")]
            return at if self._number(at) is not None and follows in self.words.on else None
        if word in self.words.named and self._number(place + 1) is not None:
            return place + 1 if self._ends_or_goes_on(place + 2) else None
        return None

    def _key_before(self, place: int) -> int | None:
        at = place - 1
        while at >= 0 and self.said[at] in self.words.between - self.words.keys:
            at -= 1
        is_key = at >= 0 and (self.said[at] in self.words.keys or self._number(at) is not None)
        return at if is_key else None

    def _skipped(self, at: int, signs: bool = True) -> int:
        """Past what may stand between a verb and its key."""
        while self.said[at] in self.words.between or (signs and self.said[at] in {",", ":"}):
            if self._number(at) is not None and self._ends_or_goes_on(at + 1):
                break  # "tapez un": the article is the number
            at += 1
        return at

    def _number(self, at: int) -> int | None:
        """The digit that stands here."""
        word = self.said[at]
        return int(word) if word.isdecimal() and len(word) == 1 else self.words.digit_of.get(word)

    def _is_key(self, at: int, after_sign: bool) -> bool:
        """Whether the number here is one to press: not a count, a year, a house number or a part of a name."""
        follows, word = self.said[at + 1], self.said[at]
        if word.isdecimal() and len(word) > 1:
            return follows in self.words.on or follows in _STOPS
        if self._number(at) is None:
            return False
        if not word.isdecimal() and self._number(at + 1) is not None:
            return self._is_key(at + 1, after_sign)  # "nine nine"
        return self._ends_or_goes_on(at + 1) or (word.isdecimal() and not after_sign and follows not in COUNTED)

    def _ends_or_goes_on(self, at: int) -> bool:
        return self.said[at] in _SIGNS or self.said[at] in self.words.on

    # --- instructions

    def _instruction(self, place: int, word: str) -> int | None:
        """ "Press now", "please press": without a key, and clear all the same."""
        if word not in self.words.opening:
            return None
        before = [each for each in self.said[max(place - 3, 0) : place] if each not in _SIGNS]
        if " ".join(before).endswith(self.words.please):
            return place
        opens = place == 0 or self.said[place - 1] in _SIGNS or self.said[place - 1] in THEN
        at = place + 1 + (self.said[place + 1] == "sie")
        return at if opens and self.said[at] in self.words.bare else None

    def _code(self, place: int, word: str) -> int | None:
        """ "Enter your account number"."""
        at = self._skipped(place + 1, signs=False)
        if word not in self.words.enter or self.words.whose.isdisjoint(self.said[place + 1 : at]):
            return None
        for end in range(place + 2, min(at + 4, len(self.said))):
            if self.said[end] in _SIGNS:
                return None
            if self.said[end].endswith(self.words.codes):
                return end
        return None

    def _extension(self) -> Iterator[tuple[int, int]]:
        """An extension, and what to do with it, in one sentence: "if you know it, enter it now"."""
        start = 0
        for stop in [at for at, word in enumerate(self.said) if word in _STOPS]:
            known = [at for at in range(start, stop) if self.said[at] in self.words.extensions]
            done = [at for at in range(start, stop) if self.said[at] in self.words.enter]
            if known and done:
                yield min(known + done), max(known + done)
            start = stop + 1

    # --- menus

    def _menu(self) -> Iterator[tuple[int, int]]:
        """ "1 for sales, 2 for support", "for sales, 1", "sales 1, support 2"."""
        numbers = [at for at in range(len(self.said)) if self._number(at) is not None and not self._is_hour(at)]
        before = [at for at in numbers if self.said[at + 1] in self.words.calls_for]
        after = [at for at in numbers if self._is_called_for(at)]
        last = [at for at in numbers if self.said[at + 1] in _SIGNS or self.said[at + 1] in AND]
        for found in (before, after, self._in_a_row(last)):
            if len(found) > 1:
                yield found[0], found[-1]
        for at in before:
            if at > 0 and self.said[at - 1] in NUMBER and (at == 1 or self.said[at - 2] in _STOPS):
                yield at - 1, at
        for at in after:
            told_apart = self.said[at - 1] == "," or self.said[at - 1] in self.words.between
            if told_apart and self.said[at + 1] in _SIGNS:
                yield at - 1, at

    def _is_hour(self, at: int) -> bool:
        return at > 0 and self.said[at - 1] in self.words.hours

    def _is_called_for(self, at: int) -> bool:
        """Whether a "for …" leads up to this number, with at most one comma just before it."""
        if not (self.said[at + 1] in _SIGNS or self.said[at + 1] in AND):
            return False
        back = at - 1
        while back > 0 and self.said[back] in self.words.between:
            back -= 1
        back -= self.said[back] == ","
        while back >= max(at - 9, 0) and self.said[back] not in _SIGNS:
            if self.said[back] in self.words.calls_for:
                return True
            back -= 1
        return False

    def _in_a_row(self, places: list[int]) -> list[int]:
        """Those that count up from one, each after a word or two of its own: an address has no such two."""
        found: list[int] = []
        for at in places:
            own = 1 < at - (found[-1] + 1 if found else -1) <= 5 and not self.said[at - 1].endswith(PLACES)
            if own and self._number(at) == len(found) + 1:
                found.append(at)
        return found

    def _phrases(self) -> Iterator[tuple[int, int]]:
        text = f" {' '.join('.' if word in _SIGNS else word for word in self.said)} "
        for phrase in self.words.phrases:
            before, found, _ = text.partition(f" {phrase} ")
            if found:
                start = len(before.split())
                yield start, start + phrase.count(" ")


def spoken_seconds(text: str, language: str) -> float:
    """About how long a voice takes to say `text`: by words or by letters, whichever is longer, plus its pauses."""
    words = re.findall(r"[^\W\d_]+(?:['’-][^\W\d_]+)*|\d", text)  # each digit is a word
    by_words = len(words) / _WORDS_A_SECOND.get(language[:2], 2.5)
    by_letters = sum(len(word) for word in words) / _LETTERS_A_SECOND
    pauses = sum(_PAUSE_SECONDS.get(sign, 0.0) for sign in text.rstrip(" .!?,;:"))
    return max(by_words, by_letters) + pauses


def key_request(text: str) -> str | None:
    """The words of `text` that ask for a key, in any shipped language; None when it asks for none."""
    said = [*_plain(text), ".", "."]
    for words in ALL:
        for start, end in _Reading(said, words).asked():
            return " ".join(said[start : end + 1]).replace(" ,", ",").strip(" .,;:!?")
    return None


def _plain(text: str) -> list[str]:
    """Words, digits and signs, lower case without accents: "TOUCHE étoile" and its lazy spelling are one."""
    spelled = text.casefold().translate({ord("ä"): "ae", ord("ö"): "oe", ord("ü"): "ue", ord("’"): "'"})
    split = unicodedata.normalize("NFKD", spelled)
    plain = "".join(letter for letter in split if not unicodedata.combining(letter))
    plain = re.sub(r"(?<=[^\W\d_]{3})(?=\d)", " ", plain)  # "press1"
    return re.findall(r"[^\W_]+(?:'[^\W_]+)*|[#*.,;:!?]", plain)


def greeting_fault(text: str, language: str) -> str | None:
    """Why this greeting is refused and what to write instead, as one or two sentences; None when it is fine."""
    if not text.strip():
        return (
            'The greeting is empty. Write one short sentence, like "Thanks for calling, I\'m getting someone for you."'
        )
    if asked := key_request(text):
        return (
            f'The greeting asks callers for a key ("{asked}"), and nobody who calls is ever asked to press one. '
            "Leave that part out; phones are ringing already while the greeting plays."
        )
    seconds = spoken_seconds(text, language)
    if seconds > MAX_SECONDS:
        return (
            f"The greeting takes about {seconds:.0f} seconds to say, and callers want a person, not a speech. "
            f"Cut it to one sentence of at most {MAX_SECONDS:.0f} seconds, about 15 words."
        )
    return None


def audio_fault(seconds: float) -> str | None:
    """Why a recorded greeting of this length is refused; None when it is fine."""
    if seconds <= 0:
        return "The recording is empty. Record one short sentence."
    if seconds > MAX_SECONDS:
        return f"The recording lasts {seconds:.1f} seconds. Record it again in at most {MAX_SECONDS:.0f}: one sentence."
    return None

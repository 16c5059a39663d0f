"""vCard 2.1, 3 and 4, a card at a time: one that cannot be read does not cost the others."""

import re
from collections.abc import Iterator, Sequence

import vobject

from voice.rules.contact_files.entry import Raw

# Large and of no use here; without them a card is a few lines.
LEFT_OUT = ("PHOTO", "LOGO", "SOUND", "KEY")


def read(words: str) -> Iterator[Raw]:
    """The people of a vCard file, in its order."""
    card: list[str] = []
    begins, leaving_out = 0, False
    # Not splitlines(): what is pasted into a note may hold other signs it takes for the end of a line.
    for number, line in enumerate(re.split("\r\n|\r|\n", words), 1):
        mark = line.strip().upper()
        if mark == "BEGIN:VCARD":
            if card:
                yield Raw(line=begins, fault="card: it has no end. Export it once more.")
            card, begins = [line], number
        elif card:
            folded = line.startswith((" ", "\t"))
            leaving_out = leaving_out if folded else _property(line) in LEFT_OUT
            if not leaving_out:
                card.append(line)
            if mark == "END:VCARD":
                yield _raw(begins, card)
                card = []
    if card:
        yield Raw(line=begins, fault="card: the file ends before the card does. Export it once more.")


def _raw(begins: int, lines: Sequence[str]) -> Raw:
    try:
        # Quoted-printable is what vCard 2.1 of older phones folds its lines in.
        fields = next(vobject.readComponents("\r\n".join(lines), allowQP=True)).contents
        numbers = [str(tel.value).removeprefix("tel:") for tel in fields.get("tel", ()) if not _is_fax(tel)]
        name = _first(fields, "fn") or _first(fields, "n") or _first(fields, "org")
        return Raw(
            line=begins,
            name="" if name in numbers else name,  # a card must have one: who has none is called by their number
            numbers=numbers,
            tags=[str(tag) for each in fields.get("categories", ()) for tag in _listed(each.value)],
            note="\n".join(str(each.value) for each in fields.get("note", ())),
            language=_first(fields, "lang"),
            vip=_first(fields, "x-ringback-vip"),
            do_not_text=_first(fields, "x-ringback-do-not-text"),
        )
    except Exception:
        # The library raises all sorts for cards that are none; whatever it was, this one person is not read.
        return Raw(line=begins, fault="card: it cannot be read. Export it once more, as vCard 3.0 or 4.0.")


def _property(line: str) -> str:
    """The name a line of a card begins with: "item1.PHOTO;TYPE=JPEG:…" is a PHOTO."""
    return line.partition(":")[0].partition(";")[0].rpartition(".")[2].strip().upper()


def _first(fields: dict[str, list[vobject.base.ContentLine]], name: str) -> str:
    value = next((each.value for each in fields.get(name, ())), "")
    return " ".join(" ".join(map(str, _listed(value))).split())


def _listed(value: object) -> list[object]:
    return list(value) if isinstance(value, list) else [value]


def _is_fax(tel: vobject.base.ContentLine) -> bool:
    kinds = ",".join(word for words in tel.params.values() for word in words)
    return "fax" in f"{kinds},{','.join(tel.singletonparams)}".lower().split(",")


def card(name: str, numbers: Sequence[str], tags: Sequence[str], note: str, **extra: str) -> str:
    """One person as a vCard 3.0. `extra`: further fields by name, `_` for `-`; empty ones are left out."""
    made = vobject.vCard()
    made.add("fn").value = name or numbers[0]
    made.add("n").value = vobject.vcard.Name(given=name or numbers[0])
    for number in numbers:
        made.add("tel").value = number
    if tags:
        made.add("categories").value = list(tags)
    for field, value in {"note": note, **extra}.items():
        if value:
            made.add(field.replace("_", "-")).value = value
    return str(made.serialize())

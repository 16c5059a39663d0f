"""CSV as spreadsheets and address books write it: any separator, headings in several words and languages."""

import csv
import io
import re
from collections.abc import Iterator, Sequence

from voice.rules.contact_files.entry import Raw, Unreadable
from voice.rules.numbers import E164

# Headings, without spaces and signs, of the programs people come from: Google, Outlook, Apple, and spreadsheets.
HEADINGS = {
    "name": ("name", "fullname", "displayname", "contact", "contactname", "caller", "nom", "nombre"),
    "first": ("firstname", "givenname", "forename", "vorname", "prénom", "prenom"),
    "last": ("lastname", "familyname", "surname", "nachname", "nomdefamille", "apellidos", "apellido"),
    "company": (
        "company",
        "organisation",
        "organization",
        "organizationname",
        "organization1name",
        "firma",
        "business",
    ),
    "tags": ("tags", "tag", "labels", "groups", "group", "groupmembership", "categories", "category", "gruppen"),
    "note": ("notes", "note", "comments", "comment", "remarks", "notiz", "notizen", "bemerkung", "notas", "remarques"),
    "language": ("language", "lang", "sprache", "langue", "idioma"),
    "vip": ("vip",),
    "do_not_text": ("donottext", "notexts", "donotsms"),
}
PHONE = re.compile(r"phone|tel(efon|éfono|éphone|efono|ephone)?\d?$|mobil|handy|cell|rufnummer|number|numéro|número")
NOT_PHONE = re.compile(r"phonetic|fax|label$|type$|pager")
SEVERAL = re.compile(r":::|[;\n]")  # Google writes several values of a cell with three colons
LONGEST_CELL = 20_000
# A spreadsheet runs a cell that begins like this as a formula (OWASP, CSV injection).
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
COLUMNS = ("name", "phone", "other phones", "tags", "vip", "do not text", "language", "notes", "blocked")


def read(words: str) -> Iterator[Raw]:
    """The people of a CSV file, in its order. Raises Unreadable when no column holds phone numbers."""
    first, _, rest = words.partition("\n")
    stated = re.fullmatch(r"sep=(.)", first.strip(), re.IGNORECASE)  # Excel's own line about its separator
    body, before = (rest, 1) if stated else (words, 0)
    lines = csv.reader(io.StringIO(body, newline=""), delimiter=stated[1] if stated else _separator(body))
    columns: dict[int, str] | None = None
    start = before
    try:
        for cells in lines:
            line, start = start + 1, before + lines.line_num
            if not any(cell.strip() for cell in cells):
                continue
            if columns is None:
                columns, is_heading = _columns(cells)
                if is_heading:
                    continue
            yield _raw(line, cells, columns)
    except csv.Error as error:
        raise Unreadable(f"The file cannot be read from line {before + lines.line_num} on. Save it as CSV once more."
                         ) from error  # fmt: skip


def _separator(body: str) -> str:
    heading = body.lstrip("\r\n").partition("\n")[0]
    return max(",;\t|", key=heading.count)


def _columns(cells: Sequence[str]) -> tuple[dict[int, str], bool]:
    """What each column holds, by the headings; without any, by what the first row looks like."""
    found = {place: kind for place, cell in enumerate(cells) if (kind := _kind(cell))}
    if "phone" in found.values():
        return found, True
    looks = {place: "phone" for place, cell in enumerate(cells) if re.fullmatch(r"'?\+?[\d\s()./-]{7,20}", cell)}
    names = [place for place, cell in enumerate(cells) if cell.strip() and place not in looks]
    if not looks:
        raise Unreadable(
            "No column with phone numbers was found. Name the columns in the first line, one of them “phone”."
        )
    return looks | dict.fromkeys(names[:1], "name"), False


def _kind(heading: str) -> str | None:
    plain = re.sub(r"[\W_]", "", heading.casefold())
    known = next((kind for kind, words in HEADINGS.items() if plain in words), None)
    if known is None and PHONE.search(plain) and not NOT_PHONE.search(plain):
        return "phone"
    return known


def _raw(line: int, cells: Sequence[str], columns: dict[int, str]) -> Raw:
    given: dict[str, list[str]] = {}
    for place, kind in columns.items():
        if place < len(cells) and (cell := _freed(cells[place].strip()[:LONGEST_CELL])):
            given.setdefault(kind, []).append(cell)

    def one(kind: str) -> str:
        return (given.get(kind) or [""])[0]

    # “Name; Vorname” of a German sheet means a family name, a full one stands alone.
    parts = [one("first"), one("last") or one("name")] if one("first") else [one("name") or one("last")]
    name = " ".join(part for part in parts if part) or one("company")
    tags = [tag.strip() for cell in given.get("tags", ()) for tag in SEVERAL.split(cell)]
    phones = [phone for cell in given.get("phone", ()) for phone in SEVERAL.split(cell)]
    return Raw(
        line=line, name=name, numbers=phones, note="\n".join(given.get("note", ())),
        tags=[tag for tag in tags if not tag.startswith("*")],  # Google's own groups: "* myContacts"
        language=one("language"), vip=one("vip"), do_not_text=one("do_not_text"),
    )  # fmt: skip


def _freed(cell: str) -> str:
    """A cell without the apostrophe that kept it from being a formula."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(FORMULA) else cell


def row(cells: Sequence[str]) -> str:
    """One line of a CSV file. Nothing in it is a formula, save that a bare phone number may be taken for a sum."""
    out = io.StringIO()
    csv.writer(out).writerow([_safe(cell) for cell in cells])
    return out.getvalue()


def _safe(cell: str) -> str:
    return f"'{cell}" if cell.startswith(FORMULA) and not E164.fullmatch(cell) else cell

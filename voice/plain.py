"""Words without accents or capitals, so that "muller" finds Müller and "strasse" finds Straße; the same in SQL as here.

Each letter of the Latin, Greek, Cyrillic and Armenian scripts is taken apart as Unicode has it (NFKD) and keeps its
base alone. Triggers must do it by themselves, whoever writes a name: neither database has a function for that which is
always there, so both are handed the same table of letters.
"""
# ruff: noqa: S608  (these statements are put together from that table, and from nothing that comes from outside)

import unicodedata
from collections.abc import Iterator

OWN = {"æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "ł": "l", "ħ": "h", "ı": "i", "þ": "th", "ŧ": "t"}  # whole
SCRIPTS = (range(0x00C0, 0x0590), range(0x1E00, 0x1F00))  # with the marks of letters that were written in two parts
WIDEST, NONE = 2, "_"  # letters that one becomes; what stands for one less
ASCII = "".join(map(chr, range(1, 128)))


def _base(letter: str) -> str:
    parts = unicodedata.normalize("NFKD", letter)
    base = "".join(each for each in parts if not unicodedata.combining(each)).strip().casefold()
    return "".join(OWN.get(each, each) for each in base)


def _table() -> Iterator[tuple[str, str]]:
    for letter in (chr(code) for script in SCRIPTS for code in script):
        base = _base(letter)
        if base != letter and (letter.isalpha() or unicodedata.combining(letter)) and len(base) <= WIDEST:
            yield letter, base


TABLE = dict(_table())
_LOWER = str.maketrans({letter: letter.lower() for letter in ASCII} | TABLE)


def letters(text: str) -> str:
    """These words in plain letters."""
    return text.translate(_LOWER)


def in_sql(dialect: str, text: str, between: str = "") -> str:
    """The same of a piece of SQL; with a space for each of the signs `between`."""
    return _in_postgres(text, between) if dialect == "postgresql" else _in_sqlite(text, between)


def _in_postgres(text: str, between: str) -> str:
    alike = {letter: base for letter, base in TABLE.items() if len(base) == 1}
    gone = "".join(letter for letter, base in TABLE.items() if not base)
    plain = f"translate({text}, '{''.join(alike)}{gone}', '{''.join(alike.values())}')"
    for letter, base in TABLE.items():
        if len(base) > 1:
            plain = f"replace({plain}, '{letter}', '{base}')"
    # Almost no words need it, and each of their letters is looked for in the whole table. Letters beyond it are left
    # alone, whatever language the database is set to.
    ours = f'(CASE WHEN octet_length({text}) = length({text}) THEN {text} ELSE {plain} END) COLLATE "C"'
    return f"translate(lower({ours}), '{between}', '{' ' * len(between)}')"


def _in_sqlite(text: str, between: str) -> str:
    """A step for each different letter of the table: `rest` begins with one, and is what has yet to be looked at. At a
    NUL, which replace() never takes away, the walk is over.

    Not one replace() within the other: the parser of older versions has no room for more than a few.
    """
    table = TABLE | dict.fromkeys(between, " ")
    bases = "".join(base.ljust(WIDEST, NONE) for base in table.values())
    place = f"instr('{''.join(table)}', substr(rest, 1, 1))"
    base = f"replace(substr('{bases}', {WIDEST} * {place} - {WIDEST - 1}, {WIDEST}), '{NONE}', '')"
    others = "'" + "".join(letter for letter in ASCII if letter not in between).replace("'", "''") + "'"
    return f"""(
        WITH RECURSIVE walk(plain, rest) AS (
            SELECT {text}, ltrim({text}, {others})
            UNION ALL SELECT
                CASE {place} WHEN 0 THEN plain ELSE replace(plain, substr(rest, 1, 1), {base}) END,
                ltrim(replace(rest, substr(rest, 1, 1), ''), {others})
            FROM walk WHERE unicode(rest) > 0
        ) SELECT lower(plain) FROM walk ORDER BY length(rest) LIMIT 1)"""

"""How numbers, names and keys are found, to be taken out."""

import contextlib

import pytest
import sqlalchemy as sa

from voice import erasing
from voice.rules import numbers, spellings

ZEB, OFFICE = "+19175558364", "+442079460712"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("ring +1 (917) 555-8364 at 10", "ring (erased) at 10"),
        ("917.555.8364, 555-8364 or 0019175558364", "(erased), (erased) or (erased)"),
        ("To=%2B19175558364&x=1", "To=(erased)&x=1"),
        ("+44 (0)20 7946 0712", "(erased)"),
        ("020 7946 0712", "(erased)"),
        ("+999 555 0199", "(erased)"),
        ("+16465558364 and CA5558364a and 12.11.2026 15:00:00", None),
        ("+1 917 555 8364 9-5, +19175558364 2026-11-22", "(erased), (erased)"),
        ("+44 (0)20 7946 0712 9-5", "(erased)"),
        ("+449175558364 and +1917555836412", None),
    ],
)
def test_a_number_is_found_however_it_is_written_and_no_other(text: str, left: str | None) -> None:
    assert spellings.of([ZEB, OFFICE, "+9995550199"]).out_of({"a": [text]}) == {"a": [text if left is None else left]}


def test_a_name_is_taken_out_as_a_word_and_a_colleagues_name_stays() -> None:
    words = "Also Al and O'Al were rung; Al Sam Field and Sam was told Sam Field's phone is off. Al."
    left = "Also somebody and O'somebody were rung; somebody Sam Field and somebody was told Sam Field's phone is off."
    assert spellings.without_names(words, {"Al", "Sam"}, {"Sam Field"}) == f"{left} somebody."
    assert spellings.without_names(words, {"Sam Field"}, {"Sam Field"}) == words, "a namesake"
    assert spellings.without_names("Al.", set(), set()) == "Al."


def test_a_key_of_an_erasure_is_known_whatever_the_database_sorts_by() -> None:
    def signs_first(one: str, other: str) -> int:
        """As in English and most languages; among bytes, some signs come last."""
        ones, others = ([(each.isalnum(), each) for each in key] for key in (one, other))
        return (ones > others) - (ones < others)

    engine = sa.create_engine("sqlite://")
    with contextlib.closing(engine.raw_connection()) as raw, engine.connect() as connection:
        raw.create_collation("SIGNS", signs_first)
        for order in ("SIGNS", "BINARY"):
            key = sa.literal_column(f"('{numbers.ERASED}e1:9f' COLLATE {order})", sa.Text())
            assert connection.scalar(sa.select(erasing.is_key_of(key, "e1")))
            assert not connection.scalar(sa.select(erasing.is_key_of(key, "e")))
    engine.dispose()

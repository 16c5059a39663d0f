"""Tables of figures: shown on the page, read aloud, and taken along as CSV, the same rows each time."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from flask import Response, stream_with_context
from markupsafe import escape

from voice.rules.contact_files import csv_file

BYTE_ORDER_MARK = "\ufeff"  # tells Excel that it is UTF-8
Value = str | int | float | None


@dataclass(frozen=True)
class Cell:
    """`value` as a program reads it, `text` as a person does; `href` leads to what it counts, `says` what it means."""

    value: Value
    text: str = ""
    href: str = ""
    says: str = ""

    def __html__(self) -> str:
        """As it stands in a page, safe: a page has hundreds of these, and a macro takes three times as long."""
        text = f"<bdi>{escape(self.shown)}</bdi>"
        return f'<a href="{escape(self.href)}">{text}</a>' if self.href and self.value else text

    @property
    def shown(self) -> str:
        """What stands on the page."""
        return self.text or ("–" if self.value is None else str(self.value))


@dataclass(frozen=True)
class Table:
    """`name` is its address, `columns` its headings; the first cell of a row is the row's own heading. `says`: what its
    columns count, as far as no cell says it."""

    name: str
    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]] = field(default=())
    says: Sequence[str] = ()

    def lines(self) -> Iterator[Sequence[Value]]:
        """The heading and the rows, as a program reads them."""
        yield self.columns
        for row in self.rows:
            yield [cell.value for cell in row]


def as_csv(name: str, lines: Iterable[Sequence[Value]]) -> Response:
    """A download `name`.csv, sent as its lines come; no cell of it is a formula to a spreadsheet."""

    def written() -> Iterator[str]:
        yield BYTE_ORDER_MARK
        for line in lines:
            yield csv_file.row(["" if value is None else str(value) for value in line])

    answer = Response(stream_with_context(written()), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return answer

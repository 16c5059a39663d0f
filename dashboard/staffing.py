"""How many people each half-hour takes, beside who is on shift: from the line's own calls, and how sure that is."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from flask import Blueprint, Response, abort, request, url_for
from flask.typing import ResponseReturnValue

from dashboard import charts, frame, staffing_rows, tables, words
from dashboard import owner_words as say
from dashboard.owner import only_owner
from dashboard.owner_files import taken_along
from dashboard.owner_pictures import WEEK
from dashboard.staffing_rows import Slot, Staffing
from dashboard.tables import Cell, Table
from voice import clock, pictures, roster, sight
from voice.installation import installation
from voice.roster import LineCard
from voice.rules.half_hours import Aim
from voice.rules.hours import DAY_NAMES

staffing = Blueprint("staffing", __name__, url_prefix="/owner/staffing")
LEAST_SHARE, MOST_SHARE = 50, 99  # percent
MOST_WITHIN, MOST_NOTE = 600, 1800  # seconds
USUAL_NOTE = 30


@dataclass(frozen=True)
class Asked:
    """What the address asks: `share` of callers in percent who reach somebody `within` seconds; seconds for a note."""

    card: LineCard
    lines: Sequence[LineCard]
    share: int
    within: int
    note: int

    @property
    def aim(self) -> Aim:
        """The same as the rule takes it."""
        return Aim(self.share / 100, self.within)

    @property
    def query(self) -> dict[str, str | int]:
        """The same as it stands in an address."""
        return {"line": self.card.number, "share": self.share, "within": self.within, "note": self.note}


@staffing.get("")
def show() -> ResponseReturnValue:
    """The page."""
    only_owner()
    found = _read()
    if found is None:
        return frame.page("staffing.html", asked=None)
    asked, week = found
    return frame.page(
        "staffing.html", asked=asked, week=week, table=_table(week), spec=_picture(week), alt=_alt(week), say=say,
        library=url_for("owner_files.library", v=pictures.ENGINE), usual=staffing_rows.ENOUGH_TALKS,
        short=[slot for slot in week.slots if slot.short], weekday=lambda day: DAY_NAMES[day.weekday()],
    )  # fmt: skip


@staffing.get("/table.csv")
def table() -> ResponseReturnValue:
    """The table, every half-hour in a row of its own."""
    only_owner()
    _, week = _read() or abort(404)
    taken_along("staffing.csv")
    return tables.as_csv(f"staffing-{clock.now():%Y-%m-%d}", _lines(week))


@staffing.get("/picture.<kind>")
def picture(kind: str) -> ResponseReturnValue:
    """The picture as a file."""
    only_owner()
    asked, week = _read() or abort(404)
    spec = _picture(week)
    if kind not in ("png", "svg") or spec is None:
        abort(404)
    try:
        title = f"People short by half-hour · {words.name(asked.card.name)}"
        drawn = pictures.picture(installation().settings.home, charts.for_file(spec, title, _alt(week)), kind)
    except pictures.NotDrawn:
        abort(503, "The picture could not be drawn just now. Try again in a minute; the table holds the same.")
    if "shown" not in request.args:  # else it stands on the page, for a browser without scripts
        taken_along(f"staffing.{kind}")
    return Response(drawn, mimetype="image/png" if kind == "png" else "image/svg+xml")


def _read() -> tuple[Asked, Staffing] | None:
    with installation().database.reading() as session:
        cards = [card for card in roster.current(session).lines if sight.sees(card.number)]
        if not cards:
            return None
        asked = _asked(request.args, cards)
        return asked, staffing_rows.read(session, asked.card, asked.aim, asked.note, clock.now())


def _asked(given: Mapping[str, str], cards: Sequence[LineCard]) -> Asked:
    card = next((card for card in cards if card.number == given.get("line", cards[0].number)), None)
    share = _whole(given.get("share"), 90, LEAST_SHARE, MOST_SHARE, "of 100 callers")
    within = _whole(given.get("within"), 20, 0, MOST_WITHIN, "seconds to reach somebody")
    note = _whole(given.get("note"), USUAL_NOTE, 0, MOST_NOTE, "seconds for a note")
    return Asked(card or abort(400, "That line is not one of yours."), cards, share, within, note)


def _whole(text: str | None, usual: int, least: int, most: int, what: str) -> int:
    if not text:
        return usual
    if not (text.isascii() and text.isdecimal() and len(text) < 5 and least <= int(text) <= most):
        abort(400, f"Write a whole number {what}, from {least} to {most}.")
    return int(text)


def _table(week: Staffing) -> Table:
    """Half-hours that need the same and have the same stand in one row."""
    rows = []
    for _, group in groupby(week.slots, key=_Alike()):
        slots = list(group)
        first, last = slots[0], slots[-1]
        calls = sum(slot.need.calls_per_hour for slot in slots) / len(slots)
        rows.append([
            Cell(f"{WEEK[first.of_week // 48]} {_clock(first.of_week)}–{_clock(last.of_week + 1)}"),
            Cell(round(calls, 1)), Cell(first.people), Cell(_between(*first.perhaps)), Cell(first.on_shift),
            Cell(first.short, str(first.short or "–")),
        ])  # fmt: skip
    columns = ("When", "Calls an hour", "People needed", "Perhaps", "On shift", "Short")
    return Table("staffing", "People needed, and on shift", columns, rows)


class _Alike:
    """Says of one half-hour after another whether it goes on where the last one ended, with the same figures."""

    def __init__(self) -> None:
        self.last, self.begun = -2, -1

    def __call__(self, slot: Slot) -> tuple[int, int, int, int, int]:
        same_day = slot.of_week % 48 != 0
        if slot.of_week != self.last + 1 or not same_day:
            self.begun = slot.of_week
        self.last = slot.of_week
        return self.begun, slot.people, *slot.perhaps, slot.on_shift


def _lines(week: Staffing) -> Iterator[Sequence[tables.Value]]:
    yield "day", "half-hour", "calls an hour", "people needed", "fewest", "most", "on shift"
    for slot in week.slots:
        minutes = slot.of_week % 48 * 30
        yield (
            WEEK[slot.of_week // 48], f"{minutes // 60:02}:{minutes % 60:02}", round(slot.need.calls_per_hour, 2),
            slot.people, *slot.perhaps, slot.on_shift,
        )  # fmt: skip


def _picture(week: Staffing) -> charts.Spec | None:
    of_day = {slot.of_week % 48 for slot in week.slots}
    days = sorted({slot.of_week // 48 for slot in week.slots})
    if not of_day or not week.calls:
        return None
    known = {slot.of_week: slot for slot in week.slots}
    columns = range(min(of_day), max(of_day) + 1)
    rows = [
        {"day": WEEK[day], "hour": _clock(number), "calls": known[at].short if at in known else 0,
         "says": _says(day, number, known.get(at))}
        for day in days for number in columns for at in (day * 48 + number,)
    ]  # fmt: skip
    return charts.heat(rows, [WEEK[day] for day in days], [_clock(number) for number in columns])


def _says(day: int, number: int, slot: Slot | None) -> str:
    when = f"{WEEK[day]} {_clock(number)}"
    return f"{when}: closed" if slot is None else f"{when}: {slot.people} needed, {slot.on_shift} on shift"


def _alt(week: Staffing) -> str:
    short = [slot for slot in week.slots if slot.short]
    if not short:
        return "In every half-hour as many people are on shift as it takes."
    worst = max(short, key=lambda slot: slot.short)
    when = f"{WEEK[worst.of_week // 48]} {_clock(worst.of_week)}"
    return f"In {len(short)} half-hours of the week people are short, most of all on {when}: {worst.short}."


def _between(fewest: int, most: int) -> str:
    return f"{fewest} to {most}" if fewest != most else str(fewest)


def _clock(of_week: int) -> str:
    return words.hour(of_week % 48 * 30)

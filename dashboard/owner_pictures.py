"""The pictures of the owner's page, each with the table that says the same. Pure: a report goes in."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from dashboard import charts, words
from dashboard import owner_words as say
from dashboard.owner_panels import Link
from dashboard.tables import Cell, Table
from voice.figures import Period, Person, Report
from voice.rules import histogram
from voice.rules.periods import Day
from voice.rules.survival import Curve, Point
from voice.stats import SENTENCES

WEEK = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
CURVE_ROWS = (1, 5, 10, 20, 30, 60, 300, 900, 3600, 4 * 3600, 24 * 3600, 7 * 24 * 3600)  # seconds told in the table
OF_LINE = ("offered", "answered", "missed", "lost")
FEW_DAYS = 28  # named once each by the day of the month
MOST_POINTS = 120  # of the curve that are drawn


@dataclass(frozen=True)
class Panel:
    """A table, and the picture of it; `spec` is None where there is nothing to draw. `alt`: what the picture shows."""

    table: Table
    lead: str
    alt: str
    spec: charts.Spec | None


def curve(report: Report, link: Link, link_before: Link) -> Panel:
    """How many had reached a person after how long."""
    now, before = report.now.to_person, report.before.to_person
    points = [
        {**_shares(point), "calls": point.reached, "href": _who_reached(point, link),
         "says": f"{say.share(1 - point.share)} had reached a person after {say.wait(point.seconds)}: "
                 f"{say.calls(point.reached)}"}
        for point in now.thinned(MOST_POINTS)
    ]  # fmt: skip
    start = {"seconds": 1, "share": 0, "low": 0, "high": 0, "href": link("offered"), "says": "The call comes in"}
    then: list[charts.Row] = [start, *map(_shares, before.thinned(MOST_POINTS))] if before.steps else []
    drawn = charts.reached([start, *points], then)
    rows = [_reached_by(seconds, now, before, link, link_before) for seconds in CURVE_ROWS if _tells(seconds, now)]
    table = Table(
        "reached", "Who had reached a person, and how soon",
        ("After", "Reached a person", "Between (19 of 20)", "Before"), rows, (SENTENCES["seconds_to_person_median"],),
    )  # fmt: skip
    lead = (
        "Callers who have reached nobody yet are not left out: they count as still waiting. The band shows how far "
        "chance alone might have moved the line. In grey, the period before."
    )
    half = f"half of the callers had reached a person after {say.wait(now.median)}" if now.median else "not half yet"
    return Panel(table, lead, f"A rising line: {half}.", drawn if now.steps else None)


def by_hour(report: Report, link: Link, link_before: Link) -> Panel:
    """Missed calls by hour and weekday; the table has the period before beneath each day."""
    now, before = report.now, report.before
    weekdays = sorted({day.date.weekday() for day in now.asked.days()})
    hours = _hours({hour for _, hour in (*now.offered, *before.missed)})
    cells = [_hour_cell(report, weekday, hour, link) for weekday in weekdays for hour in hours]
    names = [say.hour(hour) for hour in hours]
    shown = [("", now, link), *([(", before", before, link_before)] if before.totals["offered"] else [])]
    rows = [
        [Cell(WEEK[weekday] + when), *(_linked(period.missed.get((weekday, hour), 0),
                                               to("missed", weekday=weekday, hour=hour)) for hour in hours)]
        for weekday in weekdays for when, period, to in shown
    ]  # fmt: skip
    table = Table("hours", "Missed by hour and weekday", ("Day", *names), rows, (SENTENCES["missed"],))
    alt = _worst(now)
    if before.totals["offered"]:
        alt += f" Before: {_worst(before)[:1].lower()}{_worst(before)[1:]}"
    drawn = charts.heat(cells, [WEEK[weekday] for weekday in weekdays], names)
    return Panel(table, alt, alt, drawn if now.totals["offered"] else None)


def by_cause(report: Report, link: Link, link_before: Link) -> Panel:
    """Missed calls by why they were missed."""
    causes = dict(sorted(report.now.causes.items(), key=lambda each: (-each[1], each[0])))
    known = [*causes, *(cause for cause in sorted(report.before.causes) if cause not in causes)]
    rows = [
        [
            Cell(_cause(cause)),
            _linked(causes.get(cause, 0), link("missed", cause=cause)),
            _linked(report.before.causes.get(cause, 0), link_before("missed", cause=cause)),
        ]
        for cause in known
    ]
    table = Table("causes", "Missed by cause", ("Cause", "Missed", "Before"), rows, (SENTENCES["missed"],))
    drawn = [
        _bar(_cause(cause), count, link("missed", cause=cause), report.now.totals["missed"])
        for cause, count in causes.items()
    ]
    first = next(iter(causes), None)
    alt = "Nobody was missed." if first is None else f"Most often: {_cause(first)}, {say.calls(causes[first])}."
    return Panel(table, alt, alt, charts.bars(drawn) if drawn else None)


def by_line(report: Report, lines: Mapping[str, str], link: Link, link_before: Link) -> Panel:
    """Each line's part, and what was missed and lost on it before."""
    found = [(number, name) for number, name in lines.items() if report.now.asked.line in (None, number)]
    rows, drawn = [], []
    for number, name in found:
        counted = {name: _of_line(report.now, number, name, link) for name in OF_LINE}
        before = {name: _of_line(report.before, number, name, link_before) for name in ("missed", "lost")}
        rows.append([Cell(name), counted["offered"], counted["answered"], counted["missed"], before["missed"],
                     counted["lost"], before["lost"]])  # fmt: skip
        missed = int(counted["missed"].value or 0)
        drawn.append(_bar(name, missed, counted["missed"].href, report.now.totals["missed"]))
    columns = ("Line", "Offered", "Answered", "Missed", "Before", "Lost", "Before")
    table = Table("lines", "By line", columns, rows, [SENTENCES[name] for name in OF_LINE])
    alt = "Missed calls of each line."
    return Panel(
        table,
        alt if len(found) > 1 else "",
        alt,
        charts.bars(drawn) if len(found) > 1 and report.now.totals["missed"] else None,
    )


def by_day(report: Report, link: Link, link_before: Link) -> Panel:
    """Missed calls day by day, the period before behind them."""
    rows, drawn = [], []
    label = say.short_day if (report.now.asked.until - report.now.asked.since).days <= FEW_DAYS else say.day
    for today, then in zip_longest(report.now.asked.days(), report.before.asked.days()):
        if today is None:
            break
        offered, missed = (_of_day(report.now, today, name, link) for name in ("offered", "missed"))
        before = _of_day(report.before, then, "missed", link_before) if then else Cell(None)
        day = say.day(today.date)
        rows.append([Cell(today.date.isoformat(), day), offered, missed, before])
        mark = {"day": label(today.date), "calls": missed.value, "href": missed.href,
                "says": f"{day}: {missed.value} missed of {offered.value}"}  # fmt: skip
        if then and report.before.totals["calls"]:
            says = f"{say.day(then.date)}: {before.value} missed"
            mark |= {"before": before.value, "href_before": before.href, "says_before": says}
        drawn.append(mark)
    table = Table("days", "By day", ("Day", "Offered", "Missed", "Missed before"), rows, (SENTENCES["missed"],))
    lead = "Missed calls of each day; the stroke in grey is the same day of the period before."
    is_drawn = len(rows) > 1 and (report.now.totals["missed"] or report.before.totals["missed"])
    return Panel(table, lead, lead, charts.days(drawn) if is_drawn else None)


def staff(report: Report, names: Mapping[str, str], link: Link, link_before: Link) -> Table:
    """Who had which part, beside the same before, in the order of their names: for fairness, not a ranking."""
    had = {who for period in (report.now, report.before) for who, part in period.staff.items() if part != Person()}
    rows = []
    for who in sorted(had, key=lambda each: names.get(each, each).casefold()):
        now, before = _part(report.now, who, link), _part(report.before, who, link_before)
        rows.append([Cell(names.get(who, who)), *(cell for both in zip(now, before, strict=True) for cell in both)])
    titles = ("Their phone rang", "Share of rings", "Answered", "Rang back", "Of these, in time")
    columns = ("Name", *(column for title in titles for column in (title, "Before")))
    says = [SENTENCES[name] for name in ("rang", "answered", "rung", "kept")]
    return Table("staff", "Who had which part", columns, rows, [*says, "Each of these, of this person alone."])


def _part(period: Period, who: str, link: Link) -> Sequence[Cell]:
    part, rings = period.staff.get(who, Person()), sum(each.rang for each in period.staff.values())
    share = part.rang / rings if rings else None
    counts = {"rang": part.rang, "answered": part.answered, "rung": part.rung, "kept": part.kept}
    rang, *others = (_linked(count, link(name, staff=who)) for name, count in counts.items())
    return rang, Cell(share and round(share, 4), say.share(share)), *others


def _hour_cell(report: Report, weekday: int, hour: int, link: Link) -> charts.Row:
    counted = (report.now.missed, report.now.offered, report.before.missed)
    missed, offered, before = (each.get((weekday, hour), 0) for each in counted)
    said = f"{missed} missed of {offered}" if offered else "no call"
    says = f"{_when(weekday, hour)}: {said}; {before} missed before"
    return {"day": WEEK[weekday], "hour": say.hour(hour), "calls": missed, "says": says,
            "href": link("missed" if missed else "offered", weekday=weekday, hour=hour)}  # fmt: skip


def _worst(period: Period) -> str:
    worst = max(period.missed.items(), key=lambda each: each[1], default=None)
    return "Nobody was missed." if worst is None else f"Most were missed on {_when(*worst[0])}: {worst[1]}."


def _when(weekday: int, hour: int) -> str:
    return f"{WEEK[weekday]} {say.hours(hour)}"


def _hours(found: Iterable[int]) -> Sequence[int]:
    """From the first hour in which somebody rang to the last: an office needs no columns for its nights."""
    known = list(found)
    return range(min(known), max(known) + 1) if known else range(9, 17)


def _cause(cause: str) -> str:
    plain = words.cause(cause)
    return plain[:1].upper() + plain[1:]


def _linked(count: int, href: str) -> Cell:
    return Cell(count, href=href)


def _bar(label: str, count: int, href: str, of: int) -> charts.Row:
    return {"label": label, "calls": count, "href": href, "says": f"{label}: {count} of {of} missed"}


def _of_line(period: Period, line: str, name: str, link: Link) -> Cell:
    found = period.lines.get(line)
    return _linked(found[name] if found else 0, link(name, line=line))


def _of_day(period: Period, day: Day, name: str, link: Link) -> Cell:
    found = period.days.get(day.date)
    since, until = max(day.since, period.asked.since), min(day.until, period.asked.until)
    return Cell(found[name] if found else 0, href=link(name, since=since, until=until))


def _shares(point: Point) -> dict[str, float]:
    """Of those still waiting, the others: who has reached a person."""
    low, high = (point.share if bound is None else bound for bound in (point.low, point.high))
    return {
        "seconds": max(point.seconds, 1.0), "share": round(1 - point.share, 4),
        "low": round(1 - high, 4), "high": round(1 - low, 4),
    }  # fmt: skip


def _tells(seconds: int, now: Curve) -> bool:
    """Whether that row says something new: up to the first after which nothing changes."""
    last = now.steps[-1][0] if now.steps else 0.0
    return seconds <= max(last, 60.0) * 2


def _who_reached(point: Point, link: Link) -> str:
    """The calls counted up to this point."""
    return link("offered", within=histogram.last_of(point.seconds))


def _reached_by(seconds: int, now: Curve, before: Curve, link: Link, link_before: Link) -> Sequence[Cell]:
    point, point_then = now.at(seconds), before.at(seconds)
    shares = _shares(point) if point else {"share": 0.0, "low": None, "high": None}
    band = "" if point is None else f"{say.share(shares['low'])} to {say.share(shares['high'])}"
    then = 1 - before.still_waiting(seconds)
    href_then = _who_reached(point_then, link_before) if point_then else ""
    return (
        Cell(seconds, say.wait(seconds)),
        Cell(shares["share"], say.share(shares["share"]), _who_reached(point, link) if point else ""),
        Cell(band),
        Cell(round(then, 4), say.share(then), href_then) if before.reached + before.waiting else Cell(None),
    )

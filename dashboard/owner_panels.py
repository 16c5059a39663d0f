"""What stands on the owner's page: each figure with its sentence, the same before, and the way to its people. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dashboard import owner_words as say
from dashboard.tables import Cell, Table
from voice.figures import Period, Report
from voice.stats import SENTENCES

CALLS = ("offered", "answered", "missed", "abandoned", "short", "repeats", "pending")
PEOPLE = ("reached_by_then", "broken", "running", "tried_again")
NEVER = float("inf")  # seconds
Link = Callable[..., str]  # a figure's name, and what else is asked → the address of its list


@dataclass(frozen=True)
class Headline:
    """One of the four figures at the top. `trend` is better, worse, same, or empty: nothing to compare with."""

    name: str
    title: str
    value: str
    before: str
    trend: str
    of: Sequence[Cell]  # the counts it is made of
    says: str
    href: str  # whose figure it is; "" where it is nobody's
    href_before: str


def headlines(report: Report, link: Link, link_before: Link) -> list[Headline]:
    """Seconds to a person, callers lost, promises kept, answer rate."""
    return [make(report, link, link_before) for make in (_seconds_to_a_person, _lost, _kept, _answer_rate)]


def summary(now: Period) -> str:
    """The page in one sentence."""
    offered, reached, lost = now.totals["offered"], now.to_person.reached, now.totals["lost"]
    if not offered:
        return "Nobody rang while you were open."
    all_of = "The one call" if offered == 1 else f"All {offered} calls" if reached == offered else ""
    led = f"{all_of} led to a person" if all_of and reached else f"{reached} of {say.calls(offered)} led to a person"
    half = now.to_person.median
    soon = f"; half of all callers waited no longer than {say.wait(half)}" if half is not None and offered > 1 else ""
    gone = "Nobody is lost." if not lost else f"{say.people(lost).capitalize()} {'is' if lost == 1 else 'are'} lost."
    return f"{led}{soon}. {gone}"


def rest(report: Report, link: Link, link_before: Link) -> Table:
    """The other figures, each beside the one before."""
    rows = [
        *(_counted(report, name, link, link_before) for name in CALLS),
        _timed(report, "seconds_to_callback_median", "Time to callback, half of them", link, link_before),
        _timed(report, "seconds_to_callback_p90", "Time to callback, nine of ten", link, link_before),
        *(_counted(report, name, link, link_before) for name in PEOPLE),
    ]
    return Table("figures", "All figures", ("Figure", "These days", "Before"), rows)


def closed(report: Report, link: Link, link_before: Link) -> Table:
    """Calls outside opening hours, and how soon they were rung back."""
    rows = [
        _counted(report, "closed", link, link_before),
        _counted(report, "after_hours", link, link_before),
        _counted(report, "after_hours_rung", link, link_before),
        _timed(report, "seconds_to_callback_closed_median", "How soon, half of them", link, link_before, "after_hours"),
        _timed(report, "seconds_to_callback_closed_p90", "How soon, nine of ten", link, link_before, "after_hours"),
    ]
    return Table("closed", "While you were closed", ("Figure", "These days", "Before"), rows)


def _counted(report: Report, name: str, link: Link, link_before: Link) -> Sequence[Cell]:
    now, before = report.now.totals[name], report.before.totals[name]
    return (
        Cell(say.TITLES[name], says=SENTENCES[name]),
        Cell(now, href=link(name)),
        Cell(before, href=link_before(name)),
    )


def _timed(
    report: Report, name: str, title: str, link: Link, link_before: Link, people: str = "callbacks"
) -> Sequence[Cell]:
    now, before = report.now.times[name], report.before.times[name]
    return (
        Cell(title, says=SENTENCES[name]),
        _time(now, report.now.totals[people], link(people)),
        _time(before, report.before.totals[people], link_before(people)),
    )


def _time(seconds: float | None, of: int, href: str) -> Cell:
    return Cell(seconds, say.wait(seconds), href) if of else Cell(None)


def _lists(name: str, report: Report, link: Link, link_before: Link) -> tuple[str, str]:
    """Who is behind a headline, and who was before."""
    periods = ((report.now, link), (report.before, link_before))
    now, before = (to(name) if period.totals[name] else "" for period, to in periods)
    return now, before


def _seconds_to_a_person(report: Report, link: Link, link_before: Link) -> Headline:
    p90, offered = report.now.to_person.p90, report.now.totals["offered"]
    compared = _compared(report, _median, lambda half: say.wait(None if half == NEVER else half), less_is_better=True)
    of = [Cell(p90, f"nine of ten: {say.wait(p90)}", link("offered"))] if offered else []
    lists = _lists("offered", report, link, link_before)
    return Headline("person", "Seconds to a person", *compared, of, SENTENCES["seconds_to_person_median"], *lists)


def _lost(report: Report, link: Link, link_before: Link) -> Headline:
    compared = _compared(report, _lost_of, lambda count: f"{count:.0f}", less_is_better=True)
    lists = _lists("lost", report, link, link_before)
    return Headline("lost", "Callers lost", *compared, [], SENTENCES["lost"], *lists)


def _kept(report: Report, link: Link, link_before: Link) -> Headline:
    totals, compared = report.now.totals, _compared(report, lambda period: period.totals.kept_rate, say.share)
    of = [Cell(totals[name], f"{totals[name]} {name}", link(name)) for name in ("kept", "broken")]
    lists = _lists("kept", report, link, link_before)
    return Headline("promises", "Promises kept", *compared, of, SENTENCES["kept_rate"], *lists)


def _answer_rate(report: Report, link: Link, link_before: Link) -> Headline:
    totals, compared = report.now.totals, _compared(report, lambda period: period.totals.answer_rate, say.share)
    of = [Cell(totals["answered"], f"{totals['answered']} answered", link("answered"))]
    of.append(Cell(totals["rated"], f"of {totals['rated']}", link("rated")))
    lists = _lists("answered", report, link, link_before)
    return Headline("answered", "Answered at once", *compared, of, SENTENCES["answer_rate"], *lists)


def _median(period: Period) -> float | None:
    """Half of them not reached yet is worse than any wait, and not the same as nobody having rung."""
    half = period.to_person.median
    return half if half is not None else NEVER if period.totals["offered"] else None


def _lost_of(period: Period) -> float | None:
    return period.totals["lost"] if period.totals["calls"] else None


def _compared(
    report: Report,
    value: Callable[[Period], float | None],
    shown: Callable[[float], str],
    less_is_better: bool = False,
) -> tuple[str, str, str]:
    """The figure now, the one before, and the trend. It goes by what one sees: 13 s is never worse than 13 s."""
    now, before = value(report.now), value(report.before)
    words = "–" if now is None else shown(now)
    if before is None:
        return words, "", ""
    if now is None or shown(before) == words:
        return words, shown(before), "" if now is None else "same"
    return words, shown(before), "better" if (now < before) == less_is_better else "worse"

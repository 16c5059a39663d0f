"""What stands on the owner's page: each figure with its sentence, the same before, and the way to its people. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dashboard import owner_words as say
from dashboard.tables import Cell, Table
from voice.figures import Period, Report
from voice.stats import SENTENCES

CALLS = ("offered", "answered", "missed", "abandoned", "short", "repeats", "pending")
PEOPLE = ("reached_by_then", "broken", "running", "tried_again")
Link = Callable[..., str]  # a figure's name, and what else is asked → the address of its list


@dataclass(frozen=True)
class Headline:
    """One of the four figures at the top. `trend` is better, worse, same, or empty: nothing to compare with."""

    name: str
    title: str
    value: str
    of: Sequence[Cell]  # the counts it is made of
    before: str
    trend: str
    says: str
    href: str


def headlines(report: Report, link: Link) -> list[Headline]:
    """Seconds to a person, callers lost, promises kept, answer rate."""
    return [
        _seconds_to_a_person(report, link),
        _lost(report, link),
        _kept(report, link),
        _answer_rate(report, link),
    ]


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


def _seconds_to_a_person(report: Report, link: Link) -> Headline:
    now, before = report.now.to_person, report.before.to_person
    offered = report.now.totals["offered"]
    p90 = Cell(now.p90, f"nine of ten: {say.wait(now.p90)}", link("offered"))
    return Headline(
        "person", "Seconds to a person", say.wait(now.median) if offered else "–", [p90] if offered else [],
        _before(report, say.wait(before.median), "offered"),
        _trend(_or_never(now.median), _or_never(before.median), report, "offered", less_is_better=True),
        SENTENCES["seconds_to_person_median"], link("offered") if offered else "",
    )  # fmt: skip


def _lost(report: Report, link: Link) -> Headline:
    now, before = report.now.totals["lost"], report.before.totals["lost"]
    return Headline(
        "lost", "Callers lost", str(now), [], _before(report, str(before), "calls"),
        _trend(now, before, report, "calls", less_is_better=True), SENTENCES["lost"], link("lost") if now else "",
    )  # fmt: skip


def _kept(report: Report, link: Link) -> Headline:
    now, before = report.now.totals, report.before.totals
    parts = [Cell(now["kept"], f"{now['kept']} kept", link("kept"))]
    parts.append(Cell(now["broken"], f"{now['broken']} broken", link("broken")))
    return Headline(
        "promises", "Promises kept", say.share(now.kept_rate), parts, _before(report, say.share(before.kept_rate)),
        _trend(now.kept_rate, before.kept_rate), SENTENCES["kept_rate"], link("kept") if now["kept"] else "",
    )  # fmt: skip


def _answer_rate(report: Report, link: Link) -> Headline:
    now, before = report.now.totals, report.before.totals
    parts = [Cell(now["answered"], f"{now['answered']} answered", link("answered"))]
    parts.append(Cell(now["rated"], f"of {now['rated']}", link("rated")))
    return Headline(
        "answered", "Answered at once", say.share(now.answer_rate), parts,
        _before(report, say.share(before.answer_rate)), _trend(now.answer_rate, before.answer_rate),
        SENTENCES["answer_rate"], link("answered") if now["answered"] else "",
    )  # fmt: skip


def _before(report: Report, value: str, needs: str = "calls") -> str:
    return value if report.before.totals[needs] else ""


def _or_never(seconds: float | None) -> float:
    return float("inf") if seconds is None else seconds


def _trend(
    now: float | None, before: float | None, report: Report | None = None, needs: str = "", less_is_better: bool = False
) -> str:
    if now is None or before is None:
        return ""
    if report is not None and not (report.now.totals[needs] and report.before.totals[needs]):
        return ""
    if now == before:
        return "same"
    return "better" if (now < before) == less_is_better else "worse"

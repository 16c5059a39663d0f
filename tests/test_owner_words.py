"""What the owner's page is made of, by itself: words, days, three calls, a menu, and pictures that hold their rows."""

import datetime as dt
import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard import charts, owner_view, shoes
from dashboard import owner_words as say
from dashboard.shoes import Wait
from tests.source import ROOT
from voice.rules import menu_tax
from voice.rules.periods import Range

ZONE = "America/New_York"
TODAY = dt.date(2026, 11, 23)
NOW = dt.datetime(2026, 11, 23, 15, 0, 30, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (None, "not yet"), (0.4, "0 s"), (8.6, "9 s"), (80, "1:20 min"), (599, "9:59 min"), (601, "10 min"),
        (11_400, "3 h 10 min"), (200_000, "2 days"),
    ],
)  # fmt: skip
def test_a_wait_is_said_as_people_say_it(seconds: float | None, said: str) -> None:
    assert say.wait(seconds) == said


@pytest.mark.parametrize(("part", "said"), [(None, "–"), (0.996, "99 %"), (1.0, "100 %"), (0.29, "29 %"), (0.0, "0 %")])
def test_all_is_said_of_all_alone(part: float | None, said: str) -> None:
    assert say.share(part) == said


def test_hours_and_days_are_named_by_the_clock() -> None:
    assert [say.hours(hour) for hour in (0, 9, 11, 12, 23)] == [
        "12–1 am", "9–10 am", "11 am–12 pm", "12–1 pm", "11 pm–12 am",
    ]  # fmt: skip
    years = Range.of_days(dt.date(2025, 12, 30), dt.date(2026, 1, 2), ZONE)
    assert say.days(years) == "Tue 30 Dec 2025 – Fri 2 Jan 2026"


@given(
    st.dictionaries(
        st.sampled_from(["days", "from", "to", "vs_from", "vs_to", "line", "menu", "good", "worst"]),
        st.one_of(
            st.sampled_from(["own", "today", "28", "2026-11-02", "2026-10-01", "+1", "40"]),
            st.text("0123456789-+e. ", max_size=12),
        ),
    )
)
def test_a_view_is_refused_or_is_the_same_again_from_its_address(given_: dict[str, str]) -> None:
    try:
        view = owner_view.read(given_, TODAY, {"+1": "Main"})
    except owner_view.Unclear:
        return
    assert view.first <= view.last <= TODAY
    range_ = view.range(NOW, ZONE)
    assert range_.since <= range_.until
    again = owner_view.read(view.query(), TODAY, {"+1": "Main"})
    assert again == owner_view.read(view.query(good=None), TODAY, {"+1": "Main"})
    assert (again.first, again.last, again.against, again.menu) == (view.first, view.last, view.against, view.menu)


def test_today_ends_with_this_minute_and_is_set_against_yesterday_at_the_same_time() -> None:
    view = owner_view.read({"days": "today"}, TODAY, {})
    assert view.range(NOW, ZONE).until == dt.datetime(2026, 11, 23, 15, 1, tzinfo=dt.UTC)
    assert view.other(NOW, ZONE).until == dt.datetime(2026, 11, 22, 15, 1, tzinfo=dt.UTC)
    assert view.is_live(NOW, ZONE)
    assert not owner_view.read({"days": "own", "from": "2026-11-22"}, TODAY, {}).is_live(NOW, ZONE)


def call(number: int, seconds: float | None, at_once: bool = True) -> Wait:
    """A call whose caller reached a person after so many seconds."""
    return Wait(f"call-{number:02}", seconds, held=seconds or 20.0, at_once=at_once and seconds is not None)


WEEK = [*(call(number, 5.0 + number) for number in range(20)), call(20, 4000, at_once=False), call(21, None)]


def test_the_three_calls_are_the_quickest_the_middle_one_and_who_reached_nobody_each_with_others_of_its_own() -> None:
    dealt = shoes.hands(WEEK)
    assert {kind: hand[:2] for kind, hand in dealt.items()} == {
        "good": ["call-00", "call-01"], "typical": ["call-10", "call-11"], "worst": ["call-21", "call-20"],
    }  # fmt: skip


def test_few_calls_are_shown_once_each() -> None:
    assert shoes.hands([]) == {}
    assert shoes.hands([call(1, 9)]) == {"good": ["call-01"]}
    assert shoes.hands([call(1, None)]) == {"worst": ["call-01"]}
    assert shoes.hands([call(1, 9), call(2, None)]) == {"good": ["call-01"], "worst": ["call-02"]}


@given(st.lists(st.one_of(st.none(), st.floats(0, 1e6)), max_size=40))
def test_no_call_is_shown_as_two_kinds(waits: list[float | None]) -> None:
    dealt = [one for hand in shoes.hands([call(*each) for each in enumerate(waits)]).values() for one in hand]
    assert len(set(dealt)) == len(dealt)
    assert len(dealt) >= min(len(waits), shoes.FEW)


def test_asking_for_another_call_of_one_kind_leaves_the_others_as_they_are() -> None:
    view = owner_view.read({"worst": "2", "line": "+1"}, TODAY, {"+1": "Main"})
    assert view.with_another("good") == {"line": "+1", "good": "1", "worst": "2"}
    assert view.with_another("worst") == {"line": "+1", "worst": "3"}


def test_a_menu_costs_its_median_each_and_its_mean_together() -> None:
    assert menu_tax.menu_tax(10, 9.0) == menu_tax.MenuTax(40.0, 480.0, 49.0)
    assert menu_tax.menu_tax(10, None, own=25.0) == menu_tax.MenuTax(25.0, 250.0, None)


def words_of(node: Any) -> list[str]:
    """Every text in a description."""
    if isinstance(node, dict):
        return [text for each in node.values() for text in words_of(each)]
    if isinstance(node, list):
        return [text for each in node for text in words_of(each)]
    return [node] if isinstance(node, str) else []


ROWS = [{"label": "Rang out", "day": "Mon", "hour": "9 am", "calls": calls, "says": "x", "href": "/owner/calls",
         "seconds": 5.0, "share": 0.5, "low": 0.4, "high": 0.6, "before": 1} for calls in (0, 3)]  # fmt: skip
SPECS = (charts.reached(ROWS, ROWS), charts.heat(ROWS, ["Mon"], ["9 am"]), charts.bars(ROWS), charts.days(ROWS))


@pytest.mark.parametrize("spec", SPECS, ids=["reached", "heat", "bars", "days"])
def test_a_picture_that_leaves_the_page_has_its_colours_and_no_addresses(spec: charts.Spec) -> None:
    assert "/owner/calls" in words_of(spec)
    taken = charts.for_file(spec, "A heading", "What it shows. " * 20)
    assert not [text for text in words_of(taken) if text.startswith(("var(", "/owner"))]
    assert taken["title"]["text"] == "A heading"
    assert max(map(len, taken["title"]["subtitle"])) <= 95
    assert taken["width"] == charts.FILE_WIDTH
    assert spec["width"] == "container"  # the page's own is left as it was
    json.dumps(taken)


@pytest.mark.parametrize("most", [0, 1, 2, 3, 4, 5, 9, 40])
def test_more_missed_is_never_lighter_and_none_missed_is_always_the_lightest(most: int) -> None:
    rows = [{"day": "Mon", "hour": str(calls), "calls": calls} for calls in range(most + 1)]
    scale = charts.heat(rows, ["Mon"], [])["layer"][0]["encoding"]["fill"]["scale"]
    edges, shades = scale["domain"], scale["range"]
    assert len(shades) == len(edges) + 1
    assert edges[0] == 1
    assert shades[0] == "var(--heat-0)"
    assert shades == sorted(shades)
    assert edges == sorted(set(edges))


def test_the_colours_of_files_are_those_of_the_page() -> None:
    sheet = "".join((ROOT / "dashboard" / "static" / name).read_text() for name in ("look.css", "owner.css"))
    for name, colour in charts.LIGHT.items():
        first = re.search(rf"{name}: (#\w+);", sheet)
        assert first, name
        assert first[1] == colour, name

"""The pictures of the owner's page, as Vega-Lite descriptions. Pure: rows go in, a dictionary comes out.

A row is what its picture draws, with `says` (what a mark tells who points at it) and `href` (the calls behind it).
Colours are names of the page's own (`var(--chart-…)`), so dark mode and print need no second drawing; each is told
from its neighbours by lightness alone. `for_file` makes of one a picture that can leave the page.
"""

import copy
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

Row = Mapping[str, Any]
Spec = dict[str, Any]
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif"
FILE_FONT = "DejaVu Sans, Arial, sans-serif"
FILE_WIDTH, FILE_LINE = 640, 95  # pixels, letters
HEAT_STEPS = 5
LIGHT = {  # as in owner.css: the colours of a file, which is white wherever it ends up
    "--ink": "#1d2421", "--quiet": "#56605b", "--rule": "#d9d8d0", "--card": "#ffffff",
    "--chart-main": "#0b5a8a", "--chart-band": "#c4dcec", "--chart-before": "#8b918d",
    "--heat-0": "#f1f2ef", "--heat-1": "#cfe1f0", "--heat-2": "#93bfdf", "--heat-3": "#3f86b8", "--heat-4": "#0b4a75",
    "--on-heat-0": "#56605b", "--on-heat-1": "#1d2421", "--on-heat-2": "#1d2421", "--on-heat-3": "#ffffff",
    "--on-heat-4": "#ffffff",
}  # fmt: skip
# Waits run from a second to days: each step to the right is several times as long.
WAITS = (1, 3, 10, 30, 60, 300, 900, 3600, 4 * 3600, 24 * 3600, 7 * 24 * 3600, 28 * 24 * 3600)


def reached(rows: Sequence[Row], before: Sequence[Row]) -> Spec:
    """The share of callers who had reached a person after so many seconds (`seconds, share, low, high`; 0 to 1), with
    the band in which it would lie for nineteen of twenty such periods, and the period before in grey."""
    longest = max([60.0, *(float(row["seconds"]) for row in [*rows, *before])])
    shown = [wait for wait in WAITS if wait <= longest]
    x = {
        "field": "seconds", "type": "quantitative", "title": "after the call came in",
        "scale": {"type": "log", "domain": [1, longest], "clamp": True},
        "axis": {"values": shown, "labelExpr": _span_label(shown), "grid": False, "labelOverlap": "greedy"},
    }  # fmt: skip
    y = {
        "field": "share", "type": "quantitative", "title": None, "scale": {"domain": [0, 1]},
        "axis": {"format": ".0%", "tickCount": 5},
    }  # fmt: skip
    band = {
        "data": {"values": list(rows)},
        "mark": {"type": "area", "interpolate": "step-after", "fill": "var(--chart-band)", "opacity": 0.7},
        "encoding": {"x": x, "y": y | {"field": "low"}, "y2": {"field": "high"}},
    }
    then = {
        "data": {"values": list(before)},
        "mark": _line("var(--chart-before)", [5, 3]),
        "encoding": {"x": x, "y": y},
    }
    now = {"data": {"values": list(rows)}, "mark": _line("var(--chart-main)"), "encoding": {"x": x, "y": y}}
    points = {
        "data": {"values": list(rows)},
        "mark": {"type": "point", "filled": True, "size": 35, "fill": "var(--chart-main)"},
        "encoding": {"x": x, "y": y, **_told()},
    }
    return _whole([band, then, now, points], 230)


def heat(rows: Sequence[Row], days: Sequence[str], hours: Sequence[str]) -> Spec:
    """Missed calls by hour and weekday (`day, hour, calls`): lighter to darker, with the number in each field."""
    most = max([1, *(int(row["calls"]) for row in rows)])
    steps = sorted({1, *(-(-most * step // (HEAT_STEPS - 1)) for step in range(1, HEAT_STEPS - 1))})
    edges = [max(1, edge) for edge in steps]

    def scale(names: str) -> Spec:
        return {"type": "threshold", "domain": edges, "range": [f"var({names}{n})" for n in _levels(len(edges) + 1)]}

    x = {
        "field": "hour", "type": "ordinal", "sort": list(hours), "title": None,
        "axis": {"labelAngle": 0, "labelOverlap": "greedy", "labelSeparation": 8, "domain": False, "ticks": False,
                 "orient": "top"},
    }  # fmt: skip
    y = {
        "field": "day",
        "type": "ordinal",
        "sort": list(days),
        "title": None,
        "axis": {"domain": False, "ticks": False},
    }
    field = {"field": "calls", "type": "quantitative", "legend": None}
    fields = {
        "mark": {"type": "rect", "cornerRadius": 3, "stroke": "var(--card)", "strokeWidth": 2},
        "encoding": {"fill": field | {"scale": scale("--heat-")}, **_told()},
    }
    numbers = {
        "transform": [{"filter": "datum.calls > 0"}],
        "mark": {"type": "text", "fontSize": 11, "fontWeight": 600},
        "encoding": {"text": {"field": "calls"}, "fill": field | {"scale": scale("--on-heat-")}, **_told()},
    }  # fmt: skip
    drawn = _whole([fields, numbers], 30 * len(days)) | {"data": {"values": list(rows)}}
    return drawn | {"encoding": {"x": x, "y": y}, "resolve": {"scale": {"fill": "independent"}}}


def bars(rows: Sequence[Row]) -> Spec:
    """Calls by something that has a name (`label, calls`), in the order given, the number behind each bar."""
    order = [str(row["label"]) for row in rows]
    y = {
        "field": "label", "type": "nominal", "sort": order, "title": None,
        "axis": {"labelLimit": 240, "domain": False, "ticks": False, "labelPadding": 6},
    }  # fmt: skip
    most = max([1, *(int(row["calls"]) for row in rows)])
    # Room behind the longest bar, for its number.
    x = {"field": "calls", "type": "quantitative", "axis": None, "scale": {"domain": [0, most * 1.15]}}
    bar = {
        "mark": {"type": "bar", "fill": "var(--chart-main)", "cornerRadiusEnd": 3, "height": {"band": 0.65}},
        "encoding": {"x": x, "y": y, **_told()},
    }
    number = {
        "mark": {"type": "text", "align": "left", "dx": 5, "fill": "var(--ink)", "fontWeight": 600},
        "encoding": {"x": x, "y": y, "text": {"field": "calls"}, **_told()},
    }
    return _whole([bar, number], 28 * max(1, len(rows))) | {"data": {"values": list(rows)}}


def days(rows: Sequence[Row]) -> Spec:
    """Missed calls day by day (`day, calls`) as bars; a row with `before` has a grey stroke for the day it is set
    against."""
    order = [str(row["day"]) for row in rows]
    x = {
        "field": "day", "type": "ordinal", "sort": order, "title": None,
        "axis": {"labelAngle": 0, "labelOverlap": "greedy", "labelSeparation": 8, "labelBound": True, "ticks": False},
    }  # fmt: skip
    y = {"type": "quantitative", "title": None, "axis": {"tickMinStep": 1, "tickCount": 4}}
    bar = {
        "mark": {"type": "bar", "fill": "var(--chart-main)", "cornerRadiusEnd": 2, "width": {"band": 0.65}},
        "encoding": {"x": x, "y": y | {"field": "calls"}, **_told()},
    }
    then = {
        "mark": {"type": "tick", "stroke": "var(--chart-before)", "fill": "var(--chart-before)", "thickness": 3,
                 "width": {"band": 0.9}},
        "encoding": {"x": x, "y": y | {"field": "before"}, "tooltip": {"field": "says_before"},
                     "href": {"field": "href_before"}},
    }  # fmt: skip
    layers = [bar, then] if any("before" in row for row in rows) else [bar]
    return _whole(layers, 180) | {"data": {"values": list(rows)}}


def for_file(spec: Spec, title: str, lead: str) -> Spec:
    """The same as a file of its own: a fixed width, a heading and what is to be said with it, the light colours by
    value, and no addresses."""
    whole: Spec = _by_value(copy.deepcopy(spec))
    heading = {
        "text": title, "subtitle": textwrap.wrap(lead, FILE_LINE), "anchor": "start", "fontSize": 15, "offset": 12,
        "color": LIGHT["--ink"], "subtitleColor": LIGHT["--quiet"], "subtitleFontSize": 12,
    }  # fmt: skip
    config = whole["config"] | {"font": FILE_FONT}
    return whole | {
        "width": FILE_WIDTH, "title": heading, "background": "#ffffff", "padding": 16, "config": config
    }  # fmt: skip


def _whole(layers: list[Spec], height: int) -> Spec:
    axis = {
        "labelColor": "var(--quiet)", "titleColor": "var(--quiet)", "titleFontWeight": "normal", "labelFontSize": 12,
        "titleFontSize": 12, "gridColor": "var(--rule)", "domainColor": "var(--rule)", "tickColor": "var(--rule)",
    }  # fmt: skip
    return {
        "width": "container", "height": height, "background": None, "layer": layers,
        "autosize": {"type": "fit-x", "contains": "padding"},
        "config": {"aria": False, "font": FONT, "view": {"stroke": None}, "axis": axis, "text": {"fill": "var(--ink)"}},
    }  # fmt: skip


def _line(colour: str, dash: Sequence[int] = ()) -> Spec:
    return {"type": "line", "interpolate": "step-after", "stroke": colour, "strokeWidth": 2.5,
            "strokeDash": list(dash)}  # fmt: skip


def _told() -> Spec:
    return {"tooltip": {"field": "says"}, "href": {"field": "href"}}


def _levels(count: int) -> list[int]:
    """Which of the five shades are used when fewer are needed: none missed is always the lightest."""
    return [0, *range(HEAT_STEPS - count + 1, HEAT_STEPS)]


def _span_label(seconds: Sequence[int]) -> str:
    """A Vega expression that says each of these numbers of seconds as people do."""
    cases = "".join(f"datum.value === {each} ? '{_span(each)}' : " for each in seconds)
    return f"{cases}''"


def _span(seconds: int) -> str:
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def _by_value(node: Any) -> Any:
    if isinstance(node, dict):
        return {name: _by_value(each) for name, each in node.items() if name not in ("href", "tooltip")}
    if isinstance(node, list):
        return [_by_value(each) for each in node]
    if isinstance(node, str) and node.startswith("var("):
        return LIGHT[node[4:-1]]
    return node

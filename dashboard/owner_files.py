"""What the owner takes along: tables as CSV, pictures as PNG and SVG, raw calls; and the page's drawing script."""

import mimetypes

from flask import Blueprint, Response, abort, request, send_file
from flask.typing import ResponseReturnValue

from dashboard import charts, owner_page, raw_calls, tables
from dashboard.owner import only_owner
from voice import audit, clock, pictures
from voice.installation import installation

owner_files = Blueprint("owner_files", __name__, url_prefix="/owner")
KINDS = ("png", "svg")


@owner_files.get("/tables/<name>.csv")
def table(name: str) -> ResponseReturnValue:
    """A table of the page."""
    page = _page()
    found = page.tables.get(name) or abort(404)
    taken_along(f"{name}.csv")
    return tables.as_csv(f"{name}-{_days(page.asked)}", found.lines())


@owner_files.get("/pictures/<name>.<kind>")
def picture(name: str, kind: str) -> ResponseReturnValue:
    """A picture of the page; drawn once, then kept. 503 while the machine is too busy to draw."""
    page = _page()
    panel = page.pictures.get(name)
    if panel is None or panel.spec is None or kind not in KINDS:
        abort(404)
    described = charts.for_file(panel.spec, f"{panel.table.title} · {owner_page.title(page.asked)}", panel.lead)
    try:
        drawn = pictures.picture(installation().settings.home, described, kind)
    except pictures.NotDrawn:
        abort(503, "The picture could not be drawn just now. Try again in a minute; the table holds the same.")
    answer = Response(drawn, mimetype=mimetypes.types_map[f".{kind}"])
    if "shown" not in request.args:  # else it stands on the page, for a browser without scripts
        taken_along(f"{name}.{kind}")
        answer.headers["Content-Disposition"] = f'attachment; filename="{name}-{_days(page.asked)}.{kind}"'
    return answer


@owner_files.get("/raw.csv")
def raw_csv() -> ResponseReturnValue:
    """Every call of the period, as it is."""
    asked = _asked_raw("csv")
    return raw_calls.csv(installation().database, asked.range, f"calls-{_days(asked)}")


@owner_files.get("/raw.parquet")
def raw_parquet() -> ResponseReturnValue:
    """The same as Parquet."""
    if not raw_calls.has_parquet():
        abort(501, raw_calls.NO_PARQUET)
    asked = _asked_raw("parquet")
    return raw_calls.parquet(installation().database, asked.range, f"calls-{_days(asked)}")


@owner_files.get("/vega.js")
def library() -> ResponseReturnValue:
    """The script that draws pictures in the browser."""
    only_owner()
    try:
        file = pictures.library(installation().settings.home)
    except pictures.NotDrawn:
        abort(503)
    return send_file(file.absolute(), mimetype="text/javascript", conditional=True)


def taken_along(file: str) -> None:
    """Write down that the owner took a file out."""
    visit = only_owner()
    with installation().database.transaction() as session:
        audit.record(session, visit, "exported", file, clock.now())


def _page() -> owner_page.Page:
    only_owner()
    with installation().database.reading() as session:
        return owner_page.read(session, owner_page.asked(session, clock.now()))


def _asked_raw(kind: str) -> owner_page.Asked:
    only_owner()
    with installation().database.reading() as session:
        asked = owner_page.asked(session, clock.now())
    taken_along(f"calls.{kind}")
    return asked


def _days(asked: owner_page.Asked) -> str:
    return f"{asked.view.first}-to-{asked.view.last}"

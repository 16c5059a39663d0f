"""What the owner takes along: tables that hold what the page shows, calls as they are, pictures that open."""

import csv
import datetime as dt
import html
import io
import pathlib
import re
import struct
import xml.etree.ElementTree as ET
from collections.abc import Iterator

import pytest
from arro3 import io as arro3

from tests import figures_history
from tests.pages import Firm, Visitor, reads
from voice import clock, pictures
from voice.doors import AuditEntry
from voice.models import Call

TIMES = ("received_at", "talk_seconds")
pytestmark = pytest.mark.usefixtures("morning")


@pytest.fixture
def firm(history: pathlib.Path, tmp_path: pathlib.Path) -> Iterator[Firm]:
    made = figures_history.copy(history, tmp_path)
    with made.database.transaction() as session:
        made.call(session, None, sid="=HYPERLINK(1)", received_at=clock.now(), state="failed", outcome="callback")
    yield made
    made.close()


def rows(text: str) -> list[list[str]]:
    """A CSV file as a spreadsheet reads it."""
    assert text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(text[1:], newline="")))


def shown(page: str, name: str) -> list[list[str]]:
    """The rows of a table of the page, as a person reads them."""
    table = re.search(rf'<table id="table-{name}">.*?<tbody>(.*?)</tbody>', page, re.S)
    assert table
    found = []
    for row in re.findall(r"<tr>(.*?)</tr>", table[1], re.S):
        plain = re.sub(r"(?<=</summary>)<p>.*?</p>", "", row)
        found.append([reads(cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", plain, re.S)])
    return found


def taken_along(firm: Firm) -> list[str]:
    """What is written down to have been taken out."""
    with firm.database.reading() as session:
        rows = session.query(AuditEntry).filter_by(what="exported", who="Sam Field").order_by(AuditEntry.id)
        return [entry.object for entry in rows]


@pytest.mark.proves("F38")
def test_every_table_of_the_page_is_a_file_with_the_same_rows(firm: Firm) -> None:
    sam = firm.visitor("sam@example.com")
    page = sam.get("/owner").text
    names = re.findall(r'<table id="table-(\w+)">', page)
    assert len(names) == len(set(names)) == 8
    for name in names:
        answer = sam.get(f"/owner/tables/{name}.csv")
        assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}-2026-11-17-to-2026-11-23.csv"'
        taken = rows(answer.text)[1:]
        on_page = shown(page, name)
        assert [len(row) for row in taken] == [len(row) for row in on_page], name
        for mine, theirs in zip(taken, on_page, strict=True):
            counts = [(have, said) for have, said in zip(mine, theirs, strict=True) if said.isdecimal()]
            assert all(have == said for have, said in counts), name
        assert taken, name
    for name in ("none", "calls%0d%0aX-Evil:%201", "..%2f..%2fetc%2fpasswd", "a%22b"):
        assert sam.get(f"/owner/tables/{name}.csv").status_code == 404
    assert taken_along(firm) == [f"{name}.csv" for name in names]


@pytest.mark.proves("F22")
def test_every_call_of_the_days_is_in_the_file_once_as_it_is_and_none_is_a_formula(
    firm: Firm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboard.raw_calls.AT_ONCE", 7)  # several lots, and the last one not full
    sam = firm.visitor("sam@example.com")
    answer = sam.get("/owner/raw.csv?days=28")
    heading, *taken = rows(answer.text)
    with firm.database.reading() as session:
        calls = {call.sid: call for call in session.query(Call).all()}
    assert len(taken) == len(calls) > 80
    told = [dict(zip(heading, row, strict=True)) for row in taken]
    assert {row["sid"].removeprefix("'") for row in told} == set(calls)
    assert [row["sid"] for row in told if "HYPERLINK" in row["sid"]] == ["'=HYPERLINK(1)"]
    for row in told:
        call = calls[row["sid"].removeprefix("'")]
        assert row["received_at"] == f"{call.received_at:%Y-%m-%dT%H:%M:%SZ}"
        assert (row["line"], row["caller"] or None, row["outcome"]) == (call.line, call.caller, call.outcome)
    assert taken_along(firm) == ["calls.csv"]


@pytest.mark.parametrize("lot", [7, 2000])
def test_parquet_holds_the_same_calls_with_times_as_times(
    firm: Firm, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, lot: int
) -> None:
    monkeypatch.setattr("dashboard.raw_calls.AT_ONCE", lot)
    sam = firm.visitor("sam@example.com")
    (tmp_path / "calls.parquet").write_bytes(sam.get("/owner/raw.parquet?days=28").data)
    table = arro3.read_parquet(tmp_path / "calls.parquet").read_all()
    heading, *taken = rows(sam.get("/owner/raw.csv?days=28").text)
    assert table.column_names == heading
    received, talked = ([column[row].as_py() for row in range(len(taken))] for column in map(table.column, TIMES))
    assert [f"{moment:%Y-%m-%dT%H:%M:%SZ}" for moment in received] == [row[1] for row in taken]
    assert received[0].utcoffset() == dt.timedelta()
    assert sum(talked) == sum(int(row[11]) for row in taken)


def test_days_without_a_call_make_a_file_with_its_heading_alone(firm: Firm, tmp_path: pathlib.Path) -> None:
    sam = firm.visitor("sam@example.com")
    asked = "days=own&from=2026-01-01&to=2026-01-02"
    assert len(rows(sam.get(f"/owner/raw.csv?{asked}").text)) == 1
    (tmp_path / "none.parquet").write_bytes(sam.get(f"/owner/raw.parquet?{asked}").data)
    assert arro3.read_parquet(tmp_path / "none.parquet").read_all().num_rows == 0


def test_without_the_package_the_page_says_which_and_csv_stays(firm: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dashboard.raw_calls.has_parquet", lambda: False)
    sam = firm.visitor("sam@example.com")
    assert "pip install" in sam.get("/owner").text
    refused = sam.get("/owner/raw.parquet")
    assert refused.status_code == 501
    assert "ringback[parquet]" in html.unescape(refused.text)


def test_a_list_is_taken_along_whole(firm: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dashboard.owner_calls.LOT", 10)
    sam = firm.visitor("sam@example.com")
    page = sam.get("/owner/calls?figure=offered&days=28").text
    total = re.search(r'id="total">(\d+)', page)
    assert total
    heading, *taken = rows(sam.get("/owner/calls/list.csv?figure=offered&days=28").text)
    assert len(taken) == int(total[1]) > 50
    assert len({(row[0], row[1], row[2]) for row in taken}) == len(taken)
    assert heading[:3] == ["time", "caller", "name"]


def test_pictures_are_png_and_svg_without_an_address_and_drawn_once(
    firm: Firm, monkeypatch: pytest.MonkeyPatch
) -> None:
    sam = firm.visitor("sam@example.com")
    png = sam.get("/owner/pictures/hours.png")
    width, height = struct.unpack(">II", png.data[16:24])
    assert png.data.startswith(b"\x89PNG")
    assert width > 1000
    assert height > 300
    svg = sam.get("/owner/pictures/reached.svg")
    root = ET.fromstring(svg.data)  # noqa: S314  we drew it
    assert root.tag.endswith("svg")
    assert "var(" not in svg.text
    assert "/owner" not in svg.text
    assert "Who had reached a person" in svg.text
    monkeypatch.setattr(pictures, "_drawn", lambda *_: pytest.fail("drawn again"))
    assert sam.get("/owner/pictures/hours.png").data == png.data
    assert sam.get("/owner/pictures/hours.gif").status_code == 404
    assert sam.get("/owner/pictures/staff.png").status_code == 404
    assert sam.get("/owner/pictures/hours.png?shown").status_code == 200  # as the page itself shows it
    assert taken_along(firm) == ["hours.png", "reached.svg", "hours.png"]


def test_a_machine_too_busy_to_draw_says_so(firm: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "SECONDS", 0.01)
    sam = firm.visitor("sam@example.com")
    refused = sam.get("/owner/pictures/days.svg")
    assert refused.status_code == 503
    assert "the table holds the same" in refused.text
    assert sam.get("/owner/vega.js").status_code == 503
    assert sam.get("/owner").status_code == 200


def test_only_so_many_pictures_are_kept(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "KEPT", 3)
    monkeypatch.setattr(pictures, "_drawn", lambda kind, text: f"{kind} {text}".encode())
    for number in range(6):
        assert pictures.picture(tmp_path, {"data": number}, "svg") == f'svg {{"data": {number}}}'.encode()
    assert len(list((tmp_path / "cache" / "pictures").iterdir())) == 3


@pytest.fixture
def sam(firm: Firm) -> Visitor:
    """The owner of the firm with a history."""
    return firm.visitor("sam@example.com")


def test_the_drawing_script_is_kept_by_browsers_and_made_once(sam: Visitor) -> None:
    address = re.search(r'data-library="([^"]+)"', sam.get("/owner").text)
    assert address
    answer = sam.get(address[1])
    assert answer.mimetype == "text/javascript"
    assert "immutable" in answer.headers["Cache-Control"]
    assert b"vegaEmbed" in answer.data

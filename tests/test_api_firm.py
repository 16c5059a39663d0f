"""Lines, staff, contacts and figures as a program reads and changes them."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine

from tests.program import JANE, MAIN, OTHER, Program
from voice import clock
from voice.db import Database
from voice.firm import Business, StaffMember
from voice.models import Callback

pytest_plugins = ["tests.interface"]

AddRow = Callable[..., str]


def version(database: Database) -> int:
    with database.reading() as session:
        return session.scalars(sa.select(Business.version)).one()


@pytest.mark.proves("01-2.18")
def test_lines_are_told_in_the_order_of_the_file_with_their_staff(program: Program) -> None:
    status, page = program.get("/lines")
    assert (status, page["next"]) == (200, None)
    assert [(line["number"], line["staff"]) for line in page["items"]] == [(MAIN, ["sam", "alex"]), (OTHER, ["alex"])]
    assert page["items"][0]["hours"] == {"tue": "09:00-17:30", "wed": "09:00-17:30"}
    assert program.get(f"/lines/{OTHER}") == (200, page["items"][1])
    assert program.get("/lines/+12125550999")[0] == 404


@pytest.mark.proves("01-2.18")
def test_short_lists_have_pages_too(program: Program) -> None:
    _, first = program.get("/staff", limit=1)
    _, second = program.get("/staff", limit=1, cursor=first["next"])
    assert [member["id"] for member in first["items"] + second["items"]] == ["alex", "sam"]
    assert second["next"] is None
    assert program.get("/staff/sam")[1] == second["items"][0]
    assert program.get("/staff/nobody")[0] == 404


@pytest.mark.proves("01-2.18")
def test_somebody_who_goes_away_is_away_for_the_roster_too(program: Program, acme: Database) -> None:
    before = version(acme)
    status, told = program.patch("/staff/sam", availability="away")
    assert (status, told["availability"]) == (200, "away")
    assert version(acme) > before
    with acme.reading() as session:
        assert session.get_one(StaffMember, "sam").availability == "away"
    before = version(acme)
    assert program.patch("/staff/sam", availability="away")[0] == 200
    assert version(acme) == before
    assert program.patch("/staff/sam", availability="asleep")[0] == 400
    assert program.patch("/staff/sam")[0] == 400
    assert program.patch("/staff/nobody", availability="on")[0] == 404


@pytest.mark.proves("01-2.18")
def test_a_caller_is_blocked_named_and_freed_also_one_we_never_heard_of(
    program: Program, acme: Database, add_callback: AddRow
) -> None:
    assert program.get(f"/contacts/{JANE}")[0] == 404
    callback, before = add_callback(), version(acme)
    status, jane = program.patch(f"/contacts/{JANE}", blocked=True)
    assert (status, jane["number"], jane["name"], jane["blocked"]) == (200, JANE, None, True)
    with acme.reading() as session:
        assert session.get_one(Callback, callback).closed_reason == "blocked"
    assert version(acme) > before
    assert program.patch(f"/contacts/{JANE}", name=" Jane Doe ")[1]["name"] == "Jane Doe"
    free = program.patch(f"/contacts/{JANE}", blocked=False)[1]
    assert (free["name"], free["blocked"]) == ("Jane Doe", False)
    assert program.patch(f"/contacts/{JANE}", name=None)[1]["name"] is None
    now_known = program.get(f"/contacts/{JANE}")[1]
    assert (now_known["name"], now_known["blocked"]) == (None, False)


@pytest.mark.proves("01-2.18")
def test_what_staff_say_of_a_caller_is_read_and_changed_too(program: Program) -> None:
    told = program.patch(
        f"/contacts/{JANE}", vip=True, do_not_text=True, language="es", tags=["regular", "Regular", "boiler"],
        add_note="Side door.\nMornings.",
    )[1]  # fmt: skip
    assert (told["vip"], told["do_not_text"], told["language"]) == (True, True, "es")
    assert told["tags"] == ["boiler", "regular"]
    assert [note["note"] for note in told["notes"]] == ["Side door.\nMornings."]
    assert program.patch(f"/contacts/{JANE}", vip=False, language=None, tags=[])[1] == told | {
        "vip": False,
        "language": None,
        "tags": [],
    }


ODD_CONTACTS: list[dict[str, Any]] = [
    {"blocked": "yes"},
    {"name": 5},
    {"name": "x" * 201},
    {"note": "rude"},
    {"vip": 1},
    {"language": "xx"},
    {"tags": "a"},
    {"tags": ["x" * 31]},
    {"add_note": None},
    {"add_note": "x" * 2001},
]


def test_a_contact_takes_nothing_else(program: Program) -> None:
    for body in ODD_CONTACTS:
        assert program.patch(f"/contacts/{JANE}", **body)[0] == 400, body
        assert program.patch("/contacts/jane", **body)[0] == 404


@pytest.mark.proves("01-2.18")
def test_stats_are_the_counts_of_the_window_and_line(program: Program, add_call: AddRow) -> None:
    add_call(10)
    add_call(20, line=OTHER, outcome="callback", state="unanswered", cause="rang_out")
    status, told = program.get("/stats")
    assert status == 200
    assert told["calls"] == told["talked"] + told["callback"] + told["blocked"] + told["pending"] == 2
    assert program.get("/stats", line=OTHER)[1]["missed"] == 1
    assert program.get("/stats", until="2026-11-24T16:45:00Z")[1]["talked"] == 0


def test_away_until_a_time_and_a_phone_for_today_are_told_taken_and_taken_back(program: Program) -> None:
    _, sam = program.get("/staff/sam")
    assert (sam["on_now"], sam["away_until"], sam["phone_today"]) == (True, None, None)
    until = "2026-11-24T19:00:00Z"
    status, told = program.patch("/staff/sam", away_until=until, phone_today="+12125550155")
    assert (status, told["availability"], told["away_until"], told["on_now"]) == (200, "away", until, False)
    assert (told["phone_today"], told["phone_until"]) == ("+12125550155", "2026-11-25T05:00:00Z")
    assert program.post("/staff/alex/undo")[1]["kind"] == "too_late", "it was said of somebody else"
    assert program.post("/staff/sam/undo") == (200, sam)
    assert program.post("/staff/sam/undo")[0] == 409
    program.patch("/staff/sam", away_until=until)
    assert program.patch("/staff/sam", availability="on", away_until=None, phone_today=None)[1] == sam
    program.patch("/staff/sam", availability="off")
    with time_machine.travel(clock.now() + dt.timedelta(seconds=13), tick=False):
        assert program.post("/staff/sam/undo")[0] == 409
    assert program.post("/staff/sam/undo") == (200, sam)
    for wrong in (
        {"away_until": "soon"},
        {"away_until": "2026-11-24T16:00:00Z"},
        {"phone_today": "911"},
        {"phone": ""},
    ):
        assert program.patch("/staff/sam", **wrong)[0] == 400
    assert program.patch("/staff/sam", availability="on", away_until=until)[0] == 400


def test_shifts_a_clock_and_days_off_are_set_as_on_the_page(program: Program) -> None:
    shifts = {"tue": "09:00-12:00", "wed": "13:00-17:00"}
    status, told = program.patch(
        "/staff/sam", shifts=shifts | {"mon": ""}, time_zone="Europe/London", days_off=["2026-12-25", "2026-12-24"]
    )
    assert (status, told["shifts"], told["time_zone"]) == (200, shifts, "Europe/London")
    assert (told["days_off"], told["on_now"]) == (["2026-12-24", "2026-12-25"], False)
    _, back = program.patch("/staff/sam", shifts=None, time_zone="", days_off=[])
    assert (back["shifts"], back["time_zone"], back["days_off"], back["on_now"]) == (None, "", [], True)
    for wrong, name in (
        ({"shifts": {"mon": "9-5"}}, "shifts: Monday"),
        ({"shifts": {"someday": "09:00-17:00"}}, 'shifts: "someday"'),
        ({"shifts": {"mon": 9}}, "shifts:"),
        ({"shifts": []}, "shifts:"),
        ({"time_zone": "Mars/Olympus"}, "time_zone:"),
        ({"time_zone": None}, "time_zone:"),
        ({"days_off": ["soon"]}, "days_off:"),
        ({"days_off": "2026-12-24"}, "days_off:"),
    ):
        status, problem = program.patch("/staff/sam", **wrong)
        assert (status, problem["detail"].startswith(name)) == (400, True), problem

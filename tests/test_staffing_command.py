"""`ringback staffing`: the same figures at a terminal, and for a program."""

import json

import pytest

from voice import cli

ASKED = ["staffing", "--calls-per-hour", "10", "--talk-seconds", "180", "--patience-seconds", "40"]


def test_what_two_people_make_of_ten_calls_an_hour(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([*ASKED, "--staff", "2", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["p_wait"] == pytest.approx(0.08261, abs=1e-5)
    assert told["p_abandon"] == pytest.approx(0.05798, abs=1e-5)
    assert told["mean_wait_seconds"] == pytest.approx(2.319, abs=1e-3)
    assert told["busy"] == pytest.approx(0.5 * (1 - 0.05798) / 2, abs=1e-5)
    assert cli.main([*ASKED, "--staff", "2"]) == 0
    out = capsys.readouterr().out
    assert "callers who give up       5.8%" in out
    assert "needed" not in out


def test_how_many_an_aim_takes(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([*ASKED, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["staff"] == 2
    assert told["answered_within"] >= 0.9
    assert cli.main([*ASKED, "--aim", "0.99", "--within", "10"]) == 0
    assert capsys.readouterr().out.startswith("4 needed for 0.99 of callers to reach somebody within 10 s.\n")


def test_a_queue_without_end_is_said_and_is_json(capsys: pytest.CaptureFixture[str]) -> None:
    endless = ["staffing", "--calls-per-hour", "30", "--talk-seconds", "180", "--staff", "1"]
    assert cli.main([*endless, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["mean_wait_seconds"] is None
    assert cli.main(endless) == 0
    assert "without end" in capsys.readouterr().out


@pytest.mark.parametrize(
    "wrong",
    [
        ["--calls-per-hour", "0"], ["--calls-per-hour", "many"], ["--talk-seconds", "-1"], ["--talk-seconds", "nan"],
        ["--patience-seconds", "inf"], ["--staff", "1.5"], ["--staff", "-1"], ["--aim", "1"], ["--within", "-1"],
    ],
)  # fmt: skip
def test_figures_that_make_no_sense_end_with_2(wrong: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([*ASKED, *wrong]) == 2
    assert wrong[0] in capsys.readouterr().err


def test_three_figures_are_needed(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["staffing", "--calls-per-hour", "10"]) == 2
    assert "--talk-seconds" in capsys.readouterr().err

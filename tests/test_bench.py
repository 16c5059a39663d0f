"""The scripts that print the first call's figures still run, and print what they name."""

import contextlib
import json
import re
import sys

import pytest

from bench import list as callback_list
from bench import start, webhook
from tests.postgres import PostgresServer
from voice import migrate

CALL_ID = re.compile(r"[0-9a-f]{32}|[0-9a-f-]{36}")


@pytest.mark.proves("01-7.1")
def test_what_the_webhook_bears_is_printed_for_both_databases_beside_a_bare_route(
    postgres_server: PostgresServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made: list[str] = []

    class Server:
        """The run's own, with tables already: to start another one takes longer than the rest."""

        def create_database(self) -> str:
            made.append(postgres_server.create_database(postgres_server.template("ringback", migrate.upgrade)))
            return made[-1]

    seen: webhook.Seen = {}
    summary = webhook.summary

    def kept(found: webhook.Seen) -> list[dict[str, object]]:
        seen.update(found)
        return summary(found)

    monkeypatch.setattr(webhook, "summary", kept)
    monkeypatch.setattr(webhook, "running_postgres", lambda: contextlib.nullcontext(Server()))
    monkeypatch.setattr(sys, "argv", ["bench", "--workers", "1", "--seconds", "0.05", "--repeats", "1", "--json"])
    try:
        webhook.main()
    finally:
        for url in made:
            postgres_server.drop_database(url)
    rows = json.loads(capsys.readouterr().out)["rows"]
    assert [(row["name"], row["workers"]) for row in rows] == [("bare", 1), ("sqlite", 1), ("postgres", 1)]
    for row in rows:
        assert row["wrong"] == 0
        assert min(row["calls_per_second"], row["to_bare"], row["p50_ms"], row["p99_ms"]) > 0
    bare, theirs = seen["bare", 1][0].body, seen["postgres", 1][0].body
    assert CALL_ID.sub("", bare) == CALL_ID.sub("", theirs), "the yardstick returns the webhook's own bytes"
    assert len(bare) == len(theirs)


@pytest.mark.proves("02-1.9")
def test_the_list_with_many_people_is_held_to_what_it_costs_with_few(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made_here = {"sqlite": lambda _: sqlite_url}
    monkeypatch.setattr(callback_list, "databases", lambda: contextlib.nullcontext(made_here))
    monkeypatch.setattr(sys, "argv", ["bench", "--open", "40", "--closed", "5", "--repeats", "2", "--json"])
    callback_list.main()
    figures = json.loads(capsys.readouterr().out)["sqlite"]
    times = {name: figures[name]["times_10_open"] for name in callback_list.WITH_FEW}
    assert times == {
        name: round(figures[name]["wall_p50_ms"] / figures[f"10 open: {name}"]["wall_p50_ms"], 2) for name in times
    }
    assert figures["150 rows"]["kB"] > figures["10 open: first page"]["kB"]
    good = {name: {"wall_p50_ms": 5.0, "first_load_kB": 40.0, "times_10_open": 2.6} for name in times}
    assert callback_list.holds(good)
    for name in times:
        assert not callback_list.holds(good | {name: good[name] | {"times_10_open": 4.1}})


@pytest.mark.proves("01-1.1")
@pytest.mark.parametrize(("first", "second", "status"), [(59.9, 4.9, 0), (60.1, 4.9, 1), (59.9, 5.1, 1)])
def test_a_start_that_takes_longer_than_it_may_fails_its_bench(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], first: float, second: float, status: int
) -> None:
    took = iter((first, second))
    told = {"cpu_seconds": 30.0, "environment_MB": 300.0, "data_MB": 2.0}
    monkeypatch.setattr(start, "start", lambda folder: {"seconds": next(took), **told})
    monkeypatch.setattr("bench.start.subprocess.run", lambda *_, **__: None)
    monkeypatch.setattr(sys, "argv", ["bench"])
    with pytest.raises(SystemExit) as ended:
        start.main()
    assert ended.value.code == status
    assert f"seconds {first}  cpu_seconds 30.0  environment_MB 300.0" in capsys.readouterr().out

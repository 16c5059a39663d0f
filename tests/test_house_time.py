"""Who may read the time, and how a test sees that somebody does."""

import pytest

from tests.source import ROOT, Module, modules, within

READS_TIME = {
    *(f"datetime.datetime.{name}" for name in ("now", "utcnow", "today")),
    "datetime.date.today",
    *(f"time.{name}" for name in ("time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "sleep")),
    *(f"time.{name}" for name in ("localtime", "gmtime")),
    *(f"sqlalchemy.{name}" for name in ("func.now", "func.current_timestamp", "func.localtimestamp")),
}


def test_only_the_clock_reads_time() -> None:
    wrong = [
        f"{module.path.relative_to(ROOT)}:{line} {name}"
        for module in modules("voice", "dashboard")
        if not within(module.name, "voice.clock", "voice.simulator")
        for name, line in module.calls()
        if name in READS_TIME
    ]
    assert not wrong, "Time comes from voice.clock, so that a test can live through a whole day.\n" + "\n".join(wrong)


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("import datetime as dt\ndt.datetime.now()", {"datetime.datetime.now"}),
        ("from time import monotonic as m\nm()", {"time.monotonic"}),
        ("import sqlalchemy as sa\nsa.func.now()", {"sqlalchemy.func.now"}),
        ("from voice import clock\nclock.now()", set()),
    ],
    ids=["alias", "function", "database", "clock"],
)
def test_the_check_sees_time_being_read(text: str, seen: set[str], tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("read") / "module.py"
    path.write_text(text)
    assert {name for name, _ in Module("module", path).calls()} & READS_TIME == seen

"""What may change under a running installation without harm: its secret key, its zone, the length of its days."""

import datetime as dt
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard import add_dashboard
from tests.conftest import MakeWorld, make_settings
from tests.firm import OFFICE
from tests.pages import Firm
from voice.app import create_app
from voice.rules import evidence
from voice.simulator import scripts

NEW_YEAR = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


@pytest.mark.proves("E19")
@pytest.mark.lived_on("sqlite")
def test_with_another_secret_key_one_stays_signed_in_or_signs_in_again(storage_url: str, tmp_path: Path) -> None:
    firm = Firm(storage_url, tmp_path)
    sam, callback = firm.visitor("sam@example.com"), firm.callback()
    token = sam.token("/")
    other = create_app(make_settings(storage_url, tmp_path, SECRET_KEY="n" * 64, PUBLIC_URL=sam.origin), firm.database)
    add_dashboard(other)
    client = other.test_client()
    client.set_cookie("ringback-session", str(sam.cookie("session")))
    seen = client.get("/", base_url=sam.origin).status_code
    pressed = client.post(f"/callbacks/{callback}/claim", data={"csrf_token": token}, base_url=sam.origin).status_code
    assert (seen, pressed) in {(200, 303), (200, 400), (303, 303), (303, 400)}
    firm.close()


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The machine keeps a zone of its own, where it is tomorrow already."""
    monkeypatch.setenv("TZ", "Pacific/Chatham")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.proves("E15")
@pytest.mark.lived_on("sqlite")
@pytest.mark.usefixtures("elsewhere")
def test_the_machine_s_own_zone_changes_nothing(make_world: MakeWorld) -> None:
    assert time.localtime(0).tm_gmtoff != 0
    world = make_world(start=dt.datetime(2026, 11, 23, 21, 50, tzinfo=dt.UTC), hours=OFFICE)  # 16:50 in New York
    world.staff("sam", scripts.Off())
    world.staff("alex", scripts.Off())
    leg = world.rings(patience=60)
    world.advance(90)
    assert "by nine twenty-five tomorrow." in world.caller().said_to_it()
    [callback] = world.callbacks()
    assert callback.promised_by == dt.datetime(2026, 11, 24, 14, 25, tzinfo=dt.UTC)
    ended = world.call(leg).ended_at
    assert ended is not None
    assert leg.ended_at is not None
    assert abs((ended - leg.ended_at).total_seconds()) < 2


moments = st.integers(0, 63_000_000).map(lambda second: NEW_YEAR + dt.timedelta(seconds=second))


@pytest.mark.proves("R7")
@given(moments, st.integers(0, 9 * 86_400), st.floats(0, 1, exclude_max=True))
def test_every_call_of_a_window_lies_in_its_days_and_is_counted_on_one(
    now: dt.datetime, behind: int, place: float
) -> None:
    watermark = now - dt.timedelta(seconds=behind)
    window = evidence.next_window(now, now - dt.timedelta(days=30), watermark, now, now)
    first, last = window.days
    at = window.since + (window.until - window.since) * place
    assert window.since <= min(watermark, now - evidence.ROLLING)
    assert first <= window.since < window.until <= last
    assert (first.time(), last.time()) == (dt.time(), dt.time())
    for ours in ({"CA1": at}, {"CA1": min(at + dt.timedelta(seconds=1), now)}):
        days = list(evidence.days({"CA1": at}, ours, first, last))
        assert [(day.carrier, day.ours) for day in days if day.carrier or day.ours] == [(1, 1)]
        assert [day.day for day in days] == sorted({day.day for day in days})

"""Staff whose page is closed are woken: those who asked for it, with no more than they asked for, and nobody else."""

import datetime as dt
import pathlib
import re
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from tests import push_service
from tests.conftest import MakeWorld, make_settings
from tests.pages import PASSWORD, Firm
from tests.push_service import Browser, PushService, b64
from tests.world import World
from voice import accounts, claims, contacts, push_key, pushing
from voice.devices import Device
from voice.ledger import Outbox
from voice.models import Callback
from voice.rules import push_services
from voice.settings import Settings
from voice.work.worker import SWEEP_EVERY

CALLER = "+12125550177"


@pytest.fixture
def service() -> Iterator[PushService]:
    with push_service.running() as made:
        yield made


@pytest.fixture
def settings(storage_url: str, tmp_path: pathlib.Path, service: PushService) -> Settings:
    """An installation that may post to our push service."""
    return make_settings(storage_url, tmp_path, PUSH_SERVICES=service.host)


def has(world: World, service: PushService, staff_id: str, names: bool = False) -> Browser:
    """A browser in which a staff member asked to be woken."""
    browser = Browser(service, f"{staff_id}-{names}")
    with world.database.transaction() as session:
        email = f"{staff_id}@example.com"
        user = accounts.find_user(session, email) or accounts.add_user(session, email, staff_id, "staff", "x", staff_id)
        visit = accounts.Visit(
            "s", "c", world.now, user.id, user.name, email, "staff", staff_id, world.now, lines=None, must_enrol=False
        )
        pushing.register(session, visit, browser.endpoint, browser.p256dh, browser.auth, names, world.now)
    return browser


def misses(world: World) -> Callback:
    """Somebody rings and hangs up; what they are owed."""
    leg = world.rings(CALLER, patience=3)
    world.advance(6)
    assert world.call(leg).callback_id
    return world.callbacks()[0]


@pytest.mark.proves("02-1.4")
def test_a_missed_caller_wakes_those_on_shift_without_a_name_unless_they_chose_names(
    world: World, service: PushService
) -> None:
    sam, alex, kim = has(world, service, "sam"), has(world, service, "alex", names=True), has(world, service, "kim")
    with world.database.transaction() as session:
        contacts.remember(session, CALLER, name="Jane Doe")
    callback = misses(world)
    told = {"kind": "new", "callback": callback.id, "by": callback.due_at.isoformat()}
    assert sam.shown == [told | {"who": None}]
    assert alex.shown == [told | {"who": "Jane Doe"}]
    assert kim.shown == []  # answers no line
    claims_ = service.signed_by(push_key.public(world.settings.key()))
    assert claims_["sub"] == world.settings.public_url
    headers = service.taken[0][1]
    assert (headers["Content-Encoding"], headers["Urgency"], headers["Topic"]) == ("aes128gcm", "high", callback.id)


def test_a_promise_near_its_time_that_nobody_has_is_told_once_more_and_one_in_hand_is_not(
    make_world: MakeWorld, service: PushService
) -> None:
    world = make_world(promise_minutes=15)
    world.rest = SWEEP_EVERY  # to the second
    sam = has(world, service, "sam")
    callback = misses(world)
    world.advance((callback.due_at - world.now).total_seconds() - 290)
    assert [told["kind"] for told in sam.shown] == ["new", "due"]
    world.advance(60)
    assert len(sam.shown) == 2


def test_one_that_somebody_has_in_hand_by_then_wakes_nobody(make_world: MakeWorld, service: PushService) -> None:
    world = make_world(promise_minutes=15)
    sam = has(world, service, "sam")
    callback = misses(world)
    with world.database.transaction() as session:
        row = session.get_one(Callback, callback.id)
        claims.claim(session, row, "alex", world.now)
        row.lease_until = row.due_at + dt.timedelta(hours=1)
    world.advance((callback.due_at - world.now).total_seconds())
    assert [told["kind"] for told in sam.shown] == ["new"]


def test_who_is_handed_a_callback_is_told_and_nobody_else(world: World, service: PushService) -> None:
    sam, alex = has(world, service, "sam"), has(world, service, "alex")
    callback = misses(world)
    with world.database.transaction() as session:
        pushing.wake(session, session.get_one(Callback, callback.id), "handed", world.now, staff_id="alex")
    world.advance(2)
    assert [told["kind"] for told in alex.shown] == ["new", "handed"]
    assert [told["kind"] for told in sam.shown] == ["new"]


@pytest.mark.parametrize("status", [404, 410])
def test_a_browser_its_service_has_forgotten_we_forget_too(world: World, service: PushService, status: int) -> None:
    has(world, service, "sam")
    service.status = status
    misses(world)
    with world.database.reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Device)) == 0
    world.advance(60)
    assert service.asked == 1


@pytest.mark.parametrize("status", [302, 429, 500])
def test_a_service_that_fails_is_asked_again_and_sends_us_nowhere(
    world: World, service: PushService, status: int
) -> None:
    sam = has(world, service, "sam")
    service.status = status
    misses(world)
    assert sam.shown == []
    service.status = 201
    world.advance(30)
    assert [told["kind"] for told in sam.shown] == ["new"]


def test_nobody_is_woken_for_an_old_story(world: World, service: PushService) -> None:
    sam = has(world, service, "sam")
    service.status = 503
    callback = misses(world)
    with world.database.transaction() as session:
        session.execute(sa.update(Outbox).where(Outbox.job == "push").values(tries=1, due_at=world.now))
        row = session.get_one(Callback, callback.id)
        row.due_at = world.now + dt.timedelta(hours=5)
    world.advance(31 * 60)
    service.status = 201
    world.advance(20 * 60)
    assert sam.shown == []


def test_without_such_browsers_a_missed_call_costs_no_job(world: World) -> None:
    misses(world)
    with world.database.reading() as session:
        assert session.scalar(sa.select(sa.func.count()).where(Outbox.job == "wake")) == 0


@pytest.mark.proves("F23")
@pytest.mark.parametrize(
    "endpoint",
    [
        "https://169.254.169.254/latest/meta-data", "https://127.0.0.1/", "http://127.0.0.1:6379/", "https://localhost/x",
        "https://[::1]/", "https://10.0.0.8/hook", "https://metadata.google.internal/", "https://example.com/x",
        "http://fcm.googleapis.com/fcm/send/x", "https://fcm.googleapis.com:8443/x",
        "https://fcm.googleapis.com.evil.example/x",
        "https://fcm.googleapis.com@evil.example/x", "https://evilpush.apple.com.example/x", "https://xpush.apple.com/",
        "https://fcm.googleapis.com/\r\nHost: evil.example", "file:///etc/passwd", "", "https://",
        "https://[", "x" * 2000,
    ],
)  # fmt: skip
def test_we_post_to_push_services_only(endpoint: str) -> None:
    assert push_services.refusal(endpoint, more=["push.example.com"]) is not None


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://fcm.googleapis.com/fcm/send/dGVzdA:APA91b", "https://updates.push.services.mozilla.com/wpush/v2/gAAA",
        "https://web.push.apple.com/QGuQyavXutnMH", "https://wns2-by3p.notify.windows.com/w/?token=BQYAAA",
        "https://push.example.com/x", "http://127.0.0.1:9999/send/x",
    ],
)  # fmt: skip
def test_the_browsers_own_services_and_the_owners_are_known(endpoint: str) -> None:
    assert push_services.refusal(endpoint, more=["push.example.com", "127.0.0.1:9999"]) is None


def test_the_key_belongs_to_the_installation(tmp_path: pathlib.Path, storage_url: str) -> None:
    assert push_key.public("k" * 64) == push_key.public("k" * 64) != push_key.public("l" * 64)
    page = Firm(storage_url, tmp_path).visitor("sam@example.com").get("/").text
    assert f'data-key="{push_key.public("k" * 64)}"' in page


def test_a_page_registers_its_browser_and_signing_out_ends_it(
    tmp_path: pathlib.Path, storage_url: str, service: PushService
) -> None:
    acme = Firm(storage_url, tmp_path)
    sam, browser = acme.visitor("sam@example.com"), Browser(service, "sam")
    good = {"endpoint": "https://fcm.googleapis.com/fcm/send/sam", "p256dh": browser.p256dh, "auth": browser.auth}

    def devices() -> list[tuple[str, bool]]:
        with acme.database.reading() as session:
            return [(device.endpoint, device.names) for device in session.scalars(sa.select(Device))]

    for wrong in (
        {"endpoint": "https://10.0.0.8/hook"},
        {"p256dh": b64(bytes(65))},
        {"p256dh": "!"},
        {"auth": b64(bytes(3))},
        {"auth": ""},
    ):
        assert sam.press("/devices", **(good | wrong)).status_code == 400
    assert devices() == []
    assert sam.press("/devices", **good).status_code == 204
    assert sam.press("/devices", **good, names="1").status_code == 204
    assert devices() == [(good["endpoint"], True)]
    sam.press("/devices/forget", endpoint=good["endpoint"])
    assert devices() == []
    sam.press("/devices", **good)
    for number in range(pushing.MOST):
        sam.press("/devices", **(good | {"endpoint": f"{good['endpoint']}{number}"}))
    assert len(devices()) == pushing.MOST
    phone = acme.visitor("sam@example.com")
    phone.press("/devices", **(good | {"endpoint": f"{good['endpoint']}-phone"}))
    (end,) = re.findall(r'action="(/account/sessions/\w{64}/end)"', sam.get("/account").text)
    sam.press(end)
    assert f"{good['endpoint']}-phone" not in dict(devices()), "a phone that was lost tells of nobody any more"
    for press, fields in (
        ("/account/sessions/end-others", {}),
        ("/account/password", {"current": PASSWORD, "password": PASSWORD}),
    ):
        acme.visitor("sam@example.com").press("/devices", **(good | {"endpoint": f"{good['endpoint']}-phone"}))
        sam.press(press, **fields)
        assert f"{good['endpoint']}-phone" not in dict(devices())
    sam.press("/logout")
    assert devices() == []

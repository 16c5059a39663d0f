"""How often one address may try, over all processes, without keeping honest people out. ASVS 6.3.1, F28."""

import datetime as dt
import pathlib
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
import time_machine

from tests.pages import Firm, Visitor
from voice import tries
from voice.doors import Tries
from voice.installation import Installation
from voice.settings import BadSetting, Settings

NOON = dt.datetime(2026, 11, 23, 17, tzinfo=dt.UTC)
SAM, ALEX = "sam@example.com", "alex@example.com"


@pytest.fixture
def firm(storage_url: str, tmp_path: pathlib.Path) -> Iterator[Firm]:
    made = Firm(storage_url, tmp_path)
    with time_machine.travel(NOON, tick=False):
        yield made
    made.close()


def use_up(firm: Firm, limit: tries.Limit, who: str) -> None:
    """As many tries as may be made."""
    with firm.database.transaction() as session:
        for _ in range(limit.most):
            tries.count(session, limit, who, NOON)


def from_(visitor: Visitor, address: str, **headers: str) -> Visitor:
    """A visitor at an address."""
    visitor.client.environ_base["REMOTE_ADDR"] = address
    for name, value in headers.items():
        visitor.client.environ_base[f"HTTP_{name}"] = value
    return visitor


@pytest.mark.proves("02-4.6", "F28")
def test_one_address_cannot_try_many_accounts(firm: Firm) -> None:
    stranger = from_(firm.visitor(), "203.0.113.5")
    with firm.database.transaction() as session:
        for _ in range(tries.SIGN_INS.most - 1):
            tries.count(session, tries.SIGN_INS, "203.0.113.5", NOON)
    assert stranger.sign_in("somebody@example.com").status_code == 401
    assert stranger.sign_in("somebody.else@example.com").status_code == 429
    assert stranger.sign_in(SAM).status_code == 429, "the right password is no way round it"
    assert from_(firm.visitor(), "203.0.113.6").sign_in(SAM).status_code == 303


def test_the_limit_ends_and_never_keeps_out_a_device_somebody_is_known_on(firm: Firm) -> None:
    sam = from_(firm.visitor(), "203.0.113.5")
    sam.sign_in(SAM)
    sam.press("/logout")
    use_up(firm, tries.SIGN_INS, "203.0.113.5")
    assert from_(firm.visitor(), "203.0.113.5").sign_in(ALEX).status_code == 429
    assert sam.sign_in(ALEX).status_code == 429, "known as Sam, not as Alex"
    assert sam.sign_in(SAM).status_code == 303
    with time_machine.travel(NOON + dt.timedelta(minutes=10), tick=False):
        assert from_(firm.visitor(), "203.0.113.5").sign_in(ALEX).status_code == 303


def test_signing_in_rightly_uses_nothing_up_however_many_share_the_address(firm: Firm) -> None:
    for who in (SAM, ALEX):
        from_(firm.visitor(), "203.0.113.5").sign_in(who)
    with firm.database.reading() as session:
        assert session.scalars(sa.select(Tries)).all() == []


def test_links_that_open_nothing_and_passkey_questions_are_limited_too(firm: Firm) -> None:
    stranger = from_(firm.visitor(), "203.0.113.5")
    assert stranger.get("/join/guess").status_code == 404
    use_up(firm, tries.LINKS, "203.0.113.5")
    assert stranger.get("/join/guess").status_code == 429
    use_up(firm, tries.PASSKEYS, "203.0.113.5")
    assert stranger.post("/login/passkey/options", {"csrf_token": stranger.token("/login")}).status_code == 429


@pytest.mark.proves("F6")
@pytest.mark.parametrize(
    ("hops", "forwarded", "counted"),
    [
        ("", "198.51.100.7", "10.0.0.1"),
        ("0", "198.51.100.7", "10.0.0.1"),
        ("1", "6.6.6.6, 198.51.100.7", "198.51.100.7"),
        ("2", "6.6.6.6, 198.51.100.7, 10.0.0.9", "198.51.100.7"),
        ("1", "", "10.0.0.1"),
        ("1", "not an address", ""),
    ],
)
def test_the_address_is_what_our_own_proxy_saw_and_not_what_a_visitor_claims(
    firm: Firm, hops: str, forwarded: str, counted: str
) -> None:
    """F6."""
    environ = {"RINGBACK_HOME": firm.settings.ringback_home, "SECRET_KEY": "k" * 64, "PROXY_HOPS": hops}
    firm.app.extensions["ringback"] = Installation(Settings.from_env(environ), firm.database)
    use_up(firm, tries.SIGN_INS, counted)
    visitor = from_(firm.visitor(), "10.0.0.1", X_FORWARDED_FOR=forwarded)
    assert visitor.sign_in(SAM).status_code == 429


def test_behind_https_one_proxy_is_expected_unless_said_otherwise() -> None:
    def hops(**environ: str) -> int:
        return Settings.from_env({"PUBLIC_URL": "https://phone.example.com", **environ}).hops

    assert (hops(), hops(PROXY_HOPS="0"), hops(PROXY_HOPS="2")) == (1, 0, 2)
    assert Settings.from_env({}).hops == 0
    with pytest.raises(BadSetting, match="PROXY_HOPS"):
        hops(PROXY_HOPS="many")


@pytest.mark.parametrize(
    ("address", "network"),
    [("203.0.113.5", "203.0.113.5"), ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"), ("x", ""), (None, "")],
)
def test_a_household_counts_as_one(address: str | None, network: str) -> None:
    assert tries.network(address) == network


def test_no_address_is_kept(firm: Firm) -> None:
    use_up(firm, tries.SIGN_INS, "203.0.113.5")
    with firm.database.reading() as session:
        row = session.scalars(sa.select(Tries)).one()
    assert row.count == tries.SIGN_INS.most
    assert "203.0.113.5" not in row.id

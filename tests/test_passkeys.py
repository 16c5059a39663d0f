"""Passkeys in a real browser, with an authenticator of its own: made, used to sign in, removed."""

import pathlib
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect

from tests.pages import PASSWORD, Firm
from tests.windows import Windows, fits, turn
from voice import clock, halfway, passkeys
from voice.doors import Passkey
from voice.ledger import User
from voice.passkeys import Site


@pytest.fixture
def page(address: str, windows: Windows) -> Iterator[Page]:
    """A phone-sized window at the sign-in page; a finger is always on its sensor."""
    window, errors = windows.take("phone", lasting=False), []
    window.hear("pageerror", lambda error: errors.append(str(error)))
    devtools = window.context.new_cdp_session(window.page)
    devtools.send("WebAuthn.enable")
    sensor = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    sensor |= {"isUserVerified": True, "automaticPresenceSimulation": True}
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": sensor})
    window.page.goto(f"{address}/login")
    yield window.page
    windows.put_back()
    assert errors == []


def type_password(page: Page, who: str = "sam") -> None:
    """Sign in as one does without a passkey."""
    page.get_by_label("Email").fill(f"{who}@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def leave(page: Page) -> None:
    """Sign out."""
    page.locator("details.account summary").click()
    page.get_by_role("button", name="Sign out", exact=True).click()
    expect(page.get_by_label("Email")).to_be_visible()


@pytest.mark.proves("02-4.3")
def test_a_passkey_is_made_lets_its_owner_in_without_a_password_and_is_removed(
    firm: Firm, address: str, page: Page
) -> None:
    type_password(page)
    page.goto(f"{address}/account")
    page.get_by_label("Name of this device").fill("Sam's <phone>")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_role("heading", name="Your recovery codes")).to_be_visible()
    expect(page.locator("ol.codes li")).to_have_count(10)
    page.get_by_role("link", name="I have kept them").click()
    expect(page.locator("#passkeys")).to_contain_text("Sam's <phone>")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_role("status")).to_contain_text("a passkey for you already")
    leave(page)

    page.get_by_role("button", name="Use a passkey").click()
    expect(page.locator("#list")).to_be_visible()
    leave(page)

    turn(page)
    type_password(page)
    expect(page.get_by_role("heading", name="One more thing")).to_be_visible()
    fits(page)
    page.get_by_role("button", name="Use a passkey instead").click()
    expect(page.locator("#list")).to_be_visible()

    with firm.database.reading() as session:
        kept = session.scalars(sa.select(Passkey)).one()
        assert kept.used_at is not None
    page.goto(f"{address}/account")
    fits(page)
    page.locator("#remove-key-1").click()
    expect(page.locator("#passkeys")).to_contain_text("Done.")
    leave(page)
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("alert")).to_contain_text("does not open this door")
    type_password(page)
    expect(page.locator("#list")).to_be_visible()


def test_the_pages_of_the_door_are_for_everybody(address: str, page: Page) -> None:
    """Nothing that hinders anybody on a phone, and nothing wider than the narrowest screen."""

    def look(path: str) -> None:
        page.goto(address + path)
        fits(page)

    page.set_viewport_size({"width": 320, "height": 640})
    look("/login")
    type_password(page)
    expect(page.locator("#list")).to_be_visible()
    page.goto(f"{address}/users")
    page.get_by_label("Email", exact=True).fill("new@example.com")
    page.get_by_role("button", name="Make a link").click()
    link = page.get_by_label("Invitation link").input_value()
    for path in ("/account", "/users", "/tokens", "/audit", "/prove", "/join/" + link.rpartition("/")[2]):
        look(path)
    page.goto(f"{address}/account")
    page.get_by_role("button", name="Set up an app").click()
    look("/account/totp")


@pytest.mark.parametrize("answer", ["", "{}", "[]", '{"id": 7}', '{"id": "x"}', "[" * 30_000, '{"id": "known"}'])
def test_what_no_passkey_has_signed_opens_nothing(firm: Firm, answer: str) -> None:
    now, site = clock.now(), Site("localhost", "http://localhost")
    with firm.database.transaction() as session:
        sam = session.scalars(sa.select(User).where(User.email == "sam@example.com")).one()
        session.add(
            Passkey(id="known", user_id=sam.id, public_key=b"key", sign_count=0, name="x", made_at=now, used_at=None)
        )
        _, token = passkeys.begin_entering(session, site, now)
        assert passkeys.enter(session, halfway.find(session, token, "passkey", now), answer, site, now) is None
        assert halfway.find(session, token, "passkey", now) is None, "a challenge is answered once"


@pytest.mark.parametrize(
    ("public_url", "rp_id"),
    [("https://phone.example.com", "phone.example.com"), ("http://127.0.0.1:8000", "localhost")],
)
def test_a_passkey_belongs_to_the_public_address_and_on_ones_own_machine_to_localhost(
    storage_url: str, tmp_path: pathlib.Path, public_url: str, rp_id: str
) -> None:
    firm = Firm(storage_url, tmp_path, public_url)
    visitor = firm.visitor()
    asked = visitor.post("/login/passkey/options", {"csrf_token": visitor.token("/login")}).json
    firm.close()
    assert asked is not None
    wanted = asked["public_key"]
    assert (wanted["rpId"], wanted["userVerification"]) == (rp_id, "required")
    assert wanted["allowCredentials"] == [], "whose passkeys there are is nobody's business"

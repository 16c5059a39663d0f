"""Signing in: passwords, sessions kept on the server, forms that other sites cannot send."""

import datetime as dt
import pathlib
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine

from tests.pages import PASSWORD, Firm
from voice import accounts
from voice.firm import StaffMember
from voice.ledger import SignIn, User

NOON = dt.datetime(2026, 11, 23, 17, tzinfo=dt.UTC)


@pytest.mark.proves("01-3.2", "02-4.2")
def test_the_right_password_opens_the_list_and_is_kept_as_argon2id_only(firm: Firm) -> None:
    visitor = firm.visitor()
    assert visitor.get("/").status_code == 303
    assert visitor.sign_in("Sam@Example.com").headers["Location"] == "/"
    assert "To ring back" in visitor.get("/").text
    with firm.database.reading() as session:
        kept = session.scalars(sa.select(User.password_hash)).first()
    assert kept is not None
    assert kept.startswith("$argon2id$")
    assert PASSWORD not in kept
    assert accounts.hash_password(PASSWORD).startswith("$argon2id$v=19$m=19456,t=2,p=1$")  # OWASP's least


@pytest.mark.parametrize("email", ["sam@example.com", "nobody@example.com", "", "off@example.com"])
@pytest.mark.proves("02-4.6", "F28")
def test_every_refusal_reads_the_same_and_costs_one_hash(
    firm: Firm, email: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashes = []

    class Counting:
        def verify(self, kept: str, given: str) -> None:
            hashes.append(given)
            assert email == "sam@example.com" or not hasher.check_needs_rehash(kept)  # as dear as a real one
            hasher.verify(kept, given)

    hasher: Any = accounts._hasher
    with firm.database.transaction() as session:
        accounts.add_user(session, "off@example.com", "Off", "staff", accounts.hash_password(PASSWORD)).active = False
    monkeypatch.setattr(accounts, "_hasher", Counting())
    refused = firm.visitor().sign_in(email, "not the password" if email == "sam@example.com" else PASSWORD)
    assert refused.status_code == 401
    assert "do not go together" in refused.text
    assert len(hashes) == 1


@pytest.mark.proves("F28")
def test_after_five_wrong_tries_the_sixth_waits_and_the_wait_grows_but_ends(firm: Firm) -> None:
    visitor = firm.visitor()
    with time_machine.travel(NOON, tick=False) as travel:
        for _ in range(5):
            visitor.sign_in("sam@example.com", "wrong password")
        assert visitor.sign_in("sam@example.com").status_code == 401
        travel.shift(31)
        visitor.sign_in("sam@example.com", "wrong password")
        travel.shift(31)
        assert visitor.sign_in("sam@example.com").status_code == 401, "the second wait is longer"
        travel.shift(30)
        assert visitor.sign_in("sam@example.com").status_code == 303
        for _ in range(40):
            travel.shift(16 * 60)
            firm.visitor().sign_in("sam@example.com", "wrong password")
        travel.shift(15 * 60 + 1)
        assert firm.visitor().sign_in("sam@example.com").status_code == 303, "no wait is longer than a quarter hour"


@pytest.mark.proves("F28")
def test_a_stranger_who_keeps_guessing_cannot_keep_the_owner_out_of_a_known_device(firm: Firm) -> None:
    owner, stranger = firm.visitor("sam@example.com"), firm.visitor()
    owner.press("/logout")
    for _ in range(9):
        stranger.sign_in("sam@example.com", "wrong password")
    assert stranger.sign_in("sam@example.com").status_code == 401
    assert owner.sign_in("sam@example.com").status_code == 303


def test_someone_elses_known_device_opens_nothing(firm: Firm) -> None:
    alex = firm.visitor("alex@example.com")
    alex.press("/logout")
    for _ in range(9):
        alex.sign_in("sam@example.com", "wrong password")
    assert alex.sign_in("sam@example.com").status_code == 401


@pytest.mark.parametrize(
    ("public_url", "name", "flags"),
    [
        ("http://localhost", "ringback-session", {"HttpOnly", "SameSite=Lax", "Path=/"}),
        ("https://phone.example.com", "__Host-ringback-session", {"HttpOnly", "SameSite=Lax", "Path=/", "Secure"}),
    ],
)
def test_the_cookie_is_out_of_reach_of_scripts_other_sites_and_neighbouring_hosts(
    storage_url: str, tmp_path: pathlib.Path, public_url: str, name: str, flags: set[str]
) -> None:
    answer = Firm(storage_url, tmp_path, public_url).visitor().sign_in("sam@example.com")
    (cookie,) = (line for line in answer.headers.getlist("Set-Cookie") if line.startswith(f"{name}="))
    parts = set(cookie.split("; "))
    assert flags <= parts
    assert not any(part.startswith("Domain") for part in parts)
    assert ("Secure" in parts) == ("Secure" in flags)


@pytest.mark.proves("F25")
def test_the_session_is_new_at_each_sign_in_and_the_old_one_is_dead(firm: Firm) -> None:
    visitor = firm.visitor()
    visitor.client.set_cookie("ringback-session", "planted by somebody")
    visitor.sign_in("sam@example.com")
    first = visitor.cookie("session")
    assert first not in (None, "planted by somebody")
    visitor.post("/login", {"email": "sam@example.com", "password": PASSWORD, "csrf_token": "x"})
    visitor.client.set_cookie("ringback-form", "twin")
    assert (
        visitor.post("/login", {"email": "sam@example.com", "password": PASSWORD, "csrf_token": "twin"}).status_code
        == 303
    )
    assert visitor.cookie("session") != first
    assert _with_cookie(firm, first) == 303


@pytest.mark.proves("01-3.2", "F26", "F46")
def test_a_signed_out_cookie_opens_nothing_any_more(firm: Firm) -> None:
    visitor = firm.visitor("sam@example.com")
    stolen = visitor.cookie("session")
    assert _with_cookie(firm, stolen) == 200
    left = visitor.press("/logout")
    assert left.headers["Location"] == "/login"
    assert "cache" in left.headers["Clear-Site-Data"]
    assert _with_cookie(firm, stolen) == 303


def test_signing_out_everywhere_ends_every_device_of_that_person_and_no_other(firm: Firm) -> None:
    desk, phone, alex = (firm.visitor(email) for email in ("sam@example.com", "sam@example.com", "alex@example.com"))
    desk.press("/logout/everywhere")
    assert phone.get("/").status_code == 303
    assert alex.get("/").status_code == 200


def test_a_session_ends_after_twelve_idle_hours_and_a_polling_page_is_no_sign_of_life(firm: Firm) -> None:
    with time_machine.travel(NOON, tick=False) as travel:
        visitor = firm.visitor("sam@example.com")
        travel.shift(dt.timedelta(hours=11))
        assert visitor.get("/").status_code == 200
        travel.shift(dt.timedelta(hours=11))
        assert visitor.get("/list").status_code == 200
        travel.shift(dt.timedelta(hours=2))
        assert visitor.get("/list").status_code == 401
        assert visitor.get("/").status_code == 303


def test_a_session_ends_after_seven_days_however_busy(firm: Firm) -> None:
    with time_machine.travel(NOON, tick=False) as travel:
        visitor = firm.visitor("sam@example.com")
        for _ in range(13):
            travel.shift(dt.timedelta(hours=11, minutes=59))
            assert visitor.get("/").status_code == 200
        travel.shift(dt.timedelta(hours=11, minutes=59))
        travel.shift(dt.timedelta(minutes=15))
        assert visitor.get("/").status_code == 303
        firm.visitor("sam@example.com")
        with firm.database.reading() as session:
            assert session.scalar(sa.select(sa.func.count()).select_from(SignIn)) == 1, "ended ones are cleared away"


def test_who_is_switched_off_or_made_staff_feels_it_at_once(firm: Firm) -> None:
    visitor = firm.visitor("sam@example.com")
    assert visitor.get("/notices").status_code == 200
    with firm.database.transaction() as session:
        session.execute(sa.update(User).where(User.email == "sam@example.com").values(role="staff"))
    assert visitor.get("/notices").status_code == 403
    with firm.database.transaction() as session:
        session.execute(sa.update(User).values(active=False))
    assert visitor.get("/").status_code == 303


@pytest.mark.proves("01-3.2", "F27", "S25")
@pytest.mark.parametrize("path", ["/logout", "/logout/everywhere", "/callbacks/x/claim", "/notices/1/dismiss"])
def test_a_form_without_the_pages_token_changes_nothing(firm: Firm, path: str) -> None:
    visitor = firm.visitor("sam@example.com")
    assert visitor.post(path).status_code == 400
    assert visitor.post(path, {"csrf_token": firm.visitor("alex@example.com").token("/")}).status_code == 400
    assert visitor.get("/").status_code == 200


def test_the_sign_in_form_needs_its_own_token(firm: Firm) -> None:
    visitor = firm.visitor()
    assert visitor.post("/login", {"email": "sam@example.com", "password": PASSWORD}).status_code == 400
    assert visitor.get("/").status_code == 303


@pytest.mark.proves("F27")
@pytest.mark.parametrize(
    "headers", [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec_Fetch_Site": "cross-site"}]
)
def test_what_another_site_sends_is_refused_even_with_the_right_token(firm: Firm, headers: dict[str, str]) -> None:
    visitor = firm.visitor("sam@example.com")
    refused = visitor.post("/logout", {"csrf_token": visitor.token("/")}, **headers)
    assert refused.status_code == 403
    assert visitor.get("/").status_code == 200


@pytest.mark.proves("F24")
@pytest.mark.parametrize(
    "place",
    ["//evil.example", "https://evil.example", "/\\evil.example", "///evil.example", "/%09/evil.example",
     "javascript:1", "callback_list.claim", "assets.static", "nowhere", "/notices"],
)  # fmt: skip
def test_after_signing_in_one_is_sent_to_a_page_of_ours_by_name_only(firm: Firm, place: str) -> None:
    assert firm.visitor().sign_in("sam@example.com", where=f"/login?next={place}").headers["Location"] == "/"


def test_after_signing_in_one_comes_to_the_page_one_wanted(firm: Firm) -> None:
    visitor = firm.visitor()
    asked = visitor.get("/notices").headers["Location"]
    assert visitor.sign_in("sam@example.com", where=asked).headers["Location"] == "/notices"
    assert visitor.get("/login").headers["Location"] == "/"


def test_a_user_is_the_staff_member_with_their_address_unless_two_share_it(firm: Firm) -> None:
    visitor = firm.visitor("alex@example.com")
    assert "not linked to a phone" not in visitor.get("/").text
    with firm.database.transaction() as session:
        session.get_one(StaffMember, "kim").email = "Alex@example.com"
    assert "not linked to a phone" in visitor.get("/").text
    with firm.database.transaction() as session:
        session.execute(sa.update(User).where(User.email == "alex@example.com").values(staff_id="kim"))
    assert "not linked to a phone" not in visitor.get("/").text


@pytest.mark.parametrize(
    ("email", "role", "staff_id", "complaint"),
    [
        ("not an address", "staff", None, "not an email address"),
        ("sam@example.com", "staff", None, "can already sign in"),
        ("new@example.com", "king", None, "role must be one of"),
        ("new@example.com", "staff", "bob", "no staff member 'bob'"),
    ],
)
def test_a_user_that_cannot_be_is_refused_with_a_reason(
    firm: Firm, email: str, role: str, staff_id: str | None, complaint: str
) -> None:
    with firm.database.transaction() as session, pytest.raises(accounts.BadUser, match=complaint):
        accounts.add_user(session, email, "New", role, "hash", staff_id)


@pytest.mark.parametrize("password", ["short", "x" * 129])
def test_a_password_is_neither_too_short_nor_endless(password: str) -> None:
    with pytest.raises(accounts.BadUser, match="8 to 128"):
        accounts.hash_password(password)


@pytest.mark.proves("02-4.7")
def test_a_reset_gives_a_new_password_ends_sessions_and_lifts_the_wait(firm: Firm) -> None:
    visitor = firm.visitor("sam@example.com")
    for _ in range(6):
        firm.visitor().sign_in("sam@example.com", "wrong password")
    with firm.database.transaction() as session:
        accounts.reset_user(session, "Sam@example.com", accounts.hash_password("another fine password"))
    assert visitor.get("/").status_code == 303
    assert firm.visitor().sign_in("sam@example.com", "another fine password").status_code == 303
    with firm.database.transaction() as session, pytest.raises(accounts.BadUser, match="Nobody signs in"):
        accounts.reset_user(session, "nobody@example.com", "hash")


def _with_cookie(firm: Firm, value: str | None) -> int:
    thief = firm.visitor()
    thief.client.set_cookie("ringback-session", str(value))
    return thief.get("/").status_code

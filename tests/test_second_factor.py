"""The second factor: a code from an app, or from a drawer, beside the password. ASVS 6.3.3, 6.5.1-6.5.5, 6.6.3."""

import datetime as dt
import re
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
import time_machine

from tests.doors import begin, confirm, enrol, now_shown, second
from tests.pages import Firm, reads
from voice import accounts, second_factor
from voice.doors import Halfway, RecoveryCode
from voice.firm import Business
from voice.ledger import User

NOON = dt.datetime(2026, 11, 23, 17, tzinfo=dt.UTC)
SAM = "sam@example.com"


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.mark.usefixtures("clock")
def test_an_app_is_set_up_with_a_first_code_and_gives_ten_recovery_codes_once(firm: Firm) -> None:
    sam = firm.visitor(SAM)
    secret = begin(sam)
    picture = sam.get("/account/totp.svg")
    assert (picture.mimetype, picture.headers["Cache-Control"]) == ("image/svg+xml", "private, no-store")
    assert b"<svg" in picture.data
    assert confirm(sam, "000000").status_code == 400
    with firm.database.reading() as session:
        user = session.scalars(sa.select(User).where(User.email == SAM)).one()
        assert not accounts.has_second_factor(session, user.id), "no code, no second factor"
    codes = re.findall(r"<code>([a-z2-7-]{27})</code>", confirm(sam, now_shown(secret)).text)
    assert len(set(codes)) == 10
    assert "10 of 10 left" in sam.get("/account").text
    with firm.database.reading() as session:
        kept = [*session.scalars(sa.select(RecoveryCode.id)), str(session.scalar(sa.select(User.totp_secret)))]
    assert not [shown for shown in (secret, *codes) if any(shown in each for each in kept)], "only hashes and seals"
    assert sam.get("/account/totp").status_code == 303, "the secret is shown no more"
    assert sam.get("/account/totp.svg").status_code == 404


@pytest.mark.proves("02-4.3")
def test_a_password_alone_opens_nothing_once_there_is_a_second_factor(
    firm: Firm, clock: time_machine.Traveller
) -> None:
    secret, _ = enrol(firm.visitor(SAM))
    clock.shift(60)
    sam = firm.visitor()
    assert sam.sign_in(SAM, where="/login?next=notices.show").headers["Location"] == "/login/second?next=notices.show"
    assert sam.cookie("session") is None
    assert sam.get("/").status_code == 303
    assert second(sam, "123456").status_code == 401
    answer = sam.post(
        "/login/second?next=notices.show",
        {"csrf_token": sam.token("/login/second"), "code": f" {now_shown(secret)[:3]} {now_shown(secret)[3:]}"},
    )
    assert answer.headers["Location"] == "/notices"
    assert sam.get("/").status_code == 200


@pytest.mark.parametrize(("steps", "opens"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_phones_clock_may_be_half_a_minute_off_and_no_more(
    firm: Firm, clock: time_machine.Traveller, steps: int, opens: bool
) -> None:
    secret, _ = enrol(firm.visitor(SAM))
    clock.shift(300)
    sam = firm.visitor()
    sam.sign_in(SAM)
    assert (second(sam, now_shown(secret, steps)).status_code == 303) is opens


def test_a_code_that_was_used_opens_nothing_again_nor_does_one_before_it(
    firm: Firm, clock: time_machine.Traveller
) -> None:
    """ASVS 6.5.1."""
    secret, _ = enrol(firm.visitor(SAM))
    onlooker = firm.visitor()
    onlooker.sign_in(SAM)
    assert second(onlooker, now_shown(secret)).status_code == 401, "it was used to set the app up"
    clock.shift(300)
    sam = firm.visitor()
    sam.sign_in(SAM)
    assert second(sam, now_shown(secret)).status_code == 303
    onlooker.sign_in(SAM)
    assert second(onlooker, now_shown(secret)).status_code == 401
    assert second(onlooker, now_shown(secret, -1)).status_code == 401


@pytest.mark.proves("02-4.3")
def test_a_recovery_code_opens_the_door_once_however_it_is_typed(firm: Firm, clock: time_machine.Traveller) -> None:
    _, codes = enrol(firm.visitor(SAM))
    clock.shift(60)
    sam, thief = firm.visitor(), firm.visitor()
    sam.sign_in(SAM)
    assert second(sam, f" {codes[3].upper().replace('-', ' ')} ").status_code == 303
    assert "9 of 10 left" in sam.get("/account").text
    thief.sign_in(SAM)
    assert second(thief, codes[3]).status_code == 401
    renewed = sam.press("/account/codes").text
    assert len(re.findall(r"<code>[a-z2-7-]{27}</code>", renewed)) == 10
    assert second(thief, codes[4]).status_code == 401, "those before are void"


def test_somebody_elses_recovery_code_is_no_use(firm: Firm, clock: time_machine.Traveller) -> None:
    enrol(firm.visitor(SAM))
    _, codes = enrol(firm.visitor("alex@example.com"))
    clock.shift(60)
    sam = firm.visitor()
    sam.sign_in(SAM)
    assert second(sam, codes[0]).status_code == 401


def test_codes_cannot_be_guessed_five_tries_then_the_password_again_and_each_time_a_longer_wait(
    firm: Firm, clock: time_machine.Traveller
) -> None:
    """ASVS 6.3.1, 6.6.3: the right password must not forgive wrong codes."""
    secret, _ = enrol(firm.visitor(SAM))
    clock.shift(300)
    thief = firm.visitor()
    thief.sign_in(SAM)
    for _ in range(5):
        assert "does not fit" in second(thief, "000000").text
    assert "start again" in thief.post(
        "/login/second", {"csrf_token": str(thief.cookie("form")), "code": now_shown(secret)}
    ).text  # fmt: skip
    assert thief.sign_in(SAM).status_code == 401, "the account waits, whatever the password"
    clock.shift(31)
    assert thief.sign_in(SAM).status_code == 303
    assert second(thief, "000000").status_code == 401
    clock.shift(31)
    assert thief.sign_in(SAM).status_code == 401, "the wait has grown"
    clock.shift(30)
    assert thief.sign_in(SAM).status_code == 303
    assert second(thief, now_shown(secret)).status_code == 303


def test_the_second_step_is_forgotten_after_ten_minutes_and_needs_its_own_browser(
    firm: Firm, clock: time_machine.Traveller
) -> None:
    """ASVS 6.5.5."""
    secret, _ = enrol(firm.visitor(SAM))
    clock.shift(60)
    sam, other = firm.visitor(), firm.visitor()
    sam.sign_in(SAM)
    assert other.get("/login/second").headers["Location"] == "/login"
    assert (
        other.post("/login/second", {"csrf_token": other.token("/login"), "code": now_shown(secret)}).status_code == 401
    )
    clock.shift(601)
    assert sam.get("/login/second").headers["Location"] == "/login"


def test_without_the_installations_key_a_stolen_database_gives_no_codes(firm: Firm) -> None:
    sealed = second_factor.seal("JBSWY3DPEHPK3PXP", "k" * 64)
    assert second_factor.unseal(sealed, "k" * 64) == "JBSWY3DPEHPK3PXP"
    assert second_factor.unseal(sealed, "another key") is None


def test_the_app_is_removed_with_its_codes_and_the_owner_can_take_it_from_somebody_who_lost_theirs(
    firm: Firm, clock: time_machine.Traveller
) -> None:
    sam, alex = firm.visitor(SAM), firm.visitor("alex@example.com")
    enrol(sam)
    enrol(alex)
    sam.press("/account/totp/remove")
    assert firm.visitor().sign_in(SAM).headers["Location"] == "/"
    with firm.database.reading() as session:
        alexs = session.scalars(sa.select(User.id).where(User.email == "alex@example.com")).one()
        assert {row.user_id for row in session.scalars(sa.select(RecoveryCode))} == {alexs}
    assert alex.press(f"/users/{alexs}/forget-second-factor").status_code == 403
    assert sam.press(f"/users/{alexs}/forget-second-factor").status_code == 303
    assert alex.get("/").status_code == 303, "their sessions end"
    assert firm.visitor().sign_in("alex@example.com").headers["Location"] == "/"


@pytest.mark.usefixtures("clock")
def test_when_everybody_has_to_have_one_nothing_else_opens_until_they_do(firm: Firm) -> None:
    """ASVS 6.3.3."""
    sam, alex = firm.visitor(SAM), firm.visitor("alex@example.com")
    assert alex.press("/users/second-factor", ask="1").status_code == 403
    assert sam.press("/users/second-factor", ask="1").status_code == 303
    with firm.database.reading() as session:
        assert session.scalars(sa.select(Business.ask_second_factor)).one()
    for path in ("/", "/greetings", "/calls/x", "/messages/x/audio"):
        assert alex.get(path).headers["Location"].startswith("/account"), path
    assert alex.get("/list").status_code == 403, "a page that asks by itself is not sent elsewhere"
    assert alex.post("/callbacks/x/claim", {"csrf_token": alex.token("/account")}).status_code == 403
    assert "Set up a second factor to go on" in reads(alex.get("/account").text)
    enrol(alex)
    assert alex.get("/").status_code == 200


def test_what_was_left_half_done_is_cleared_away(firm: Firm, clock: time_machine.Traveller) -> None:
    enrol(firm.visitor(SAM))
    clock.shift(60)
    firm.visitor().sign_in(SAM)
    clock.shift(601)
    firm.visitor("alex@example.com")
    with firm.database.reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Halfway)) == 0

"""My account: the password, where I am signed in, and proving again who I am. ASVS 6.2, 7.4, 7.5."""

import datetime as dt
import re

import pytest
import time_machine

from tests.pages import PASSWORD, Firm, reads

NOON = dt.datetime(2026, 11, 23, 17, tzinfo=dt.UTC)
SAM = "sam@example.com"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1 (KHTML, like Gecko) Safari/604.1"


def test_a_new_password_replaces_the_old_and_ends_every_other_session(firm: Firm) -> None:
    """ASVS 6.2.3, 7.4.3."""
    desk, phone, alex = (firm.visitor(email) for email in (SAM, SAM, "alex@example.com"))
    new = {"password": "seven teal otters dancing"}
    assert desk.press("/account/password", **new).status_code == 401
    assert "that is not it" in desk.press("/account/password", current="not the password", **new).text
    assert desk.press("/account/password", current=PASSWORD, **new).status_code == 303
    assert desk.get("/").status_code == 200
    assert phone.get("/").status_code == 303
    assert alex.get("/").status_code == 200
    assert firm.visitor().sign_in(SAM).status_code == 401
    assert firm.visitor().sign_in(SAM, "seven teal otters dancing").status_code == 303


@pytest.mark.parametrize(
    ("password", "says"),
    [
        ("", "8 to 128"),
        ("short", "8 to 128"),
        ("password1234", "guessed early"),
        ("sam field", "guessed early"),
        ("ringback", "guessed early"),
        ("acme plumbing", "guessed early"),
        ("x" * 129, "8 to 128"),
    ],
)
def test_a_password_that_is_guessed_early_is_refused_with_the_reason(firm: Firm, password: str, says: str) -> None:
    """ASVS 6.2.1, 6.2.4, 6.2.11."""
    answer = firm.visitor(SAM).press("/account/password", current=PASSWORD, password=password)
    assert answer.status_code == 400
    assert says in answer.text
    assert firm.visitor().sign_in(SAM).status_code == 303


@pytest.mark.proves("02-4.4")
def test_one_sees_where_one_is_signed_in_and_ends_what_one_does_not_know(firm: Firm) -> None:
    """ASVS 7.4.4, 7.5.2."""
    desk, phone, tablet = firm.visitor(), firm.visitor(), firm.visitor()
    for visitor, agent in ((desk, FIREFOX), (phone, IPHONE), (tablet, "<script>alert(1)</script>")):
        visitor.client.environ_base["HTTP_USER_AGENT"] = agent
        visitor.sign_in(SAM)
    page = desk.get("/account").text
    assert "Firefox on Linux this one" in reads(page)
    assert "Safari on iPhone" in reads(page)
    assert "A browser" in reads(page)
    assert "<script>alert" not in page
    ends = re.findall(r'action="(/account/sessions/\w{64}/end)"', page)
    assert len(ends) == 2
    alex = firm.visitor("alex@example.com")
    assert alex.press(ends[0]).status_code == 404, "nobody ends another person's session"
    assert [phone.get("/").status_code, tablet.get("/").status_code] == [200, 200]
    for end in ends:
        assert desk.press(end).status_code == 303
    assert [each.get("/").status_code for each in (desk, phone, tablet)] == [200, 303, 303]


@pytest.mark.proves("02-4.4")
def test_all_other_sessions_end_with_one_press(firm: Firm) -> None:
    desk, phone = firm.visitor(SAM), firm.visitor(SAM)
    desk.press("/account/sessions/end-others")
    assert [desk.get("/").status_code, phone.get("/").status_code] == [200, 303]


@pytest.mark.proves("F25")
def test_pages_that_open_doors_ask_for_the_password_again_after_half_an_hour(firm: Firm) -> None:
    """ASVS 7.5.1, F44: a screen left open is not enough."""
    with time_machine.travel(NOON, tick=False) as clock:
        sam = firm.visitor(SAM)
        clock.shift(dt.timedelta(minutes=29))
        token = sam.token("/users")
        clock.shift(dt.timedelta(minutes=2))
        assert sam.get("/").status_code == 200
        for path in ("/account", "/users", "/tokens"):
            assert sam.get(path).headers["Location"].startswith("/prove?next="), path
        fields = {"csrf_token": token, "email": "new@example.com", "role": "staff", "every_line": "1"}
        assert sam.post("/users/invitations", fields).status_code == 200, "what was being typed is not lost"
        clock.shift(dt.timedelta(minutes=30))
        refused = sam.post("/users/invitations", fields)
        assert refused.status_code == 403
        assert "Type your password again" in refused.text

        wrong = sam.press("/prove/check?next=users.show", password="not the password")
        assert wrong.status_code == 401
        assert sam.get("/users").status_code == 303
        before = str(sam.cookie("session"))
        assert sam.press("/prove/check?next=users.show", password=PASSWORD).headers["Location"] == "/users"
        assert sam.get("/users").status_code == 200
        assert sam.post("/users/invitations", fields).status_code == 200, "a form in another tab is still good"
        thief = firm.visitor()
        thief.client.set_cookie("ringback-session", before)
        assert thief.get("/").status_code == 303, "ASVS 7.2.4: the token from before opens nothing"
        assert sam.press("/prove/check?next=//evil.example", password=PASSWORD).headers["Location"] == "/"


def test_proving_again_cannot_be_guessed_either(firm: Firm) -> None:
    with time_machine.travel(NOON, tick=False):
        thief = firm.visitor(SAM)
        thief.client.delete_cookie("ringback-known")
        for _ in range(6):
            assert thief.press("/prove/check", password="not the password").status_code == 401
        assert thief.press("/prove/check", password=PASSWORD).status_code == 401

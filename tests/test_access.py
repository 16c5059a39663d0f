"""Who may sign in: invitations, roles, lines, and that an owner is always left. ASVS 6.4.1, 8.2.1, 8.3.2."""

import datetime as dt
import pathlib
import re
from collections.abc import Iterator
from html import unescape

import pytest
import sqlalchemy as sa
import time_machine

from tests.doors import enrol, now_shown, second
from tests.firm import LINE, SECOND_LINE, line_row
from tests.pages import PASSWORD, Firm, Visitor, reads
from voice import access, tries
from voice.access import Access
from voice.accounts import BadUser
from voice.doors import Invitation
from voice.ledger import User

NOON = dt.datetime(2026, 11, 23, 17, tzinfo=dt.UTC)
SAM, ALEX = "sam@example.com", "alex@example.com"
WAS = re.compile(r'name="was" value="([^"]*)"')
NEW = "seven teal otters dancing"


@pytest.fixture
def firm(storage_url: str, tmp_path: pathlib.Path) -> Iterator[Firm]:
    made = Firm(storage_url, tmp_path)
    with made.database.transaction() as session:
        session.add(line_row(number=SECOND_LINE, name="Second line", position=1))
    yield made
    made.close()


def user(firm: Firm, email: str) -> User:
    """A user as they are now."""
    with firm.database.reading() as session:
        return session.scalars(sa.select(User).where(User.email == email)).one()


def invite(sam: Visitor, email: str = "New@Example.com", **fields: str) -> str:
    """Make an invitation on the page: the path of its link."""
    page = sam.press("/users/invitations", email=email, **({"role": "staff", "every_line": "1"} | fields)).text
    found = re.search(r'value="http://localhost(/join/[\w-]{43})"', page)
    return found[1] if found else page


def accept(visitor: Visitor, link: str, name: str = "New <i>Person</i>", password: str = NEW) -> int:
    """Follow the link and fill in the form: the status."""
    visitor.get(link)
    fields = {"name": name, "password": password, "csrf_token": str(visitor.cookie("form"))}
    return visitor.post(link, fields).status_code


@pytest.mark.proves("02-4.5")
def test_an_invitation_lets_one_person_in_once_with_the_rights_it_was_made_for(firm: Firm) -> None:
    link = invite(firm.visitor(SAM), role="staff", every_line="", line=LINE)
    guest = firm.visitor()
    assert "new@example.com" in guest.get(link).text
    assert accept(guest, link, password="password") == 400
    assert accept(guest, link, name="  ") == 400
    assert accept(guest, link) == 303
    assert "New &lt;i&gt;Person" in guest.get("/").text
    made = user(firm, "new@example.com")
    assert (made.role, made.lines, made.name) == ("staff", [LINE], "New <i>Person</i>")
    late = firm.visitor()
    late.get("/login")
    assert late.get(link).status_code == 404
    assert accept(late, link, "Thief") == 404
    assert firm.visitor().sign_in("new@example.com", NEW).status_code == 303
    with firm.database.reading() as session:
        kept = session.scalars(sa.select(Invitation)).one()
    assert kept.id not in link, "only a hash is kept"


def test_an_invitation_is_good_for_seven_days_and_can_be_withdrawn_or_replaced(firm: Firm) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        sam = firm.visitor(SAM)
        first, second = invite(sam), invite(sam)
        assert [firm.visitor().get(link).status_code for link in (first, second)] == [404, 200]
        withdraw = re.findall(r'action="(/users/invitations/\w{64}/withdraw)"', sam.get("/users").text)
        assert len(withdraw) == 1
        sam.press(withdraw[0])
        assert firm.visitor().get(second).status_code == 404
        third = invite(sam)
        clock.shift(dt.timedelta(days=7, seconds=-1))
        assert firm.visitor().get(third).status_code == 200
        clock.shift(1)
        assert firm.visitor().get(third).status_code == 404


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"email": "not an address"}, "not an email address"),
        ({"email": ALEX}, "can already sign in"),
        ({"role": "king"}, "Role: choose"),
        ({"every_line": ""}, "Lines: choose at least one"),
        ({"every_line": "", "line": "+12125550999"}, "Lines: choose from"),
    ],
)
def test_an_invitation_that_cannot_be_is_refused_and_what_was_typed_is_kept(
    firm: Firm, fields: dict[str, str], says: str
) -> None:
    page = invite(firm.visitor(SAM), **fields)
    assert says in reads(page)
    assert fields.get("email", "New@Example.com") in page


@pytest.mark.proves("02-4.1", "F31")
def test_an_owner_changes_role_lines_and_phone_and_it_counts_at_once(firm: Firm) -> None:
    sam, alex = firm.visitor(SAM), firm.visitor(ALEX)
    path = f"/users/{user(firm, ALEX).id}"
    change = {"role": "staff", "line": SECOND_LINE, "active": "1", "staff": "kim", "password_hash": "x", "email": "x"}
    assert sam.press(path, **change).status_code == 303
    changed = user(firm, ALEX)
    assert (changed.role, changed.lines, changed.staff_id) == ("staff", [SECOND_LINE], "kim")
    assert sam.press(path, role="owner", active="1").status_code == 303
    assert alex.get("/notices").status_code == 200
    assert user(firm, ALEX).lines is None
    assert sam.press(path, role="staff", every_line="1").status_code == 303, "no tick: switched off"
    assert alex.get("/").status_code == 303
    assert firm.visitor().sign_in(ALEX).status_code == 401


def test_an_owner_does_not_undo_unawares_what_another_has_just_decided_of_somebody(firm: Firm) -> None:
    with firm.database.transaction() as session:
        session.execute(sa.update(User).where(User.email == "kim@example.com").values(role="owner"))
    sam, kim, alex = firm.visitor(SAM), firm.visitor("kim@example.com"), user(firm, ALEX)
    page = sam.get("/users").text.partition(f'action="/users/{alex.id}"')[2]
    fields = {"role": "staff", "every_line": "1", "staff": "", "active": "1", "was": unescape(WAS.findall(page)[0])}
    assert kim.press(f"/users/{alex.id}", **(fields | {"every_line": "", "line": LINE})).status_code == 303
    late = sam.press(f"/users/{alex.id}", **(fields | {"every_line": "", "line": SECOND_LINE}))
    assert late.status_code == 409
    assert "Kim Heath has changed this while you had it open" in late.text
    assert user(firm, ALEX).lines == [LINE]
    assert sam.press(f"/users/{alex.id}", **(fields | {"active": ""})).status_code == 303, "another field than theirs"
    assert (user(firm, ALEX).lines, user(firm, ALEX).active) == ([LINE], False)


def test_the_last_owner_cannot_be_made_staff_nor_switched_off_by_anybody(firm: Firm) -> None:
    sam, path = firm.visitor(SAM), f"/users/{user(firm, SAM).id}"
    for fields in ({"role": "staff", "every_line": "1", "active": "1"}, {"role": "owner"}):
        refused = sam.press(path, **fields)
        assert refused.status_code == 400
        assert "only owner left" in refused.text
    assert (user(firm, SAM).role, user(firm, SAM).active) == ("owner", True)
    sam.press(f"/users/{user(firm, ALEX).id}", role="owner", active="1")
    assert sam.press(path, role="staff", every_line="1", active="1").status_code == 303
    assert sam.get("/users").status_code == 403


@pytest.mark.parametrize("path", ["/users", "/tokens", "/audit", "/audit/export.csv"])
def test_the_owners_pages_are_for_the_owner(firm: Firm, path: str) -> None:
    assert firm.visitor(ALEX).get(path).status_code == 403
    assert firm.visitor(SAM).get(path).status_code == 200


@pytest.mark.proves("02-4.1", "F31", "S25")
def test_no_button_of_the_owners_pages_works_for_staff(firm: Firm) -> None:
    """F31, API5: role by route."""
    alex, changed = firm.visitor(ALEX), []
    owners = [rule for rule in firm.app.url_map.iter_rules() if rule.endpoint.split(".")[0] in ("users", "tokens")]
    for rule in owners:
        if "POST" in (rule.methods or set()):
            path = re.sub(r"<user_id>", user(firm, ALEX).id, re.sub(r"<(?!user_id)\w+>", "x", rule.rule))
            changed.append((path, alex.press(path, role="owner", active="1", name="x", scope="read").status_code))
    assert len(changed) >= 7
    assert {status for _, status in changed} == {403}
    assert user(firm, ALEX).role == "staff"


def test_invitations_have_a_limit(firm: Firm) -> None:
    sam_id = user(firm, SAM).id
    with firm.database.transaction() as session:
        for count in range(access.MOST_OPEN):
            access.invite(session, f"guest{count}@example.com", Access("staff", None), sam_id, NOON)
        with pytest.raises(BadUser, match="open invitations already"):
            access.invite(session, "one.more@example.com", Access("staff", None), sam_id, NOON)
    later = NOON + dt.timedelta(days=30)
    with firm.database.transaction() as session:
        for _ in range(tries.INVITATIONS.most - 1):
            tries.count(session, tries.INVITATIONS, sam_id, later)
    with time_machine.travel(later, tick=False):
        sam = firm.visitor(SAM)
        assert invite(sam).startswith("/join/")
        assert "Wait an hour" in invite(sam)


def test_an_invited_person_who_is_signed_in_as_somebody_else_is_then_themselves(firm: Firm) -> None:
    link = invite(firm.visitor(SAM))
    alex = firm.visitor(ALEX)
    assert accept(alex, link, "Newcomer") == 303
    assert "Newcomer" in alex.get("/").text
    assert firm.visitor().sign_in(ALEX, PASSWORD).status_code == 303


def test_the_whole_way_on_postgres_too(postgres_url: str, tmp_path: pathlib.Path) -> None:
    firm = Firm(postgres_url, tmp_path)
    with time_machine.travel(NOON, tick=False) as clock:
        firm.callback()
        firm.visitor().sign_in(SAM, "not the password")
        sam, guest = firm.visitor(SAM), firm.visitor()
        assert accept(guest, invite(sam, every_line="", line=LINE)) == 303
        assert '<span class="count">1</span>' in guest.get("/").text
        secret, codes = enrol(guest)
        assert len(codes) == 10
        assert sam.press("/users/second-factor", ask="1").status_code == 303
        assert sam.get("/").headers["Location"].startswith("/account")
        guest.press("/logout")
        clock.shift(60)
        assert guest.sign_in("new@example.com", NEW).headers["Location"] == "/login/second"
        assert second(guest, now_shown(secret)).status_code == 303
        enrol(sam)
        path = f"/users/{user(firm, 'new@example.com').id}"
        assert sam.press(path, role="owner", active="1").status_code == 303
        assert sam.press(f"/users/{user(firm, SAM).id}", role="staff", every_line="1", active="1").status_code == 303
        assert "could not sign in" in guest.get("/audit").text
    firm.close()

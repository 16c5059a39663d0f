"""Who may not be dialled, and who hides their number: what the row offers, and what becomes of them."""

import datetime as dt

import pytest
import sqlalchemy as sa

from tests.firm import SECOND_LINE, line_row
from tests.pages import JANE, Firm, Visitor, reads
from voice import clock, contacts, tokens
from voice.doors import AuditEntry
from voice.ledger import User
from voice.models import Contact, Promise

ABROAD = "+442079460123"
PREMIUM = "+19005550123"

pytestmark = pytest.mark.usefixtures("morning")


def row(visitor: Visitor, callback: str) -> str:
    """One row of the list, as HTML."""
    return visitor.get("/list").text.partition(f'id="cb-{callback}"')[2].partition('<li class="row')[0]


def promises(firm: Firm, callback: str) -> list[tuple[str, dt.datetime]]:
    """(channel, time) of what they were promised."""
    with firm.database.reading() as session:
        rows = session.scalars(sa.select(Promise).where(Promise.callback_id == callback))
        return [(each.channel, each.promised_by) for each in rows]


def deeds(firm: Firm) -> list[tuple[str, str]]:
    """(what, object) of the audit, without the sign-ins."""
    with firm.database.reading() as session:
        rows = session.scalars(sa.select(AuditEntry).where(AuditEntry.what != "signed_in").order_by(AuditEntry.id))
        return [(each.what, each.object) for each in rows]


def test_the_owner_allows_a_held_number_once_and_for_all_and_can_take_it_back(
    firm: Firm, sam: Visitor, alex: Visitor
) -> None:
    with firm.database.transaction() as session:
        session.add(line_row(number=SECOND_LINE, name="Second line", position=1))
    held = firm.callback(ABROAD, state="held", held_reason="foreign")
    other = firm.callback(ABROAD, state="closed", held_reason="foreign")
    firm.set(other, state="held", line=SECOND_LINE)
    assert "This number is abroad" in row(sam, held)
    assert f'id="allow-{held}"' in row(sam, held)
    assert "The owner can allow it." in row(alex, held)
    assert f'id="allow-{held}"' not in row(alex, held)
    assert alex.press(f"/callbacks/{held}/allow").status_code == 403
    assert sam.press(f"/callbacks/{held}/allow").status_code == 303
    for each in (held, other):
        now = firm.row(each)
        assert (now.state, now.held_reason) == ("waiting", None)
        assert promises(firm, each) == [("none", now.promised_by)] == [("none", now.due_at)]
        assert now.promised_by > clock.now() + dt.timedelta(minutes=59), "nobody was owed a call before"
    assert sam.press(f"/callbacks/{held}/call", anyway="1").status_code == 303, "and it may be dialled"
    assert deeds(firm) == [("number_allowed", held), ("rang_back", held)]
    card = reads(sam.get(f"/people/{ABROAD}").text)
    assert f"Sam Field allowed {ABROAD} to be rung" in card
    assert "Allow no longer" not in reads(alex.get(f"/people/{ABROAD}").text)
    assert alex.press(f"/people/{ABROAD}/allowed").status_code == 403
    sam.press(f"/people/{ABROAD}/allowed")
    with firm.database.reading() as session:
        assert contacts.dial_refusal(session, ABROAD) is not None


@pytest.mark.proves("02-1.20")
def test_allowing_can_be_undone_and_the_number_is_forbidden_again(firm: Firm, sam: Visitor) -> None:
    held = firm.callback(PREMIUM, state="held", held_reason="premium")
    sam.press(f"/callbacks/{held}/allow")
    assert "You allowed" in reads(sam.get("/").text)
    assert sam.press(f"/callbacks/{held}/undo").status_code == 303
    assert (firm.row(held).state, firm.row(held).held_reason) == ("held", "premium")
    assert promises(firm, held) == []
    with firm.database.reading() as session:
        assert not session.get_one(Contact, PREMIUM).allowed


def test_an_owner_without_a_phone_here_can_allow_too(firm: Firm) -> None:
    held = firm.callback(ABROAD, state="held", held_reason="foreign")
    with firm.database.transaction() as session:
        session.execute(sa.update(User).where(User.email == "kim@example.com").values(role="owner", staff_id=None))
        session.execute(sa.text("UPDATE staff SET email = '' WHERE id = 'kim'"))
    kim = firm.visitor("kim@example.com")
    assert f'id="allow-{held}"' in row(kim, held)
    assert kim.press(f"/callbacks/{held}/allow").status_code == 303
    assert firm.row(held).state == "waiting"


@pytest.mark.proves("C23", "S16")
@pytest.mark.parametrize("number", ["+1911", "+12125550100", "+266696687", "+121255"])
def test_what_is_nobodys_phone_is_never_allowed(firm: Firm, sam: Visitor, number: str) -> None:
    held = firm.callback(number, state="held", held_reason="emergency")
    assert f'id="allow-{held}"' not in row(sam, held)
    assert f'id="more-{held}"' in row(sam, held), "it can be closed"
    assert sam.press(f"/callbacks/{held}/allow").status_code == 409
    assert firm.row(held).state == "held"
    with firm.database.reading() as session:
        assert contacts.dial_refusal(session, number) is not None


def test_a_number_somebody_said_keeps_their_place_and_from_then_on_they_are_owed_a_call(
    firm: Firm, alex: Visitor
) -> None:
    hidden = firm.callback(None, state="no_number")
    place, key = firm.row(hidden).due_at, firm.row(hidden).caller_key
    assert "no time promised; rang" in reads(row(alex, hidden))
    assert f'id="number-{hidden}"' in row(alex, hidden)
    refused = alex.press(f"/callbacks/{hidden}/number", number="555-01")
    assert refused.status_code == 400
    assert "is not a phone number" in refused.text
    assert 'value="555-01"' in refused.text
    for wrong, why in (("(212) 555-0100", "one of our own lines"), ("911", "not a")):
        assert why in alex.press(f"/callbacks/{hidden}/number", number=wrong).text
    assert firm.row(hidden).state == "no_number"
    assert alex.press(f"/callbacks/{hidden}/number", number="(212) 555-0142").status_code == 303
    now = firm.row(hidden)
    assert (now.state, now.caller, now.caller_key, now.due_at) == ("waiting", JANE, JANE, place)
    assert promises(firm, hidden) == [("none", now.promised_by)]
    assert now.promised_by > clock.now() + dt.timedelta(minutes=59), "nobody was owed a call before"
    assert alex.press(f"/callbacks/{hidden}/number", number="(212) 555-0143").status_code == 409
    assert alex.press(f"/callbacks/{hidden}/undo").status_code == 303
    assert (firm.row(hidden).state, firm.row(hidden).caller_key) == ("no_number", key)
    assert promises(firm, hidden) == []


def test_a_said_number_the_rules_forbid_is_held_and_a_blocked_one_refused(firm: Firm, alex: Visitor) -> None:
    hidden = firm.callback(None, state="no_number")
    with firm.database.transaction() as session:
        contacts.block(session, JANE, True)
    assert "this number is blocked" in alex.press(f"/callbacks/{hidden}/number", number=JANE).text
    alex.press(f"/callbacks/{hidden}/number", number=ABROAD)
    assert (firm.row(hidden).state, firm.row(hidden).held_reason, promises(firm, hidden)) == ("held", "foreign", [])


def test_who_waits_already_under_the_number_they_said_keeps_one_place(firm: Firm, alex: Visitor) -> None:
    waiting = firm.callback(JANE, due=40, calls=2)
    hidden = firm.callback(None, due=10, state="no_number")
    place, promised = firm.row(hidden).due_at, firm.row(waiting).promised_by
    answer = alex.press(f"/callbacks/{hidden}/number", number="212-555-0142")
    assert answer.headers["Location"] == f"/#cb-{waiting}"
    kept, gone = firm.row(waiting), firm.row(hidden)
    assert (kept.state, kept.calls, kept.promised_by, kept.due_at) == ("waiting", 3, promised, place)
    assert (gone.state, gone.closed_reason) == ("closed", "merged")
    page = alex.get("/").text
    assert f"cb-{hidden}" not in page
    assert 'id="take-back"' not in page
    assert alex.press(f"/callbacks/{hidden}/reopen").status_code == 409


def test_programs_can_do_the_same(firm: Firm) -> None:
    hidden, held = firm.callback(None, state="no_number"), firm.callback(PREMIUM, state="held", held_reason="premium")
    short = firm.callback("+1911", state="held", held_reason="emergency")
    waiting = firm.callback(JANE)
    with firm.database.transaction() as session:
        may = {scope: tokens.make_token(session, scope, clock.now(), [scope]) for scope in ("read", "work", "manage")}
    client = firm.app.test_client()

    def ask(scope: str, method: str, path: str, **body: object) -> tuple[int, dict[str, object]]:
        headers = {"Authorization": f"Bearer {may[scope]}"}
        answer = client.open(f"/api/v1{path}", method=method, json=body, headers=headers)
        return answer.status_code, answer.json or {}

    number = {"staff": "alex", "number": "+12125550199"}
    assert ask("work", "POST", f"/callbacks/{hidden}/number", staff="alex", number="+12125550100")[0] == 422
    assert ask("work", "POST", f"/callbacks/{hidden}/number", staff="alex", number="555")[0] == 400
    assert ask("read", "GET", f"/callbacks/{hidden}")[1]["promised_by"] is None
    status, told = ask("work", "POST", f"/callbacks/{hidden}/number", **number)
    assert (status, told["state"], told["caller"]) == (200, "waiting", "+12125550199")
    again = firm.callback(None, state="no_number")
    status, told = ask("work", "POST", f"/callbacks/{again}/number", staff="alex", number=JANE)
    assert (status, told["id"], told["calls"]) == (200, waiting, 2)
    assert ask("work", "POST", f"/callbacks/{held}/allow")[0] == 403
    assert ask("manage", "POST", f"/callbacks/{held}/allow", staff="alex")[1]["state"] == "waiting"
    assert ask("work", "POST", f"/callbacks/{held}/undo", staff="alex")[1]["state"] == "held"
    status, told = ask("manage", "POST", f"/callbacks/{held}/allow")
    assert (status, told["state"]) == (200, "waiting")
    assert ask("manage", "POST", f"/callbacks/{short}/allow")[0] == 422
    assert ask("manage", "PATCH", "/contacts/+19005550199", allowed=True)[1]["allowed"] is True
    assert ask("manage", "PATCH", "/contacts/+19005550199", allowed=False)[1]["allowed"] is False
    assert ask("manage", "PATCH", "/contacts/+266696687", allowed=True)[0] == 422
    assert ("allow", held) in deeds(firm)

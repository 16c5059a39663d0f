"""Tokens: made for what a program is to do, shown once, revoked. ASVS 8.2.1, API5."""

import datetime as dt
import re

import pytest
import sqlalchemy as sa
import time_machine

from dashboard.api.operation import OPERATIONS
from tests.firm import LINE
from tests.pages import Firm, reads
from voice import tokens
from voice.accounts import BadUser
from voice.ledger import Token

NOON = dt.datetime(2026, 11, 23, 17, tzinfo=dt.UTC)
SAM = "sam@example.com"


def status(firm: Firm, token: str, method: str, path: str) -> int:
    """What a program with this token is told."""
    asked = firm.app.test_client().open(
        f"/api/v1{path}",
        method=method,
        json={} if method != "GET" else None,
        headers={"Authorization": f"Bearer {token}"},
    )
    return asked.status_code


@pytest.mark.proves("02-5.3")
def test_a_token_does_what_its_scopes_say_and_nothing_else(firm: Firm) -> None:
    """Every route there is: deny by default."""
    refused: dict[str, set[str]] = {}
    with firm.database.transaction() as session:
        made = {scope: tokens.make_token(session, scope, NOON, [scope]) for scope in tokens.SCOPES}
    for scope, token in made.items():
        for each in OPERATIONS:
            if status(firm, token, each.method, re.sub(r"<\w+>", "x", each.rule)) == 403:
                refused.setdefault(scope, set()).add(each.scope)
            else:
                assert each.scope == scope, (scope, each.method, each.rule)
    assert refused == {"read": {"work", "manage"}, "work": {"read", "manage"}, "manage": {"read", "work"}}
    needs = {(each.method, each.rule): each.scope for each in OPERATIONS}
    assert needs["POST", "/callbacks/<callback_id>/call"] == "work"
    assert needs["PATCH", "/contacts/<e164>"] == "manage"
    assert needs["PATCH", "/staff/<staff_id>"] == "manage"
    assert {scope for (method, _), scope in needs.items() if method == "GET"} == {"read"}


@pytest.mark.proves("02-5.3")
def test_the_owner_makes_a_token_sees_it_once_and_revokes_it(firm: Firm) -> None:
    sam = firm.visitor(SAM)
    page = sam.press("/tokens/make", name="The <till>", scope="read", every_line="1").text
    token = re.search(r'value="(rb_[\w-]{43})"', page)
    assert token
    assert status(firm, token[1], "GET", "/calls") == 200
    page = sam.get("/tokens").text
    assert token[1] not in page
    assert "The &lt;till&gt;" in page
    revoke = re.search(r'action="(/tokens/\w{64}/revoke)"', page)
    assert revoke
    assert sam.press(revoke[1]).status_code == 303
    assert status(firm, token[1], "GET", "/calls") == 401
    assert sam.press(revoke[1]).status_code == 404
    assert "No token yet" in sam.get("/tokens").text


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"name": " ", "scope": "read", "every_line": "1"}, "needs a name"),
        ({"name": "x", "every_line": "1"}, "what the token may do"),
        ({"name": "x", "scope": "everything", "every_line": "1"}, "what the token may do"),
        ({"name": "x", "scope": "read"}, "Lines: choose at least one"),
    ],
)
def test_a_token_that_cannot_be_is_refused_with_the_reason(firm: Firm, fields: dict[str, str], says: str) -> None:
    refused = firm.visitor(SAM).press("/tokens/make", **fields)
    assert refused.status_code == 400
    assert says in reads(refused.text)
    with firm.database.reading() as session:
        assert session.scalars(sa.select(Token)).all() == []


def test_a_token_is_known_by_name_and_kept_as_a_hash_only(firm: Firm) -> None:
    with firm.database.transaction() as session:
        token = tokens.make_token(session, "till", NOON, lines=[LINE])
    with firm.database.reading() as session:
        known = tokens.program(session, token)
        assert known is not None
        assert known == tokens.Program(known.token_id, "till", frozenset(tokens.SCOPES), frozenset([LINE]), None)
        assert tokens.program(session, token + "x") is None
        assert token not in session.scalars(sa.select(Token.id)).one()
    with firm.database.transaction() as session, pytest.raises(BadUser, match="needs a name"):
        tokens.make_token(session, "", NOON)


def test_the_last_use_is_remembered_to_the_hour_for_reads_and_to_the_minute_for_work(firm: Firm) -> None:
    def used() -> dt.datetime | None:
        with firm.database.reading() as session:
            return session.scalars(sa.select(Token.used_at)).one()

    with time_machine.travel(NOON, tick=False) as clock:
        with firm.database.transaction() as session:
            token = tokens.make_token(session, "till", NOON)
        assert used() is None
        status(firm, token, "GET", "/calls")
        clock.shift(59 * 60)
        status(firm, token, "GET", "/calls")
        assert used() == NOON, "a list that is polled must not become a writer"
        status(firm, token, "PATCH", "/contacts/+12125550142")
        assert used() == NOON + dt.timedelta(minutes=59)
        clock.shift(60 * 60)
        status(firm, token, "GET", "/calls")
        assert used() == NOON + dt.timedelta(minutes=119)

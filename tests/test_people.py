"""The caller's card: who they are from what happened, edited in place, and two numbers of one person on one card."""

import datetime as dt
import re
from html import unescape
from typing import Any

import pytest
import sqlalchemy as sa

from dashboard import people_rows
from tests.pages import JANE, Firm, reads
from voice import clock, contacts, persons
from voice.ledger import CarrierEvent
from voice.models import Attempt, Call, Contact

LUIS = "+12125550177"


def rang(firm: Firm, caller: str | None, hours: float = 1, **values: Any) -> str:
    """Somebody rang so many hours ago; the call's id."""
    at = clock.now() - dt.timedelta(hours=hours)
    with firm.database.transaction() as session:
        usual = {"state": "completed", "outcome": "talked", "received_at": at, "ended_at": at}
        return firm.call(session, caller, **(usual | values)).id


def known(firm: Firm, number: str) -> Contact:
    """A contact as it is now."""
    with firm.database.reading() as session:
        return session.get_one(Contact, number)


def test_everybody_who_rang_is_listed_the_newest_first_and_found_by_name_number_or_tag(firm: Firm) -> None:
    rang(firm, JANE, 5)
    rang(firm, LUIS, 1)
    rang(firm, None, 0.5)
    firm.name(JANE, "Jane Doe")
    firm.name("+13105550147", None, "TOM REYES")
    sam = firm.visitor("sam@example.com")
    sam.press(f"/people/{JANE}/change", tags="boiler, Regular")
    page = reads(sam.get("/people").text)
    assert page.index("(212) 555-0177") < page.index("Jane Doe") < page.index("TOM REYES not checked")
    assert "withheld" not in page
    for wanted in ("jane", "555-0142", "2125550142", "+1 (212) 555-0142", "REGUL", "boiler"):
        found = reads(sam.get(f"/people?q={wanted.replace('+', '%2B')}").text)
        assert "Jane Doe" in found, wanted
        assert "0177" not in found, wanted
    assert "Nobody fits" in sam.get("/people?q=100%25").text


def test_a_long_list_has_pages_and_nobody_is_left_out_between_them(firm: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(people_rows, "PAGE", 5)
    monkeypatch.setattr(people_rows, "WINDOW", 3)
    for index in range(12):
        rang(firm, f"+1212555{1000 + index}", index // 3)
        rang(firm, f"+1212555{1000 + index}", index // 3 + 0.5)  # and before
    with firm.database.transaction() as session:
        for index in (0, 4, 5):  # one person who rang, rang long ago and never did: with the newest call
            persons.merge(session, "+12125551001", f"+1212555{1000 + index * 2}", "Sam", clock.now())
        persons.merge(session, "+12125551001", "+12125552000", "Sam", clock.now())
        for index in range(8):
            contacts.remember(session, f"+1212555{3000 + index}", name="Silent")
        persons.merge(session, "+12125553001", "+12125553002", "Sam", clock.now())
    sam = firm.visitor("sam@example.com")
    for asked, expected in (("", 9 + 7), ("&q=212555", 9 + 7), ("&q=silent", 7)):
        found, after = [], ""
        for _ in range(9):
            page = sam.get(f"/people?after={after}{asked}").text
            found += re.findall(r'<h2><a href="/people/(\+\d+)"', page)
            after = page.partition("after=")[2].partition('"')[0]
            if not after:
                break
        assert len(found) == len(set(found)) == expected, asked
        silent = [number for number in found if number.startswith("+12125553")]
        assert silent == sorted(silent) == found[-7:], "who never rang comes last"
        if expected > 7:
            assert found[0] in ("+12125551001", "+12125551002")
    assert sam.get("/people?after=rubbish").status_code == 400


@pytest.mark.proves("02-2.1", "C12")
def test_the_card_tells_calls_rings_back_texts_and_notes_in_one_line_of_time(firm: Firm) -> None:
    now = clock.now()
    firm.name(JANE, None, "DOE J")
    call = rang(firm, JANE, 30, answered_by="sam", talk_seconds=95)
    callback = firm.callback(JANE, state="waiting")
    with firm.database.transaction() as session:
        times = {"created_at": now - dt.timedelta(hours=2), "ended_at": now, "ending": "no_answer", "state": "ended"}
        session.add(Attempt(callback_id=callback, staff_id="alex", **times))
        text = {"From": JANE, "Body": "Come on Tuesday <b>please</b>"}
        session.add(
            CarrierEvent(key="t", route="incoming_text", sid="SM1", received_at=now - dt.timedelta(hours=3), form=text)
        )
    sam = firm.visitor("sam@example.com")
    sam.press(f"/people/{JANE}/notes", note="Side door.\nMornings.")
    html = sam.get(f"/people/{JANE}").text
    page = reads(html)
    told = [
        "Sam Field noted", "Side door.", "to be rung back", "Alex Moor rang them back", "they did not pick up",
        "Sent a text", "Come on Tuesday &lt;b&gt;please", "talked with Sam Field, 1:35 min",
    ]  # fmt: skip
    places = [page.index(words) for words in told]
    assert "Usually speaks with Sam Field, once" in page
    assert "The carrier says: DOE J" in page
    assert "Waits for a call, by" in page
    assert f"/calls/{call}" in html
    assert places == sorted(places)


@pytest.mark.proves("02-2.2")
def test_a_card_is_edited_in_place_and_says_who_changed_what(firm: Firm) -> None:
    rang(firm, JANE)
    alex = firm.visitor("alex@example.com")
    for fields in ({"name": " Jane  Doe "}, {"tags": "boiler, Boiler, top floor"}, {"language": "es"}, {"vip": "yes"},
                   {"do_not_text": "yes"}):  # fmt: skip
        assert alex.press(f"/people/{JANE}/change", **fields).status_code == 303
    page = reads(alex.get(f"/people/{JANE}").text)
    for words in ("Jane Doe VIP", "boiler top floor", "Spanish", "Alex Moor changed the name from “none” to “Jane Doe”",
                  "Alex Moor marked them as a VIP", "They want no texts", "Ringback itself sends none"):  # fmt: skip
        assert words in page, words
    refused = alex.press(f"/people/{JANE}/change", name="x" * 201)
    assert refused.status_code == 400
    assert "name: it has more than 200 characters" in refused.text
    assert "x" * 201 in refused.text
    assert known(firm, JANE).name == "Jane Doe"
    before = page.count("Alex Moor")
    alex.press(f"/people/{JANE}/change", name="Jane Doe")
    assert reads(alex.get(f"/people/{JANE}").text).count("Alex Moor") == before


def test_a_name_is_not_saved_over_one_a_colleague_has_just_written(firm: Firm) -> None:
    firm.name(JANE, "Jane")
    sam, alex = firm.visitor("sam@example.com"), firm.visitor("alex@example.com")
    page = unescape(re.findall(r'name="was" value="([^"]*)"', sam.get(f"/people/{JANE}").text)[0])
    alex.press(f"/people/{JANE}/change", name="Jane Doe", was=page)
    assert sam.press(f"/people/{JANE}/change", tags="boiler", was=page).status_code == 303, "another field than theirs"
    late = sam.press(f"/people/{JANE}/change", name="Janet Doe", was=page)
    assert late.status_code == 409
    assert re.search(r"Alex Moor changed this at [^,]+, while you had it open\.", reads(late.text))
    assert "“<bdi>Jane Doe</bdi>”" in late.text
    assert 'value="Janet Doe"' in late.text
    assert known(firm, JANE).name == "Jane Doe"
    page = unescape(re.findall(r'name="was" value="([^"]*)"', late.text)[0])
    sam.press(f"/people/{JANE}/change", name="Janet Doe", was=page)
    assert known(firm, JANE).name == "Janet Doe"


def test_two_numbers_of_one_person_share_a_card_and_can_be_parted_again(firm: Firm) -> None:
    rang(firm, JANE, 3, answered_by="sam", talk_seconds=60)
    rang(firm, LUIS, 1)
    sam = firm.visitor("sam@example.com")
    sam.press(f"/people/{JANE}/change", name="Jane Doe", tags="boiler")
    sam.press(f"/people/{LUIS}/change", vip="yes", tags="garage")
    assert sam.press(f"/people/{JANE}/merge", other="(212) 555-0177").status_code == 303
    for number in (JANE, LUIS):
        page = reads(sam.get(f"/people/{number}").text)
        assert "Jane Doe VIP" in page
        assert "boiler garage" in page
        assert "Rang twice" in page
    assert sam.get("/people").text.count('class="row person"') == 1
    assert known(firm, LUIS).name == "Jane Doe"
    with firm.database.transaction() as session:  # whoever spoke with them is rung first, from whichever number
        call = session.scalars(sa.select(Call).where(Call.caller == LUIS)).one()
        contacts.remember_talk(session, call, "alex", clock.now())
    assert known(firm, JANE).last_staff_id == "alex"
    refused = sam.press(f"/people/{JANE}/merge", other="+12125550100")
    assert "one of your own lines" in refused.text
    sam.press(f"/people/{JANE}/split")  # the first of the two: the other goes on alone
    assert (known(firm, JANE).same_as, known(firm, LUIS).same_as) == (None, None)
    sam.press(f"/people/{LUIS}/change", name="Luis Ortega")
    assert (known(firm, JANE).name, known(firm, LUIS).name) == ("Jane Doe", "Luis Ortega")
    assert sam.get("/people").text.count('class="row person"') == 2


def test_three_numbers_stay_one_person_when_the_first_is_taken_off(firm: Firm) -> None:
    third = "+12125550199"
    with firm.database.transaction() as session:
        for number in (JANE, LUIS, third):
            persons.change(session, number, "Sam", clock.now(), name=number)
        persons.merge(session, JANE, LUIS, "Sam", clock.now())
        persons.merge(session, third, JANE, "Sam", clock.now())
        assert [c.number for c in contacts.of_person(session, LUIS)] == [third, JANE, LUIS]
        persons.split(session, third, "Sam", clock.now())
        assert [c.number for c in contacts.of_person(session, LUIS)] == [JANE, LUIS]
        assert [c.number for c in contacts.of_person(session, third)] == [third]


@pytest.mark.proves("02-2.2")
def test_blocking_is_the_owners_one_number_at_a_time(firm: Firm) -> None:
    callback = firm.callback(JANE)
    assert firm.visitor("alex@example.com").press(f"/people/{JANE}/blocked", blocked="yes").status_code == 403
    sam = firm.visitor("sam@example.com")
    assert sam.press(f"/people/{JANE}/blocked", blocked="yes").status_code == 303
    assert known(firm, JANE).blocked
    assert firm.row(callback).closed_reason == "blocked"
    assert f"Sam Field blocked {JANE}" in reads(sam.get(f"/people/{JANE}").text)
    assert "is blocked now. Undo" in reads(sam.get(f"/people/{JANE}").text)
    sam.press(f"/people/{JANE}/blocked", blocked="no")
    assert not known(firm, JANE).blocked
    assert firm.row(callback).state == "waiting", "a slip of the finger loses nobody"
    assert "is blocked now" not in reads(sam.get(f"/people/{JANE}").text)


@pytest.mark.parametrize(
    ("verstat", "shown"),
    [
        ("TN-Validation-Passed-A", False),
        ("TN-Validation-Passed-A-Diverted", False),
        ("TN-Validation-Passed-B", True),
        ("TN-Validation-Failed-A", True),
        ("No-TN-Validation", True),
        ("", True),
        (None, False),
    ],
)
@pytest.mark.proves("02-2.3")
def test_a_number_the_carrier_does_not_vouch_for_says_so(firm: Firm, verstat: str | None, shown: bool) -> None:
    call = rang(firm, JANE, verstat=verstat)
    sam = firm.visitor("sam@example.com")
    for path in (f"/people/{JANE}", f"/calls/{call}"):
        assert ("number not verified" in sam.get(path).text) is shown


def test_a_note_can_be_taken_away_and_that_is_known_afterwards(firm: Firm) -> None:
    rang(firm, JANE)
    sam, alex = firm.visitor("sam@example.com"), firm.visitor("alex@example.com")
    sam.press(f"/people/{JANE}/notes", note="Owes us money")
    path = alex.get(f"/people/{JANE}").text.partition("/notes/")[2].partition('"')[0]
    assert alex.press(f"/people/{JANE}/notes/{path}").status_code == 303
    page = reads(alex.get(f"/people/{JANE}").text)
    assert "Owes us money" not in page
    assert "Alex Moor took away a note by Sam Field" in page
    assert alex.press(f"/people/{JANE}/notes", note="x" * 2001).status_code == 400


def test_who_is_not_known_has_no_card_and_who_hides_has_a_call_that_says_so(firm: Firm) -> None:
    sam = firm.visitor("sam@example.com")
    for path in (f"/people/{JANE}", "/people/nobody", "/people/%2B1"):
        assert sam.get(path).status_code == 404
    assert sam.press(f"/people/{JANE}/change", name="Jane").status_code == 404
    hidden = sam.get(f"/calls/{rang(firm, None)}").text
    assert "They hide their number" in hidden
    assert "/people/+" not in hidden


@pytest.mark.proves("C12")
def test_a_long_history_has_pages(firm: Firm) -> None:
    calls = [rang(firm, JANE, hours) for hours in range(1, 71)]
    sam = firm.visitor("sam@example.com")
    seen, path = [], f"/people/{JANE}"
    while path:
        html = sam.get(path).text
        seen += [call for call in calls if f"/calls/{call}" in html]
        later = html.partition("?before=")[2].partition('"')[0]
        path = f"/people/{JANE}?before={later}" if later else ""
    assert seen == calls
    assert sam.get(f"/people/{JANE}?before=soon").status_code == 400


@pytest.mark.proves("F18", "F21")
def test_a_hostile_name_is_only_ever_text(firm: Firm) -> None:
    rang(firm, JANE)
    firm.name(JANE, '<script>alert(1)</script>" onload="x', "\u202egnp.exe")
    sam = firm.visitor("sam@example.com")
    sam.press(f"/people/{JANE}/change", tags='<img src=x>, "')
    for path in ("/people", f"/people/{JANE}", "/people?q=%3Cscript%3E"):
        html = sam.get(path).text
        assert "<script>alert" not in html
        assert "<img src=x>" not in html
        assert "\u202e" not in html

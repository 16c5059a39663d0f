"""Digests by e-mail: who was lost first, sent once to each owner who wants them, also after a standstill."""

import datetime as dt
import pathlib
import re
import struct
from collections.abc import Iterator
from email.utils import parsedate_to_datetime

import pytest
import sqlalchemy as sa
import time_machine

from tests import mail_server
from tests.conftest import make_settings
from tests.figures_history import lived_in
from tests.firm import found
from tests.letterbox import Letterbox, at
from tests.mail_server import MailServer
from tests.pages import JANE, Firm, reads
from tests.world import World
from voice import accounts, letters
from voice.db import Database
from voice.firm import Business
from voice.ledger import User

pytestmark = pytest.mark.usefixtures("morning")
MONDAY_EIGHT = at("2026-11-23T13:00")  # in New York
MINUTE = dt.timedelta(minutes=1)
HOSTILE = "Eve\r\nBcc: all@example.com <script>x</script> {{ 7*7 }} \u202elive"


@pytest.fixture(autouse=True)
def _drawn_once(tmp_path: pathlib.Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A picture drawn for one database is not drawn again for the other: that takes seconds."""
    (kept := tmp_path_factory.getbasetemp() / "drawn for letters").mkdir(exist_ok=True)
    (tmp_path / "cache").symlink_to(kept)


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server.running() as made:
        yield made


@pytest.fixture
def box(morning: time_machine.Traveller, firm: Firm, server: MailServer, tmp_path: pathlib.Path) -> Letterbox:
    """The firm on each database, with a week behind it that ended on Monday at six."""
    morning.move_to(MONDAY_EIGHT - dt.timedelta(hours=2))
    return Letterbox(lived_in(firm), server, tmp_path)


@pytest.fixture
def quick_box(storage_url: str, server: MailServer, tmp_path: pathlib.Path) -> Iterator[Letterbox]:
    """The same without a past but for one call."""
    firm = Firm(storage_url, tmp_path)
    with firm.database.transaction() as session:  # long enough ago for no picture to be drawn: that takes seconds
        firm.call(session, JANE, received_at=at("2024-01-01T15:00"), state="completed", outcome="talked")
    yield Letterbox(firm, server, tmp_path)
    firm.close()


def test_the_week_s_letter_says_it_all_as_text_as_html_and_as_a_picture(
    box: Letterbox, morning: time_machine.Traveller
) -> None:
    box.firm.callback(JANE, state="unreached", first_called_at=at("2026-11-18T15:12"), due_at=at("2026-11-18T16:15"))
    box.firm.name(JANE, HOSTILE)
    morning.move_to(MONDAY_EIGHT - MINUTE)
    assert box.minute() == []
    morning.move_to(MONDAY_EIGHT)
    [letter] = box.minute()
    message = letter.message
    assert (letter.sender, letter.to) == ("ring@example.com", "sam@example.com")
    assert message["From"] == "Ringback <ring@example.com>"
    assert message["Subject"] == "Acme Plumbing, Mon 16 – Sun 22 Nov: 2 people lost"
    assert parsedate_to_datetime(message["Date"]) == MONDAY_EIGHT
    assert message["Bcc"] is None
    assert [part.get_content_type() for part in message.walk()] == [
        "multipart/alternative", "text/plain", "multipart/related", "text/html", "image/png",
    ]  # fmt: skip
    text, html, png = letter.text, str(letter.part("text/html").get_content()), letter.part("image/png")
    assert text.index("CALLERS LOST") < text.index("FIVE FIGURES") < text.index("ONE CHANGE")
    assert "- Eve Bcc: all@example.com <script>" in text
    assert len(re.findall(r"^- .+: .+$", text.partition("FIVE FIGURES")[2], re.MULTILINE)) == 5
    assert max(map(len, letter.data.splitlines())) <= 998
    assert "<script" not in html
    assert "‮" not in text + html
    assert "{{ 7*7 }}" in text  # as it was written: no template of anybody's runs
    for said in ("Callers lost", "Seconds to a person", "Promises kept", "Time to callback"):
        assert said.casefold() in text.casefold()
        assert said in html
    assert re.findall(r'<img src="([^"]+)"', html) == ["cid:picture"]
    assert png["Content-ID"] == "<picture>"
    data = png.get_content()
    assert data.startswith(b"\x89PNG")
    assert struct.unpack(">I", data[16:20])[0] > 600
    alt = re.search(r'alt="(Missed calls by day\. Mon 16 Nov: \d+, .*Sun 22 Nov: \d+\.)"', html)
    assert alt
    assert not re.search(r'(src|href)="(?!cid:|https://ringback\.test/)', html)  # nothing is fetched, nothing tracks
    for link in {
        *re.findall(r'href="https://ringback.test([^"]+)"', html),
        *re.findall(r"https://ringback.test(\S+)", text),
    }:
        visitor = box.firm.visitor("sam@example.com")
        visitor.origin = "http://localhost"
        assert visitor.get(link.partition("#")[0].replace("&amp;", "&")).status_code == 200, link
    assert box.minute() == []


def test_two_workers_at_one_time_send_one_letter(quick_box: Letterbox, morning: time_machine.Traveller) -> None:
    morning.move_to(MONDAY_EIGHT)
    with quick_box.firm.database.reading() as session:
        mine, theirs = letters.due(session, MONDAY_EIGHT), letters.due(session, MONDAY_EIGHT)
    for each in (mine, theirs):  # both looked before either had written
        with quick_box.firm.database.transaction() as session:
            letters.write_down(session, each, MONDAY_EIGHT)
    assert len(quick_box.minute()) == 1
    [(kind, period, state)] = quick_box.rows()
    assert (kind, period, state) == ("weekly", "2026-11-16", "sent")
    with quick_box.firm.database.transaction() as session:
        assert not letters.take(session, mine[0].id, MONDAY_EIGHT)


def test_only_owners_get_what_they_have_chosen(quick_box: Letterbox, morning: time_machine.Traveller) -> None:
    box = quick_box
    box.wish("alex", daily=True)  # staff: figures are not theirs
    box.wish("sam", daily=True, weekly=False)
    morning.move_to(MONDAY_EIGHT)
    assert [letter.message["Subject"] for letter in box.minute()] == ["Acme Plumbing, Sun 22 Nov: nobody lost"]
    box.wish("sam")
    assert [letter.to for letter in box.minute()] == ["sam@example.com"]
    box.wish("sam", daily=True)
    morning.move_to(MONDAY_EIGHT + dt.timedelta(days=1))
    with box.firm.database.transaction() as session:
        session.execute(sa.update(User).values(active=False))
    assert box.minute() == []


def test_the_morning_is_the_firm_s_own_also_when_clocks_change(
    quick_box: Letterbox, morning: time_machine.Traveller
) -> None:
    box = quick_box
    box.wish("sam", daily=True, weekly=False)
    with box.firm.database.transaction() as session:
        session.execute(sa.update(Business).values(time_zone="Europe/Berlin"))
    # Sunday 25 October 2026 has 25 hours in Berlin, Sunday 29 March 2026 has 23: eight is UTC 6, then 7; 7, then 6.
    for before, day, hour in (("2026-10-24T06:00", "2026-10-25", 7), ("2026-03-28T07:00", "2026-03-29", 6)):
        morning.move_to(at(before))
        assert len(box.minute()) == 1
        morning.move_to(at(f"{day}T{hour:02}:00") - MINUTE)
        assert box.minute() == []
        morning.move_to(at(f"{day}T{hour:02}:00"))
        [letter] = box.minute()
        yesterday = dt.date.fromisoformat(day) - dt.timedelta(days=1)
        assert f"{yesterday:%a} {yesterday.day} {yesterday:%b}" in str(letter.message["Subject"])


def test_after_a_standstill_the_last_one_comes_late_once_and_nothing_older_than_two_days(
    quick_box: Letterbox, morning: time_machine.Traveller
) -> None:
    box = quick_box
    box.wish("sam", daily=True)
    morning.move_to(MONDAY_EIGHT + dt.timedelta(hours=47))  # Wednesday, seven: since Monday nobody was there
    said = sorted(str(letter.message["Subject"]).partition(", ")[2] for letter in box.minute())
    assert [each.partition(":")[0] for each in said] == ["Mon 16 – Sun 22 Nov", "Mon 23 Nov"]
    assert box.minute() == []
    morning.move_to(MONDAY_EIGHT + dt.timedelta(days=9, minutes=1))  # Wednesday again: the week's is two days old
    assert [row[1] for row in box.rows()] == ["2026-11-23", "2026-11-16"]
    assert [letter.message["Subject"] for letter in box.minute()] == ["Acme Plumbing, Tue 1 Dec: nobody lost"]


def test_what_the_server_does_not_take_waits_and_what_it_may_have_taken_is_never_sent_again(
    quick_box: Letterbox, morning: time_machine.Traveller
) -> None:
    box, server = quick_box, quick_box.server
    box.wish("sam", daily=True, weekly=False)
    day = dt.timedelta(days=1)
    refusals = {"RCPT": "451 later", "MAIL": "hang up", "DATA": "452 no room"}
    for number, (verb, answer) in enumerate(refusals.items()):
        morning.move_to(MONDAY_EIGHT + number * day)
        server.answers = {verb: answer}
        assert box.minute() == []
        assert box.rows()[-1][2] == "waiting"
        page = reads(box.firm.visitor("sam@example.com").get("/account").text)
        assert "the mail server did not take it" in page
        server.answers = {}
        morning.move_to(MONDAY_EIGHT + number * day + 16 * MINUTE)
        assert len(box.minute()) == 1
    server.answers = {"DATA": "hang up"}  # it has heard every word, and says nothing
    morning.move_to(MONDAY_EIGHT + 4 * day)
    heard = server.heard.count("DATA")
    assert box.minute() == []
    server.answers = {}
    for minutes in (1, 16, 60, 600):
        morning.move_to(MONDAY_EIGHT + 4 * day + minutes * MINUTE)
        assert box.minute() == []
    assert server.heard.count("DATA") == heard + 1
    assert box.rows()[-1][2] == "unknown"
    server.answers = {"RCPT": "550 no such person"}
    morning.move_to(MONDAY_EIGHT + 5 * day)
    assert box.minute() == []
    server.answers = {}
    morning.move_to(MONDAY_EIGHT + 5 * day + 16 * MINUTE)
    assert box.minute() == []  # it will never be taken
    assert "refused by the mail server: 550 no such person" in reads(
        box.firm.visitor("sam@example.com").get("/account").text
    )


def test_a_worker_that_dies_after_taking_a_letter_sends_no_second_one(
    quick_box: Letterbox, morning: time_machine.Traveller
) -> None:
    morning.move_to(MONDAY_EIGHT)
    with quick_box.firm.database.transaction() as session:
        due = letters.due(session, MONDAY_EIGHT)
        letters.write_down(session, due, MONDAY_EIGHT)
        assert letters.take(session, due[0].id, MONDAY_EIGHT)
    for minutes in (0, 20, 300):
        morning.move_to(MONDAY_EIGHT + minutes * MINUTE)
        assert quick_box.minute() == []


def test_the_link_in_a_letter_ends_it_without_a_sign_in_and_opening_it_alone_does_not(
    quick_box: Letterbox, morning: time_machine.Traveller
) -> None:
    box = quick_box
    box.wish("sam", daily=True)
    morning.move_to(MONDAY_EIGHT)
    weekly = next(letter for letter in box.minute() if "– Sun" in str(letter.message["Subject"])).message
    assert weekly["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = re.fullmatch(
        r"<https://ringback\.test(/letters/stop/\S+)>", "".join(str(weekly["List-Unsubscribe"]).split())
    )
    assert link
    anybody = box.firm.visitor()
    page = anybody.get(link[1])
    assert (page.status_code, "Stop the weekly digest" in page.text) == (200, True)
    assert anybody.get(link[1][:-1]).status_code == 404
    assert anybody.post("/letters/stop/x").status_code == 404
    with box.firm.database.reading() as session:
        sam = session.query(User).filter_by(email="sam@example.com").one().id
        assert letters.wishes(session, sam) == letters.Wishes(daily=True)
    # What a mail program posts: no cookie, no token of a page, from nowhere.
    done = anybody.post(link[1], {"List-Unsubscribe": "One-Click"}, Origin="null", Sec_Fetch_Site="cross-site")
    assert (done.status_code, "will not be sent to you any more" in done.text) == (200, True)
    assert anybody.post(link[1]).status_code == 200  # again: as done as before
    with box.firm.database.reading() as session:
        assert letters.wishes(session, sam) == letters.Wishes(daily=True, weekly=False)
    morning.move_to(MONDAY_EIGHT + dt.timedelta(days=7))
    assert len(box.minute()) == 1  # the daily one


def test_an_address_that_is_none_is_given_up_and_holds_up_nobody(
    quick_box: Letterbox, morning: time_machine.Traveller
) -> None:
    with quick_box.firm.database.transaction() as session:
        accounts.add_user(session, "eve\r\nrcpt to:<all@example.com>", "Eve", "owner", "x")
    morning.move_to(MONDAY_EIGHT)
    assert [letter.to for letter in quick_box.minute()] == ["sam@example.com"]
    assert sorted(row[2] for row in quick_box.rows()) == ["refused", "sent"]


def test_without_a_mail_server_nothing_is_written_down_and_the_pages_say_what_to_do(
    quick_box: Letterbox, morning: time_machine.Traveller
) -> None:
    quick_box.tools = type(quick_box.tools)(quick_box.firm.settings, quick_box.tools.database, quick_box.tools.carrier)
    morning.move_to(MONDAY_EIGHT)
    assert quick_box.minute() == []
    assert quick_box.rows() == []


def test_before_the_first_call_there_is_nothing_to_write_of(
    storage_url: str, tmp_path: pathlib.Path, server: MailServer, morning: time_machine.Traveller
) -> None:
    firm = Firm(storage_url, tmp_path)
    box = Letterbox(firm, server, tmp_path)
    morning.move_to(MONDAY_EIGHT)
    assert box.minute() == []
    firm.callback(JANE)
    assert box.minute() == []  # that is a call of this week
    morning.move_to(MONDAY_EIGHT + dt.timedelta(days=7))
    [letter] = box.minute()
    assert "1 person lost" in str(letter.message["Subject"])
    firm.close()


def test_the_worker_itself_sends_what_is_due(
    storage_url: str, database: Database, server: MailServer, tmp_path: pathlib.Path
) -> None:
    found(database)
    with database.transaction() as session:
        accounts.add_user(session, "owner@example.com", "Olive", "owner", "x")
    settings = make_settings(storage_url, tmp_path, SMTP_URL=server.url, MAIL_FROM="ring@example.com")
    world = World(database, settings, MONDAY_EIGHT - dt.timedelta(days=1, hours=1))
    world.rest = dt.timedelta(hours=1)
    world.rings(patience=3)
    world.run_until(MONDAY_EIGHT + dt.timedelta(hours=2, minutes=1))  # at one look it is written down, at the next sent
    world.close()
    assert [letter.to for letter in server.received] == ["owner@example.com"]
    assert "1 person lost" in str(server.received[0].message["Subject"])

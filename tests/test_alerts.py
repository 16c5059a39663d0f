"""Owners are told at once, each matter once: by notice, by e-mail, and in browsers that asked to be woken."""

import datetime as dt
import pathlib
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
import time_machine

from tests import mail_server, push_service
from tests.firm import LINE, OFFICE
from tests.letterbox import Letterbox, at
from tests.mail_server import MailServer
from tests.pages import JANE, Firm
from tests.push_service import Browser, PushService
from voice import accounts, pushing
from voice.firm import Line
from voice.ledger import Notice, User

pytestmark = pytest.mark.usefixtures("morning")
MINUTE = dt.timedelta(minutes=1)
NOW = at("2026-11-23T15:00")  # Monday at ten in New York


@pytest.fixture
def service() -> Iterator[PushService]:
    with push_service.running() as made:
        yield made


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server.running() as made:
        yield made


@pytest.fixture
def box(
    morning: time_machine.Traveller, firm: Firm, server: MailServer, service: PushService, tmp_path: pathlib.Path
) -> Letterbox:
    made = Letterbox(firm, server, tmp_path, PUSH_SERVICES=service.host)
    made.wish("sam", weekly=False)
    return made


def misses(box: Letterbox, caller: str, ago: float, state: str = "unanswered", **values: object) -> None:
    """Somebody rang so many minutes ago, and reached nobody."""
    when = dt.datetime.now(dt.UTC) - ago * MINUTE
    with box.firm.database.transaction() as session:
        plain = {"state": state, "outcome": "callback", "cause": "rang_out", "received_at": when, "ended_at": when}
        box.firm.call(session, caller, **(plain | values))


def notices(box: Letterbox) -> list[str]:
    """What the owner was told, in order."""
    with box.firm.database.reading() as session:
        return [notice.words for notice in session.scalars(sa.select(Notice).order_by(Notice.id))]


def owners_browser(box: Letterbox, service: PushService) -> Browser:
    """Sam's browser, which asked to be woken."""
    browser = Browser(service, "sam")
    with box.firm.database.transaction() as session:
        sam = session.query(User).filter_by(email="sam@example.com").one()
        visit = accounts.Visit("s", "c", NOW, sam.id, sam.name, sam.email, "owner", None, NOW, None, must_enrol=False)
        pushing.register(session, visit, browser.endpoint, browser.p256dh, browser.auth, False, NOW)
    return browser


def test_three_callers_missed_in_a_row_are_told_once_and_again_only_after_a_while(
    box: Letterbox, service: PushService, morning: time_machine.Traveller
) -> None:
    browser = owners_browser(box, service)
    misses(box, "+12125550171", 6)
    misses(box, "+12125550172", 4)
    misses(box, "+12125550173", 3, cause="short_abandon", state="abandoned")  # gave nobody a chance
    assert box.minute() == []
    misses(box, "+12125550174", 1)
    [letter] = box.minute()
    assert letter.message["Subject"] == "3 callers in a row reached nobody on Main line"
    assert "The last one rang at 9:59 am." in letter.text
    assert browser.shown == [{"kind": "missed", "callback": None}]
    assert letter.message["List-Unsubscribe"]
    misses(box, "+12125550175", 0)
    assert box.minute() == []  # the same bad morning
    morning.move_to(NOW + 130 * MINUTE)
    for number in range(3):
        misses(box, f"+1212555018{number}", 1)
    assert box.minute() == []  # still nobody got through: the same matter, which has been told
    with box.firm.database.transaction() as session:
        box.firm.call(session, JANE, state="completed", outcome="talked", joined_at=NOW + 130 * MINUTE)
    morning.move_to(NOW + 140 * MINUTE)
    for number in range(3):
        misses(box, f"+1212555019{number}", 1)
    assert len(box.minute()) == 1
    assert len(notices(box)) == 2


def test_calls_while_closed_and_old_misses_alarm_nobody(box: Letterbox) -> None:
    for number in range(4):
        misses(box, f"+1212555017{number}", 1, cause="closed")
        misses(box, f"+1212555018{number}", 60)
    assert box.minute() == []
    assert notices(box) == []


def test_a_promise_that_is_about_to_break_is_told_with_the_name_and_one_in_hand_is_not(
    box: Letterbox, morning: time_machine.Traveller
) -> None:
    box.firm.name(JANE, "Jane Doe")
    box.firm.callback(JANE, due=10)
    box.firm.callback("+12125550150", due=10, state="claimed", claimed_by="sam", lease_until=NOW + 60 * MINUTE)
    assert box.minute() == []
    morning.move_to(NOW + 8 * MINUTE)
    [letter] = box.minute()
    assert (
        letter.message["Subject"]
        == "Jane Doe was told Main line would ring back by 10:10 am, and nobody has taken it in hand"
    )
    assert box.minute() == []
    box.firm.callback("+12125550151", due=2)
    box.minute()
    assert sum("would ring back by" in words for words in notices(box)) == 1  # within half an hour: look at the list


def test_a_dead_line_is_told_once_and_a_quiet_one_or_a_holiday_is_not(
    box: Letterbox, morning: time_machine.Traveller
) -> None:
    with box.firm.database.transaction() as session:
        session.get_one(Line, LINE).hours = OFFICE
        for day in range(3, 7 * 8 + 1):
            morning_of = NOW - dt.timedelta(days=day)
            for number in range(20 if morning_of.weekday() < 5 else 0):  # from nine on, every twenty minutes
                when = morning_of - 60 * MINUTE + number * 20 * MINUTE
                box.firm.call(
                    session, JANE, state="completed", outcome="talked", received_at=when, joined_at=when, ended_at=when
                )
    morning.move_to(NOW + 30 * MINUTE)
    assert box.minute() == []  # half past ten: five should have rung
    morning.move_to(NOW + 300 * MINUTE)
    with box.firm.database.transaction() as session:
        session.get_one(Line, LINE).closed_days = ["2026-11-23"]
    assert box.minute() == []
    with box.firm.database.transaction() as session:
        session.get_one(Line, LINE).closed_days = []
    [letter] = box.minute()
    assert "No call has come in on Main line since" in str(letter.message["Subject"])
    assert "Ring +12125550100 from another phone" in letter.text
    morning.move_to(NOW + 360 * MINUTE)
    assert box.minute() == []
    assert len(notices(box)) == 1


def test_who_wants_no_alerts_gets_the_notice_alone_and_late_ones_reach_nobody(
    box: Letterbox, morning: time_machine.Traveller
) -> None:
    for number in range(3):
        misses(box, f"+1212555017{number}", 1)
    box.server.answers = {"RCPT": "451 later"}
    assert box.minute() == []
    box.server.answers = {}
    morning.move_to(NOW + 31 * MINUTE)  # an old story by now
    assert box.minute() == []
    box.wish("sam", weekly=False, alerts=False)
    box.firm.callback(JANE, due=2)
    assert box.minute() == []
    assert len(notices(box)) == 2

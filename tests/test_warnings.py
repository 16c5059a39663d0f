"""What goes wrong again and again is told with names, numbers, the fix and the way there; accidents are not."""

import dataclasses
import datetime as dt
import re
from typing import Any

import pytest

from dashboard import warnings
from tests.firm import LINE, OFFICE, PHONES
from tests.pages import Firm, reads
from voice import clock
from voice.firm import Line, StaffMember
from voice.models import Leg
from voice.models import Mailbox as MailboxRow
from voice.rules import warnings as rules
from voice.rules.ring_limit import Limit
from voice.rules.warnings import Failing, Mailbox, Ring, Warning

SHOWN = re.compile(
    r'<strong><bdi>([^<]+)</bdi></strong></p>\s*<p>(.*?)</p>\s*<p><a class="button" href="([^"]+)"', re.DOTALL
)
pytestmark = pytest.mark.usefixtures("morning")


def rings(*ends: str | float) -> list[Ring]:
    """Rings of a phone, oldest first: a number is how soon something picked up that pressed no key."""
    return [
        Ring("not_screened" if isinstance(end, float) else end, end if isinstance(end, float) else None, f"c{number}")
        for number, end in enumerate(ends)
    ]


@pytest.mark.parametrize(
    ("heard", "found"),
    [
        (rings(9.0, 9.2, 8.8), Mailbox(9.0, 3, 3)),
        (rings(9.0, "no_answer", 9.2, "ended", 8.8, 3.0), Mailbox(8.9, 3, 3)),
        (rings(9.0, 9.1), None),  # no habit yet
        (rings(2.0, 9.0, 14.0, 5.0), None),  # a person who presses nothing picks up when they can
        (rings("no_answer", "declined", "ended"), None),
    ],
)
def test_a_mailbox_is_known_by_taking_over_after_the_same_time(heard: list[Ring], found: Mailbox | None) -> None:
    seen = rules.mailbox(heard)
    assert (seen is None) == (found is None)
    if seen and found:
        assert seen.after == pytest.approx(found.after, abs=0.15)
        assert (seen.times, seen.callers) == (found.times, found.callers)


def test_a_phone_fails_when_its_last_rings_all_failed() -> None:
    assert rules.failing(rings("no_answer", "failed", "failed", "failed")) == Failing(3, 3)
    assert rules.failing(rings("failed", "failed", "failed", "no_answer")) is None  # it rang again since
    assert rules.failing(rings("failed", "failed")) is None


def test_promises_are_often_broken_by_share_and_by_number() -> None:
    assert rules.breaks_promises(kept=8, broken=3)
    assert not rules.breaks_promises(kept=12, broken=3)
    assert not rules.breaks_promises(kept=0, broken=2)


def test_the_change_proposed_is_the_one_that_would_have_helped_most() -> None:
    made = [Warning("nobody", costs, str(costs), "", "", "team.show") for costs in (2, 9, 4)]
    proposed = rules.proposed(made)
    assert proposed is not None
    assert proposed.costs == 9
    assert rules.proposed([]) is None
    assert rules.proposed([dataclasses.replace(made[1], mended=True)]) is None


def rang(firm: Firm, staff: str, number: int, state: str, after: float | None, **call: Any) -> None:
    """A phone rang for a caller on one of the last days."""
    at = clock.now() - dt.timedelta(days=3, minutes=-number)
    picked_up = None if after is None else at + dt.timedelta(seconds=after)
    with firm.database.transaction() as session:
        plain = {"state": "unanswered", "outcome": "callback", "cause": "rang_out", "received_at": at, "ended_at": at}
        row = firm.call(session, f"+121255502{number:02}", **(plain | call))
        leg = Leg(call_id=row.id, line=LINE, staff_id=staff, phone=PHONES[staff], purpose="ring", state=state)
        leg.placed_at = leg.ringing_at = leg.stop_at = leg.ended_at = at
        leg.picked_up_at = picked_up
        session.add(leg)


def test_the_owner_sees_each_with_its_name_its_numbers_and_the_way_to_mend_it(firm: Firm) -> None:
    sam = firm.visitor("sam@example.com")
    with firm.database.transaction() as session:
        session.get_one(Line, LINE).hours = OFFICE
        for member in session.query(StaffMember):
            member.shifts = dict.fromkeys(("mon", "tue", "wed", "thu"), "09:00-17:30")
    for number in range(4):
        rang(firm, "sam", number, "not_screened", 9.0)
        rang(firm, "alex", 10 + number, "failed", None)
    for number in range(5):
        rang(firm, "alex", 20 + number, "failed", None, cause="nobody_on_shift")
        rang(firm, "kim", 30 + number, "failed", None)  # answers no line
    early = clock.now() - dt.timedelta(days=2)
    for number in range(3):
        firm.callback(f"+121255504{number:02}", first_called_at=early, promised_by=early + dt.timedelta(hours=1))
    page = sam.get("/owner").text
    found = {title: (says, link) for title, says, link in SHOWN.findall(page)}
    assert set(found) == {
        "Main line is open with nobody on shift", "A mailbox answers Sam Field’s phone",
        "Alex Moor’s phone cannot be reached", "Main line often breaks its promises",
    }  # fmt: skip
    assert "Fri 27 Nov, 9 am to 5:30 pm" in found["Main line is open with nobody on shift"][0]
    assert "5 people rang at such times" in found["Main line is open with nobody on shift"][0]
    assert "4 calls after about 9 s, from 4 people" in found["A mailbox answers Sam Field’s phone"][0]
    assert "The last 9 times" in found["Alex Moor’s phone cannot be reached"][0]
    assert "3 of 3 in four weeks" in found["Main line often breaks its promises"][0]
    for _, link in found.values():
        assert sam.get(link.replace("&amp;", "&")).status_code == 200
    assert "Kim" not in reads(page.partition('id="warnings"')[2].partition("</section>")[0])
    with firm.database.reading() as session:
        assert warnings.read(session, clock.now())[0].kind == "failing"  # nine people let down
    rang(firm, "alex", 40, "ended", 4.0)
    assert "Alex Moor’s phone cannot be reached" not in sam.get("/owner").text  # it was, since
    with firm.database.transaction() as session:
        session.add(MailboxRow(phone=PHONES["sam"], seen=[[9.0, clock.now().isoformat()]] * 2))
    rest, _, last = sam.get("/owner").text.partition('<li class="note"')
    last = reads(last.partition("</section>")[0])
    assert "A mailbox" not in rest
    assert "A mailbox answers Sam Field’s phone" in last
    assert "now stops the phone after 7 s and rings it again while the caller waits. Nothing is left to do" in last


@pytest.mark.parametrize(
    ("after", "limit", "says"),
    [
        (5.0, None, "too soon for Ringback to stop ringing before it"),
        (9.0, None, "Have the mailbox take over later: Ringback lets a phone ring for 15 s, so 20 s or more is enough"),
        (15.2, None, "Switch the mailbox off"),
        (13.0, Limit(11, 13, dt.datetime(2026, 12, 23, tzinfo=dt.UTC)), "Nothing is left to do"),
    ],
)
def test_the_fix_says_what_is_seen_to_already_and_what_is_left(after: float, limit: Limit | None, says: str) -> None:
    assert says in warnings.against(Mailbox(after, 3, 3), limit)


def test_a_firm_without_trouble_is_told_nothing(firm: Firm) -> None:
    rang(firm, "sam", 1, "ended", 4.0)
    page = firm.visitor("sam@example.com").get("/owner").text
    assert "again and again" not in page

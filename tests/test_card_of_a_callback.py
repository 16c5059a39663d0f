"""What was done for somebody stands on their card, each deed with who did it, and no note of it is ever lost."""

import pytest
import time_machine

from tests.pages import JANE, Firm, Visitor, reads
from voice import callbacks, clock, topics

pytestmark = pytest.mark.usefixtures("morning")


@pytest.mark.proves("02-2.1")
def test_the_card_says_who_did_what_for_them_and_no_note_is_written_over_by_a_later_one(
    firm: Firm, sam: Visitor, alex: Visitor, morning: time_machine.Traveller
) -> None:
    with firm.database.transaction() as session:
        call = firm.call(session, JANE, state="unanswered", outcome="callback", ended_at=clock.now())
        morning.shift(20)
        opened = callbacks.open_for(session, call, "rang_out", clock.now())
        assert opened is not None
        callback, topic = opened.id, str(topics.add(session, "A quote").id)
    place = f"/callbacks/{callback}"
    morning.shift(60)
    sam.press(f"{place}/by-hand")
    sam.press(f"{place}/result", result="no_answer", note="Gate code 12")
    alex.press(f"{place}/result", result="left_voicemail", note="Somebody else")
    alex.press(f"{place}/undo")
    beside = {"note": "Wants a boiler", "topic": topic, "bought": "no", "why_not": "too dear"}
    alex.press(f"{place}/close", reason="done_by_staff", **beside)
    page = reads(sam.get(f"/people/{JANE}").text)
    told = [
        "Alex Moor closed the callback: sorted by hand", "Wants a boiler · A quote · did not buy · too dear",
        "Sam Field said how it went: did not pick up", "Gate code 12", "Sam Field dialled them by hand",
        "Put on the callback list", "Rang",
    ]  # fmt: skip
    places = [page.rindex(words) for words in told]
    assert places == sorted(places)
    assert "Somebody else" not in page, "it was taken back at once"
    assert page.count("Gate code 12") == 1
    assert firm.row(callback).note == "Wants a boiler · Gate code 12"
    assert "Wants a boiler · Gate code 12" in reads(sam.get("/?q=gate").text)

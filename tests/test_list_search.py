"""Finding somebody on the list, and a list of any length."""

import datetime as dt

import pytest

from tests.pages import JANE, Firm, Visitor, reads
from voice import clock
from voice.ledger import Message

LUIS = "+12125550177"
LONDON = "+442079460000"
DAY = dt.timedelta(days=1)


pytestmark = pytest.mark.usefixtures("morning")


def found(visitor: Visitor, q: str) -> set[str]:
    """The ids of the rows that are shown for these words."""
    page = visitor.client.get("/list", query_string={"q": q}, base_url=visitor.origin).text
    return {each.partition('"')[0] for each in page.split('id="cb-')[1:]}


@pytest.mark.proves("02-1.8", "F40")
def test_somebody_is_found_by_any_spelling_of_number_name_or_note(firm: Firm, sam: Visitor) -> None:
    firm.name(JANE, "Jane Doe")
    firm.name(LUIS, carrier_name="LUÍS ORTEGA MÜLLER")
    jane, luis = (
        firm.callback(JANE, note="Boiler leaks, Hauptstraße, 100% sure"),
        firm.callback(LUIS, state="unreached"),
    )
    london = firm.callback(LONDON, state="held", held_reason="foreign")
    firm.name(LONDON, carrier_name="Wren & Sons")
    hits = {
        "(212) 555-0142": {jane}, "212.555.0142": {jane}, "+1 212 555 0142": {jane}, "555-0142": {jane},
        "2125550": {jane, luis}, "0177": {luis}, "020 7946 0000": {london}, "+44 (0)20 7946": {london},
        "0044 20 7946": {london}, "jane": {jane}, "DOE jane": {jane}, "ortega": {luis}, "müller": {luis},
        "luís müller": {luis}, "luis muller": {luis}, "strasse": {jane}, "STRAẞE": {jane}, "\u0308": set(),
        "011 1 212 555 0142": {jane}, "011 44 20 79": {london}, "0011 44 20 79": {london}, "+44 020 7946": {london},
        "00 1 212 555 01": {jane, luis}, "00 49 20 7946": set(), "jane 011": set(),
        "wren": {london}, "boiler": {jane}, "100%": {jane}, "%": {jane}, "_": set(),
        "jane 0142": {jane}, "jane (212) 555-0142": {jane}, "jane 0177": set(),
        "jane ortega": set(), "'; drop table": set(), "+442079460001": set(),
    }  # fmt: skip
    assert {q: found(sam, q) for q in hits} == hits


def test_closed_ones_are_found_for_thirty_days_after_the_open_ones(firm: Firm, sam: Visitor) -> None:
    now = clock.now()
    old = firm.callback(JANE, state="closed", closed_reason="talked", closed_at=now - 29 * DAY)
    gone = firm.callback(JANE, state="closed", closed_reason="talked", closed_at=now - 31 * DAY)
    new = firm.callback(JANE)
    assert found(sam, "555-0142") == {new, old}
    page = sam.get("/?q=555-0142").text
    assert page.index(new) < page.index(old)
    assert gone not in page
    assert "Found 2" in reads(page)


def test_nobody_found_is_said_with_the_way_back(firm: Firm, sam: Visitor) -> None:
    firm.callback()
    page = sam.get("/?q=%3Cscript%3Ealert(1)").text
    assert "Nobody found." in page
    assert "Back to the whole list" in page
    assert "<script>alert" not in page
    assert 'value="&lt;script&gt;alert(1)"' in page


def test_what_was_looked_for_is_still_looked_for_after_a_button_was_pressed(firm: Firm, sam: Visitor) -> None:
    callback = firm.callback()
    firm.callback(LUIS)
    sam.get(f"/?q=0142&open={callback}")
    answer = sam.press(f"/callbacks/{callback}/claim", view=f"q=0142&open={callback}&waiting=100&junk=1")
    assert answer.headers["Location"] == f"/?q=0142&waiting=100#cb-{callback}", "the row is folded up again"


@pytest.mark.proves("02-1.23")
def test_a_long_group_shows_the_most_urgent_first_and_more_when_asked(firm: Firm, sam: Visitor) -> None:
    for number in range(53):
        firm.callback(f"+1212555{number:04d}", due=number)
    for number in range(12):
        firm.callback(f"+1212556{number:04d}", due=60 + number, later="retry", attempts=1)
    page = sam.get("/").text
    assert page.count("data-row") == 60
    assert "To ring back 53" in reads(page)
    assert "50 of 53" in reads(page)
    assert "Later 12" in reads(page)
    page = sam.get("/?waiting=100").text
    assert page.count("data-row") == 63
    assert "more-of-waiting" not in page
    assert "more-of-later" in page
    assert sam.get("/?waiting=99999&later=-1&open=../..&q=").status_code == 200


def test_only_an_unfolded_row_carries_its_forms(firm: Firm, sam: Visitor) -> None:
    first, second = firm.callback(), firm.callback(LUIS)
    page = sam.get(f"/?open={first}").text
    assert f'id="note-{first}"' in page
    assert f'id="note-{second}"' not in page
    assert f"open={first}.{second}" in page


@pytest.mark.proves("02-1.6", "C12")
def test_a_message_has_its_words_beside_it_when_there_are_any(firm: Firm, sam: Visitor) -> None:
    message = firm.message(firm.callback(), b"RIFF")
    assert "In words" not in sam.get("/").text
    with firm.database.transaction() as session:
        session.get_one(Message, message).transcript = "Please <i>ring</i> me"
    for page in ("/", f"/people/{JANE}"):
        assert "In words, written by a machine: Please &lt;i&gt;ring&lt;/i&gt; me" in reads(sam.get(page).text)

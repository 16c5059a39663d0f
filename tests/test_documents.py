"""Rules for every document: checked at the end of every story, shown here to be able to fail."""

import datetime as dt

import pytest
from flask import Flask, Response

from tests import documents, firm
from tests.conftest import MakeWorld
from tests.signed import arrival, post
from tests.world import URL, World, seconds
from voice.rules import wording
from voice.simulator import scripts
from voice.simulator.document import DocumentSeen, Facing
from voice.simulator.legs import Leg as PhoneLeg

pytestmark = pytest.mark.proves("01-6.13")

SAY = "<Response><Say>{}</Say></Response>"
BAD = {
    "does not parse": "<Response><Say>Hello</Response>",
    "<Sms> is not allowed": "<Response><Sms>Hello</Sms></Response>",
    "leads to http://example.com/": "<Response><Redirect>http://example.com/</Redirect></Response>",
    "leads to /voice/next": '<Response><Record action="/voice/next"/></Response>',
    "leads to https://ringback.test.example/a": '<Response><Enqueue waitUrl="https://ringback.test.example/a"/></Response>',
    "leads to https://evil.test/x": '<Response><Dial><Number statusCallback="https://evil.test/x"/></Dial></Response>',
    "takes digits": f'<Response><Gather action="{URL}/a"/></Response>',
    "takes digits from": f'<Response><Gather input="dtmf speech" action="{URL}/a"/></Response>',
    "asks a caller for a key": SAY.format("For plumbing, press 1."),
    "asks a caller": SAY.format("Para fontanería, pulse el dos."),
    "for a key": SAY.format("Appuyez sur la touche étoile."),
    "a key": SAY.format("Drücken Sie bitte die Eins."),
    "records without": f'<Response><Record action="{URL}/a"/><Say>We recorded that.</Say></Response>',
    "records a talk": '<Response><Dial record="record-from-answer"><Queue>rb-1</Queue></Dial></Response>',
    "64 kB": SAY.format("x" * 65536),
}


def seen(body: str, facing: Facing = "caller") -> DocumentSeen:
    """A document as the carrier got it."""
    at = dt.datetime(2026, 11, 23, tzinfo=dt.UTC)
    return DocumentSeen(at, f"{URL}/voice/x", "CA1", "inbound", facing, "call", "document", "", {}, 200, {}, body)


@pytest.mark.proves("F36", "S9", "S10", "S24")
@pytest.mark.parametrize("fault", BAD)
def test_a_bad_document_is_found(fault: str) -> None:
    found = documents.faults([seen(BAD[fault])], URL)
    assert any(fault in what for what in found), found


def test_a_recording_is_announced_or_goes_on_with_one_that_was() -> None:
    record, asked = f'<Record action="{URL}/a"/>', f"<Say>{wording.message_only('en-US')}</Say>"
    first, more = (seen(f"<Response>{body}</Response>") for body in (asked + record, record))
    assert documents.unannounced([first, more]) == []
    greeted = seen(f"<Response><Say>Thanks for calling.</Say>{record}</Response>")
    assert len(documents.unannounced([greeted, more])) == 2
    assert len(documents.unannounced([seen(f"<Response>{record}{asked}</Response>")])) == 1


def test_staff_may_be_asked_for_a_key() -> None:
    body = f'<Response><Gather numDigits="1" action="{URL}/a"><Say>Any key to take it.</Say></Gather></Response>'
    assert documents.faults([seen(body, "staff")], URL) == []
    assert documents.faults([seen(body)], URL) != []


def test_a_document_asked_for_by_hand_is_held_to_the_same() -> None:
    app = Flask("bad")
    bad = BAD["takes digits"]
    app.add_url_rule("/ask", view_func=lambda: Response(bad, mimetype="text/xml"), methods=["POST"])
    with pytest.raises(AssertionError, match="takes digits from a caller"):
        post(app, "/ask", arrival("CA1"))
    assert post(app, "/ask", arrival("CA1", Direction="outbound-api", To=firm.PHONES["sam"])).text == bad
    with pytest.raises(AssertionError, match="takes digits from a caller"):  # rung back: no phone of ours
        post(app, "/ask", arrival("CA1", Direction="outbound-api", To="+12125550177"))


@pytest.mark.proves("S9", "S10")
def test_a_story_with_a_bad_document_fails(make_world: MakeWorld) -> None:
    world = make_world(greeting="For plumbing press 1, for heating press 2.")
    world.rings(patience=3)
    world.advance(6)
    assert any("asks a caller for a key" in str(what) for what in world.wrong())
    world.day.carrier.documents.clear()


def documents_of(world: World, leg: PhoneLeg, keys: bool) -> list[str]:
    """Live through 80 s of a call, with or without keys for the first 45; its documents, the call's own id masked."""
    while (lived := seconds(world.now, leg.created_at)) < 80 and not leg.over:
        world.advance(0.7)
        if keys and lived < 45 and not leg.over:
            leg.press("1")
            leg.press("*#0")
    call_id = world.call(leg).id
    return [body.replace(call_id, "CALL") for body in world.documents(leg)]


STORIES = {
    "answered and cut off": (("sam",), scripts.Answers(after=5, talk=12)),
    "nobody in time": (("sam",), scripts.Answers(after=100)),
    "all declined": (("sam",), scripts.Declines(after=4)),
    "nobody there": ((), scripts.Off()),
}


@pytest.mark.proves("C22", "S9")
@pytest.mark.parametrize("keys_end_recordings", [False, True])
@pytest.mark.parametrize("story", STORIES)
def test_keys_change_nothing_for_the_caller(make_world: MakeWorld, story: str, keys_end_recordings: bool) -> None:
    staff, script = STORIES[story]
    world = make_world(staff=staff, last_person_first=False)
    world.day.carrier.switches.record_keys_ignored = not keys_end_recordings
    world.staff("sam", script)
    told = []
    for keys, number in ((False, "+12125550171"), (True, "+12125550172")):
        leg = world.rings(number)
        told.append(documents_of(world, leg, keys))
        world.caller(number).hang_up()
        world.advance(60)
    without, with_keys = told
    if keys_end_recordings:  # a key that ends a recording gets more recording: not a word, and no way to anywhere
        with_keys = [body for body in with_keys if not ("<Record" in body and "<Say" not in body)]
    assert with_keys == without
    assert world.call(leg).outcome == world.calls()[0].outcome


def test_two_lines_greet_with_their_own_words(make_world: MakeWorld) -> None:
    world = make_world(language="de-DE", greeting="Danke für Ihren Anruf, wir holen jemanden für Sie.", staff=())
    leg = world.rings(line=firm.LINE)
    world.advance(20)
    assert 'language="de-DE"' in world.documents(leg)[0]

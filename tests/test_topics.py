"""What a talk can be about: the owner's short list."""

import re

import pytest

from tests.pages import Firm, Visitor, reads
from voice import clock
from voice.ledger import Notice


def names(visitor: Visitor) -> list[str]:
    """The topics in the order of the page."""
    return re.findall(r'name="name" value="([^"]+)"', visitor.get("/topics").text)


def ids(visitor: Visitor) -> list[str]:
    return re.findall(r"/topics/(\d+)/rename", visitor.get("/topics").text)


def test_the_owner_adds_orders_renames_and_takes_off(firm: Firm) -> None:
    sam = firm.visitor("sam@example.com")
    assert "No topics yet." in sam.get("/topics").text
    for name in ("A quote", "  An   appointment ", "A bill"):
        assert sam.press("/topics/new", name=name).status_code == 303
    assert names(sam) == ["A quote", "An appointment", "A bill"]
    quote, appointment, bill = ids(sam)
    sam.press(f"/topics/{bill}/up")
    sam.press(f"/topics/{quote}/rename", name="An offer <b>")
    sam.press(f"/topics/{appointment}/off")
    assert names(sam) == ["An offer &lt;b&gt;", "A bill"]
    sam.press("/topics/new", name="An appointment")
    assert ids(sam) == [quote, bill, appointment], "the same one as before, at the end"


@pytest.mark.parametrize(
    ("name", "said"),
    [("", "Name: write what the talk is about"), ("a QUOTE", "Name: “a QUOTE” is on the list already.")],
)
def test_what_is_refused_says_why_and_keeps_what_was_typed(firm: Firm, name: str, said: str) -> None:
    sam = firm.visitor("sam@example.com")
    sam.press("/topics/new", name="A quote")
    sam.press("/topics/new", name="A bill")
    refused = sam.press("/topics/new", name=name)
    assert (refused.status_code, said in reads(refused.text)) == (400, True)
    refused = sam.press(f"/topics/{ids(sam)[1]}/rename", name=name)
    assert (refused.status_code, said in reads(refused.text)) == (400, True)
    assert f'value="{name}"' in refused.text
    assert names(sam) == ["A quote", "A bill"]


def test_a_list_that_is_no_longer_short_is_refused(firm: Firm) -> None:
    sam = firm.visitor("sam@example.com")
    for number in range(20):
        sam.press("/topics/new", name=f"Topic {number}")
    assert "There are 20 topics already." in sam.press("/topics/new", name="One more").text


def test_the_page_says_how_many_notices_are_new_as_the_others_do(firm: Firm) -> None:
    with firm.database.transaction() as session:
        session.add(Notice(key="k", words="The carrier refuses calls.", at=clock.now()))
    assert "Notices 1 new" in reads(firm.visitor("sam@example.com").get("/topics").text)


def test_topics_are_the_owners_business(firm: Firm) -> None:
    alex = firm.visitor("alex@example.com")
    assert alex.get("/topics").status_code == 403
    assert alex.press("/topics/new", name="Mine").status_code == 403
    assert alex.press("/topics/1/off").status_code == 403

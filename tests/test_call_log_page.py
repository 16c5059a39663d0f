"""Staff are told when somebody may be missing from the list, because the carrier's call log cannot be read."""

import datetime as dt
import pathlib
from collections.abc import Iterator

import pytest
import time_machine

from tests.firm import LINE, MONDAY_TEN
from tests.pages import Firm
from voice import call_log
from voice.rules import evidence

WARNING = "Somebody may be missing here"


@pytest.fixture
def firm(storage_url: str, tmp_path: pathlib.Path) -> Iterator[Firm]:
    """The firm at ten on a Monday."""
    with time_machine.travel(MONDAY_TEN, tick=False):
        made = Firm(storage_url, tmp_path)
        yield made
        made.close()


def read(firm: Firm, minutes_ago: float, whole: bool) -> None:
    """The worker read the log then; to its end, or not."""
    at = MONDAY_TEN - dt.timedelta(minutes=minutes_ago)
    with firm.database.transaction() as session:
        call_log.take(session, LINE, at, at_once=True)
        if whole:
            call_log.has_read(session, LINE, evidence.Window(at, at), at, at)
        else:
            call_log.broke_off(session, LINE, "Unclear: ReadTimeout")


@pytest.mark.proves("R13")
@pytest.mark.parametrize(
    ("minutes_ago", "whole", "warned"), [(4, True, False), (6, True, True), (4, False, False), (6, False, True)]
)
def test_the_list_says_that_somebody_may_be_missing(firm: Firm, minutes_ago: float, whole: bool, warned: bool) -> None:
    read(firm, minutes_ago, whole)
    page = firm.visitor("alex@example.com").get("/").text
    assert (WARNING in page) is warned
    assert ("9:54 am" in page) is warned


def test_an_installation_that_has_just_begun_warns_of_nothing(firm: Firm) -> None:
    assert WARNING not in firm.visitor("alex@example.com").get("/").text

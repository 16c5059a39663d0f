"""A firm on a Monday morning, on each database in turn, and its people at their screens."""

import pathlib
from collections.abc import Iterator

import pytest
import time_machine

from tests.firm import MONDAY_TEN
from tests.pages import Firm, Visitor


@pytest.fixture
def firm(storage_url: str, tmp_path: pathlib.Path) -> Iterator[Firm]:
    """The firm, on each of the two databases in turn."""
    made = Firm(storage_url, tmp_path)
    yield made
    made.close()


@pytest.fixture
def morning() -> Iterator[time_machine.Traveller]:
    """Ten on a Monday morning, for as long as a test takes."""
    with time_machine.travel(MONDAY_TEN, tick=False) as travel:
        yield travel


@pytest.fixture
def sam(firm: Firm) -> Visitor:
    """The owner."""
    return firm.visitor("sam@example.com")


@pytest.fixture
def alex(firm: Firm) -> Visitor:
    """A colleague."""
    return firm.visitor("alex@example.com")

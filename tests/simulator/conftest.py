"""The town, and the rule that nothing in it goes unnoticed."""

from collections.abc import Iterator

import pytest

from tests.simulator.town import Town, make_town


@pytest.fixture
def town() -> Iterator[Town]:
    """A fresh town; a complaint nobody asked about fails the test, and so does a request unlike the carrier's files."""
    made = make_town()
    yield made
    made.close()

"""What a long-lived process has loaded is left alone by the collector."""

import gc

import pytest

from voice.loading import loading


def test_the_collector_rests_while_loading_and_leaves_what_was_loaded_alone() -> None:
    before = gc.get_freeze_count()
    with loading():
        assert not gc.isenabled()
        loaded = [[number] for number in range(1000)]
    assert gc.isenabled()
    assert gc.get_freeze_count() - before >= len(loaded)


def test_a_start_that_fails_leaves_the_collector_at_work() -> None:
    with pytest.raises(LookupError), loading():
        raise LookupError
    assert gc.isenabled()

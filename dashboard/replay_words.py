"""How the page says what a replay found. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from dashboard import words

GOOD = 0.98  # share of calls that today's settings must give back


def caught(proposal: Mapping[str, Any]) -> str:
    """ "9 of 14 missed callers"."""
    return f"{proposal['usual']} of {proposal['of']} missed caller{'' if proposal['of'] == 1 else 's'}"


def sure(proposal: Mapping[str, Any]) -> str:
    """How sure it is, from how far the draws lie apart."""
    least, most, draws = proposal["least"], proposal["most"], len(proposal["caught"])
    range_ = f"{least} in each" if least == most else f"from {least} to {most}"
    told = f"Played {words.times(draws)}, each time with other luck: {range_}."
    if least <= 0:
        return f"Not sure. {told}"
    return f"{'Quite' if most - least <= max(1, most // 3) else 'Fairly'} sure. {told}"


def share(often: float, draws: int) -> str:
    """ "in 4 of 5"."""
    return f"in {round(often * draws)} of {draws}"


def is_good(result: Mapping[str, Any]) -> bool:
    """Whether today's settings gave enough back for the proposals to be believed."""
    return bool(result["same"] >= GOOD * result["calls"])


def answer(told: Sequence[str | None], names: Mapping[str, str] | None = None) -> str:
    """An outcome in words: "talked with sam", "nobody picked up in time"."""
    outcome, cause, who = told
    if outcome == "talked":
        return f"talked with {(names or {}).get(who or '', who or 'somebody')}"
    return words.cause(cause or outcome or "")

"""How the page says what a replay found. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from dashboard import words

GOOD = 0.98  # share of calls that today's settings must give back


def caught(proposal: Mapping[str, Any]) -> str:
    """ "9 of 14 missed callers"; "about 90 of 140", where it is reckoned from a sample."""
    about = "about " if _sampled(proposal) else ""
    return f"{about}{proposal['usual']} of {proposal['of']} missed caller{'' if proposal['of'] == 1 else 's'}"


def sure(proposal: Mapping[str, Any]) -> str:
    """How sure it is, from how far the draws lie apart."""
    least, most, draws = proposal["least"], proposal["most"], len(proposal["caught"])
    range_ = f"{least} in each" if least == most else f"from {least} to {most}"
    some = ""
    if _sampled(proposal):
        some = f" with {proposal['played']} of the {proposal['touched']} callers it could touch"
        range_ = f"for all of them from {max(least, 0)} to {most}"
    told = f"Played {words.times(draws)}{some}, each time with other luck: {range_}."
    if least <= 0:
        return f"Not sure. {told}"
    return f"{'Quite' if most - least <= max(1, most // 3) else 'Fairly'} sure. {told}"


def _sampled(proposal: Mapping[str, Any]) -> bool:
    return bool(proposal.get("played", 0) < proposal.get("touched", 0))


def share(often: float, draws: int) -> str:
    """ "in 4 of 5"."""
    return f"in {round(often * draws)} of {draws}"


def is_good(result: Mapping[str, Any]) -> bool:
    """Whether today's settings gave enough back for the proposals to be believed."""
    return bool(result["same"] >= GOOD * played(result))


def played(result: Mapping[str, Any]) -> int:
    """Calls that were played with today's settings: of very many, some."""
    return int(result.get("played", result["calls"]))


def answer(told: Sequence[str | None], names: Mapping[str, str] | None = None) -> str:
    """An outcome in words: "talked with sam", "nobody picked up in time"."""
    outcome, cause, who = told
    if outcome == "talked":
        return f"talked with {(names or {}).get(who or '', who or 'somebody')}"
    return words.cause(cause or outcome or "")

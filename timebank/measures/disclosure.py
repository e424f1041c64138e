"""What may leave the staff: counts of few people withheld, others rounded. Pure functions, one
layer before every way out.

A count of 1 up to below the bank's threshold (`Bank.few`: 5, 8 or 10) is withheld; other counts are
rounded to the nearest 5, halves up, so that no sum or difference of two of them tells a smaller
one. Where the parts of a total are shown and one is withheld, a second is withheld with it, since
the first could be told by taking the others from the total. (Griffiths et al. 2019, Handbook on
Statistical Disclosure Control for Outputs; the usual rules of health statistics.)
"""

from collections.abc import Hashable, Mapping
from typing import TypeVar

from timebank.say import say

USUAL = 8
STEP = 5
SIGN = "[c]"
"""How a withheld count is written, as the Government Analysis Function asks: c for confidential."""
WITHHELD = say("Withheld, so that nobody can be told from it.")
"""Why a figure that could be said is not."""

Cell = TypeVar("Cell", bound=Hashable)


def rounded(count: int, step: int = STEP) -> int:
    """To the nearest whole multiple of `step`, halves up."""
    return (2 * count + step) // (2 * step) * step


def shown(count: int, threshold: int = USUAL) -> int | None:
    """A count of people as it may be shown; None: withheld."""
    return None if 0 < count < threshold else rounded(count)


def shown_parts(counts: Mapping[Cell, int], threshold: int = USUAL) -> dict[Cell, int | None]:
    """Counts that add up to a total which is shown too. None: withheld, the few themselves and what
    would tell them.

    While one alone is withheld, or those that are can only be 1 each, so is the first of the others
    that is not 0: the first and not the smallest, since being the smallest would tell something of
    it.
    """
    parts = {name: shown(count, threshold) for name, count in counts.items()}
    total = shown(sum(counts.values()), threshold)
    while others := {name: count for name, count in parts.items() if count}:
        hidden = sum(count is None for count in parts.values())
        # The most that those withheld can come to: the total as high, and what is shown as low, as
        # rounding leaves open.
        most = (
            (total or 0)
            + STEP // 2
            - sum(max(count - STEP // 2, threshold) for count in others.values())
        )
        if not hidden or (hidden > 1 and most > hidden):
            break
        parts[next(iter(others))] = None
    return parts


def share(part: int | None, whole: int | None) -> float | None:
    """A rate from two counts as they are shown; None where either is withheld, or of nobody."""
    return part / whole if part is not None and whole else None

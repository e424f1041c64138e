"""Money as people write it. Amounts are pence."""

import re

_POUNDS = re.compile(r"£?\s*([0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.([0-9]{2}))?")
_LONGEST = 20


def pence(text: str) -> int | None:
    """How much `450`, `£1,250` or `£14.50` is; None for what is no such amount. A comma stands
    before three figures: `12,50` is no twelve hundred and fifty."""
    written = _POUNDS.fullmatch(text)
    if written is None or len(text) > _LONGEST:
        return None
    return int(written[1].replace(",", "")) * 100 + int(written[2] or 0)

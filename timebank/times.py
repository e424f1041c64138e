"""The times of the week, as bits and in words."""

from collections.abc import Iterable

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
PARTS = ("morning", "afternoon", "evening")

ALL_TIMES = 2 ** (len(DAYS) * len(PARTS)) - 1
"""Every time of the week: bit 3 × day + part, Monday morning the lowest."""


def times_of(parts: Iterable[int]) -> int:
    """Times of the week as bits, from their numbers: 0 is Monday morning, 20 Sunday evening."""
    return sum(1 << part for part in set(parts))


def parts_of(times: int) -> list[int]:
    """The numbers of the times of the week that are set, in order."""
    return [part for part in range(len(DAYS) * len(PARTS)) if times >> part & 1]


def times_in_words(times: int) -> str:
    """Times of the week for a sentence: "Tuesday mornings, weekends"; empty when nothing was
    said."""
    if times == 0:
        return ""
    if times == ALL_TIMES:
        return "any time"
    week = [times >> len(PARTS) * day & 0b111 for day in range(len(DAYS))]
    said: list[str] = []
    for days, words in ((range(5), "weekday"), (range(5, 7), "weekend")):
        if len({week[day] for day in days}) == 1 and week[days[0]]:
            said.append(_parts(f"{words}", week[days[0]]))
        else:
            said += [_parts(DAYS[day], week[day]) for day in days if week[day]]
    return ", ".join(said)


def _parts(day: str, bits: int) -> str:
    if bits == 0b111:
        return f"{day}s"
    return (
        f"{day} {' and '.join(f'{part}s' for place, part in enumerate(PARTS) if bits >> place & 1)}"
    )

"""The times of the week, as bits and in words."""

from collections.abc import Iterable, Sequence

from timebank.say import Said, say

DAYS = (
    say("Monday"),
    say("Tuesday"),
    say("Wednesday"),
    say("Thursday"),
    say("Friday"),
    say("Saturday"),
    say("Sunday"),
)
PARTS = (
    say("Morning", context="part of a day"),
    say("Afternoon", context="part of a day"),
    say("Evening", context="part of a day"),
)

ALL_TIMES = 2 ** (len(DAYS) * len(PARTS)) - 1
"""Every time of the week: bit 3 × day + part, Monday morning the lowest."""


def times_of(parts: Iterable[int]) -> int:
    """Times of the week as bits, from their numbers: 0 is Monday morning, 20 Sunday evening."""
    return sum(1 << part for part in set(parts))


def parts_of(times: int) -> list[int]:
    """The numbers of the times of the week that are set, in order."""
    return [part for part in range(len(DAYS) * len(PARTS)) if times >> part & 1]


def times_in_words(times: int) -> Said:
    """Times of the week for a sentence: "Tuesday mornings, weekends"; empty when nothing was
    said."""
    if times == 0:
        return say("")
    if times == ALL_TIMES:
        return say("any time")
    week = [times >> len(PARTS) * day & 0b111 for day in range(len(DAYS))]
    spans: list[Said] = []
    for days, whole in ((range(5), _WEEKDAYS), (range(5, 7), _WEEKENDS)):
        if len({week[day] for day in days}) == 1 and week[days[0]]:
            spans.append(whole[week[days[0]]])
        else:
            spans += [_EACH_DAY[day][week[day]] for day in days if week[day]]
    return _one_after_another(spans)


def _one_after_another(spans: Sequence[Said]) -> Said:
    if len(spans) == 1:
        return spans[0]
    return say("%(first)s, %(rest)s", first=spans[0], rest=_one_after_another(spans[1:]))


# A message for each day and each choice of its parts, by the parts' bits: no language but English
# makes "Tuesday mornings" of "Tuesday", "morning" and an s.
_WEEKDAYS = {
    1: say("weekday mornings"),
    2: say("weekday afternoons"),
    3: say("weekday mornings and afternoons"),
    4: say("weekday evenings"),
    5: say("weekday mornings and evenings"),
    6: say("weekday afternoons and evenings"),
    7: say("weekdays"),
}
_WEEKENDS = {
    1: say("weekend mornings"),
    2: say("weekend afternoons"),
    3: say("weekend mornings and afternoons"),
    4: say("weekend evenings"),
    5: say("weekend mornings and evenings"),
    6: say("weekend afternoons and evenings"),
    7: say("weekends"),
}
_EACH_DAY = (
    {
        1: say("Monday mornings"),
        2: say("Monday afternoons"),
        3: say("Monday mornings and afternoons"),
        4: say("Monday evenings"),
        5: say("Monday mornings and evenings"),
        6: say("Monday afternoons and evenings"),
        7: say("Mondays"),
    },
    {
        1: say("Tuesday mornings"),
        2: say("Tuesday afternoons"),
        3: say("Tuesday mornings and afternoons"),
        4: say("Tuesday evenings"),
        5: say("Tuesday mornings and evenings"),
        6: say("Tuesday afternoons and evenings"),
        7: say("Tuesdays"),
    },
    {
        1: say("Wednesday mornings"),
        2: say("Wednesday afternoons"),
        3: say("Wednesday mornings and afternoons"),
        4: say("Wednesday evenings"),
        5: say("Wednesday mornings and evenings"),
        6: say("Wednesday afternoons and evenings"),
        7: say("Wednesdays"),
    },
    {
        1: say("Thursday mornings"),
        2: say("Thursday afternoons"),
        3: say("Thursday mornings and afternoons"),
        4: say("Thursday evenings"),
        5: say("Thursday mornings and evenings"),
        6: say("Thursday afternoons and evenings"),
        7: say("Thursdays"),
    },
    {
        1: say("Friday mornings"),
        2: say("Friday afternoons"),
        3: say("Friday mornings and afternoons"),
        4: say("Friday evenings"),
        5: say("Friday mornings and evenings"),
        6: say("Friday afternoons and evenings"),
        7: say("Fridays"),
    },
    {
        1: say("Saturday mornings"),
        2: say("Saturday afternoons"),
        3: say("Saturday mornings and afternoons"),
        4: say("Saturday evenings"),
        5: say("Saturday mornings and evenings"),
        6: say("Saturday afternoons and evenings"),
        7: say("Saturdays"),
    },
    {
        1: say("Sunday mornings"),
        2: say("Sunday afternoons"),
        3: say("Sunday mornings and afternoons"),
        4: say("Sunday evenings"),
        5: say("Sunday mornings and evenings"),
        6: say("Sunday afternoons and evenings"),
        7: say("Sundays"),
    },
)

"""What stands in the directory of the demonstration bank: offers and requests, each in words of its
own. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from timebank.demo.pastimes import PASTIMES, Pastime
from timebank.demo.people import JOAN, Person
from timebank.skills.rules import ListingKind
from timebank.times import DAYS, PARTS, times_in_words, times_of

_WEEKDAY_MORNINGS = times_of(3 * day for day in range(5))
_WEEKENDS = times_of(range(15, 21))


@dataclass(frozen=True)
class Entry:
    """An offer or a request of one of the people. `times` are times of the week as bits."""

    kind: ListingKind
    holder: int
    pastime: Pastime
    title: str
    description: str
    posted_on: date
    ends_on: date
    times: int


def draw_listings(draw: Random, people: Sequence[Person], today: date) -> Iterator[Entry]:
    """Most of what people do they also offer; one in five asks for something, most of it lately."""
    words = _Words(draw)
    for index, person in enumerate(people):
        days_here = (today - person.joined_on).days
        if person.habit in ("both", "gives"):
            for pastime in person.gives:
                if draw.random() < 0.8 or index == JOAN:
                    since = min(draw.randrange(300), days_here)
                    ends_on = today + timedelta(days=draw.choice((5, 40, 90, 200, 300)))
                    posted_on = today - timedelta(days=since)
                    listing_words = words.unlike_the_rest(pastime.offers, person.area, _times(draw))
                    yield Entry(
                        ListingKind.OFFER,
                        index,
                        pastime,
                        *listing_words[:2],
                        posted_on,
                        ends_on,
                        listing_words[2],
                    )
        if person.habit in ("both", "receives") and draw.random() < 0.22:
            pastime = draw.choice([one for one in PASTIMES if one not in person.gives])
            since = min(draw.randrange(25), days_here)
            ends_on = today + timedelta(days=draw.randrange(3, 40))
            posted_on = today - timedelta(days=since)
            listing_words = words.unlike_the_rest(pastime.wishes, person.area, _times(draw))
            yield Entry(
                ListingKind.REQUEST,
                index,
                pastime,
                *listing_words[:2],
                posted_on,
                ends_on,
                listing_words[2],
            )


def _times(draw: Random) -> int:
    """Times of the week that suit: not said, weekday mornings, weekends, or a few of them."""
    a_few = times_of(draw.sample(range(len(DAYS) * len(PARTS)), 4))
    return draw.choice((0, 0, _WEEKDAY_MORNINGS, _WEEKENDS, a_few))


class _Words:
    """Gives everybody words that nobody else has used, as long as there are any."""

    def __init__(self, draw: Random):
        self._draw = draw
        self._used: set[str] = set()

    def unlike_the_rest(
        self, texts: Sequence[tuple[str, str]], area: str, times: int
    ) -> tuple[str, str, int]:
        """A title and a description, and the times they speak of. When all texts are taken the
        street is named too, and then a time of the week."""
        texts = self._draw.sample(texts, len(texts))
        chosen = next(
            (said for said in self._ways(texts, area, times) if said[0] not in self._used),
            (*texts[0], times),
        )
        self._used.add(chosen[0])
        return chosen

    def _ways(
        self, texts: Sequence[tuple[str, str]], area: str, times: int
    ) -> Iterator[tuple[str, str, int]]:
        for title, more in texts:
            yield title, more, times
        for title, more in texts:
            yield f"{title} – {area}", f"{more} I live in {area}.", times
        parts = range(len(DAYS) * len(PARTS))
        for part in self._draw.sample(parts, len(parts)):
            at = times_of([part])
            when = times_in_words(at)
            for title, more in texts:
                suits = f"{more} I live in {area}, and {when} suit me best."
                yield f"{title} – {area}, {when}", suits, at

"""Numbers for anybody to read; and the weekly letter: when it is written, and what is said. Pure
decisions."""

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from timebank import hours
from timebank.measures import disclosure
from timebank.notices.rules import Item, Letter, Lines, one_line
from timebank.room import News
from timebank.say import ENGLISH, Said, Voice, Weekday, count, say

THURSDAY, MORNING = 4, 8
"""The day of the week and the hour from which on the weekly letter is written; until the week ends
it is made up for."""

WEEKLY = "home.weekly"
"""What the letter asks, by the kind of `asking.QUESTIONS`."""

SLICE = 200
"""So many members are written to at once."""

LINES = 5
"""So many requests, offers and sessions are named in a letter; the rest is counted."""

AHEAD = timedelta(days=10)
"""Sessions are named so far ahead: until after the next letter."""

LOOK_BACK = timedelta(days=28)
"""How far back a letter looks at most, and the first one does. Who got none for want of news misses
nothing by it."""

KEPT = timedelta(days=35)
"""How long letters that have gone out are kept. What they say is old by then."""


A_YEAR = timedelta(days=365)


def in_round_numbers(number: int, people: int, *, few: int) -> int | None:
    """A number that anybody may read, to the nearest five; None where fewer than `few` people are
    behind it, or there is nothing to tell of."""
    return disclosure.rounded(number) or None if people >= few else None


def week(now: datetime, timezone: str) -> str | None:
    """The week whose letter may be written now, `2026-W48`: from Thursday morning until it ends,
    where the bank is."""
    local = now.astimezone(ZoneInfo(timezone))
    year, number, weekday = local.isocalendar()
    return f"{year}-W{number:02}" if (weekday, local.hour) >= (THURSDAY, MORNING) else None


def since(last: datetime | None, now: datetime) -> datetime:
    """From when on something is new to somebody whose last letter was written then."""
    earliest = now - LOOK_BACK
    return max(last or earliest, earliest)


@dataclass(frozen=True)
class OnSoon:
    """A session of an activity, as the letter names it; `starts_at` is in the bank's time zone."""

    session_id: int
    title: str
    starts_at: datetime
    place: str = ""
    coming: bool = False


@dataclass(frozen=True)
class Fresh:
    """What a room has that is new to somebody, under its heading; `path` leads to all of it. See
    `timebank.room.Part`."""

    heading: Said
    news: Sequence[News]
    path: str
    counted: Callable[[int], Said] | None = None


@dataclass(frozen=True)
class Week:
    """What there is to tell somebody: minutes on their account, how much waits for them, what is
    new, and what is on.

    What is on alone is no reason for a letter: it stands on the first page.
    """

    balance: int
    exchanges: int = 0
    introductions: int = 0
    messages: int = 0
    fresh: Sequence[Fresh] = ()
    sessions: Sequence[OnSoon] = ()

    @property
    def waiting(self) -> int:
        return self.exchanges + self.introductions + self.messages


def letter(told: Week, *, site: str, ring: str | Said) -> Letter:
    """The weekly letter. `site` is the address of the bank's pages, `ring` whom to ring instead.

    Every address stands indented beneath its line, so that it is left out on paper.
    """
    if told.balance > 0:
        balance = say("You have %(hours)s to spend.", hours=hours.words(told.balance))
    else:
        balance = say("You have no hours to spend just now. You can still ask for help.")
    paragraphs: list[Lines] = [
        _waiting(told, site),
        *(
            _listed(part.heading, [_news(news, site) for news in part.news], f"{site}{part.path}")
            for part in told.fresh
        ),
        _listed(
            say("Coming up"), [_session(on, site) for on in told.sessions], f"{site}/activities"
        ),
    ]
    ways = say(
        "You get this letter on Thursdays, when there is something new. To get it no more, or in"
        " another way, ring %(contact)s or say so on the page “How we tell you things”.",
        contact=ring,
    )
    closing = [Item(ways, f"{site}/me/notices", bullet=False)]
    return Letter(_subject(told), [balance, *filter(None, paragraphs), closing], WEEKLY)


def _subject(told: Week) -> Said:
    others = sum(len(part.news) for part in told.fresh if part.counted is None)
    named = [
        count("%(n)s thing waits for you", "%(n)s things wait for you", told.waiting),
        *(part.counted(len(part.news)) for part in told.fresh if part.counted is not None),
        count("%(n)s other thing that is new", "%(n)s other things that are new", others),
    ]
    # Translators: a list such as "2 new requests and 1 new offer".
    return say("Your week: %(news)s", news=[words for words in named if words.number])


def _waiting(told: Week, site: str) -> Lines:
    lines = [
        (
            count(
                "%(n)s exchange waits for your word",
                "%(n)s exchanges wait for your word",
                told.exchanges,
            ),
            "exchanges/mine",
        ),
        (
            count(
                "%(n)s introduction waits for your answer",
                "%(n)s introductions wait for your answer",
                told.introductions,
            ),
            "",
        ),
        (
            count(
                "%(n)s message waits to be read", "%(n)s messages wait to be read", told.messages
            ),
            "messages",
        ),
    ]
    items = [Item(words, f"{site}/{path}") for words, path in lines if words.number]
    return [say("Waiting for you, or for whom you act for"), *items] if items else ()


def _listed(heading: Said, items: Sequence[Item], all_: str) -> Lines:
    """The first `LINES`, and how many more there are at `all_`; nothing of none."""
    if not items:
        return ()
    beyond = len(items) - LINES
    more = [Item(count("And %(n)s more", "And %(n)s more", beyond), all_, bullet=False)]
    return [heading, *items[:LINES], *(more if beyond > 0 else ())]


def _news(news: News, site: str) -> Item:
    words = one_line(news.words, 300) if isinstance(news.words, str) else news.words
    return Item(words, f"{site}{news.path}")


def _session(on: OnSoon, site: str) -> Item:
    title, place = one_line(on.title, 200), one_line(on.place, 100)
    day, time = Weekday(on.starts_at.date(), on.starts_at.date()), on.starts_at.time()
    if place:
        words = say(
            "%(title)s, %(day)s at %(time)s, %(place)s",
            title=title,
            day=day,
            time=time,
            place=place,
        )
    else:
        words = say("%(title)s, %(day)s at %(time)s", title=title, day=day, time=time)
    if on.coming:
        # Translators: a session of an activity, with its day, time and place.
        words = say("%(session)s: you are coming", session=words)
    return Item(words, f"{site}/activities/sessions/{on.session_id}")


_ENTRY = re.compile(r"^- .*\n  \S*/directory/(\d+)$", re.MULTILINE)
GONE = say("This stands in the directory no more.")


def named(body: str) -> set[int]:
    """The listings that a weekly letter names, by id."""
    return {int(number) for number in _ENTRY.findall(body)}


def struck(body: str, listing_ids: Collection[int], voice: Voice = ENGLISH) -> str:
    """A weekly letter in this voice's language without what it says of these listings."""
    gone = Item(GONE).render(voice)
    return _ENTRY.sub(lambda entry: gone if int(entry[1]) in listing_ids else entry[0], body)

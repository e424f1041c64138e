"""The weekly letter: when it is written, whom a request suits, and what is said. Pure decisions."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from timebank import hours
from timebank.exchanges.letters import Letter
from timebank.notices.rules import one_line

THURSDAY, MORNING = 4, 8
"""The day of the week and the hour from which on the weekly letter is written; until the week ends
it is made up for."""

SLICE = 200
"""So many members are written to at once."""

LINES = 5
"""So many requests, offers and sessions are named in a letter; the rest is counted."""

AHEAD = timedelta(days=10)
"""Sessions are named so far ahead: until after the next letter."""

NEWS = 300
"""So many new requests, and so many new offers, are looked at; a bank that has more in a week has
its directory."""

LOOK_BACK = timedelta(days=28)
"""How far back a letter looks at most, and the first one does. Who got none for want of news misses
nothing by it."""

KEPT = timedelta(days=35)
"""How long letters that have gone out are kept. What they say is old by then."""


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


class Offered:
    """What somebody offers, as skills with their categories, and the checks they hold."""

    def __init__(self, places: Collection[tuple[int, int]], held: Collection[str]):
        self._skills = {skill for skill, _ in places}
        self._categories = {category for _, category in places}
        self._held = held

    def suits(self, wanted: tuple[int, int] | None, needs_check: str | None, *, near: bool) -> int:
        """How well a request suits them: 3 for a skill they offer, 2 for its category, 1 where they
        live; 0 not at all.

        Who does not hold the check that is needed cannot help.
        """
        if needs_check is not None and needs_check not in self._held:
            return 0
        if wanted is not None and wanted[0] in self._skills:
            return 3
        if wanted is not None and wanted[1] in self._categories:
            return 2
        return 1 if near else 0


@dataclass(frozen=True)
class Line:
    """An offer or a request as the letter names it."""

    listing_id: int
    title: str
    who: str
    area: str | None


@dataclass(frozen=True)
class OnSoon:
    """A session of an activity, as the letter names it: "Friday 13 November at 10:00, The hall"."""

    session_id: int
    title: str
    when: str
    coming: bool = False


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
    requests: Sequence[Line] = field(default=())
    offers: Sequence[Line] = field(default=())
    sessions: Sequence[OnSoon] = field(default=())

    @property
    def waiting(self) -> int:
        return self.exchanges + self.introductions + self.messages


def letter(told: Week, *, site: str, ring: str) -> Letter:
    """The weekly letter. `site` is the address of the bank's pages, `ring` whom to ring instead.

    Every address stands indented beneath its line, so that it is left out on paper.
    """
    parts = [
        _waiting(told, site),
        _listed(
            "Could you help?",
            [_listing(one) for one in told.requests],
            f"{site}/directory?kind=requests",
            site,
        ),
        _listed(
            "New on offer",
            [_listing(one) for one in told.offers],
            f"{site}/directory?kind=offers",
            site,
        ),
        _listed("What is on", [_session(one) for one in told.sessions], f"{site}/activities", site),
        (
            "You get this letter on Thursdays, when there is something new. To get it no more, or"
            f" in another way, ring {ring} or say so on the page “How we tell you things”.\n "
            f" {site}/me/notices"
        ),
    ]
    balance = f"You have {hours.words(told.balance)} to spend." if told.balance > 0 else _NOTHING
    return Letter(_subject(told), "\n\n".join([balance, *filter(None, parts)]))


_NOTHING = "You have no hours to spend just now. You can still ask for help."


def _subject(told: Week) -> str:
    named = [
        _count(told.waiting, "thing waits for you", "things wait for you"),
        _count(len(told.requests), "new request", "new requests"),
        _count(len(told.offers), "new offer", "new offers"),
    ]
    *most, last = filter(None, named)
    return f"Your week: {', '.join(most)} and {last}" if most else f"Your week: {last}"


def _waiting(told: Week, site: str) -> str:
    lines = [
        (
            _count(told.exchanges, "exchange waits for your word", "exchanges wait for your word"),
            "exchanges/mine",
        ),
        (
            _count(
                told.introductions,
                "introduction waits for your answer",
                "introductions wait for your answer",
            ),
            "",
        ),
        (_count(told.messages, "message waits to be read", "messages wait to be read"), "messages"),
    ]
    said = [f"- {words}\n  {site}/{path}" for words, path in lines if words]
    return "\n".join(["Waiting for you, or for whom you act for", *said]) if said else ""


def _listed(heading: str, lines: Sequence[tuple[str, str]], all_: str, site: str) -> str:
    """The first `LINES` lines, each with its address beneath, and how many more there are at
    `all_`; nothing of none."""
    if not lines:
        return ""
    named = [f"- {words}\n  {site}/{path}" for words, path in lines[:LINES]]
    beyond = len(lines) - LINES
    more = [f"And {beyond} more\n  {all_}"] if beyond > 0 else []
    return "\n".join([heading, *named, *more])


def _listing(line: Line) -> tuple[str, str]:
    words = f"{line.title} ({', '.join(filter(None, (line.who, line.area)))})"
    return one_line(words, 300), f"directory/{line.listing_id}"


def _session(one: OnSoon) -> tuple[str, str]:
    words = one_line(f"{one.title}, {one.when}", 300)
    return (
        f"{words}{': you are coming' if one.coming else ''}",
        f"activities/sessions/{one.session_id}",
    )


def _count(number: int, one: str, several: str) -> str:
    return f"{number} {one if number == 1 else several}" if number else ""


_ENTRY = re.compile(r"^- .*\n  \S*/directory/(\d+)$", re.MULTILINE)
GONE = "- This stands in the directory no more."


def named(body: str) -> set[int]:
    """The listings that a weekly letter names, by id."""
    return {int(number) for number in _ENTRY.findall(body)}


def struck(body: str, listing_ids: Collection[int]) -> str:
    """A weekly letter without what it says of these listings."""
    return _ENTRY.sub(lambda entry: GONE if int(entry[1]) in listing_ids else entry[0], body)

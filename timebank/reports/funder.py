"""What a funder reads: how many took part, what for, whether it came round, who led, and how it was
for one of them. One value, of which the two pages, the spreadsheet and the JSON are made.

Its figures are those of the three reports for sharing, kept as they were first made; nothing here
is reckoned from anything that may not leave the staff. The story and the pictures are no figures:
a story is in what is made as long as whoever it is of agrees, and in nothing that is made
afterwards.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from timebank.banks import queries as banks
from timebank.banks.models import Bank
from timebank.measures.figures import Topic
from timebank.reports import archive, stories, words
from timebank.reports.figures import Books, Report, Window, books_as_json
from timebank.reports.models import Story
from timebank.reports.rules import Asked
from timebank.say import Said

CODELIVERY = ("codelivery_resident", "codelivery_professional", "codelivery_together")
"""The three parts of all hours at activities."""

KINDS_ON_A_PAGE = 10
"""So many kinds of help stand on paper by themselves; what the others come to is said beside."""


@dataclass(frozen=True)
class Picture:
    """A picture as JPEG, and what it shows in words."""

    jpeg: bytes
    alt: str


@dataclass(frozen=True)
class Logo:
    """The sign of a bank as PNG, so many pixels wide and high."""

    png: bytes
    width: int
    height: int


@dataclass(frozen=True)
class Told:
    """A story as it is told: its id, its words, what the person is called in it, and their
    picture."""

    id: int
    words: str
    called: str
    picture: Picture | None


@dataclass(frozen=True)
class KindOfHelp:
    """A kind of help, and its minutes in whole five hours; None: of few people, not told."""

    name: str
    minutes: int | None


@dataclass(frozen=True)
class Summary:
    """What a funder reads about the days from `start` to `end`, as recorded at `as_of`.

    Numbers of people are rounded to fives, `minutes` to whole five hours; None: not told, since
    they are of few people. `split` and `codelivery` are shares of hours that add up to 1, or empty
    where they cannot be said; `why` says why there is no split. `few` is from how many people on a
    number is told. `colour` is the bank's own, empty for the usual one, and `logo` its sign.
    """

    bank: str
    name: str
    contact: tuple[str, ...]
    start: date
    end: date
    as_of: datetime
    few: int
    books: Books
    members: int | None
    took_part: int | None
    helped: int | None
    minutes: int
    split: tuple[float, ...]
    why: Said | str
    codelivery: tuple[float, ...]
    kinds: tuple[KindOfHelp, ...]
    tells_kinds: bool
    picture: Picture | None
    story: Told | None
    version: str
    colour: str = ""
    logo: Logo | None = None


def summary(
    session: Session,
    bank: Bank,
    start: date,
    end: date,
    as_of: str = "",
    *,
    story: int | None = None,
    now: datetime,
) -> Summary:
    """What a funder reads about whole quarters that have ended, with this story or without one.

    The books are sealed; the caller commits. Raises Invalid for other days, an instant still to
    come, and a story that was not agreed to; NotFound for one that is not there.
    """
    chosen = None if story is None else stories.agreed(session, bank, story)
    asked = Asked(Topic.RECIPROCITY, start, end, share=True, as_of=as_of)
    reciprocity = archive.report(session, bank, asked, now=now)
    asked = replace(asked, as_of=reciprocity.as_of.isoformat())
    participation, activities = (
        archive.report(session, bank, replace(asked, topic=topic), now=now)
        for topic in (Topic.PARTICIPATION, Topic.ACTIVITIES)
    )
    front, sign = banks.picture(session, bank), banks.logo(session, bank)
    return _summary(
        bank,
        (reciprocity, participation, activities),
        Picture(front.jpeg, front.alt) if front else None,
        _told(chosen) if chosen else None,
        Logo(sign.png, sign.width, sign.height) if sign else None,
    )


def _summary(
    bank: Bank,
    reports: tuple[Report, Report, Report],
    picture: Picture | None,
    story: Told | None,
    logo: Logo | None,
) -> Summary:
    reciprocity, participation, activities = reports
    window, members = reciprocity.last, participation.last["members"].value
    kinds = [table for table in participation.last.tables if table.id == "hours_by_category"]
    return Summary(
        bank=reciprocity.bank,
        name=reciprocity.name,
        contact=tuple(
            part for part in (bank.contact_name, bank.contact_phone, bank.contact_email) if part
        ),
        start=reciprocity.start,
        end=reciprocity.end,
        as_of=reciprocity.as_of,
        few=reciprocity.shared or bank.few,
        books=reciprocity.books,
        members=None if members is None else int(members),
        took_part=reciprocity.totals.active_people,
        helped=_helped(window),
        minutes=reciprocity.totals.minutes,
        split=tuple(words.parts(window, words.SPLIT)),
        why=window[words.SPLIT[0]].withheld or "",
        codelivery=tuple(words.parts(activities.last, CODELIVERY)),
        kinds=tuple(
            KindOfHelp(str(words.place(cell.row)), None if cell.value is None else int(cell.value))
            for table in kinds
            for cell in table.cells
        ),
        tells_kinds=bool(kinds),
        picture=picture,
        story=story,
        version=reciprocity.version,
        colour=bank.colour,
        logo=logo,
    )


def _helped(window: Window) -> int | None:
    """How many people were helped: those who took part without those who only gave, both as they
    may be told. Where the second may not be told, the first would tell it."""
    only_gave = window["giver_only"]
    if only_gave.value is None or only_gave.n is None:
        return None
    return round(only_gave.n * (1 - only_gave.value))


def _told(story: Story) -> Told:
    picture = Picture(story.jpeg, story.alt) if story.jpeg else None
    return Told(story.id, story.words, story.called, picture)


def on_paper(kinds: Sequence[KindOfHelp]) -> tuple[list[KindOfHelp], int, int]:
    """The kinds of help that stand by themselves, those with the most hours, in the order of their
    names; how many more may be told, and what these come to in minutes."""
    counted = [kind for kind in kinds if kind.minutes]
    most = sorted(counted, key=lambda kind: -(kind.minutes or 0))
    shown, others = most[:KINDS_ON_A_PAGE], most[KINDS_ON_A_PAGE:]
    return (
        [kind for kind in counted if kind in shown],
        len(others),
        sum(kind.minutes or 0 for kind in others),
    )


def as_json(made: Summary) -> dict[str, Any]:
    """All of it, for programs, without the pictures."""
    return {
        "bank": made.bank,
        "name": made.name,
        "from": made.start.isoformat(),
        "to": made.end.isoformat(),
        "as_of": made.as_of.isoformat(),
        "ledger": books_as_json(made.books),
        "few": made.few,
        "members": made.members,
        "took_part": made.took_part,
        "helped": made.helped,
        "minutes": made.minutes,
        "split": dict(zip(words.SPLIT, made.split, strict=False)),
        "codelivery": dict(zip(CODELIVERY, made.codelivery, strict=False)),
        "kinds": [{"name": kind.name, "minutes": kind.minutes} for kind in made.kinds],
        "story": made.story
        and {"id": made.story.id, "words": made.story.words, "called": made.story.called},
        "version": made.version,
    }

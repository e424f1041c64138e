"""What the whole asks of every room, in words that know no table and no web.

Who leaves, who takes their data along, what waits for whom, what the weekly letter tells: each room
answers for what it keeps, and nothing above has to know its tables. `timebank.feature.Feature` adds
the faces.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any, TypeAlias

from sqlalchemy import Select
from sqlalchemy.orm import Session

from timebank.act import Act, Actor
from timebank.say import Said

Bank: TypeAlias = Any
"""A row of `banks.models.Bank`. It is no name here: this stands below every table."""

Member: TypeAlias = Any
"""A row of `members.models.Member`, of somebody who has an account."""


@dataclass(frozen=True)
class Trace:
    """A column, `table.column`, that names a member or an account, whether by id or by key.

    `told` is where the room's `export` tells of it; None where it is no matter of theirs, such as
    whose work as a broker something was. `stays`: it is left when the member has gone, for it names
    somebody of whom nothing else is known any more. Otherwise no row names them after `wind_up` and
    `forget`.
    """

    column: str
    told: str | None = None
    stays: bool = False


class Place(StrEnum):
    """Where it is shown what waits: on the desk for all of the staff, there for what `act.by` looks
    after alone, or on the first page of `act.by`."""

    DESK = "desk"
    CASELOAD = "caseload"
    FIRST_PAGE = "first_page"


LINES = {Place.DESK: 8, Place.CASELOAD: 8, Place.FIRST_PAGE: 5}
"""How many lines of each list are shown at once; on the desk more would be no list for one day."""


@dataclass(frozen=True)
class Link:
    """A page of the bank, by its endpoint and what its address needs. (Whoever makes one knows no
    web: the page that shows it makes the address.)"""

    endpoint: str
    values: Mapping[str, int | str] = field(default_factory=dict[str, int | str])


@dataclass(frozen=True)
class Answer:
    """Something that can be done about what waits: a page where it is done, or a button that does
    it at once (`at_once`). `main`: it is what most will want."""

    words: Said
    link: Link
    at_once: bool = False
    main: bool = False


@dataclass(frozen=True)
class Person:
    """Somebody in a line, by their account: the desk shows how they are reached. `member_id` is
    None for an organisation, a group and the chest; `says` is what they have said so far."""

    name: str
    account_id: int
    member_id: int | None = None
    says: Said | None = None


@dataclass(frozen=True)
class Time:
    """Minutes, as a table writes them."""

    minutes: int


@dataclass(frozen=True)
class Phone:
    """A telephone number, if there is one."""

    number: str | None


Cell: TypeAlias = "Said | str | date | datetime | Time | Phone | Sequence[Person]"
"""What stands in a column of a list. An instant is shown by the bank's clock."""


@dataclass(frozen=True)
class Line:
    """One thing that waits: what it is, where it is shown, since when, what there is to know of it,
    and what can be done about it.

    `name` is what it is called in short where the title is a sentence; `cells` are what a list with
    `columns` has in them.
    """

    title: Said | str
    link: Link
    since: date | None = None
    about: Said | str = ""
    answers: Sequence[Answer] = ()
    cells: Sequence[Cell] = ()
    name: Said | str = ""


@dataclass(frozen=True)
class Waiting:
    """What waits in a room of one kind: the first few lines, and how many there are in all.

    `kind` is a word for programs and addresses, `heading` stands above the list, and `counted`
    under its number at the head of the desk: "to ring". A list without lines is counted alone.

    `columns` are the headings of a list that is a table, the title's first; `all` leads to the page
    with everything that waits so; `closing` is said beneath. Lists stand in the order of their
    `place`.
    """

    kind: str
    heading: Said
    counted: Said
    lines: Sequence[Line]
    total: int
    columns: Sequence[Said] = ()
    all: Answer | None = None
    closing: Said | None = None
    place: int = 100

    @property
    def people(self) -> list[Person]:
        """Everybody who stands in a column."""
        return [
            person
            for line in self.lines
            for cell in line.cells
            if isinstance(cell, (list, tuple))
            for person in cell
        ]


@dataclass(frozen=True)
class News:
    """What is new to somebody in the weekly letter, since when, and the page of it, as what follows
    the address of the bank's pages: `/tools/12`."""

    words: Said | str
    path: str
    at: datetime


@dataclass(frozen=True)
class Part:
    """What a room has of one kind for the weekly letters: its heading, by member id what is new to
    each in the order in which they are told, and the page with all of it.

    `counted` is how so many of them are spoken of in the subject; without it they are counted among
    other things that are new.
    """

    heading: Said
    news: Mapping[int, Sequence[News]]
    path: str
    counted: Callable[[int], Said] | None = None


@dataclass(frozen=True)
class Near:
    """Somebody and those for whom they act, as members and by their accounts."""

    members: frozenset[int]
    accounts: frozenset[int]


@dataclass(frozen=True)
class Room:
    """A room, as the whole needs to know it.

    A member who leaves is taken through three of these, each for all rooms before the next begins:
    `causes` says what notices about what they did with others go by (`exchange:12`), so that what
    was said before is forgotten; `wind_up` ends what is under way with their account and tells the
    others so; `forget` erases what is kept on them, while they still have their name. An account
    that is closed is wound up alone. `export` is what a member is given of what is held on them, by
    names that no other room uses. All of them stay in the transaction of whoever calls.

    `waiting` is what waits at a place (nothing, at most), the same number of questions however
    large the bank is; `digest` is what is new from an instant until now to each of some members,
    who are written to together.

    `knows` is a query for those who have had to do with somebody in this room, as `account_id` and
    when, `at`; `shows` one for the accounts of those who stand in it on a day to be seen by a
    reader. Nobody else is found by a resident who writes a name.

    `expire` erases what the bank has kept for as long as it settled; it is called every night.

    `traces` lists every column of the room's tables that names a member or an account.
    """

    name: str
    causes: Callable[[Session, Bank, Member], Iterable[str]] | None = None
    wind_up: Callable[[Session, Bank, int, Act], None] | None = None
    forget: Callable[[Session, Bank, Member, Act], None] | None = None
    export: Callable[[Session, Bank, Member], Mapping[str, Any]] | None = None
    waiting: Callable[[Session, Bank, Place, Act], Sequence[Waiting]] | None = None
    digest: Callable[[Session, Bank, Sequence[int], datetime, datetime], Sequence[Part]] | None = (
        None
    )
    knows: Callable[[Bank, Near], Select[Any]] | None = None
    shows: Callable[[Bank, Actor, date], Select[Any]] | None = None
    expire: Callable[[Session, Bank, datetime], None] | None = None
    traces: Sequence[Trace] = ()


def all_waiting(
    session: Session, bank: Bank, rooms: Iterable[Room], place: Place, act: Act
) -> list[Waiting]:
    """What waits at a place in these rooms, where anything does, in the order of their places."""
    waiting = [
        waiting
        for room in rooms
        if room.waiting is not None
        for waiting in room.waiting(session, bank, place, act)
        if waiting.total
    ]
    return sorted(waiting, key=lambda waiting: waiting.place)

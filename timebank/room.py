"""What the whole asks of every room, in words that know no table and no web.

Who leaves, who takes their data along, what waits for whom, what the weekly letter tells: each room
answers for what it keeps, and nothing above has to know its tables. `timebank.feature.Feature` adds
the faces.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import IntEnum, StrEnum
from typing import Any, TypeAlias

from sqlalchemy import Select
from sqlalchemy.orm import Session

from timebank.act import Act, Actor
from timebank.archive import Archive
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


@dataclass(frozen=True)
class Two:
    """Two members who are to be one: the one who `goes`, and the one who `stays`.

    `rows` limits what is done to rows of these tables, by their ids; None: to all there are. (Who
    takes a merge back puts back the rows that it took along, and no others.)
    """

    goes: Member
    stays: Member
    rows: Mapping[str, Collection[int]] | None = None

    def of(self, table: str) -> Collection[int] | None:
        """The ids of the rows of a table that are meant; None: all."""
        return None if self.rows is None else self.rows.get(table, ())


@dataclass(frozen=True)
class Carry:
    """A column, `table.column`, in which the one who stays takes the place of the one who goes.

    Where the one who stays has a row with the same values in all of the columns `once`, the row is
    left where it is (with `once=()`: where they have any); with `live`, a column that is empty as
    long as a row is in force, only of two that both are. `other` is a column of the same table
    that names the other of two people: nobody is brought together with themselves. `counted` is
    how so many rows are told of.
    """

    column: str
    counted: Callable[[int], Said] | None = None
    once: Sequence[str] | None = None
    live: str | None = None
    other: str | None = None


@dataclass(frozen=True)
class Rebooked:
    """An entry of the books that was taken back by `reversal_id`, and posted as `again_id` with the
    one account in the place of the other."""

    reversal_id: int
    again_id: int


@dataclass(frozen=True)
class Change:
    """A row that a room changed by hand when two members became one: its table, its key, and what
    the columns held `before` and hold `after`, as plain values."""

    table: str
    key: Mapping[str, int | str]
    before: Mapping[str, int | str | None]
    after: Mapping[str, int | str | None]


@dataclass(frozen=True)
class Merging:
    """What a room says when it turns out that two members are one person.

    Every column of its `traces` is in `carries`, in `by_hand` (what `move` sees to) or in `leaves`,
    which says why it is left. `refuses(session, bank, two, act)` are the reasons why it cannot be,
    a sentence each that says what to do. `entries(session, bank, two)` are the entries of the books
    that the room answers for. Once they are rebooked, `move(session, bank, two, rebooked, act,
    why)` has its rows name the new ones, by the numbers of the old, and does what a `Carry` cannot
    say; it gives back which rows it changed. `back(session, bank, two, act)` takes back what it
    wrote besides. `counts` is how so many rows of a table are told of that `move` took along.

    A merge is taken back by the same, with the two the other way round and the `rows` that were
    taken along.
    """

    carries: Sequence[Carry] = ()
    leaves: Mapping[str, str] = field(default_factory=dict[str, str])
    by_hand: Sequence[str] = ()
    refuses: Callable[[Session, Bank, Two, Act], Iterable[Said]] | None = None
    entries: Callable[[Session, Bank, Two], Collection[int]] | None = None
    move: (
        Callable[[Session, Bank, Two, Mapping[int, Rebooked], Act, str], Sequence[Change]] | None
    ) = None
    back: Callable[[Session, Bank, Two, Act], None] | None = None
    counts: Mapping[str, Callable[[int], Said]] = field(
        default_factory=dict[str, Callable[[int], Said]]
    )


MAILED = "timebank.mailed"
"""Under this name a session's `info` says that an e-mail was written in its transaction."""

LINES = 8
"""How many lines the desk shows at once; more would be no list for one sitting."""


@dataclass(frozen=True)
class Reach:
    """How much of what waits the staff want to see: up to so many `lines` of each kind, of
    everything, or of what `act.by` looks after alone (`mine`)."""

    mine: bool = False
    lines: int = LINES


class Urgency(IntEnum):
    """How soon somebody has to see to a thing. What is left for `LATER` is nothing to get done: the
    desk keeps it apart from the queue of what is."""

    NOW = 1
    TODAY = 2
    SOON = 3
    LATER = 4


ROWS = 5
"""How many of each kind a room brings to somebody's first page."""


@dataclass(frozen=True)
class Link:
    """A page of the bank, by its endpoint and what its address needs. (Whoever makes one knows no
    web: the page that shows it makes the address.)"""

    endpoint: str
    values: Mapping[str, int | str] = field(default_factory=dict[str, int | str])


@dataclass(frozen=True)
class Answer:
    """Something that can be done about what waits: a page where it is done, or a button that does
    it at once (`at_once`) and sends these `fields`. `main`: it is what most will want."""

    words: Said
    link: Link
    at_once: bool = False
    main: bool = False
    fields: Mapping[str, int | str] = field(default_factory=dict[str, int | str])


@dataclass(frozen=True)
class Person:
    """Somebody in a line, by their account: the desk shows how they are reached. `member_id` is
    None for an organisation, a group and the chest."""

    name: str
    account_id: int
    member_id: int | None = None


@dataclass(frozen=True)
class Line:
    """One thing that waits: what it is, where it is shown, what there is to know of it, and what
    can be done about it. `who` is whom to speak to, or whose face stands beside it.

    `since` is the day from which on it waits, or for which it is: of two that are as urgent the
    earlier comes first. `urgency` is its own where it is not that of its kind; `late`: its day is
    past. `name` is what it is called in short where the title is a sentence, and `script` what is
    to be said to them, in words that were written for them.
    """

    title: Said | str
    link: Link
    since: date | None = None
    about: Said | str = ""
    answers: Sequence[Answer] = ()
    name: Said | str = ""
    who: Person | None = None
    urgency: Urgency | None = None
    late: bool = False
    script: str = ""


@dataclass(frozen=True)
class Waiting:
    """What waits in a room of one kind: the first few lines, and how many there are in all.

    `kind` is a word for programs and addresses, `heading` stands above its lines when they are
    shown alone, and `counted` beside their number: "to ring". What has no lines is counted alone.

    `all` leads to another page with everything of the kind; `closing` is said beneath it. Of kinds
    that are as urgent the one with the lower `place` comes first.
    """

    kind: str
    heading: Said
    counted: Said
    lines: Sequence[Line]
    total: int
    urgency: Urgency = Urgency.TODAY
    all: Answer | None = None
    closing: Said | None = None
    place: int = 100


@dataclass(frozen=True)
class Row:
    """A line of somebody's first page that leads to the page of what it is about: what it is, and
    what there is to know of it.

    Beside it stands a face (`who`), a drawing (`icon`, see static/icons.svg), or else a leaf of the
    calendar with the day it is for (`at`, an instant or a date). `done` of `steps` is how far it
    is.
    """

    title: Said | str
    link: Link
    about: Said | str = ""
    who: Person | None = None
    icon: str = ""
    at: date | datetime | None = None
    done: int = 0
    steps: int = 0


@dataclass(frozen=True)
class FirstPage:
    """What a room brings to the first page of somebody: what waits for their word, the first few
    and how many there are in all; what is under way for them; the next days they have said yes to;
    what is new from others, each with the instant (`at`) since when; and what it would like to know
    of somebody who is new in the bank. Of news and days the nearest come first, wherever they come
    from."""

    waiting: Sequence[Line] = ()
    waits: int = 0
    under_way: Sequence[Row] = ()
    coming: Sequence[Row] = ()
    news: Sequence[Row] = ()
    questions: Sequence[Row] = ()


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
class Asked:
    """A question as it stands for somebody: the page where they answer it once they have signed in;
    the account whose word is asked, where it is one's; and what has become of it, None while it
    waits. `barred` are answers that do not go for them."""

    page: Link
    account_id: int | None = None
    become: Said | None = None
    barred: Collection[str] = ()


@dataclass(frozen=True)
class Written:
    """What is written with an answer: a few words, and a length of time in minutes; empty and None
    for an answer that takes none."""

    words: str = ""
    minutes: int | None = None


@dataclass(frozen=True)
class Reply:
    """An answer to a question: what its button says, what is said when it has been given, and the
    use case that gives it, `give(session, bank, about, act, written)`.

    `words` is what the box for a few words is called, for an answer that takes some, and `minutes`
    the one for a length of time. `main`: it is what most will want.
    """

    label: Said
    done: Said
    give: Callable[[Session, Bank, int, Act, Written], object]
    words: Said | None = None
    minutes: Said | None = None
    main: bool = False


@dataclass(frozen=True)
class Question:
    """A question that notices ask (`Letter.asks` is its kind), and how it is answered.

    `label` is what its link is called in a letter. `look(session, bank, about, act)` is how it
    stands for `act.by`, and raises NotFound where they may see nothing of it. The `replies` are
    those that go without signing in, by a word of their own; where there are none it is answered on
    its page. `days` is how long the link in a letter is good. `by_program` is the answer that a
    mail program may give by itself, so that the link stands in the head of the letter alone.
    `latest`: what a letter says is in the place of what one before it said about the same thing.
    `by_word`: the staff, who have somebody on the phone, may give their replies on their word: the
    use cases go by `act.word.on_word_of`.
    """

    label: Said
    look: Callable[[Session, Bank, int, Act], Asked]
    replies: Mapping[str, Reply] = field(default_factory=dict[str, Reply])
    days: int = 14
    by_program: str | None = None
    latest: bool = False
    by_word: bool = False


@dataclass(frozen=True)
class Ask:
    """What a notice that asks something carries on its way out: what its link is called, and where
    it leads. `until` is the day on which it ends, where the question is answered without signing
    in.

    With `by_program` the link is for the head of the letter, by which a mail program answers.
    """

    label: Said
    address: str
    until: date | None = None
    by_program: bool = False


@dataclass(frozen=True)
class Did:
    """Something that somebody got done, at an instant, and the page of it; `undo` is what a button
    takes it back by, as long as it can be, and `stays` why there is none."""

    title: Said
    at: datetime
    link: Link
    undo: Link | None = None
    stays: Said | None = None


@dataclass(frozen=True)
class Step:
    """Something a new bank has to have before it works by itself, and whether it has it, as far as
    is really known. What is not there yet says in one sentence what `to_do`, and where; of two the
    one with the lower `place` comes first."""

    kind: str
    title: Said
    done: bool
    to_do: Said
    answers: Sequence[Answer] = ()
    place: int = 100


class Stands(StrEnum):
    """How firmly something stands in a calendar (STATUS of RFC 5545, 3.8.1.11)."""

    CONFIRMED = "confirmed"
    TENTATIVE = "tentative"
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class Appointment:
    """Something that somebody is to come to or to do, for calendars.

    `key` is the same for as long as it is the same thing, and no other thing's; `sequence` grows
    whenever it is moved or called off. `at` is an instant, for so many `minutes`, or a whole day.
    """

    key: str
    title: Said | str
    link: Link
    at: date | datetime
    minutes: int = 0
    place: str = ""
    about: str = ""
    sequence: int = 0
    stands: Stands = Stands.CONFIRMED


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

    `waiting` is what waits for the staff, as far as they want to see it, in the same number of
    questions however large the bank is; `digest` is what is new from an instant until now to each
    of some members, who are written to together.

    `first_page` is what else stands on the first page of `act.by`, who is a member with an account.

    `checks` says which kinds of checks people need for what they do in the room on a day, by member
    and the ids of the kinds (see `timebank.safeguarding`).

    `knows` is a query for those who have had to do with somebody in this room, as `account_id` and
    when, `at`; `shows` one for the accounts of those who stand in it on a day to be seen by a
    reader. Nobody else is found by a resident who writes a name.

    `helped` says, a sentence for each, what is written down in the room of help on a day between
    any of these pairs of accounts, who gave it first.

    `appointments(session, bank, member_id, since)` are what a member is to come to or to do from a
    day on, for their own calendar, with what was called off.

    `expire` erases what the bank has kept for as long as it settled; it is called every night.

    `traces` lists every column of the room's tables that names a member or an account, and
    `merging` what becomes of each when two members turn out to be one person.

    `archive` says what of the room's tables goes along when the bank moves, and what does not.

    `questions` are those that its notices ask, by their kind.

    `details(session, bank)` are the bank's own words for what the trail of members keeps as codes,
    by what was done and code.

    `first_day` is what a new bank has to have of this room, for its coordinators. `did` is what
    `act.by`, one of the staff, got done in it since an instant, so that it is seen and undone.
    """

    name: str
    causes: Callable[[Session, Bank, Member], Iterable[str]] | None = None
    wind_up: Callable[[Session, Bank, int, Act], None] | None = None
    forget: Callable[[Session, Bank, Member, Act], None] | None = None
    export: Callable[[Session, Bank, Member], Mapping[str, Any]] | None = None
    waiting: Callable[[Session, Bank, Reach, Act], Sequence[Waiting]] | None = None
    digest: Callable[[Session, Bank, Sequence[int], datetime, datetime], Sequence[Part]] | None = (
        None
    )
    checks: Callable[[Session, Bank, date], Mapping[int, Collection[int]]] | None = None
    first_page: Callable[[Session, Bank, Act], FirstPage] | None = None
    knows: Callable[[Bank, Near], Select[Any]] | None = None
    shows: Callable[[Bank, Actor, date], Select[Any]] | None = None
    helped: Callable[[Session, Bank, Collection[tuple[int, int]], date], Sequence[Said]] | None = (
        None
    )
    appointments: Callable[[Session, Bank, int, date], Sequence[Appointment]] | None = None
    expire: Callable[[Session, Bank, datetime], None] | None = None
    traces: Sequence[Trace] = ()
    merging: Merging = field(default_factory=Merging)
    archive: Archive = field(default_factory=Archive)
    questions: Mapping[str, Question] = field(default_factory=dict[str, Question])
    first_day: Callable[[Session, Bank, Act], Sequence[Step]] | None = None
    did: Callable[[Session, Bank, datetime, Act], Sequence[Did]] | None = None
    details: Callable[[Session, Bank], Mapping[str, Mapping[str, str]]] | None = None


def details(session: Session, bank: Bank, rooms: Iterable[Room]) -> dict[str, Mapping[str, str]]:
    """The bank's own words for the codes of all these rooms that the trail of members keeps."""
    words: dict[str, Mapping[str, str]] = {}
    for room in rooms:
        if room.details is not None:
            words |= room.details(session, bank)
    return words


def did(
    session: Session, bank: Bank, rooms: Iterable[Room], since: datetime, act: Act
) -> list[Did]:
    """What `act.by` got done in these rooms since an instant, the latest first."""
    each = [
        one for room in rooms if room.did is not None for one in room.did(session, bank, since, act)
    ]
    return sorted(each, key=lambda one: one.at, reverse=True)


def first_day(session: Session, bank: Bank, rooms: Iterable[Room], act: Act) -> list[Step]:
    """What a new bank has to have, of all these rooms, in the order in which it is seen to."""
    steps = [
        step
        for room in rooms
        if room.first_day is not None
        for step in room.first_day(session, bank, act)
    ]
    return sorted(steps, key=lambda step: step.place)


def all_waiting(
    session: Session, bank: Bank, rooms: Iterable[Room], reach: Reach, act: Act
) -> list[Waiting]:
    """What waits in these rooms, where anything does, the most urgent kinds first."""
    waiting = [
        waiting
        for room in rooms
        if room.waiting is not None
        for waiting in room.waiting(session, bank, reach, act)
        if waiting.total
    ]
    return sorted(waiting, key=lambda waiting: (waiting.urgency, waiting.place))


def first_page(session: Session, bank: Bank, rooms: Iterable[Room], act: Act) -> FirstPage:
    """What these rooms bring to somebody's first page, put together: what somebody waits for
    before what is theirs alone. What has a day to come stands among the days alone."""
    brought = [room.first_page(session, bank, act) for room in rooms if room.first_page is not None]
    dated = [row.link for one in brought for row in one.coming]
    return FirstPage(
        waiting=sorted(
            (line for one in brought for line in one.waiting), key=lambda line: line.who is None
        ),
        waits=sum(one.waits for one in brought),
        under_way=[row for one in brought for row in one.under_way if row.link not in dated],
        coming=sorted((row for one in brought for row in one.coming), key=_when),
        news=sorted((row for one in brought for row in one.news), key=_when, reverse=True),
        questions=[row for one in brought for row in one.questions],
    )


def _when(row: Row) -> tuple[str, str]:
    """By the day, and within it those without an hour first."""
    at = row.at.isoformat() if row.at is not None else ""
    return at[:10], at[10:]


def appointments(
    session: Session, bank: Bank, rooms: Iterable[Room], member_id: int, *, since: date
) -> list[Appointment]:
    """What these rooms have for the calendar of a member, from a day on."""
    return [
        appointment
        for room in rooms
        if room.appointments is not None
        for appointment in room.appointments(session, bank, member_id, since)
    ]

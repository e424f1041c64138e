"""The formats files come in: how each is recognised, and how its cells become our columns."""

import hashlib
from collections import Counter
from collections.abc import Collection, Sequence
from datetime import date
from typing import NamedTuple, Protocol

from timebank.imports.cells import local_day
from timebank.imports.questions import Option, Question, Questions
from timebank.imports.reading import SEARCHED, Column, Mapped, heading_row, knows
from timebank.imports.rules import EMPTY_READING, ImportFormat, Reading, Record, Wanted
from timebank.say import Said, say
from timebank.tables.errors import BadFile
from timebank.tables.opening import Table
from timebank.tables.reader import Row


class _When(NamedTuple):
    """The day on which a file is read, and the time zone of the bank."""

    today: date
    timezone: str


class Layout(Protocol):
    """How the cells of one file become records. `questions` are what has to be asked before that
    can be done for good; `shape` and `told` are of a file whose columns have headings: by what one
    like it is known again, and what somebody said of it; `people` are those whom it names."""

    questions: Questions
    shape: str
    told: Reading
    people: Collection[str]

    @property
    def name(self) -> str:
        """The program that the file is of."""
        ...

    @property
    def columns(self) -> Sequence[Column]:
        """What is read as what, where columns have headings."""
        ...

    def record(self, row: Row) -> Record | None:
        """The row under our own column names; None for one that is not asked for."""
        ...

    def notes(self) -> Sequence[Said]:
        """What the person who brings the file should know besides the rows, once it has been
        read."""
        ...


class _Fixed:
    """A layout that is known by its shape, and asks nothing."""

    name = "timeoverflow"
    columns: Sequence[Column] = ()
    shape = ""
    told = EMPTY_READING
    people: Collection[str] = ()

    def __init__(self) -> None:
        self.questions = Questions({})


def recognise(
    table: Table, wanted: Wanted, *, today: date, timezone: str, posts: Table | None = None
) -> Layout:
    """The layout of the file, by its headings, or by the shape of its first row where it has none.

    Raises BadFile for what is not of the format wanted, and Invalid for columns that cannot be read
    as was said.
    """
    first = table.head(1)
    if not first:
        raise BadFile(say("The file is empty."))
    if wanted.format != ImportFormat.TIMEBANK and not table.typed:
        heading = heading_row(table.head(SEARCHED), wanted.kind)
        known = heading is not None and knows(heading, wanted.kind) >= 2
        cells = [cell.strip() for cell in first[0].cells]
        sure = wanted.format == ImportFormat.TIMEOVERFLOW
        kind_of_file = _timeoverflow(cells, sure=sure) if sure or not known else None
        if kind_of_file:
            return _from_timeoverflow(kind_of_file, wanted, table, _When(today, timezone), posts)
        if sure:
            raise BadFile(
                say(
                    "This is none of TimeOverflow's files. Users have 10 columns, posts 8 and"
                    " transfers 8, without a header: see “Files” in the documentation."
                )
            )
    return Mapped(table, wanted, today=today, zone=timezone)


# ---- TimeOverflow: three files without headers ----

_USERS, _POSTS, _TRANSFERS = "users", "posts", "transfers"


def _timeoverflow(cells: Sequence[str], *, sure: bool) -> str | None:
    """Which of TimeOverflow's files a first row like this begins; None for none of them.

    When it is `sure` to be one of them, the number of columns is enough, and what is wrong with the
    row is said of the row.
    """
    if _post_title(cells) is not None:
        return _POSTS
    if len(cells) == 10 and (
        sure or (cells[5] in {"", "1", "2", "3", "4"} and not cells[1].isalpha())
    ):
        return _USERS
    if len(cells) in {7, 8} and (sure or _is_transfer(cells)):
        return _TRANSFERS
    return None


def _is_transfer(cells: Sequence[str]) -> bool:
    """Whether a row says from which account, of which type, to which of which type, how much."""
    types, numbers = (cells[1], cells[3]), (cells[0], cells[2], cells[4].removeprefix("-"))
    return all(map(str.isalpha, types)) and all(map(str.isdecimal, numbers))


def _post_title(cells: Sequence[str]) -> int | None:
    """The place of a post's title: our third column, or the fourth where the posts' numbers stand
    first."""
    for width, kind in ((8, 1), (9, 2)):
        if len(cells) == width and cells[kind].strip().lower() in {"offer", "inquiry"}:
            return kind + 1
    return None


def _from_timeoverflow(
    found: str, wanted: Wanted, table: Table, when: "_When", posts: Table | None
) -> Layout:
    kind = wanted.kind
    if found == _POSTS and kind in ("offers", "requests"):
        return _PostedListings(kind)
    if found == _POSTS:
        raise BadFile(
            say(
                "This is TimeOverflow's file of posts. Import it as offers, and again as requests;"
                " or hand it over beside the transfers, as posts, to give them their descriptions."
            )
        )
    belongs = {_USERS: "members", _TRANSFERS: "hours"}[found]
    if kind != belongs:
        raise BadFile(
            say(
                "This is TimeOverflow's file of %(found)s. Import it as %(belongs)s.",
                found=found,
                belongs=belongs,
            )
        )
    return (
        _Users()
        if found == _USERS
        else _Transfers(when, _Posts(posts, when.timezone) if posts else None, table, wanted)
    )


class _Users(_Fixed):
    """`member_uid, entry_date, name1, name2, name3, gender, date_of_birth, phone, alt_phone,
    email`."""

    _WIDTH = 10
    _LABELS = {"number": "member_uid", "joined_on": "entry_date"}

    def __init__(self) -> None:
        super().__init__()
        self._count: Counter[str] = Counter()

    def record(self, row: Row) -> Record:
        record = Record(row.line, {}, self._LABELS)
        cells = _cells(row, self._WIDTH, record)
        if cells is None:
            return record
        uid, entry_date, *names, gender, birth, phone, other_phone, email = cells
        both = " / ".join(dict.fromkeys(filter(None, [phone, other_phone])))
        if len(both) > 40:
            self._count["phones"] += 1
            both = phone
        if _invented(email):
            self._count["emails"] += 1
            email = ""
        self._count["genders"] += bool(gender)
        record.values = {
            "number": uid,
            "name": " ".join(filter(None, names)),
            "email": email,
            "phone": both,
            "joined_on": entry_date[:10],
            "date_of_birth": birth[:10],
        }
        return record

    def notes(self) -> list[Said]:
        words = {
            "emails": say(
                "Addresses that TimeOverflow had made up (user…@example.com) and that were left"
                " out: %(number)s.",
                number=str(self._count["emails"]),
            ),
            "phones": say(
                "Second telephone numbers left out, because the two are too long for one line:"
                " %(number)s.",
                number=str(self._count["phones"]),
            ),
            "genders": say(
                "Gender was left out for %(number)s members: details of that kind are asked of"
                " people, and kept apart.",
                number=str(self._count["genders"]),
            ),
        }
        return [sentence for name, sentence in words.items() if self._count[name]]


def _invented(email: str) -> bool:
    """TimeOverflow gives members without an address one of this form."""
    name, _, domain = email.lower().partition("@")
    return domain == "example.com" and name.startswith("user") and name[4:].isdigit()


class _Posts:
    """Titles of posts, by number. The plain file has no numbers: then a post's number is taken to
    be its place in the file."""

    def __init__(self, sheet: Table, timezone: str):
        self.by_place = False
        self._titles: dict[str, tuple[str, str]] = {}
        if all(_post_title(row.cells) is None for row in sheet.head(1)):
            raise BadFile(
                say(
                    "The file of posts is not TimeOverflow's: it has 8 columns, the second of them"
                    " Offer or Inquiry."
                )
            )
        for place, row in enumerate(sheet.rows(), start=1):
            title = _post_title(row.cells)
            if title is None:
                raise BadFile(
                    say(
                        "The file of posts: this row has %(number)s columns, not 8, or is no post.",
                        number=len(row.cells),
                    ),
                    line=row.line,
                )
            self.by_place = title == 2
            number = str(place) if self.by_place else row.cells[0].strip()
            written = _local_day(row.cells[title + 3], timezone)
            self._titles[number] = (" ".join(row.cells[title].split()), written or "")

    def title(self, number: str, on: str) -> str | None:
        """The title of that post, None if there is none. Raises BadFile when the places cannot be
        the numbers."""
        if number not in self._titles:
            return None
        title, written = self._titles[number]
        if self.by_place and written > on:
            raise BadFile(
                say(
                    "The file of posts has no numbers, so they were taken from the places of the"
                    " rows; but row %(number)s was written on %(written)s, after hours that name it"
                    " (%(on)s). Put the posts' ids into a first column, or leave the file out.",
                    number=number,
                    written=written,
                    on=on,
                )
            )
        return title


class _PostedListings(_Fixed):
    """Posts as offers or as requests: `user_id, type, title, description, category_id, created_at,
    start_on, end_on`.

    The file holds both, Offer and Inquiry; those of the other type are passed over and counted.
    """

    _LABELS = {"member": "user_id", "starts_on": "start_on", "ends_on": "end_on"}

    def __init__(self, kind: str):
        super().__init__()
        self._kind, self._type = kind, {"offers": "offer", "requests": "inquiry"}[kind]
        self._passed_over = 0

    def record(self, row: Row) -> Record | None:
        title = _post_title(row.cells)
        if title is None:
            record = Record(row.line, {}, self._LABELS)
            record.wrong(
                "the row",
                say(
                    "It has %(number)s columns, not 8, or says neither Offer nor Inquiry.",
                    number=len(row.cells),
                ),
                value="",
            )
            return record
        cells = [cell.strip() for cell in row.cells]
        if cells[title - 1].lower() != self._type:
            self._passed_over += 1
            return None
        user, starts_on, ends_on = cells[title - 2], cells[title + 4], cells[title + 5]
        values = {"member": user, "title": cells[title], "description": cells[title + 1]}
        return Record(
            row.line, {**values, "starts_on": starts_on[:10], "ends_on": ends_on[:10]}, self._LABELS
        )

    def notes(self) -> list[Said]:
        number = str(self._passed_over)
        if not self._passed_over:
            return []
        if self._kind == "offers":
            return [
                say(
                    "Passed over, being requests: %(number)s. Import the file once more as"
                    " requests.",
                    number=number,
                )
            ]
        return [
            say(
                "Passed over, being offers: %(number)s. Import the file once more as offers.",
                number=number,
            )
        ]


class _Transfers(_Fixed):
    """`source_id, source_type, destination_id, destination_type, amount, created_at, reason,
    post_id`; `amount` in seconds.

    The source pays, so it received the help. Ids are members' numbers; the organisation is the time
    bank itself: our chest.
    """

    _WIDTH = 8
    _LABELS = {
        "giver": "destination_id",
        "receiver": "source_id",
        "minutes": "amount",
        "occurred_on": "created_at",
        "description": "reason",
    }

    def __init__(self, when: "_When", posts: _Posts | None, table: Table, wanted: Wanted):
        super().__init__()
        self._today, self._timezone = when.today, when.timezone
        self._posts = posts
        self.told = wanted.reading
        self.questions = Questions(wanted.reading.answers)
        if any(not self._eight(row.cells)[5].strip() for row in table.rows()):
            self._ask_day()
        self._times: Counter[str] = Counter()
        self._unknown_posts = 0

    def _eight(self, cells: Sequence[str]) -> list[str]:
        """A row with the day of it, empty where the file has no such column."""
        short = len(cells) == self._WIDTH - 1
        return [*cells[:5], "", *cells[5:]] if short else [*cells, *[""] * self._WIDTH]

    def _ask_day(self) -> None:
        self.questions.ask(
            Question(
                "undated",
                say("When was help given of which the file does not say when?"),
                say("TimeOverflow leaves created_at out where it was not asked for."),
                (
                    Option("today", say("Write it down under today"), say("For all such lines")),
                    Option("mend", say("Each line has to be put right")),
                ),
            )
        )

    def record(self, row: Row) -> Record:
        record = Record(row.line, {}, self._LABELS)
        short = len(row.cells) == self._WIDTH - 1
        dated = Row(row.line, self._eight(row.cells)) if short else row
        cells = _cells(dated, self._WIDTH, record)
        if cells is None:
            return record
        source, source_type, destination, destination_type, amount, created_at, reason, post = cells
        if not created_at and self.questions.answer("undated") == "today":
            created_at = self._today.isoformat()
        on = _local_day(created_at, self._timezone)
        record.values = {
            "reference": self._reference(row.cells),
            "occurred_on": on or created_at,
            "giver": self._party(destination, destination_type),
            "receiver": self._party(source, source_type),
            "minutes": _minutes(record, amount),
            "description": self._description(reason, post, on or ""),
        }
        return record

    def _reference(self, cells: Sequence[str]) -> str:
        """The same for the same row in every export; rows that are the same in everything are told
        apart by their count."""
        written = "\x1f".join(cell.strip() for cell in cells)
        digest = hashlib.sha256(written.encode()).hexdigest()[:20]
        self._times[digest] += 1
        count = self._times[digest]
        return f"timeoverflow-{digest}" if count == 1 else f"timeoverflow-{digest}-{count}"

    @staticmethod
    def _party(number: str, kind: str) -> str:
        """Whoever is no organisation is a member, whatever their type is called."""
        return "chest" if kind.lower() == "organization" else number

    def _description(self, reason: str, post: str, on: str) -> str:
        title = self._posts.title(post, on) if self._posts and post else None
        if self._posts and post and title is None:
            self._unknown_posts += 1
        reason = " ".join(reason.split())
        return ": ".join(dict.fromkeys(filter(None, [title, reason])))

    def notes(self) -> list[Said]:
        notes: list[Said] = []
        if self._posts and self._posts.by_place:
            notes.append(
                say(
                    "The file of posts has no numbers: post 1 was taken to be its first row, and"
                    " so on. Look at a few hours."
                )
            )
        if self._unknown_posts:
            notes.append(
                say(
                    "%(unknown_posts)s transfers name a post that is not in the file of posts.",
                    unknown_posts=self._unknown_posts,
                )
            )
        return notes


def _cells(row: Row, width: int, record: Record) -> list[str] | None:
    if len(row.cells) != width:
        record.wrong(
            "the row",
            say(
                "It has %(number)s columns; TimeOverflow's has %(width)s.",
                number=len(row.cells),
                width=width,
            ),
            value="",
        )
        return None
    return [cell.strip() for cell in row.cells]


def _minutes(record: Record, seconds: str) -> str:
    """Seconds as whole minutes. Nothing is rounded."""
    try:
        whole, rest = divmod(int(seconds), 60)
    except ValueError:
        record.wrong(
            "minutes",
            say("TimeOverflow's amounts are whole numbers of seconds, such as 3600 for an hour."),
            value=seconds,
        )
        return seconds
    if rest:
        record.wrong(
            "minutes",
            say(
                "%(text)s seconds are no whole number of minutes. Write %(low)s (%(less)s min) or"
                " %(high)s (%(more)s min).",
                text=seconds,
                low=str(whole * 60),
                less=str(whole),
                high=str(whole * 60 + 60),
                more=str(whole + 1),
            ),
            value=seconds,
        )
        return f"{seconds} seconds"
    return str(whole)


def _local_day(text: str, timezone: str) -> str | None:
    """The local date of an instant, which is UTC unless it says otherwise; a bare date is that
    date. None if it is neither."""
    day = local_day(text, timezone, utc=True)
    if day is not None:
        return day.isoformat()
    return text.strip() if _is_date(text.strip()) else None


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return len(text) == 10

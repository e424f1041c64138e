"""The formats files come in: how each is recognised, and how its cells become our columns."""

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from difflib import get_close_matches
from zoneinfo import ZoneInfo

from timebank.imports.errors import BadFile
from timebank.imports.reader import DELIMITERS, Row, Sheet
from timebank.imports.rules import Imported, ImportFormat, Record
from timebank.reports.rules import KINDS
from timebank.say import Said, one_after_another, say
from timebank.text import unguarded

_REQUIRED = {
    "members": ("number", "name"),
    "hours": ("reference", "occurred_on", "giver", "receiver", "minutes"),
    "gifts": ("reference", "given_on", "from", "to", "minutes"),
    "offers": ("member", "title"),
    "requests": ("member", "title"),
}
MENDING = ("line", "mend")
"""The columns that a file of bad rows has besides our own; they are passed over when it comes back
mended."""


class Layout:
    """How the cells of one file become records. `has_header` says whether its first row names the
    columns."""

    name = "timebank"
    has_header = True

    def record(self, row: Row) -> Record | None:
        """The row under our own column names; None for one that is not asked for."""
        raise NotImplementedError

    def notes(self) -> list[str]:
        """What the person who brings the file should know besides the rows, once it has been
        read."""
        return []


def recognise(
    sheet: Sheet,
    kind: Imported,
    asked: ImportFormat | None,
    *,
    timezone: str,
    posts: Sheet | None = None,
) -> Layout:
    """The layout of the file, by its header, or by the shape of its first row where it has none.

    Sets the sheet's delimiter. `asked` names the format that it must be. Raises BadFile, naming
    columns that are missing, doubled or misspelt.
    """
    if asked != ImportFormat.TIMEOVERFLOW:
        for delimiter in sorted(
            DELIMITERS, key=lambda one: -len(_known(_header(sheet, one), kind))
        ):
            header = _header(sheet, delimiter)
            if asked == "timebank" or len(_known(header, kind)) >= 2:
                sheet.delimiter = delimiter
                return _Own(kind, header)
            break
    for delimiter in DELIMITERS:
        cells = [cell.strip() for cell in sheet.first_row(delimiter)]
        found = _timeoverflow(cells, sure=asked == "timeoverflow")
        if found:
            sheet.delimiter = delimiter
            return _from_timeoverflow(found, kind, timezone, posts)
    if asked == "timeoverflow":
        raise BadFile(
            say(
                "This is none of TimeOverflow's files. Users have 10 columns, posts 8 and transfers"
                " 8, without a header: see “Files” in the documentation."
            )
        )
    return _Own(kind, _header(sheet, ","))


def _header(sheet: Sheet, delimiter: str) -> list[str]:
    return [
        "_".join(cell.strip().lower().replace("-", " ").split())
        for cell in sheet.first_row(delimiter)
    ]


def _known(header: Sequence[str], kind: str) -> set[str]:
    return set(header) & set(KINDS[kind].names)


class _Own(Layout):
    """Our own format: a header row of our column names, in any order."""

    def __init__(self, kind: str, header: list[str]):
        while header and not header[-1]:
            header.pop()
        known = {*KINDS[kind].names, *MENDING}
        missing = [name for name in _REQUIRED[kind] if name not in header]
        if missing:
            raise BadFile(one_after_another(_faults_of_header(header, missing, kind)))
        doubled = sorted({name for name in header if name and header.count(name) > 1})
        if doubled:
            raise BadFile(say("The column %(doubled)s is there twice. Leave one.", doubled=doubled))
        unread = [name for name in header if name not in known]
        for name in unread:
            meant = [
                other for other in get_close_matches(name, known, cutoff=0.8) if other not in header
            ]
            if meant:
                raise BadFile(
                    say(
                        "The column “%(name)s” is not known. Is it %(meant)s? Change its name, or"
                        " take it out.",
                        name=name,
                        meant=meant[0],
                    )
                )
        self._unread = [name or "(without a name)" for name in unread]
        self._columns = [name if name in known else None for name in header]

    def record(self, row: Row) -> Record:
        cells = row.cells
        record = Record(row.line, {})
        if len(cells) < len(self._columns) or any(
            cell.strip() for cell in cells[len(self._columns) :]
        ):
            quoted = (
                ' A quote (") may have opened in it and closed in another row.'
                if any("\n" in c for c in cells)
                else ""
            )
            record.values = dict.fromkeys(filter(None, self._columns), "") | {
                name: cell.strip() for name, cell in zip(self._columns, cells, strict=False) if name
            }
            record.wrong(
                "the row",
                f"It has {len(cells)} columns where the first row has {len(self._columns)}. "
                f"A value that contains the delimiter needs quotes around it.{quoted}",
                value="",
            )
            return record
        for name, cell in zip(self._columns, cells, strict=False):
            if name and name not in MENDING:
                record.values[name] = unguarded(cell.strip()).strip()
        return record

    def notes(self) -> list[str]:
        return (
            [f"Not read, because no column of ours has the name: {', '.join(self._unread)}."]
            if self._unread
            else []
        )


def _faults_of_header(header: Sequence[str], missing: Sequence[str], kind: str) -> list[Said]:
    """What is wrong with a first row, and which kind of file it looks like instead, if any."""
    named = ", ".join(name for name in header if name)
    faults = [
        say("The first row must name the columns, and %(column)s is missing.", column=missing[0])
        if len(missing) == 1
        else say(
            "The first row must name the columns, and %(columns)s are missing.", columns=missing
        ),
        say("It names %(columns)s.", columns=named) if named else say("It names nothing."),
    ]
    for other in Imported:
        if other != kind and all(name in header for name in _REQUIRED[other]):
            # Translators: the kind of file: members, hours, offers, requests.
            return [*faults, say("This looks like a file of %(kind)s.", kind=other)]
    return faults


# ---- TimeOverflow: three files without headers ----

_USERS, _POSTS, _TRANSFERS = "users", "posts", "transfers"
_PARTIES = {"member", "organization"}


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
    if len(cells) in {7, 8} and (sure or {cells[1].lower(), cells[3].lower()} <= _PARTIES):
        return _TRANSFERS
    return None


def _post_title(cells: Sequence[str]) -> int | None:
    """The place of a post's title: our third column, or the fourth where the posts' numbers stand
    first."""
    for width, kind in ((8, 1), (9, 2)):
        if len(cells) == width and cells[kind].strip().lower() in {"offer", "inquiry"}:
            return kind + 1
    return None


def _from_timeoverflow(found: str, kind: str, timezone: str, posts: Sheet | None) -> Layout:
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
        else _Transfers(timezone, _Posts(posts, timezone) if posts else None)
    )


class _Users(Layout):
    """`member_uid, entry_date, name1, name2, name3, gender, date_of_birth, phone, alt_phone,
    email`."""

    name = "timeoverflow"
    has_header = False
    _WIDTH = 10
    _LABELS = {"number": "member_uid", "joined_on": "entry_date"}

    def __init__(self) -> None:
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

    def notes(self) -> list[str]:
        words = {
            "emails": (
                "Addresses that TimeOverflow had made up (user…@example.com) and that were left"
                " out: {}."
            ),
            "phones": (
                "Second telephone numbers left out, because the two are too long for one line: {}."
            ),
            "genders": (
                "Gender was left out for {} members: details of that kind are asked of people, and"
                " kept apart."
            ),
        }
        return [
            sentence.format(self._count[name])
            for name, sentence in words.items()
            if self._count[name]
        ]


def _invented(email: str) -> bool:
    """TimeOverflow gives members without an address one of this form."""
    name, _, domain = email.lower().partition("@")
    return domain == "example.com" and name.startswith("user") and name[4:].isdigit()


class _Posts:
    """Titles of posts, by number. The plain file has no numbers: then a post's number is taken to
    be its place in the file."""

    def __init__(self, sheet: Sheet, timezone: str):
        self.by_place = False
        self._titles: dict[str, tuple[str, str]] = {}
        delimiter = next(
            (one for one in DELIMITERS if _post_title(sheet.first_row(one)) is not None), None
        )
        if delimiter is None:
            raise BadFile(
                say(
                    "The file of posts is not TimeOverflow's: it has 8 columns, the second of them"
                    " Offer or Inquiry."
                )
            )
        sheet.delimiter = delimiter
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


class _PostedListings(Layout):
    """Posts as offers or as requests: `user_id, type, title, description, category_id, created_at,
    start_on, end_on`.

    The file holds both, Offer and Inquiry; those of the other type are passed over and counted.
    """

    name = "timeoverflow"
    has_header = False
    _LABELS = {"member": "user_id", "starts_on": "start_on", "ends_on": "end_on"}

    def __init__(self, kind: str):
        self._kind, self._type = kind, {"offers": "offer", "requests": "inquiry"}[kind]
        self._passed_over = 0

    def record(self, row: Row) -> Record | None:
        title = _post_title(row.cells)
        if title is None:
            record = Record(row.line, {}, self._LABELS)
            record.wrong(
                "the row",
                f"It has {len(row.cells)} columns, not 8, or says neither Offer nor Inquiry.",
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

    def notes(self) -> list[str]:
        other = {"offers": "requests", "requests": "offers"}[self._kind]
        return (
            [
                f"Passed over, being {other}: {self._passed_over}. Import the file once more as"
                f" {other}."
            ]
            if self._passed_over
            else []
        )


class _Transfers(Layout):
    """`source_id, source_type, destination_id, destination_type, amount, created_at, reason,
    post_id`; `amount` in seconds.

    The source pays, so it received the help. Ids are members' numbers; the organisation is the time
    bank itself: our chest.
    """

    name = "timeoverflow"
    has_header = False
    _WIDTH = 8
    _LABELS = {
        "giver": "destination_id",
        "receiver": "source_id",
        "minutes": "amount",
        "occurred_on": "created_at",
        "description": "reason",
    }

    def __init__(self, timezone: str, posts: _Posts | None):
        self._timezone = timezone
        self._posts = posts
        self._times: Counter[str] = Counter()
        self._unknown_posts = 0

    def record(self, row: Row) -> Record:
        record = Record(row.line, {}, self._LABELS)
        if (
            len(row.cells) == self._WIDTH - 1
            and {row.cells[1].strip().lower(), row.cells[3].strip().lower()} <= _PARTIES
        ):
            raise BadFile(
                say(
                    "This file of transfers has 7 columns, so it does not say when help was given."
                    " Export it with created_at as the sixth column."
                ),
                line=row.line,
            )
        cells = _cells(row, self._WIDTH, record)
        if cells is None:
            return record
        source, source_type, destination, destination_type, amount, created_at, reason, post = cells
        on = _local_day(created_at, self._timezone)
        record.values = {
            "reference": self._reference(cells),
            "occurred_on": on or created_at,
            "giver": self._party(record, "giver", destination, destination_type),
            "receiver": self._party(record, "receiver", source, source_type),
            "minutes": _minutes(record, amount),
            "description": self._description(reason, post, on or ""),
        }
        return record

    def _reference(self, cells: Sequence[str]) -> str:
        """The same for the same row in every export; rows that are the same in everything are told
        apart by their count."""
        digest = hashlib.sha256("\x1f".join(cells).encode()).hexdigest()[:20]
        self._times[digest] += 1
        count = self._times[digest]
        return f"timeoverflow-{digest}" if count == 1 else f"timeoverflow-{digest}-{count}"

    @staticmethod
    def _party(record: Record, column: str, number: str, kind: str) -> str:
        if kind.lower() not in _PARTIES:
            record.wrong(
                column,
                f"The type beside it is “{kind}”; write Member or Organization.",
                value=number,
            )
        return "chest" if kind.lower() == "organization" else number

    def _description(self, reason: str, post: str, on: str) -> str:
        title = self._posts.title(post, on) if self._posts and post else None
        if self._posts and post and title is None:
            self._unknown_posts += 1
        reason = " ".join(reason.split())
        return ": ".join(dict.fromkeys(filter(None, [title, reason])))

    def notes(self) -> list[str]:
        notes = []
        if self._posts and self._posts.by_place:
            notes.append(
                "The file of posts has no numbers: post 1 was taken to be its first row, and so on."
                " Look at a few hours."
            )
        if self._unknown_posts:
            notes.append(
                f"{self._unknown_posts} transfers name a post that is not in the file of posts."
            )
        return notes


def _cells(row: Row, width: int, record: Record) -> list[str] | None:
    if len(row.cells) != width:
        record.wrong(
            "the row", f"It has {len(row.cells)} columns; TimeOverflow's has {width}.", value=""
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
            "TimeOverflow's amounts are whole numbers of seconds, such as 3600 for an hour.",
            value=seconds,
        )
        return seconds
    if rest:
        record.wrong(
            "minutes",
            f"{seconds} seconds are no whole number of minutes. Write {whole * 60} ({whole} min) or"
            f" {whole * 60 + 60} ({whole + 1} min).",
            value=seconds,
        )
        return f"{seconds} seconds"
    return str(whole)


_INSTANTS: tuple[Callable[[str], datetime], ...] = (
    datetime.fromisoformat,
    lambda text: datetime.strptime(text, "%Y-%m-%d %H:%M:%S %z"),
    lambda text: datetime.strptime(text, "%Y-%m-%d %H:%M:%S.%f %z"),
)


def _local_day(text: str, timezone: str) -> str | None:
    """The local date of an instant, which is UTC unless it says otherwise; a bare date is that
    date. None if it is neither."""
    text = text.strip().removesuffix(" UTC")
    if len(text) == 10:
        return text if _is_date(text) else None
    for parse in _INSTANTS:
        try:
            instant = parse(text)
        except ValueError:
            continue
        aware = instant if instant.tzinfo else instant.replace(tzinfo=UTC)
        return aware.astimezone(ZoneInfo(timezone)).date().isoformat()
    return None


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True

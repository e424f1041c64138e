"""What a row has to be, before anything is written: one validator for the check and for the real
thing."""

import hashlib
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from enum import StrEnum
from typing import Any, TypeVar

from timebank import hours
from timebank.errors import Invalid
from timebank.exchanges.rules import CHANNELS
from timebank.imports.meant import Holder, People
from timebank.members import rules as members_rules
from timebank.members.rules import FullDetails, Status
from timebank.reports.rules import BACK, DAYS, PARTS
from timebank.say import Said, say
from timebank.skills import rules as skills_rules
from timebank.skills.rules import Frequency, ListingKind, Place

Code = TypeVar("Code", bound=StrEnum)


class Imported(StrEnum):
    """What a file holds."""

    MEMBERS = "members"
    HOURS = "hours"
    GIFTS = "gifts"
    OFFERS = "offers"
    REQUESTS = "requests"


class ImportFormat(StrEnum):
    """Where a file is from."""

    TIMEBANK = "timebank"
    TIMEOVERFLOW = "timeoverflow"
    NEXUS = "nexus"
    KOMUNITIN = "komunitin"
    CYCLOS = "cyclos"
    MUTUAL_CREDIT = "mutual_credit"
    TIMEBANK_CC = "timebank_cc"
    WADOBO = "wadobo"


class Brought(StrEnum):
    """What a file can have brought in, that can be taken back."""

    MEMBER = "member"
    EXCHANGE = "exchange"
    GIFT = "gift"
    OPENING = "opening"
    LISTING = "listing"


class ImportState(StrEnum):
    """How far a file has come."""

    CHECKING = "checking"
    CHECKED = "checked"
    IMPORTING = "importing"
    DONE = "done"
    REFUSED = "refused"


@dataclass(frozen=True)
class Answers:
    """What was answered of rows that may be here already, by the lines of the file: the `same`, and
    left out; or `other` people, or other help, and brought in."""

    same: frozenset[int] = frozenset()
    other: frozenset[int] = frozenset()

    def checked(self) -> "Answers":
        """Raises Invalid where a line is answered both ways."""
        both = sorted(self.same & self.other)
        if both:
            raise Invalid.on(
                "same", say("Line %(line)s is answered both ways. Choose one.", line=both[0])
            )
        return self


UNANSWERED = Answers()


@dataclass(frozen=True)
class Reading:
    """How a file is to be read, as far as somebody has said: by the headings of its columns the
    fields they are read as, empty for one that is left out (None: that is found out), and the
    answers to what was asked of it, by the keys of the questions."""

    columns: Mapping[str, str] | None = None
    answers: Mapping[str, str] = field(default_factory=dict[str, str])


EMPTY_READING = Reading()


@dataclass(frozen=True)
class Wanted:
    """How a file is to be read: the kind it is of, the format that it must be (None: that is found
    out), what was said of its columns, and what is remembered of files of the same shape."""

    kind: Imported
    format: ImportFormat | None = None
    reading: Reading = EMPTY_READING
    recall: Callable[[str], "Reading | None"] = lambda shape: None


@dataclass(frozen=True)
class How:
    """What a file holds and how it is written; left out, that is found out. With `update` what is
    here is changed to what the file says. `answers` are about its rows."""

    kind: Imported
    format: ImportFormat | None = None
    encoding: str | None = None
    update: bool = False
    answers: Answers = UNANSWERED
    reading: Reading = EMPTY_READING


@dataclass(frozen=True)
class Files:
    """A file, what it is called, and TimeOverflow's posts where it is one of its transfers."""

    file_name: str
    file: bytes
    posts: bytes | None = None


@dataclass(frozen=True)
class Order:
    """What is to be done with a file: check it and write nothing, check it and keep it until it is
    confirmed, or bring in the good rows without the others. `despite`: as of `Confirmation`."""

    how: How
    dry_run: bool = False
    look_over: bool = False
    good_rows: bool = False
    despite: str = ""


@dataclass(frozen=True)
class NewUpload:
    """A file that is handed in, and how it is to be read."""

    how: How
    files: Files


@dataclass(frozen=True)
class Confirmation:
    """That a file is to be brought in; with `good_rows`, its good rows without the others.
    `despite`: why rows go in that are between two who are kept apart."""

    good_rows: bool = False
    despite: str = ""


EARLIEST = date(1900, 1, 1)
MOST_MINUTES = 60_000
"""In one row: a thousand hours. More is a slip of the keyboard, or the total of something."""

LONGEST = {"reference": 120, "skill": 80, "activity": 120, "description": 200}
"""The longest text of each column, in characters."""

_FEW_DIGITS = 6
"""Of minutes that are within reason for one row, or a lifetime."""

_CONTROL = re.compile(r"[\x00-\x1f]")
_UNREADABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")

RESERVED = ("chest", "opening")
"""No member's number: files call the bank's common account by it."""


@dataclass(frozen=True)
class Problem:
    """What has to be mended: where it stands, what stands there, and what to do about it."""

    line: int
    column: str
    value: str
    mend: Said

    @property
    def words(self) -> str:
        """The problem as a sentence."""
        shown = self.value if len(self.value) <= 60 else f"{self.value[:60]}…"
        return f"Line {self.line}, {self.column}{f' “{shown}”' if shown else ''}: {self.mend}"


@dataclass
class Record:
    """One row under our own column names. `labels` are the names the file itself has for them,
    where they differ."""

    line: int
    values: dict[str, str]
    labels: Mapping[str, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def get(self, column: str) -> str:
        """What stands in the column; empty if the file has no such column."""
        return self.values.get(column, "")

    def wrong(self, column: str, mend: Said, value: str | None = None) -> None:
        """Take down what has to be mended; of one column, what was found first."""
        label = self.labels.get(column, column)
        if any(problem.column == label for problem in self.problems):
            return
        shown = self.get(column) if value is None else value
        self.problems.append(Problem(self.line, label, shown, mend))


@dataclass(frozen=True, slots=True)
class Movement:
    """Minutes from one account to another, out of a file of hours or gifts.

    For hours the payer is who received help and the payee who gave it. `entry`, `reverses` and
    `reversed_by` are numbers in the books the file comes from, by which a row and the row that
    takes it back find each other.
    """

    record: Record
    reference: str
    on: date
    payer_id: int
    payee_id: int
    minutes: int
    channel: str
    skill: str | None = None
    activity: str | None = None
    description: str = ""

    @property
    def words(self) -> tuple[str | None, ...]:
        return self.skill, self.activity, self.description

    @property
    def entry(self) -> str:
        return self.record.get("entry")

    @property
    def reverses(self) -> str:
        return self.record.get("reverses")

    @property
    def reversed_by(self) -> str:
        return self.record.get("reversed_by")


@dataclass(frozen=True, slots=True)
class Unit:
    """What is brought in, or not, as a whole: a movement, and the row that takes it back if there
    is one."""

    movement: Movement
    correction: Movement | None = None

    @property
    def records(self) -> list[Record]:
        """The rows it is made of."""
        return [self.movement.record, *([self.correction.record] if self.correction else [])]


@dataclass(frozen=True)
class Naming:
    """What the columns of a kind of movement are called: the day, who pays, who is paid."""

    on: str
    payer: str
    payee: str


NAMINGS = {
    "hours": Naming("occurred_on", "receiver", "giver"),
    "gifts": Naming("given_on", "from", "to"),
}


def movement(record: Record, naming: Naming, people: People, today: date) -> Movement | None:
    """The row as a movement, or None when its record now holds problems. `today` is the bank's
    local date."""
    reference = _text(record, "reference", required=True)
    if reference.endswith(BACK) and not record.get("reverses"):
        record.wrong(
            "reference",
            say(
                "References that end with %(ending)s are for rows that take others back. Write"
                " another.",
                ending=BACK,
            ),
        )
    on = _day(record, naming.on, today, required=True)
    payer, payee = (_party(record, column, people) for column in (naming.payer, naming.payee))
    minutes = _minutes(record)
    channel = record.get("channel").lower() or "import"
    if channel not in CHANNELS:
        record.wrong(
            "channel", say("Write one of %(those)s, or leave it empty.", those=", ".join(CHANNELS))
        )
    texts = {column: _text(record, column) for column in ("skill", "activity", "description")}
    if payer and payee and payer.account_id == payee.account_id:
        record.wrong(
            naming.payee,
            say(
                "It is the same as %(payer)s. Nobody gives hours to themselves.", payer=naming.payer
            ),
        )
    if record.problems or on is None or payer is None or payee is None or minutes is None:
        return None
    return Movement(
        record,
        reference,
        on,
        payer.account_id,
        payee.account_id,
        minutes,
        channel,
        texts["skill"] or None,
        texts["activity"] or None,
        texts["description"],
    )


def _party(record: Record, column: str, people: People) -> Holder | None:
    text = record.get(column)
    if not text:
        record.wrong(column, say("Write a member's number, an organisation, a group, or chest."))
        return None
    try:
        return people.find(text)
    except Invalid as refusal:
        record.wrong(column, refusal.message)
        return None


def _minutes(record: Record) -> int | None:
    """Whole minutes, more than none. A row that takes another back has a minus."""
    minutes = signed_minutes(record, "minutes")
    if minutes is None:
        if not record.get("minutes"):
            record.wrong("minutes", say("Write how long it took, such as 90, 1:30 or 1.5h."))
        return None
    if record.get("reverses"):
        if minutes >= 0:
            record.wrong(
                "minutes",
                say(
                    "This row takes hours back, so it has a minus: the minutes of the row it"
                    " takes back."
                ),
            )
        minutes = -minutes
    elif minutes <= 0:
        record.wrong(
            "minutes",
            say(
                "Write at least one minute. If the help went the other way, change the two sides"
                " round."
            ),
        )
    if minutes > MOST_MINUTES:
        record.wrong(
            "minutes",
            say(
                "This is more than a thousand hours at once. Check the number; a bare number is"
                " minutes."
            ),
        )
    return minutes


def signed_minutes(record: Record, column: str) -> int | None:
    """Minutes with an optional sign, in any of the ways of writing them; None if there are none or
    they make no sense."""
    text = record.get(column)
    if not text:
        return None
    sign = -1 if text[0] in "-−" else 1
    try:
        written = text.lstrip("-−+").strip() if text[0] in "-−+" else text
        # A bare number is what the column is called; on a form it may be hours.
        if written.isdecimal() and len(written) <= _FEW_DIGITS:
            return sign * int(written)
        return sign * hours.parse(f"{written} min" if written.isdecimal() else written)
    except Invalid as refusal:
        record.wrong(column, refusal.message)
        return None


def _day(record: Record, column: str, today: date, *, required: bool = False) -> date | None:
    text = record.get(column)
    if not text:
        if required:
            record.wrong(
                column,
                say("Write the date as year-month-day, such as %(day)s.", day=today.isoformat()),
            )
        return None
    try:
        day = date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        day = None
    if day is None:
        record.wrong(
            column,
            say(
                "Write the date as year-month-day, such as %(day)s. In a spreadsheet, set the"
                " column's format to YYYY-MM-DD and save again.",
                day=today.isoformat(),
            ),
        )
    elif day < EARLIEST:
        record.wrong(column, say("This is before 1900. Check the year."))
    elif day > today:
        record.wrong(column, say("This is in the future. Check the date."))
    else:
        return day
    return None


def _text(record: Record, column: str, *, required: bool = False) -> str:
    text = record.get(column)
    longest = LONGEST[column] + (
        len(BACK) if record.get("reverses") and column == "reference" else 0
    )
    if required and not text:
        record.wrong(
            column,
            say(
                "Give every row a reference of its own, such as a number, by which it is known"
                " again."
            ),
        )
    if len(text) > longest:
        record.wrong(
            column,
            say(
                "Write at most %(longest)s characters; this has %(number)s.",
                longest=longest,
                number=len(text),
            ),
        )
    if (_UNREADABLE if column == "description" else _CONTROL).search(text):
        record.wrong(
            column, say("Take out the line breaks, or the characters that cannot be read.")
        )
    return text


class Pairing:
    """Brings rows together with the rows that take them back, as our own exports write them, in one
    pass.

    A row that was taken back waits here for its correction; the two go on, or are refused, as one.
    """

    def __init__(self, naming: Naming):
        self._naming = naming
        self._waiting: dict[str, Movement] = {}
        self._bad: set[str] = set()

    def refuse(self, record: Record) -> Iterator[Record]:
        """A row that has problems; yields the row it would have taken back, which cannot go in
        without it."""
        if record.get("entry"):
            self._bad.add(record.get("entry"))
        original = self._waiting.pop(record.get("reverses"), None)
        if original:
            original.record.wrong(
                "reversed_by",
                say(
                    "Mend the row that takes this one back first, on line %(line)s.",
                    line=record.line,
                ),
            )
            yield original.record

    def take(self, movement: Movement) -> tuple[Unit | None, list[Record]]:
        """The next row as a unit (None while it waits), and the records that turn out to hold a
        problem."""
        record = movement.record
        if not movement.reverses:
            if not movement.reversed_by:
                return Unit(movement), []
            if not movement.entry:
                record.wrong(
                    "entry",
                    say(
                        "A row that was taken back needs the number of its own entry, or"
                        " reversed_by left empty."
                    ),
                )
                return None, [record]
            self._waiting[movement.entry] = movement
            return None, []
        original = self._waiting.pop(movement.reverses, None)
        if original is None:
            record.wrong(
                "reverses",
                say("Mend the row that it takes back first.")
                if movement.reverses in self._bad
                else say("No row above it has this entry and is taken back by this one."),
            )
            return None, [record]
        if _facts(original) != _facts(movement) or original.reversed_by != movement.entry:
            lines = original.record.line, record.line
            original.record.wrong(
                "reversed_by",
                say(
                    "The row on line %(one)s does not take it back exactly: compare the two.",
                    one=lines[1],
                ),
            )
            record.wrong(
                "reverses",
                say(
                    "It does not take back the row on line %(one)s exactly: compare the two.",
                    one=lines[0],
                ),
            )
            return None, [original.record, record]
        return Unit(original, movement), []

    def left_over(self) -> Iterator[Record]:
        """Rows that were taken back, without the rows that did so."""
        for movement in self._waiting.values():
            movement.record.wrong(
                "reversed_by",
                say(
                    "The row that takes this one back is not in the file. Export the two together."
                ),
            )
            yield movement.record


def _facts(movement: Movement) -> tuple[Any, ...]:
    return movement.on, movement.payer_id, movement.payee_id, movement.minutes


class References:
    """The references of a file, each once. A reference is remembered by eight bytes, so that a long
    file fits in memory."""

    def __init__(self) -> None:
        self._lines: dict[bytes, int] = {}

    def check(self, record: Record, column: str) -> None:
        """Take a problem down when an earlier row has the same reference."""
        text = record.get(column)
        if not text:
            return
        key = hashlib.blake2b(text.encode(), digest_size=8).digest()
        first = self._lines.setdefault(key, record.line)
        if first != record.line:
            record.wrong(
                column,
                say(
                    "Line %(first)s has it already. Every row needs its own; leave out one if"
                    " they are the same.",
                    first=first,
                ),
            )


@dataclass(frozen=True)
class MemberRow:
    """A row of a file of members. `number` is empty where the file gives none; `details` holds the
    columns the file has, as they are kept; `opening` is minutes."""

    record: Record
    number: str
    details: dict[str, Any]
    opening: int | None


_MEMBER_TEXTS = ("name", "email", "phone", "area", "address", "about")
_LINES = ("address", "about")
"""What may be of several lines."""
_MEMBER_CHOICES = {
    "capacity": tuple(members_rules.Capacity),
    "role": members_rules.ROLES,
    "status": (Status.ACTIVE, Status.PAUSED, Status.LEFT),
}
_MEMBER_DAYS = ("joined_on", "date_of_birth")


def member(record: Record, today: date, is_taken: Callable[[str], bool]) -> MemberRow | None:
    """The row as a member, or None when its record now holds problems. `is_taken` tells numbers
    that others go by."""
    number = record.get("number")
    if number and (number.lower() in RESERVED or is_taken(number)):
        record.wrong(
            "number",
            say(
                "Files call an account of the bank, an organisation or a group by this. Choose"
                " another number."
            ),
        )
    opening = signed_minutes(record, "opening_balance")
    if opening is not None and abs(opening) > hours.LARGEST:
        record.wrong(
            "opening_balance",
            say("This is more time than anybody has. Check the number; a bare number is minutes."),
        )
    details: dict[str, Any] = {
        column: record.get(column) or None for column in _MEMBER_TEXTS if column in record.values
    }
    for column, choices in _MEMBER_CHOICES.items():
        text = record.get(column).lower()
        choice = next((choice for choice in choices if choice == text), None)
        if text and choice is None:
            record.wrong(
                column, say("Write one of %(those)s, or leave it empty.", those=", ".join(choices))
            )
        elif choice is not None:
            details[column] = choice
    for column in _MEMBER_DAYS:
        if column in record.values:
            details[column] = _day(record, column, today)
    for column in ("number", *_MEMBER_TEXTS):
        if (_UNREADABLE if column in _LINES else _CONTROL).search(record.get(column)):
            record.wrong(
                column, say("Take out the line breaks, or the characters that cannot be read.")
            )
    names = {field.name for field in fields(FullDetails)}
    given = {name: value for name, value in details.items() if name in names and value is not None}
    _check_details(record, FullDetails(**{"name": "", **given}, number=number), today)
    return None if record.problems else MemberRow(record, number, details, opening)


def _check_details(record: Record, details: FullDetails, today: date) -> None:
    """What every member's details have to be, in this file as on the pages."""
    try:
        members_rules.checked(details, today=today)
    except Invalid as refusal:
        # What the file itself has wrong is said already, in its own words.
        wrong_already = {problem.column for problem in record.problems}
        for column, words in refusal.fields.items():
            if record.labels.get(column, column) not in wrong_already:
                record.wrong(column, words)


@dataclass(frozen=True)
class ListingRow:
    """A row of a file of offers or requests. `details` holds what a listing says; `skill` is the
    name the file has for it."""

    record: Record
    reference: str
    holder: Holder
    skill: str
    details: skills_rules.Details


def listing(
    record: Record, kind: ListingKind, people: People, checks: Collection[str], today: date
) -> ListingRow | None:
    """The row as a listing of a kind, or None when its record now holds problems. It is judged as
    on the pages; `checks` are the codes of the bank's kinds of checks."""
    holder = _party(record, "member", people)
    if holder and (holder.kind not in members_rules.HOLDERS or holder.has_left):
        record.wrong(
            "member",
            say(
                "Offers and requests belong to a member who takes part, an organisation or a group."
            ),
        )
    reference, skill = _text(record, "reference"), _text(record, "skill")
    details = skills_rules.Details(
        title=record.get("title"),
        description=record.get("description"),
        area=record.get("area"),
        place=_choice(record, "place", Place) or Place.ANY,
        frequency=_choice(record, "frequency", Frequency) or Frequency.AS_NEEDED,
        needs_checks=_checks(record, checks),
        times=_times(record),
        minutes=signed_minutes(record, "minutes"),
        starts_on=_open_day(record, "starts_on"),
        ends_on=_open_day(record, "ends_on"),
    )
    try:
        details = skills_rules.check(kind, details, today=today)
    except Invalid as refusal:
        for column, words in refusal.fields.items():
            if column not in {problem.column for problem in record.problems}:
                record.wrong(column, words)
    if record.problems or holder is None:
        return None
    return ListingRow(record, reference, holder, skill, details)


def _checks(record: Record, checks: Collection[str]) -> tuple[str, ...]:
    """The codes that a row says a helper has to hold, parted by anything that is in no code."""
    codes = {code for code in re.split(r"[^a-z0-9_]+", record.get("needs_check").lower()) if code}
    if not codes <= set(checks):
        record.wrong(
            "needs_check",
            say("Choose from the bank’s checks: %(those)s.", those=", ".join(sorted(checks))),
        )
    return tuple(sorted(codes))


def _choice(record: Record, column: str, codes: type[Code]) -> Code | None:
    """What a column that takes one of a closed set says; None when it is empty."""
    text = record.get(column).lower()
    if text and text not in list(codes):
        record.wrong(column, say("Choose one of: %(those)s.", those=", ".join(codes)))
        return None
    return codes(text) if text else None


def give_reference(record: Record) -> None:
    """Give a row that has none a reference, the same whenever the same row comes."""
    if record.get("reference"):
        return
    telling = "\x1f".join(
        record.get(column) for column in ("member", "title", "skill", "description")
    )
    record.values["reference"] = f"row-{hashlib.sha256(telling.encode()).hexdigest()[:20]}"


def _times(record: Record) -> int:
    """Times of the week, parted by semicolons or commas: "monday morning", "friday" (all of it)."""
    bits = 0
    for text in filter(
        None, (part.strip().lower() for part in re.split("[;,]", record.get("times")))
    ):
        day, _, part = text.partition(" ")
        if day not in DAYS or part.strip() not in ("", *PARTS):
            record.wrong(
                "times",
                say("Write days and parts of the day, such as “monday morning; friday evening”."),
            )
            return 0
        parts = [PARTS.index(part.strip())] if part.strip() else range(len(PARTS))
        bits |= sum(1 << (len(PARTS) * DAYS.index(day) + one) for one in parts)
    return bits


def _open_day(record: Record, column: str) -> date | None:
    """A day that may be still to come."""
    text = record.get(column)
    if not text:
        return None
    try:
        day = date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        day = None
    if day is None:
        record.wrong(column, say("Write the date as year-month-day, such as 2026-11-30."))
    return day


Bounds = tuple[int | None, int | None]
"""Floor and ceiling of an account, in minutes; None where it has none."""


@dataclass
class Account:
    """An account's balance and limits while rows are added up, and how far it went. Minutes."""

    balance: int
    floor: int | None
    ceiling: int | None
    lowest: int = 0
    highest: int = 0

    def __post_init__(self) -> None:
        self.lowest = self.highest = self.balance

    def move(self, minutes: int) -> None:
        """Add minutes (or take them off)."""
        self.balance += minutes
        self.lowest = min(self.lowest, self.balance)
        self.highest = max(self.highest, self.balance)

    @property
    def strays(self) -> bool:
        """Whether it went past a limit, on the way or in the end."""
        too_low = self.floor is not None and self.lowest < self.floor
        return too_low or (self.ceiling is not None and self.highest > self.ceiling)

    @property
    def fitting(self) -> tuple[int | None, int | None]:
        """Floor and ceiling, as near to the old ones as the balance in the end allows."""
        floor = None if self.floor is None else min(self.floor, self.balance)
        ceiling = None if self.ceiling is None else max(self.ceiling, self.balance)
        return floor, ceiling

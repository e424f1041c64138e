"""What an export holds: its columns, what a cell may look like, and what is said about the
whole."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any, Literal, Protocol
from zoneinfo import ZoneInfo

from timebank.act import Channel
from timebank.config import VERSION
from timebank.errors import Invalid
from timebank.measures.figures import Among, Topic
from timebank.measures.windows import Period
from timebank.say import Said, say


class Format(StrEnum):
    """A kind of file. `meta` is what the CSV file holds and comes to, in CSVW."""

    CSV = "csv"
    JSON = "json"
    XLSX = "xlsx"
    PDF = "pdf"
    META = "meta"


EXPORT_FORMATS = (Format.CSV, Format.JSON, Format.XLSX)
REPORT_FORMATS = (*EXPORT_FORMATS, Format.PDF)
FUNDER_FORMATS = (Format.PDF, Format.XLSX, Format.JSON)

CONTENT_TYPES: Mapping[Format, str] = {
    Format.CSV: "text/csv; charset=utf-8",
    Format.JSON: "application/json",
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Format.PDF: "application/pdf",
    Format.META: "application/json",
}
"""What a file is, for HTTP."""


@dataclass(frozen=True)
class Asked:
    """Which report is asked for: its days, both included, a window for each month, quarter or year
    or one, for whom, whose help it looks at, and the moment it is as of (as `as_of_instant` reads
    it; empty: now).
    """

    topic: Topic
    start: date
    end: date
    by: Period | None = None
    share: bool = False
    among: Among = Among.PEOPLE
    as_of: str = ""


LONGEST_STORY, LONGEST_CALLED, LONGEST_ALT = 1200, 80, 200
"""The longest a story, what somebody is called in it, and what a picture shows may be, in
characters."""

SAID_THROUGH = (Channel.WEB, Channel.IN_PERSON, Channel.PHONE, Channel.PAPER, Channel.TEXT)
"""How somebody says that they agree: by themselves here, or to the staff."""

TOLD_THE_STAFF: Mapping[Channel, Said] = {
    Channel.IN_PERSON: say("In person"),
    Channel.PHONE: say("By telephone"),
    Channel.PAPER: say("On paper"),
    Channel.TEXT: say("By text"),
}
"""How a member of the staff was told that somebody agrees."""


@dataclass(frozen=True)
class NewStory:
    """A story to be told: its words, what the member is called in it, a picture as it came, and
    what that shows."""

    words: str
    called: str
    data: bytes = b""
    alt: str = ""


@dataclass(frozen=True)
class StoryAgreement:
    """Through what somebody said that a story may be told, in the words written at that moment."""

    channel: Channel
    written_at: datetime


IMPORTED_HOURS = "import:"
IMPORTED_GIFT = "import-gift:"
"""How the causes of entries begin that were brought in from a file; the row's reference follows."""

BACK = "/back"
"""What the reference of a row that takes another back ends with."""


@dataclass(frozen=True)
class Column:
    """A column of a file. `datatype` is CSVW's; an `integer` is a number of something, never text.
    `hours` is what a column of minutes is called where a spreadsheet has it in hours too."""

    name: str
    datatype: Literal["string", "integer", "number", "date", "datetime"] = "string"
    meaning: str = ""
    hours: str = ""

    @property
    def in_spreadsheets(self) -> tuple[str, ...]:
        """Its headings in a spreadsheet."""
        return (self.name, self.hours) if self.hours else (self.name,)


@dataclass(frozen=True)
class Kind:
    """A kind of file. `key` names the columns that tell its rows apart, `minutes` the one that is
    summed, where there is one, and `pence` another."""

    name: str
    key: tuple[str, ...]
    minutes: str | None
    columns: tuple[Column, ...]
    pence: str | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns, in order."""
        return tuple(column.name for column in self.columns)


_REFERENCE = Column(
    "reference", meaning="Names the row for good: unique in the bank, and never given again."
)
_CHANNEL = Column(
    "channel",
    meaning="How the word came: web, in_person, phone, paper, text, import, waiting_time, system.",
)
_RECORD = (
    Column("recorded_at", "datetime", "When it was written into the books, UTC."),
    Column(
        "recorded_by",
        meaning="Who wrote it: a member's number, or system: and what the application was doing.",
    ),
    Column(
        "on_word_of",
        meaning="On whose word: a member's number, an organisation, a group, or empty.",
    ),
    Column("entry", "integer", "The entry in the journal."),
    Column("reverses", "integer", "The entry that this one takes back."),
    Column("reversed_by", "integer", "The entry that takes this one back."),
)

MEMBERS = Kind(
    "members",
    ("number",),
    "opening_balance",
    (
        Column("number", meaning="The member's number, the bank's own and unique."),
        Column("name"),
        Column("email"),
        Column("phone"),
        Column("capacity", meaning="How they take part: resident, practitioner, planner."),
        Column("role", meaning="What they may do here: member, broker, coordinator."),
        Column("status", meaning="active, paused, or left: who has left has no name."),
        Column("joined_on", "date"),
        Column("area"),
        Column("date_of_birth", "date"),
        Column(
            "opening_balance",
            "integer",
            "Minutes brought in from earlier books; not the balance of today.",
            hours="opening_balance_hours",
        ),
    ),
)
HOURS = Kind(
    "hours",
    ("reference",),
    "minutes",
    (
        _REFERENCE,
        Column(
            "occurred_on",
            "date",
            "When the help was given. A correction carries the date of the hours it takes back.",
        ),
        Column(
            "giver",
            meaning=(
                "Who gave help: a member's number, an organisation, a group, chest. Minutes are"
                " added to theirs."
            ),
        ),
        Column("receiver", meaning="Who received help. Minutes are taken from theirs."),
        Column(
            "minutes",
            "integer",
            "Whole minutes; with a minus where the row takes hours back.",
            hours="hours",
        ),
        Column("skill"),
        Column("activity"),
        Column("description"),
        _CHANNEL,
        *_RECORD,
    ),
)
# Whatever is settled with the chest when a member leaves is in this file too: it moves minutes and
# is no help.
GIFTS = Kind(
    "gifts",
    ("reference",),
    "minutes",
    (
        _REFERENCE,
        Column("given_on", "date", "When it was given. A gift taken back carries the same date."),
        Column(
            "from",
            meaning=(
                "Whose minutes they were: a member's number, an organisation, a group, or chest."
            ),
        ),
        Column("to", meaning="Whose they became."),
        Column(
            "minutes",
            "integer",
            "Whole minutes; with a minus where the row takes a gift back.",
            hours="hours",
        ),
        _CHANNEL,
        *_RECORD,
    ),
)
POSTINGS = Kind(
    "postings",
    ("entry", "leg"),
    "minutes",
    (
        Column("entry", "integer", "The entry in the journal that it belongs to."),
        Column("leg", "integer", "Its place in the entry."),
        Column("kind", meaning="What the entry is: exchange, gift, session, opening, reversal, …"),
        Column("cause", meaning="What made the entry; unique in the bank."),
        Column("occurred_on", "date"),
        Column(
            "payer",
            meaning=(
                "The account debited: a member's number, an organisation, a group, chest or"
                " opening."
            ),
        ),
        Column("payee", meaning="The account credited."),
        Column(
            "minutes",
            "integer",
            "Whole minutes, never negative: an entry is taken back by its mirror image.",
            hours="hours",
        ),
        Column(
            "payer_balance",
            "integer",
            "Minutes on the payer's account just after it.",
            hours="payer_balance_hours",
        ),
        Column(
            "payee_balance",
            "integer",
            "Minutes on the payee's account just after it.",
            hours="payee_balance_hours",
        ),
        _CHANNEL,
        *(column for column in _RECORD if column.name != "entry"),
    ),
)
_LISTING = (
    _REFERENCE,
    Column("member", meaning="Whose it is: a member's number, an organisation, or a group."),
    Column("title"),
    Column("skill", meaning="The skill, as the bank's tree calls it."),
    Column("description"),
    Column("area"),
    Column("place", meaning="any, receiver_home, giver_home, elsewhere, remote."),
    Column("frequency", meaning="as_needed, once, weekly, fortnightly, monthly."),
    Column(
        "times",
        meaning=(
            "Times of the week that suit, such as “monday morning; friday evening”; empty: not"
            " said."
        ),
    ),
    Column("minutes", "integer", "About how long it takes each time, in minutes.", hours="hours"),
    Column(
        "needs_check",
        meaning=(
            "The codes of the bank's checks that a helper has to hold, such as"
            " “driving; references”."
        ),
    ),
    Column("starts_on", "date"),
    Column("ends_on", "date", "The last day on which it stands."),
    Column("posted_at", "datetime", "When it was written down, UTC."),
)
OFFERS = Kind("offers", ("reference",), "minutes", _LISTING)
REQUESTS = Kind("requests", ("reference",), "minutes", _LISTING)
# Who led is said of a session as a whole, and would be counted again by every row: it stands with
# the totals.
ACTIVITIES = Kind(
    "activities",
    ("activity", "stage", "capacity", "part"),
    "minutes",
    (
        Column("activity", "integer", "Its number, the same in every file."),
        Column("title"),
        Column(
            "rule",
            meaning="How its hours move: sponsored, attendees_pay, shared_cost, working_bee, none.",
        ),
        Column(
            "stage",
            meaning=(
                "Of the co-production cycle: assess_needs, map_assets, agree_outcomes,"
                " plan_resources, …"
            ),
        ),
        Column(
            "capacity", meaning="How they took part on the day: resident, practitioner, planner."
        ),
        Column("part", meaning="What they did: led, co_led, prepared, helped, attended."),
        Column(
            "sessions",
            "integer",
            "In so many sessions. A session is in several rows; the totals count it once.",
        ),
        Column(
            "people",
            "integer",
            "So many people, guests too. A person is in several rows; the totals count them once.",
        ),
        Column(
            "minutes",
            "integer",
            "Theirs together, also where no hours moved for it. Every minute is in one row.",
            hours="hours",
        ),
    ),
)
AWARDS = Kind(
    "awards",
    ("reference",),
    "minutes",
    (
        Column("reference", meaning="Names the award for good: award:3 of a round, small:3."),
        Column("decided_by", meaning="vote, or panel for a small award between rounds."),
        Column("round", meaning="What the round is called; empty for a small award."),
        Column("title", meaning="What it is for."),
        Column("to", meaning="A member's number, an organisation, or a group."),
        Column("decided_on", "date", "When it was awarded, or the panel sat."),
        Column("pence", "integer", "What was given of money; empty for hours."),
        Column("minutes", "integer", "What was given of hours; empty for money.", hours="hours"),
        Column("paid_at", "datetime", "When the money was paid, or the hours moved, UTC."),
        Column("report_due_on", "date"),
        Column("reported_at", "datetime", "When it was told what came of it, UTC."),
        Column("spent_pence", "integer"),
        Column("spent_minutes", "integer", hours="spent_hours"),
        Column("reached", "integer", "People, as was reported."),
        Column("entry", "integer", "The entry in the journal that moved the hours."),
    ),
    pence="pence",
)
MONEY = Kind(
    "money",
    ("number",),
    None,
    (
        Column("number", "integer", "Its place in the book of money."),
        Column("occurred_on", "date"),
        Column(
            "from",
            meaning="source:NAME, available, available:round:N, promised, paid, or spent.",
        ),
        Column("to", meaning="The same."),
        Column("pence", "integer", "Never negative: a movement is taken back by its mirror image."),
        Column("cause", meaning="What made the movement; unique in the bank."),
        Column("memo"),
        Column("reverses", "integer", "The movement that this one takes back."),
        Column("recorded_at", "datetime", "When it was written into the book, UTC."),
        Column("recorded_by", meaning="A member's number, or system: and what it was doing."),
    ),
    pence="pence",
)
KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (MEMBERS, HOURS, GIFTS, OFFERS, REQUESTS, POSTINGS, ACTIVITIES, AWARDS, MONEY)
}


DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
PARTS = ("morning", "afternoon", "evening")


def times_written(bits: int) -> str:
    """Times of the week (see `timebank.skills.rules`) as files write them: "monday morning; friday
    evening"."""
    names = [f"{day} {part}" for day in DAYS for part in PARTS]
    return "; ".join(name for place, name in enumerate(names) if bits >> place & 1)


@dataclass(frozen=True)
class ExportAsked:
    """Which export is asked for: the name of its kind, the dates it is about, and the moment it is
    as of (as `as_of_instant` reads it; empty: now)."""

    kind: str
    start: date | None = None
    end: date | None = None
    as_of: str = ""


@dataclass(frozen=True)
class Wanted:
    """What an export holds: a kind, the dates it is about (both included; None: no bound), and the
    instant it is as of."""

    kind: Kind
    start: date | None
    end: date | None
    as_of: datetime

    def holds(self, day: date) -> bool:
        """Whether a day is among those asked for."""
        return (not self.start or day >= self.start) and (not self.end or day <= self.end)

    def __post_init__(self) -> None:
        if self.start and self.end and self.end < self.start:
            raise Invalid.on(
                "to", say("The last day is before the first. Turn the two dates round.")
            )


class Digest(Protocol):
    """A hash that bytes are added to."""

    def update(self, data: bytes, /) -> None: ...

    def hexdigest(self) -> str: ...


@dataclass
class ControlTotals:
    """What the rows come to, counted while they are written; `besides` is what cannot be told by
    adding them up."""

    rows: int = 0
    minutes: int = 0
    pence: int = 0
    besides: Mapping[str, Any] = field(default_factory=dict[str, Any])
    digest: Digest = field(default_factory=hashlib.sha256)

    def add(self, kind: Kind, row: Mapping[str, Any]) -> None:
        """Count one row."""
        self.rows += 1
        self.minutes += (row[kind.minutes] or 0) if kind.minutes else 0
        self.pence += (row[kind.pence] or 0) if kind.pence else 0


def as_of_instant(text: str, timezone: str) -> datetime:
    """An instant from a date (its last moment) or a date and a time, in the bank's time zone unless
    it names another.

    Raises Invalid, with the field `as_of`.
    """
    zone = ZoneInfo(timezone)
    text = text.strip()
    try:
        if len(text) == 10:
            next_day = date.fromisoformat(text) + timedelta(days=1)
            return datetime.combine(next_day, time(), zone) - timedelta(microseconds=1)
        instant = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        raise Invalid.on(
            "as_of",
            say(
                "“%(text)s” is no moment. Write a date, such as 2026-11-30, or a date and a time,"
                " such as 2026-11-30T18:00.",
                text=text,
            ),
        ) from None
    return instant if instant.tzinfo else instant.replace(tzinfo=zone)


STILL_TO_COME = say("That moment is still to come. Leave it empty for now.")
"""Of an instant that no report and no export can be as of."""


def mark(bank_id: int, created_at: datetime) -> str:
    """Eight letters that tell this bank's own references from those of any other, in whatever
    installation."""
    return hashlib.sha256(f"{bank_id}|{created_at.isoformat()}".encode()).hexdigest()[:8]


def description(
    wanted: Wanted,
    totals: ControlTotals,
    *,
    bank: str,
    books: Mapping[str, Any],
    url: str,
    file_format: Format,
) -> dict[str, Any]:
    """What goes into FILE.meta.json: CSVW's table description, then the totals. `minutes` is the
    sum of the minutes column, and `pence` that of the pence, where there is one.

    `books` says how far they were sealed, and under which hash.
    """
    kind = wanted.kind
    columns = [
        {"name": column.name, "titles": column.name, "datatype": column.datatype}
        | ({"dc:description": column.meaning} if column.meaning else {})
        for column in kind.columns
    ]
    return {
        "@context": "http://www.w3.org/ns/csvw",
        "url": url,
        "tableSchema": {"columns": columns, "primaryKey": list(kind.key)},
        "dialect": {"encoding": "utf-8", "delimiter": ",", "header": True},
        "kind": kind.name,
        "format": file_format.value,
        "bank": bank,
        "from": wanted.start.isoformat() if wanted.start else None,
        "to": wanted.end.isoformat() if wanted.end else None,
        "as_of": wanted.as_of.isoformat(),
        "rows": totals.rows,
        "minutes": totals.minutes,
        **({"pence": totals.pence} if kind.pence else {}),
        **totals.besides,
        "sha256": totals.digest.hexdigest(),
        "ledger": dict(books),
        "version": VERSION,
    }

"""How a file is read: which of its columns is what, what has to be asked first, and its rows under
our own column names, written as we write them."""

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date

from timebank.errors import Invalid
from timebank.imports import cells, columns, peers
from timebank.imports.cells import Order, Sign
from timebank.imports.columns import FIELDS, NEEDED, Field, Holds, Unit
from timebank.imports.meant import NOBODY, key_of
from timebank.imports.questions import Option, Question, Questions
from timebank.imports.rules import Imported, ImportFormat, Reading, Record, Wanted
from timebank.imports.survey import (
    REMEMBERED,
    Seen,
    ask_about,
    is_without_zero,
    turned,
    untitled,
)
from timebank.say import Said, one_after_another, say
from timebank.tables.opening import Table, Workbook
from timebank.tables.reader import Row
from timebank.text import unguarded

MENDING = ("line", "mend")
"""The columns that a file of bad rows has besides our own; they are passed over when it comes back
mended."""

SEARCHED = 30
"""The heading stands among so many first rows."""

_TOTALS = {
    *("total", "totals", "grand total", "sub total", "subtotal", "sum", "sums", "suma", "totales"),
    *("total general", "suma total", "cyfanswm", "total hours", "total horas", "total hores"),
}


@dataclass(frozen=True)
class Column:
    """A column of a file: what it is called there, each name once; what it is read as (None: it is
    left out), whether that has to be asked, and its first different cells."""

    label: str
    field: str | None
    sure: bool = True
    examples: tuple[str, ...] = ()


def heading_row(rows: Sequence[Row], kind: Imported) -> Row | None:
    """The row that names the columns: the one of the first in which most headings are known, or
    with none known the first that has several words in it."""

    best = max(rows, key=lambda row: knows(row, kind), default=None)
    if best is not None and knows(best, kind) >= 2:
        return best
    worded = [
        row
        for row in rows
        if sum(bool(cell.strip()) and not any(map(str.isdigit, cell)) for cell in row.cells) > 1
    ]
    return worded[0] if worded else best


def knows(row: Row, kind: Imported) -> int:
    """How many of our fields a row names."""
    return len({columns.known(cell, kind) for cell in row.cells if cell.strip()} - {None})


def likeliest(book: Workbook, kind: Imported) -> Workbook:
    """The sheet whose headings say most of what a file of this kind holds. One that says nothing of
    the kind is none of those to choose from."""
    known = {
        name: max((knows(row, kind) for row in book.at(name).head(SEARCHED)), default=0)
        for name in book.names
    }
    fitting = [name for name in book.names if known[name] >= 2] or list(book.names)
    best = book.at(max(fitting, key=lambda name: known[name]))
    best.names = tuple(fitting)
    return best


def labels_of(cells: Sequence[str]) -> list[str]:
    """What columns are called, each name once; those without one by their place."""
    times: Counter[str] = Counter()
    labels: list[str] = []
    for place, cell in enumerate(cells, start=1):
        label = " ".join(cell.split()) or str(say("Column %(place)s", place=str(place)))
        times[label] += 1
        labels.append(label if times[label] == 1 else f"{label} ({times[label]})")
    return labels


def shape_of(kind: Imported, labels: Iterable[str]) -> str:
    """What a file of these columns is known again by."""
    written = "\x1f".join([kind, *map(columns.folded_heading, labels)])
    return hashlib.sha256(written.encode()).hexdigest()


class Mapped:
    """The layout of a file whose columns are found out, or said. `questions` are asked before a row
    of it can be read for good."""

    def __init__(self, table: Table, wanted: Wanted, *, today: date, zone: str):
        self._kind = kind = wanted.kind
        self._table = table
        self._today, self._zone = today, zone
        self._fields = FIELDS[kind]
        self._strict = not table.padded
        heading = heading_row(table.head(SEARCHED), kind)
        written = list(heading.cells) if heading else []
        while written and not written[-1].strip():
            written.pop()
        self.header_line = heading.line if heading else 0
        self.labels = labels_of(written)
        self.shape = shape_of(kind, self.labels)
        peer = self._peer(wanted)
        self.name = peer.name if peer else ImportFormat.TIMEBANK
        self._grouped = isinstance(peer, peers.Placed) and peer.grouped
        self._group = ""
        remembered = wanted.recall(self.shape) or (peer.reading(self.labels) if peer else None)
        self.told = _with(wanted.reading, remembered)
        self.columns = self._matched(written)
        self._read_as = [self._fields.get(one.field or "") for one in self.columns]
        self._names = {one.field: one.label for one in self.columns if one.field}
        self.questions = Questions(self.told.answers)
        self._left_out: list[int] = []
        self._passed: Counter[str] = Counter()
        self._nobody: Counter[str] = Counter()
        self._references: Counter[str] = Counter()
        self._meant: dict[tuple[str, str], Said | str] = {}
        self.people: Collection[str] = ()
        self._survey(table)
        self._undecided = {one.key.partition(":")[2] for one in self.questions.open}

    def _peer(self, wanted: Wanted) -> peers.Peer | peers.Placed | None:
        """The program whose file it is, by its headings or its first row."""
        if wanted.format == ImportFormat.TIMEBANK:
            return None
        beneath = (row.cells for row in self._table.head(SEARCHED) if row.line > self.header_line)
        return peers.known(self._kind, self.labels, next(beneath, []))

    # ---- What the columns are ----

    def _matched(self, headings: Sequence[str]) -> list[Column]:
        mapped = self._told()
        if mapped is None:
            matches = columns.matched(headings, self._kind)
            return [
                Column(label, match.field, match.sure)
                for label, match in zip(self.labels, matches, strict=True)
            ]
        return [Column(label, mapped.get(label) or None) for label in self.labels]

    def _told(self) -> Mapping[str, str] | None:
        """What was said of the columns. Raises Invalid for what names no column or no field of
        ours, or one of ours twice."""
        mapped = self.told.columns
        if mapped is None:
            return None
        by_heading = {columns.folded_heading(label): label for label in self.labels}
        meant: dict[str, str] = {}
        for heading, name in mapped.items():
            label = (
                heading
                if heading in self.labels
                else by_heading.get(columns.folded_heading(heading))
            )
            if label is None:
                raise Invalid.on(
                    "columns", say("The file has no column “%(heading)s”.", heading=heading)
                )
            if name and name not in self._fields:
                known = ", ".join(self._fields)
                raise Invalid.on(
                    "columns",
                    say(
                        "“%(name)s” is nothing that a column can be read as. Write one of"
                        " %(known)s, or leave it empty.",
                        name=name,
                        known=known,
                    ),
                )
            earlier = next((other for other, its in meant.items() if name and its == name), None)
            if earlier is not None:
                raise Invalid.on(
                    "columns",
                    say(
                        "“%(first)s” and “%(second)s” are both read as %(field)s. Leave one of them"
                        " out.",
                        first=earlier,
                        second=label,
                        field=self._fields[name].label,
                    ),
                )
            meant[label] = name
        return meant

    def _missing(self) -> list[Said]:
        """What the file cannot do without, and no column is read as."""
        there = {one.field for one in self.columns}
        return [
            self._fields[either[0]].label
            for either in NEEDED[self._kind]
            if not there & set(either)
        ]

    def _looks_like(self) -> Said | None:
        """Which other kind of file this is by its headings, if any."""
        for kind in Imported:
            known = {columns.known(label, kind) for label in self.labels}
            if kind != self._kind and all(known & set(either) for either in NEEDED[kind]):
                # Translators: the kind of file: members, hours, gifts, offers, requests.
                return say("This looks like a file of %(kind)s.", kind=str(kind))
        return None

    def _ask_columns(self) -> None:
        missing = self._missing()
        unsure = [one.label for one in self.columns if not one.sure]
        if missing:
            self.questions.ask(
                Question(
                    "columns",
                    say("Which column is: %(fields)s?", fields=missing),
                    self._looks_like()
                    or say("We found no heading that says so. Choose it among your columns."),
                ),
                again=True,
            )
        elif unsure:
            self.questions.ask(
                Question(
                    "columns",
                    say("What is in %(columns)s?", columns=[f"“{one}”" for one in unsure]),
                    say("Choose it among your columns, or leave it out."),
                ),
                again=True,
            )

    # ---- What has to be asked ----

    def _survey(self, table: Table) -> None:
        """Look at every cell once, to know what could be read in two ways."""
        looked = {
            place: Seen(meant.holds, meant.name == "name") if meant else Seen(None)
            for place, meant in enumerate(self._read_as)
        }
        for row in table.rows():
            if row.line <= self.header_line or self._is_total(row):
                continue
            for place, cell in enumerate(row.cells[: len(looked)]):
                if cell:
                    looked[place].look(cell)
        self.columns = [
            replace(one, examples=tuple(looked[place].examples))
            for place, one in enumerate(self.columns)
        ]
        self.people = {
            unguarded(text.strip()).strip() for one in looked.values() for text in one.people
        } - {""}
        self._ask_sheet()
        self._ask_encoding(looked.values())
        self._ask_columns()
        own = all(one.field in (one.label, None) for one in self.columns)
        for place, meant in enumerate(self._read_as):
            # In our own format names and telephone numbers are written as they are meant.
            if meant is not None and not (own and meant.holds in (Holds.TEXT, Holds.PHONE)):
                ask_about(
                    self.questions, self.columns[place].label, meant, looked[place], self._today
                )
        if self._kind == "hours":
            self._ask_sides()

    def _ask_sheet(self) -> None:
        if len(self._table.names) > 1:
            self.questions.ask(
                Question(
                    "sheet",
                    say("Which sheet do you mean?"),
                    None,
                    tuple(Option(name, name) for name in self._table.names),
                    self._table.name,
                )
            )

    def _ask_encoding(self, looked: Iterable[Seen]) -> None:
        """How the file is written, where its bytes do not tell: it is shown, and can be changed."""
        answer = self.questions.answer("encoding")
        words = [one.accented for one in looked if one.accented][:3]
        if not words or not (self._table.guessed or answer):
            return
        ways: dict[str, str] = {}
        for encoding in WAYS:
            with suppress(UnicodeError):
                raw = [word.encode(self._table.encoding) for word in words]
                ways.setdefault(", ".join(one.decode(encoding) for one in raw), encoding)
        self.questions.settle("encoding", self._table.encoding)
        self.questions.ask(
            Question(
                "encoding",
                say("How is it spelt right?"),
                say("The file does not say in which letters it is written."),
                tuple(Option(encoding, spelt) for spelt, encoding in ways.items()),
            )
        )

    def _ask_sides(self) -> None:
        sides = {one.field: one for one in self.columns if columns.names_sides(one.label)}
        giver, receiver = sides.get("giver"), sides.get("receiver")
        if giver is None or receiver is None or self.told.columns is not None:
            return
        first, second = receiver.examples[:1] or ("A",), giver.examples[:1] or ("B",)
        words = {
            "paid": say("%(helper)s helped %(helped)s", helper=second[0], helped=first[0]),
            "helped": say("%(helper)s helped %(helped)s", helper=first[0], helped=second[0]),
        }
        self.questions.ask(
            Question(
                "sides",
                say(
                    "“%(first)s” is %(one)s and “%(second)s” is %(other)s. Who helped whom?",
                    first=receiver.label,
                    one=first[0],
                    second=giver.label,
                    other=second[0],
                ),
                say("Hours go the one way and help the other. Asked once, for every line."),
                (
                    Option("paid", words["paid"], say("Hours went from the first to the second")),
                    Option(
                        "helped", words["helped"], say("Help went from the first to the second")
                    ),
                ),
            )
        )

    # ---- The rows ----

    def record(self, row: Row) -> Record | None:
        """The row under our own column names, written as we write them; None for one that is not
        asked for."""
        if row.line <= self.header_line:
            return None
        if self._is_total(row):
            self._left_out.append(row.line)
            return None
        record = Record(row.line, {}, self._names)
        if self._grouped and [cell.strip() for cell in row.cells].count("") == len(row.cells) - 1:
            self._group = next(cell.strip() for cell in row.cells if cell.strip())
            return None
        self._check_width(row, record)
        written = {
            field.name: unguarded(cell.strip()).strip() if type(cell) is str else cell
            for field, cell in zip(self._read_as, row.cells, strict=False)
            if field is not None
        }
        record.values = {name: "" for name in self._names if name} | written
        if self._group not in ("", "-"):
            record.values["skill"] = self._group
        if "state" in record.values and not self._counts(record):
            return None
        if not self._name_people(record):
            return None
        for name in list(record.values):
            cell = record.values[name]
            if cell:
                self._take(record, self._fields[name], cell)
        self._put_together(record)
        return record

    def _is_total(self, row: Row) -> bool:
        """Whether a row adds the others up."""
        first = next((cell for cell in row.cells if cell.strip()), "")
        # Most rows begin with a number or a day: they need not be folded.
        return not first.strip()[:1].isdigit() and columns.folded_heading(first) in _TOTALS

    def _check_width(self, row: Row, record: Record) -> None:
        width = len(self.labels)
        if not self._strict:
            return
        if len(row.cells) < width or any(cell.strip() for cell in row.cells[width:]):
            quoted = any("\n" in cell for cell in row.cells)
            words = say(
                "It has %(number)s columns where the first row has %(width)s. A value that contains"
                " the delimiter needs quotes around it.",
                number=len(row.cells),
                width=width,
            )
            stray = say('A quote (") may have opened in it and closed in another row.')
            record.wrong(
                "the row", one_after_another([words, stray]) if quoted else words, value=""
            )

    def _name_people(self, record: Record) -> bool:
        """Write the numbers of those whom names were said to mean; whether nobody was said to be
        none that we know."""
        for name, text in record.values.items():
            if text and self._fields[name].holds == Holds.PERSON:
                answer = self.questions.answer(key_of(text))
                if answer == NOBODY:
                    self._nobody[text] += 1
                    return False
                record.values[name] = answer or text
        return True

    def _counts(self, record: Record) -> bool:
        """Whether a row of hours or gifts is of some that count: not called off or waiting."""
        state = columns.folded_heading(record.values.pop("state"))
        if not state or state in _DONE:
            return True
        self._passed[state] += 1
        return False

    def _take(self, record: Record, field: Field, cell: str) -> None:
        """Write a cell as we write it, or take down what is wrong with it."""
        key = (field.name, cell)
        meant = self._meant.get(key)
        if meant is None:
            meant = self._read_cell(field, cell)
            if field.holds in (Holds.DAY, Holds.TIME) and len(self._meant) < REMEMBERED:
                self._meant[key] = meant
        if isinstance(meant, Said):
            record.wrong(field.name, meant)
        else:
            record.values[field.name] = meant

    def _read_cell(self, field: Field, cell: str) -> Said | str:
        if field.name in self._undecided:
            # What has to be asked about is shown as it stands.
            return str(cell)
        if field.holds == Holds.DAY:
            return self._day(field, cell)
        if field.holds == Holds.TIME:
            unit = Unit(self.questions.answer(f"unit:{field.name}") or field.unit or Unit.MINUTES)
            sign = self.questions.answer(f"comma:{field.name}")
            minutes = cells.amount_meant(cell, unit, Sign(sign) if sign else None)
            return minutes if isinstance(minutes, Said) else str(minutes)
        if field.name in _LONG_NUMBERS and cells.is_shortened(cell):
            return cells.SHORTENED
        if field.holds == Holds.PHONE and self.questions.answer(f"zeros:{field.name}") == "add":
            return f"0{cell}" if is_without_zero(cell) else str(cell)
        return str(cell)

    def _day(self, field: Field, cell: str) -> Said | str:
        instant = cells.local_day(cell, self._zone)
        if instant is not None:
            return instant.isoformat()
        order = self.questions.answer(f"day:{field.name}")
        meant = cells.day_meant(
            cell,
            Order(order) if order else None,
            self._today,
            whole=field.name == "date_of_birth",
            ahead=field.name in ("starts_on", "ends_on"),
        )
        return meant if isinstance(meant, Said) else meant.isoformat()

    def _put_together(self, record: Record) -> None:
        """Join what stands in several columns and is one for us."""
        values = record.values
        if self._kind == "members":
            _join_members(values, self.questions)
        direction = columns.folded_heading(values.pop("direction", ""))
        helped = self.questions.answer("sides") == "helped"
        if self._kind == "hours" and (direction in _OUT or (helped and not direction)):
            values["giver"], values["receiver"] = values["receiver"], values["giver"]
        if self._kind in ("hours", "gifts") and not values.get("reference"):
            values["reference"] = self._reference(values)

    def _reference(self, values: Mapping[str, str]) -> str:
        """A reference for a row that has none: the same for the same row in every file; rows that
        are the same in everything are told apart by their count."""
        telling = (values.get(name, "") for name in _TELLING)
        digest = hashlib.sha256("\x1f".join(telling).encode()).hexdigest()[:20]
        self._references[digest] += 1
        count = self._references[digest]
        return f"row-{digest}" if count == 1 else f"row-{digest}-{count}"

    def notes(self) -> list[Said]:
        """What the person who brings the file should know besides the rows, once it has been
        read."""
        notes: list[Said] = []
        unread = [
            one.label
            for one in self.columns
            if one.field is None and columns.folded_heading(one.label) not in MENDING
        ]
        if unread:
            notes.append(say("Left out: %(columns)s.", columns=unread))
        if self._left_out:
            lines = [str(line) for line in self._left_out[:10]]
            notes.append(say("Lines that add the others up are left out: %(lines)s.", lines=lines))
        for name, number in self._nobody.items():
            notes.append(
                say("Left out, for nobody is meant by “%(name)s”: %(n)s.", name=name, n=number)
            )
        for state, number in self._passed.items():
            notes.append(
                say("Left out, being “%(state)s”: %(number)s.", state=state, number=number)
            )
        return notes


def _with(told: Reading, remembered: Reading | None) -> Reading:
    """What was said of a file; where nothing was, what was said of the last one like it."""
    if remembered is None:
        return told
    columns_told = remembered.columns if told.columns is None else told.columns
    return Reading(columns_told, {**remembered.answers, **told.answers})


_LONG_NUMBERS = ("number", "phone", "other_phone", "reference", "entry")
_TELLING = (
    *("occurred_on", "given_on", "giver", "receiver", "from", "to", "minutes"),
    *("skill", "activity", "description"),
)
"""The columns of hours and gifts by which a row without a reference is known again."""

_OUT = {"debit", "d", "dr", "debe", "carrec", "out", "af", "debet"}
"""What a statement calls hours that went out: whoever's it is was helped."""

_DONE = {
    *(
        "completed",
        "complete",
        "confirmed",
        "committed",
        "done",
        "finished",
        "processed",
        "accepted",
    ),
    *("approved", "paid", "success", "successful", "settled", "closed", "yes", "ok", "active"),
    *(
        "confirmado",
        "confirmada",
        "realizado",
        "completado",
        "hecho",
        "confirmat",
        "fet",
        "acceptat",
    ),
    *("wedi ei gadarnhau", "cwblhawyd", "ie"),
}
"""What a file calls hours that were given."""


def _join_members(values: dict[str, str], questions: Questions) -> None:
    name = values.get("name", "")
    if name and questions.answer("names:turned") == "turn":
        name = turned(name)
    if name and questions.answer("names:titles") == "drop":
        name = untitled(name)
    parts = ("honorific", "first_name", "middle_name", "last_name", "second_last_name")
    joined = " ".join(filter(None, (values.pop(part, "") for part in parts)))
    if "name" in values or joined:
        values["name"] = " ".join((name or joined).split())
    phones = [values.get("phone", ""), values.pop("other_phone", "")]
    both = " / ".join(dict.fromkeys(filter(None, phones)))
    if both:
        # Two that are too long for one line: the first.
        values["phone"] = both if len(both) <= 40 else next(filter(None, phones))
    lines = [
        values.get("address", ""),
        *(values.pop(one, "") for one in ("address_more", "town", "postcode")),
    ]
    if any(lines):
        values["address"] = ", ".join(filter(None, lines))
    if values.get("email", "").lower() in _NOTHING:
        values["email"] = ""


_NOTHING = {"none", "n/a", "na", "no", "-", "nil", "no email", "ninguno", "cap", "dim"}
"""What people write for an e-mail address that somebody has not."""


WAYS = ("windows-1252", "mac-roman", "iso-8859-15")
"""Ways of writing letters that people meet and that bytes do not tell apart."""

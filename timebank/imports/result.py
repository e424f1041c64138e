"""What came of a file: counted, listed as far as it is worth reading, and the rows that have to be
mended."""

import csv
import io
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

from timebank import hours
from timebank.imports.columns import FIELDS, TEMPLATES
from timebank.imports.meant import People
from timebank.imports.reading import MENDING
from timebank.imports.rules import Answers, Brought, Imported, ImportFormat, Problem, Record
from timebank.imports.shown import Shown
from timebank.reports.rules import KINDS
from timebank.say import Said, as_written, count, one_after_another, say
from timebank.text import guarded, unguarded
from timebank.workbook import Book

MOST_LISTED = 500
"""Problems and differences kept word by word. Nobody reads more; all of them are in the file of bad
rows."""

_LINES = 20
"""So many lines are named in a sentence; the rest are counted."""

_VALUES = 3
"""So many cells are shown of a cause."""

Slice = Callable[[], AbstractContextManager[object]]
"""Opens what one batch of rows is written in: the transaction that is open already, or one of its
own, so that a large file holds nobody up for longer than a batch."""

_ADDED_BY_EXPORTS = {"recorded_at", "recorded_by", "on_word_of"}


_COUNTED = (
    *("kind", "format", "encoding", "written", "rows", "new", "unchanged", "updated"),
    *("different", "bad", "minutes"),
)


@dataclass(frozen=True)
class Widened:
    """An account whose own floor or ceiling had to be widened to hold what was brought in. Minutes;
    None: no bound."""

    holder: str
    name: str
    floor: int | None
    new_floor: int | None
    ceiling: int | None
    new_ceiling: int | None

    @property
    def words(self) -> Said:
        """The change as a sentence."""
        changes: list[Said] = []
        if self.floor != self.new_floor and self.floor is not None and self.new_floor is not None:
            changes.append(
                say(
                    "floor from %(old)s to %(new)s",
                    old=hours.table(self.floor),
                    new=hours.table(self.new_floor),
                )
            )
        if (
            self.ceiling != self.new_ceiling
            and self.ceiling is not None
            and self.new_ceiling is not None
        ):
            changes.append(
                say(
                    "ceiling from %(old)s to %(new)s",
                    old=hours.table(self.ceiling),
                    new=hours.table(self.new_ceiling),
                )
            )
        if self.name == self.holder:
            return say("%(name)s: %(changes)s", name=self.name, changes=changes)
        return say(
            "%(name)s (%(number)s): %(changes)s",
            name=self.name,
            number=self.holder,
            changes=changes,
        )


@dataclass(frozen=True)
class Apart:
    """Rows between two who are kept apart, by the members who are, and the lines they stand on."""

    member_id: int
    other_id: int
    names: Said
    lines: list[int]

    @property
    def words(self) -> Said:
        """The lines and the two, as sentences."""
        first = [str(line) for line in self.lines[:_LINES]]
        more = len(self.lines) - _LINES
        if more > 0:
            first.append(str(count("%(n)s more", "%(n)s more", more)))
        return say("Line %(lines)s: %(names)s", lines=", ".join(first), names=self.names)


@dataclass
class Cause:
    """Why rows have to be mended: the column, what to do, how many cells it is, and the first of
    them."""

    column: str
    mend: Said
    cells: int = 0
    lines: list[int] = field(default_factory=list)
    values: list[str] = field(default_factory=list)

    def add(self, problem: Problem) -> None:
        """Count another cell."""
        self.cells += 1
        if len(self.lines) < _LINES:
            self.lines.append(problem.line)
        if len(self.values) < _VALUES and problem.value and problem.value not in self.values:
            self.values.append(problem.value[:60])


@dataclass(frozen=True)
class Asked:
    """A row that may be here already: its line, and the question."""

    line: int
    words: Said


@dataclass
class Result:
    """What a file came to, or would come to. Rows are rows of the file; `minutes` is what the new
    ones move."""

    kind: Imported
    format: str = ImportFormat.TIMEBANK
    encoding: str = "utf-8"
    written: bool = False
    rows: int = 0
    new: int = 0
    unchanged: int = 0
    updated: int = 0
    different: int = 0
    bad: int = 0
    minutes: int = 0
    problems: list[Problem] = field(default_factory=list)
    differences: list[Said] = field(default_factory=list)
    widened: list[Widened] = field(default_factory=list)
    apart: list[Apart] = field(default_factory=list)
    notes: list[Said] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    upload_id: int | None = None
    causes: dict[tuple[str, Said], Cause] = field(default_factory=dict)
    shown: Shown = field(default_factory=Shown)

    @property
    def clean(self) -> bool:
        """Whether every row is good."""
        return not self.bad and not self.shown.open

    def refused(self, record: Record) -> None:
        """Count a row that has to be mended, with each cause of it."""
        self.bad += 1
        self.problems += record.problems[: MOST_LISTED - len(self.problems)]
        for problem in record.problems:
            key = (problem.column, problem.mend)
            if key in self.causes or len(self.causes) < MOST_LISTED:
                self.causes.setdefault(key, Cause(problem.column, problem.mend)).add(problem)

    def differs(self, words: Said) -> None:
        """Take down that something here is not what the file says, and was left alone."""
        if len(self.differences) < MOST_LISTED:
            self.differences.append(words)

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> "Result":
        """What `to_json` made into this."""
        plain = {name: kept[name] for name in _COUNTED}
        widened = [
            Widened(*(one[name] for name in Widened.__annotations__))
            for one in kept["limits_widened"]
        ]
        return cls(
            **plain,
            problems=[
                Problem(one["line"], one["column"], one["value"], as_written(one["mend"]))
                for one in kept["problems"]
            ],
            notes=list(map(as_written, kept["notes"])),
            differences=list(map(as_written, kept["differences"])),
            widened=widened,
            apart=[
                Apart(one["member"], one["other"], as_written(one["names"]), one["lines"])
                for one in kept["apart"]
            ],
            asked=[Asked(one["line"], as_written(one["words"])) for one in kept["asked"]],
            shown=Shown.of(kept["reading"]),
        )

    def ask(self, record: Record, column: str, words: Said) -> None:
        """Take down that a row may be here already. Until it is answered it has to be mended."""
        if len(self.asked) < MOST_LISTED:
            self.asked.append(Asked(record.line, words))
        which = say("Say which of the two, by the line.")
        record.wrong(column, one_after_another([words, which]))

    def to_json(self, speak: Callable[[Said], str] = str) -> dict[str, Any]:
        """As programs read it, and as it is kept."""
        causes = sorted(self.causes.values(), key=lambda one: -one.cells)
        return {
            "reading": self.shown.to_json(speak),
            "causes": [
                {
                    "column": one.column,
                    "mend": speak(one.mend),
                    "cells": one.cells,
                    "lines": one.lines,
                    "values": one.values,
                }
                for one in causes
            ],
            "kind": self.kind,
            "format": self.format,
            "encoding": self.encoding,
            "written": self.written,
            "rows": self.rows,
            "new": self.new,
            "unchanged": self.unchanged,
            "updated": self.updated,
            "different": self.different,
            "bad": self.bad,
            "minutes": self.minutes,
            "problems": [
                {
                    "line": one.line,
                    "column": one.column,
                    "value": one.value,
                    "mend": speak(one.mend),
                }
                for one in self.problems
            ],
            "differences": [speak(one) for one in self.differences],
            "limits_widened": [
                {
                    "holder": one.holder,
                    "name": one.name,
                    "floor": one.floor,
                    "new_floor": one.new_floor,
                    "ceiling": one.ceiling,
                    "new_ceiling": one.new_ceiling,
                    "words": speak(one.words),
                }
                for one in self.widened
            ],
            "apart": [
                {
                    "member": one.member_id,
                    "other": one.other_id,
                    "lines": one.lines,
                    "names": speak(one.names),
                    "words": speak(one.words),
                }
                for one in self.apart
            ],
            "notes": [speak(one) for one in self.notes],
            "asked": [{"line": one.line, "words": speak(one.words)} for one in self.asked],
        }


class BadRowsFile:
    """The rows that have to be mended, in our own format, with the line they stood on and what to
    do about them.

    Once mended it can be brought in like any other file. It stays empty while there are none.
    `speak` says what to do in the language of whoever mends them.
    """

    def __init__(self, kind: Imported, speak: Callable[[Said], str] = str):
        self._text, self._speak = io.StringIO(), speak
        self._columns = [name for name in KINDS[kind].names if name not in _ADDED_BY_EXPORTS]
        self._writer = csv.writer(self._text)
        self._begun = False

    def add(self, record: Record) -> None:
        """Write one row."""
        if not self._begun:
            self._writer.writerow([*self._columns, *MENDING])
            self._begun = True
        mend = " ".join(f"{one.column}: {self._speak(one.mend)}" for one in record.problems)
        cells = [guarded(record.get(name)) for name in self._columns]
        self._writer.writerow([*cells, record.line, guarded(mend)])

    @property
    def content(self) -> bytes | None:
        """The file, or None when there is nothing in it. It begins with a mark, so that it reads
        right when it is opened by a double click."""
        return self._text.getvalue().encode("utf-8-sig") if self._begun else None


def as_workbook(content: bytes, title: str) -> bytes:
    """A file of rows (CSV in UTF-8) as a spreadsheet, every cell as it is written."""
    file = io.BytesIO()
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    with Book(file, title=title) as book:
        lines = ([unguarded(cell) or None for cell in row] for row in rows[1:])
        book.sheet(title).listing(rows[0], lines)
    return file.getvalue()


def template(kind: Imported) -> bytes:
    """An empty file with the headings that a kind of file may have, as a spreadsheet."""
    line = io.StringIO()
    csv.writer(line).writerow(str(FIELDS[kind][name].label) for name in TEMPLATES[kind])
    return as_workbook(line.getvalue().encode(), str(kind))


@dataclass(frozen=True)
class Task:
    """What rows are taken in for: where they are counted, who is told of one that has to be mended,
    whether anything is written, and what a batch is written in; who may stand in one row though
    they are kept apart, what was answered of single rows, and who is told of what was written, so
    that it can be taken back."""

    result: Result
    refuse: Callable[[Record], None]
    write: bool
    slice_: Slice
    people: People
    let_meet: Collection[tuple[int, int]]
    answers: Answers
    wrote: Callable[[Brought, Iterable[int]], None] = lambda kind, ids: None

"""Spreadsheets, as far as reports and exports need them, under types: the library brings none."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from types import TracebackType
from typing import IO, Any

Content = str | float | date | timedelta | None
"""What a cell holds. A length of time is a number of hours, which can be summed and paid for; a
moment is written as text, None leaves it empty."""

_NARROWEST, _WIDEST = 9, 60
"""How many letters wide a column of a list is, however short or long what stands in it."""

_ABOUT_A_DATE = 12
_LONGEST_NAME = 31
_NOT_IN_NAMES = str.maketrans(dict.fromkeys("[]:*?/\\", "_"))
"""What a spreadsheet does not take in the name of a sheet."""

_ROOM_TO_FILTER = 3
"""Letters that the button of a filter takes in a heading."""


def as_hours(minutes: int | None) -> timedelta | None:
    """Minutes as a cell holds them that shows hours."""
    return None if minutes is None else timedelta(minutes=minutes)


class Book:
    """A workbook, written to `out` when the block it is opened for ends.

    No text in it is ever a formula, a link or a number. With `streamed` each sheet is written row
    by row and takes no memory, so that rows have to come in order.
    """

    def __init__(self, out: IO[bytes], *, title: str = "", streamed: bool = False):
        import xlsxwriter  # noqa: PLC0415  # pyright: ignore[reportMissingTypeStubs]  (heavy; no types)

        options = {
            "constant_memory" if streamed else "in_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        }
        self._book: Any = xlsxwriter.Workbook(out, options)
        # A file of the same content is the same file, so it carries no date of its own making.
        made = datetime(2000, 1, 1)  # noqa: DTZ001 (xlsxwriter takes naive UTC)
        self._book.set_properties({"created": made, **({"title": title} if title else {})})
        self._formats = {
            "bold": self._book.add_format({"bold": True}),
            "wrap": self._book.add_format({"text_wrap": True, "valign": "top"}),
            "title": self._book.add_format({"bold": True, "font_size": 16}),
            "date": self._book.add_format({"num_format": "yyyy-mm-dd"}),
            # A length of time of a spreadsheet's own cannot be negative, and hours taken back are.
            "hours": self._book.add_format({"num_format": '#,##0.00" h"'}),
        }

    def __enter__(self) -> "Book":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._book.close()

    def sheet(self, name: str) -> "Sheet":
        """Another sheet, after those that are there. Its name is cut where a spreadsheet takes no
        longer one, as one that was translated may be."""
        named = name.translate(_NOT_IN_NAMES)[:_LONGEST_NAME]
        return Sheet(self._book.add_worksheet(named), self._formats)


class Sheet:
    """A sheet. Rows and columns are counted from 0, widths are in letters."""

    def __init__(self, sheet: Any, formats: dict[str, Any]):
        self._sheet, self._formats = sheet, formats

    def column(self, which: int | tuple[int, int], width: int, *, wrap: bool = False) -> None:
        """The width of a column, or of those from one to another."""
        first, last = which if isinstance(which, tuple) else (which, which)
        self._sheet.set_column(first, last, width, self._formats["wrap"] if wrap else None)

    def freeze(self, rows: int) -> None:
        """Let the first rows stay in sight."""
        self._sheet.freeze_panes(rows, 0)

    def title(self, row: int, words: str) -> None:
        """What the sheet is called, in large letters."""
        self._sheet.write_string(row, 0, words, self._formats["title"])

    def heading(self, row: int, column: int, words: str) -> None:
        """What stands beside or under it is called."""
        self._sheet.write_string(row, column, words, self._formats["bold"])

    def cell(self, row: int, column: int, content: Content) -> None:
        """A number, hours, a date or text."""
        if isinstance(content, int | float):
            self._sheet.write_number(row, column, content)
        elif isinstance(content, timedelta):
            hours = content / timedelta(hours=1)
            self._sheet.write_number(row, column, hours, self._formats["hours"])
        elif isinstance(content, date) and not isinstance(content, datetime):
            self._sheet.write_datetime(row, column, content, self._formats["date"])
        elif content is not None:
            self._sheet.write_string(row, column, str(content))

    def listing(self, columns: Sequence[str], lines: Iterable[Sequence[Content]]) -> int:
        """A list from the first row of the sheet on, under its columns' names, which stay in sight
        and can be filtered by; each column as wide as what stands in it. Gives how many lines there
        were."""
        widths = [len(column) + _ROOM_TO_FILTER for column in columns]
        number = 0
        for place, column in enumerate(columns):
            self.heading(0, place, column)
        for number, line in enumerate(lines, start=1):
            for place, content in enumerate(line):
                self.cell(number, place, content)
                widths[place] = max(widths[place], _letters(content))
        self._fit(widths)
        self.freeze(1)
        self._sheet.autofilter(0, 0, max(number, 1), len(columns) - 1)
        return number

    def table(
        self, top: int, name: str, columns: Sequence[str], lines: Sequence[Sequence[Content]]
    ) -> None:
        """A table that programs can find by its name, under a row of its columns' names, which stay
        in sight and can be filtered by; each column as wide as what stands in it."""
        area = (top, 0, top + max(len(lines), 1), len(columns) - 1)
        headers = [{"header": column} for column in columns]
        self._sheet.add_table(*area, {"name": name, "columns": headers, "style": None})
        widths = [len(column) + _ROOM_TO_FILTER for column in columns]
        for number, line in enumerate(lines, start=top + 1):
            for place, content in enumerate(line):
                self.cell(number, place, content)
                widths[place] = max(widths[place], _letters(content))
        self._fit(widths)
        self.freeze(top + 1)

    def _fit(self, widths: Sequence[int]) -> None:
        for place, width in enumerate(widths):
            fits = max(_NARROWEST, min(width, _WIDEST))
            self.column(place, fits, wrap=width > _WIDEST)


def _letters(content: Content) -> int:
    """About how many letters wide a cell is."""
    if content is None:
        return 0
    if isinstance(content, date | timedelta) and not isinstance(content, datetime):
        return _ABOUT_A_DATE
    return len(str(content)) + 1

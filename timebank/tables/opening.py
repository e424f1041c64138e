"""Files that hold rows, whatever they are written in: text, spreadsheets, address cards."""

import io
import zipfile
from collections.abc import Iterator, Sequence
from copy import copy
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import IO, Any, Protocol

from timebank.say import say
from timebank.tables import cards
from timebank.tables.errors import BadFile
from timebank.tables.reader import Row, Sheet

_PACKED, _OLD = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
LARGEST = 400_000_000
"""Bytes of a spreadsheet unpacked. More is a trap, or a table for a database."""
WIDEST = 500
"""Columns. Of a sheet that is coloured to its edge no more is read."""


class Table(Protocol):
    """A file of rows, read as often as needed. `names` are its sheets, `name` the one that is read;
    `encoding` is what it is written in, and `guessed` that nobody could tell; in one that is
    `padded` a row may end early; in one that is `typed` numbers are `Number`s, and dates as in
    ISO 8601."""

    encoding: str
    guessed: bool
    padded: bool
    typed: bool
    size: int

    names: Sequence[str]
    name: str

    @property
    def position(self) -> int:
        """How many of its `size` bytes have been read."""
        ...

    def head(self, most: int) -> list[Row]:
        """The first rows that have anything in them."""
        ...

    def rows(self) -> Iterator[Row]:
        """Every row that has anything in it."""
        ...


class Number(str):
    """A cell of which the file itself says that it is a number."""

    __slots__ = ()


def opened(stream: IO[bytes], encoding: str | None = None, sheet: str | None = None) -> Table:
    """The file as a table: `sheet` is the sheet of a spreadsheet to be read, else its first that
    holds rows. Raises BadFile for whatever is no table."""
    stream.seek(0)
    start = stream.read(4096)
    if start.startswith((_PACKED, _OLD)):
        return Workbook(stream, sheet)
    table = Sheet(stream, encoding)
    if b"BEGIN:VCARD" in start[:200].replace(b"\0", b"").upper():
        return cards.Cards(table)
    return table


class Workbook:
    """A spreadsheet: XLSX, ODS, or XLS as Excel wrote it before 2007. Sheets that are hidden or
    hold nothing are passed over."""

    guessed = False
    padded = True
    typed = True

    def __init__(self, stream: IO[bytes], sheet: str | None):
        from python_calamine import (  # noqa: PLC0415  (a library of its own weight; most starts read no spreadsheet)
            CalamineError,
            CalamineWorkbook,
            PasswordError,
            SheetVisibleEnum,
        )

        self.size = stream.seek(0, io.SEEK_END)
        self.encoding = _kind(stream)
        stream.seek(0)
        try:
            book = CalamineWorkbook.from_filelike(io.BytesIO(stream.read()))
            visible = [
                one.name for one in book.sheets_metadata if one.visible == SheetVisibleEnum.Visible
            ]
            sheets = [book.get_sheet_by_name(name) for name in visible or book.sheet_names]
        except PasswordError as error:
            raise BadFile(
                say("This spreadsheet is locked by a password. Save it without one.")
            ) from error
        except CalamineError as error:
            raise _no_table() from error
        filled = {one.name: one for one in sheets if one.height}
        if not filled:
            raise BadFile(say("The file is empty."))
        if sheet is not None and sheet not in filled:
            raise BadFile(say("The spreadsheet has no sheet “%(sheet)s”.", sheet=sheet))
        self.names: Sequence[str] = tuple(filled)
        self.name = sheet or self.names[0]
        self._filled = filled
        self._sheet = filled[self.name]
        self._read = 0

    @property
    def position(self) -> int:
        """How many of its `size` bytes have been read: as much of them as of its rows."""
        return self.size * self._read // max(self._sheet.total_height, 1)

    def head(self, most: int) -> list[Row]:
        """The first rows that have anything in them."""
        return list(islice(self.rows(), most))

    def rows(self) -> Iterator[Row]:
        """Every row that has anything in it, with its number in the sheet."""
        for number, cells in enumerate(self._sheet.iter_rows(), start=1):
            self._read = number
            written = [_text(cell) for cell in cells[:WIDEST]]
            if any(written):
                yield Row(number, written)

    def at(self, name: str) -> "Workbook":
        """The same, with another sheet to be read."""
        other = copy(self)
        other.name, other._sheet = name, self._filled[name]
        return other


def _kind(stream: IO[bytes]) -> str:
    """How a spreadsheet is written. Raises BadFile for another packed or old file, and for one that
    is too large unpacked."""
    stream.seek(0)
    if stream.read(4) == _OLD[:4]:
        return "xls"
    try:
        with zipfile.ZipFile(stream) as packed:
            names = {one.filename for one in packed.infolist()}
            size = sum(one.file_size for one in packed.infolist())
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise _no_table() from error
    if size > LARGEST:
        raise BadFile(say("This spreadsheet is too large. Save the table alone, as CSV."))
    if any(name.startswith("xl/") for name in names):
        return "xlsx"
    if "content.xml" in names:
        return "ods"
    raise _no_table()


def _no_table() -> BadFile:
    return BadFile(
        say(
            "This is no spreadsheet that can be read. Open it in your spreadsheet program and save"
            " it as XLSX, ODS or CSV."
        )
    )


def _text(cell: Any) -> str:
    """A cell as text; numbers as `Number`s, dates as in ISO 8601, times as hours and minutes."""
    if isinstance(cell, str):
        return cell.strip()
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, (int, float)):
        return Number(f"{cell:.15g}")
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(" ", "minutes")
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, time):
        cell = timedelta(hours=cell.hour, minutes=cell.minute, seconds=cell.second)
    if isinstance(cell, timedelta):
        minutes, seconds = divmod(round(cell.total_seconds()), 60)
        whole, rest = divmod(minutes, 60)
        return f"{whole}:{rest:02d}" + (f":{seconds:02d}" if seconds else "")
    return ""

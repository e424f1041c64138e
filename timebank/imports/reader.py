"""Reading a file of rows: bytes to text, text to lines, lines to cells. It streams, and names the
line of whatever is wrong."""

import codecs
import csv
import io
import re
from collections.abc import Generator, Iterator
from contextlib import closing
from typing import BinaryIO, NamedTuple

from timebank.imports.errors import BadFile
from timebank.say import say

DELIMITERS = (",", ";", "\t")
LONGEST_LINE = 1_000_000
"""Characters. A longer one is no line of a table, and reading it whole would cost memory for
nothing."""

_SAVE = say("In your spreadsheet program choose “Save as” and the file type “CSV UTF-8”.")
_NOT_TEXT = (
    (
        b"PK\x03\x04",
        say(
            "This is a spreadsheet (or another packed file), not a CSV file. %(advice)s",
            advice=_SAVE,
        ),
    ),
    (
        b"\xd0\xcf\x11\xe0",
        say("This is an old Excel or Word file, not a CSV file. %(advice)s", advice=_SAVE),
    ),
    (b"%PDF", say("This is a PDF, not a CSV file. Ask whoever made it for the table itself.")),
    (b"\x1f\x8b", say("This is a compressed file. Unpack it first.")),
    (b"\x89PNG", say("This is a picture, not a CSV file.")),
    (b"\xff\xd8\xff", say("This is a picture, not a CSV file.")),
)
_LINE_BREAK = re.compile(r"\r\n|\r|\n")
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


class Row(NamedTuple):
    """One row: the line it begins on, counted from 1, and its cells."""

    line: int
    cells: list[str]


class Sheet:
    """A file of rows, read as often as needed from its beginning. `encoding` is what it was found,
    or said, to be written in.

    Raises BadFile, here and while it is read, for whatever is not a table of text.
    """

    def __init__(self, stream: BinaryIO, encoding: str | None = None):
        self._stream = stream
        self.size = stream.seek(0, io.SEEK_END)
        stream.seek(0)
        start = stream.read(65536)
        if not start.strip():
            raise BadFile(say("The file is empty."))
        for signature, words in _NOT_TEXT:
            if start.startswith(signature):
                raise BadFile(words)
        self._told = encoding is not None
        self.encoding = _known(encoding) if encoding else _guess(start)
        self.delimiter = ","

    @property
    def position(self) -> int:
        """How many of its `size` bytes have been read, for a progress bar."""
        return self._stream.tell()

    def first_row(self, delimiter: str) -> list[str]:
        """The cells of the first row that has any, if they were parted by `delimiter`."""
        with closing(self._lines()) as lines:
            try:
                rows = (
                    cells
                    for cells in csv.reader(lines, delimiter=delimiter)
                    if any(cell.strip() for cell in cells)
                )
                return next(rows, [])
            except csv.Error:
                return []

    def rows(self) -> Iterator[Row]:
        """Every row that has anything in it.

        The reader is strict: a quote that is never closed, or closes in the middle of a value, has
        swallowed whatever stands in between, and nothing after it can be trusted.
        """
        with closing(self._lines()) as lines:
            yield from self._rows(lines)

    def _rows(self, lines: Iterator[str]) -> Iterator[Row]:
        reader = csv.reader(lines, delimiter=self.delimiter, strict=True)
        width = 0
        while True:
            begins = reader.line_num + 1
            try:
                cells = next(reader, None)
            except csv.Error as error:
                raise _bad_quote(str(error), begins, reader.line_num) from error
            if cells is None:
                return
            if not any(cell.strip() for cell in cells):
                continue
            width = width or len(cells)
            if reader.line_num > begins and _swallowed(cells, width, self.delimiter):
                raise _bad_quote("closed", begins, reader.line_num)
            yield Row(begins, cells)

    def _lines(self) -> Generator[str]:
        if self._told and not self.encoding.startswith("utf") and _is_utf_8(self._stream):
            raise BadFile(
                say(
                    "The file is written in UTF-8, not in %(encoding)s. Read it without naming an"
                    " encoding.",
                    encoding=self.encoding,
                )
            )
        self._stream.seek(0)
        text = io.TextIOWrapper(self._stream, encoding=self.encoding, newline="")  # pyright: ignore[reportArgumentType]
        number = 0
        try:
            while line := text.readline(LONGEST_LINE):
                number += 1
                if "\0" in line:
                    raise BadFile(
                        say(
                            "It holds a character that no text has (NUL), so this may be no CSV"
                            " file. %(advice)s",
                            advice=_SAVE,
                        ),
                        line=number,
                    )
                if len(line) >= LONGEST_LINE:
                    raise BadFile(
                        say(
                            "It is longer than any row, so this may be no CSV file. %(advice)s",
                            advice=_SAVE,
                        ),
                        line=number,
                    )
                yield line
        except UnicodeDecodeError as error:
            raise self._cannot_decode() from error
        except UnicodeError as error:
            # UTF-16 without the mark that it begins with.
            words = say(
                "The file is not written in %(encoding)s. %(advice)s",
                encoding=self.encoding,
                advice=_SAVE,
            )
            raise BadFile(words) from error
        finally:
            if not self._stream.closed:
                text.detach()

    def _cannot_decode(self) -> BadFile:
        where, line = _first_fault(self._stream, self.encoding)
        if self.encoding.startswith("utf-8"):
            fault = say(
                "Byte %(place)s is not UTF-8. %(advice)s If the file comes from Excel on Windows as"
                " it is, read it with the encoding windows-1252.",
                place=where,
                advice=_SAVE,
            )
            return BadFile(fault, line=line)
        fault = say(
            "Byte %(place)s is not %(encoding)s. %(advice)s",
            place=where,
            encoding=self.encoding,
            advice=_SAVE,
        )
        return BadFile(fault, line=line)


_OF_NAMES = ("idna", "punycode")
"""Encodings of names on the internet, in which no file is written."""


def _known(encoding: str) -> str:
    try:
        name = codecs.lookup(encoding.strip()).name
        "a".encode(name)
        if name in _OF_NAMES:
            raise ValueError(name)
    except (LookupError, ValueError):
        words = say(
            "“%(encoding)s” is not the name of an encoding. Write utf-8, windows-1252, iso-8859-15"
            " or utf-16.",
            encoding=encoding,
        )
        raise BadFile(words) from None
    return {"utf-8": "utf-8-sig", "cp1252": "windows-1252"}.get(name, name)


def _guess(start: bytes) -> str:
    """UTF-8 or UTF-16 by its mark, else UTF-8. Other encodings cannot be told apart, so they are
    named by those who know."""
    for signature, encoding in _MARKS:
        if start.startswith(signature):
            return encoding
    if b"\0" in start:
        if start.count(b"\0") > len(start) // 4:
            raise BadFile(
                say(
                    "The file looks like UTF-16 without a mark that says so. %(advice)s",
                    advice=_SAVE,
                )
            )
        where = start.index(b"\0")
        raise BadFile(
            say(
                "Byte %(place)s is one that no text has (NUL): this is no CSV file. %(advice)s",
                place=where,
                advice=_SAVE,
            )
        )
    return "utf-8"


def _is_utf_8(stream: BinaryIO) -> bool:
    """Whether the bytes are UTF-8 and not all plain ASCII: then no other encoding can be meant."""
    stream.seek(0)
    decoder = codecs.getincrementaldecoder("utf-8")()
    plain = True
    try:
        while chunk := stream.read(1 << 16):
            plain = plain and chunk.isascii()
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    finally:
        stream.seek(0)
    return not plain


def _first_fault(stream: BinaryIO, encoding: str) -> tuple[int, int]:
    """Where the first byte stands that cannot be read, counted from 0, and on which line, counted
    from 1."""
    stream.seek(0)
    decoder = codecs.getincrementaldecoder(encoding)()
    read, line = 0, 1
    while True:
        chunk = stream.read(1 << 16)
        held = decoder.getstate()[0]
        try:
            line += decoder.decode(chunk, final=not chunk).count("\n")
        except UnicodeDecodeError as error:
            sound = (held + chunk)[: error.start]
            return read - len(held) + error.start, line + sound.decode(encoding, "ignore").count(
                "\n"
            )
        if not chunk:
            return read, line
        read += len(chunk)


def _swallowed(cells: list[str], width: int, delimiter: str) -> bool:
    """Whether a value of several lines looks like rows that a stray pair of quotes has made one.

    Two stray quotes in the same column, some rows apart, leave a row of the right width whose value
    holds exactly the delimiters of the rows between. A description of several lines holds them in
    that pattern by no reasonable accident.
    """
    if len(cells) != width or width < 2:
        return False
    for place, cell in enumerate(cells):
        lines = _LINE_BREAK.split(cell)
        if len(lines) < 2:
            continue
        expected = [width - 1 - place, *[width - 1] * (len(lines) - 2), place]
        if [line.count(delimiter) for line in lines] == expected:
            return True
    return False


def _bad_quote(error: str, begins: int, ends: int) -> BadFile:
    mend = 'Take that quote (") out, or write it twice (""), and look at the rows after it.'
    if "unexpected end" in error or "field larger" in error:
        words = say(
            'A quote (") opens a value here and is never closed, so it swallows every row after it.'
            " %(mend)s",
            mend=mend,
        )
        return BadFile(words, line=begins)
    if ends > begins:
        words = say(
            'A quote (") that opens here closes on line %(ends)s, so the rows between became one.'
            " %(mend)s",
            ends=ends,
            mend=mend,
        )
        return BadFile(words, line=begins)
    return BadFile(
        say('A quote (") stands in the middle of a value. %(mend)s', mend=mend), line=begins
    )

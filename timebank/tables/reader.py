"""Reading a file of text: bytes to text, text to lines, lines to cells. It streams, and names the
line of whatever is wrong."""

import codecs
import csv
import io
import re
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, suppress
from itertools import islice
from typing import IO, NamedTuple

from timebank.say import say
from timebank.tables.errors import BadFile

DELIMITERS = (",", ";", "\t", "|", ":", "^", "~")
"""In the order in which they are tried where a file does not say (`sep=`) by what its cells are
parted."""

WESTERN = "windows-1252"
"""What a file is most likely written in that is not UTF-8: Excel on Windows writes it."""

_LOOKED_AT = 40
"""So many rows are looked at to find out by what cells are parted."""
LONGEST_LINE = 1_000_000
"""Characters. A longer one is no line of a table, and reading it whole would cost memory for
nothing."""

_SAVE = say("In your spreadsheet program choose “Save as” and the file type “CSV UTF-8”.")
_NOT_TEXT = (
    (b"%PDF", say("This is a PDF, not a table. Ask whoever made it for the table itself.")),
    (b"\x1f\x8b", say("This is a compressed file. Unpack it first.")),
    (b"\x89PNG", say("This is a picture, not a table.")),
    (b"\xff\xd8\xff", say("This is a picture, not a table.")),
)
_LINE_BREAK = re.compile(r"\r\n|\r|\n")
_IN_WORDS = re.compile(r"(?<=[^\W\d_])(?:[à-öø-ÿœšž]|[’–](?=[^\W\d_]))|€")
_TOLD = re.compile(r"\"?sep=(.)\"?[,;\t]*", re.IGNORECASE)
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
    or said, to be written in; `guessed`: it is not UTF-8, and the bytes do not tell what else.

    Raises BadFile, here and while it is read, for whatever is not a table of text.
    """

    names: Sequence[str] = ()
    """What its sheets are called: a file of text has one, without a name."""
    name = ""
    padded = False
    """Whether rows may end before the last column."""
    typed = False
    """Whether the file itself says what is a number and what a date."""

    def __init__(self, stream: IO[bytes], encoding: str | None = None):
        self._stream = stream
        self.size = stream.seek(0, io.SEEK_END)
        stream.seek(0)
        start = stream.read(65536)
        if not start.strip():
            raise BadFile(say("The file is empty."))
        for signature, words in _NOT_TEXT:
            if start.startswith(signature):
                raise BadFile(words)
        self.encoding = _known(encoding) if encoding else _guess(start)
        utf_8 = None if self.encoding.startswith("utf-16") else _is_utf_8(stream)
        if encoding and utf_8 and not self.encoding.startswith("utf"):
            raise BadFile(
                say(
                    "The file is written in UTF-8, not in %(encoding)s. Read it without naming an"
                    " encoding.",
                    encoding=self.encoding,
                )
            )
        self.guessed = not encoding and self.encoding == "utf-8" and utf_8 is False
        if self.guessed:
            self.encoding = _western(start)
        self.delimiter = self._parted_by()

    @property
    def position(self) -> int:
        """How many of its `size` bytes have been read, for a progress bar."""
        return self._stream.tell()

    def _parted_by(self) -> str:
        """What parts its cells: what the first line says, as Excel has it (`sep=;`), else what
        makes the rows alike: most of them of one width, and that a wide one."""
        with closing(self._lines()) as lines:
            first = next(lines, "")
        named = _TOLD.fullmatch(first.removeprefix("\ufeff").rstrip("\r\n"))
        self._skipped = 1 if named else 0
        if named:
            return named[1]
        return max(DELIMITERS, key=self._suits)

    def _suits(self, delimiter: str) -> tuple[int, int]:
        """How well a delimiter suits: in how many rows it parts as many cells as in most, and into
        how many; nothing where it parts none."""
        widths: list[int] = []
        with closing(self._lines()) as lines, suppress(csv.Error):
            for cells in csv.reader(lines, delimiter=delimiter):
                widths += [len(cells)] if any(cell.strip() for cell in cells) else []
                if len(widths) >= _LOOKED_AT:
                    break
        wide = [width for width in widths if width > 1]
        if not wide:
            return 0, 0
        most = max(wide, key=lambda width: (wide.count(width), width))
        return wide.count(most), most

    def lines(self) -> Generator[str]:
        """Its lines as they are written."""
        return self._lines()

    def head(self, most: int) -> list[Row]:
        """The first rows that have anything in them."""
        with closing(self._lines()) as lines:
            return list(islice(self._rows(lines), most))

    def rows(self) -> Iterator[Row]:
        """Every row that has anything in it.

        The reader is strict: a quote that is never closed, or closes in the middle of a value, has
        swallowed whatever stands in between, and nothing after it can be trusted.
        """
        with closing(self._lines()) as lines:
            yield from self._rows(lines)

    def _rows(self, lines: Iterator[str]) -> Iterator[Row]:
        for _ in range(self._skipped):
            next(lines, None)
        reader = csv.reader(lines, delimiter=self.delimiter, strict=True)
        width = 0
        while True:
            begins = reader.line_num + 1 + self._skipped
            try:
                cells = next(reader, None)
            except csv.Error as error:
                raise _bad_quote(str(error), begins, reader.line_num + self._skipped) from error
            if cells is None:
                return
            if not any(cell.strip() for cell in cells):
                continue
            width = width or len(cells)
            ends = reader.line_num + self._skipped
            if ends > begins and _swallowed(cells, width, self.delimiter):
                raise _bad_quote("closed", begins, ends)
            yield Row(begins, cells)

    def _lines(self) -> Generator[str]:
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
    """UTF-8 or UTF-16 by its mark or its noughts, else UTF-8."""
    for signature, encoding in _MARKS:
        if start.startswith(signature):
            return encoding
    if b"\0" in start:
        for place, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
            # In UTF-16 every other byte of plain letters is nought.
            if start[place::2].count(0) > len(start) // 4:
                return encoding
        where = start.index(b"\0")
        raise BadFile(
            say(
                "Byte %(place)s is one that no text has (NUL): this is no CSV file. %(advice)s",
                place=where,
                advice=_SAVE,
            )
        )
    return "utf-8"


def _is_utf_8(stream: IO[bytes]) -> bool | None:
    """Whether the bytes are UTF-8; None for plain ASCII, which is written alike in all encodings.

    Of UTF-8 with a few broken letters it is still said to be, so that the place of the first is
    named: text in another encoding has hardly a letter that could be UTF-8 too.
    """
    stream.seek(0)
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    sound = broken = 0
    while True:
        chunk = stream.read(1 << 16)
        text = decoder.decode(chunk, final=not chunk)
        if not text.isascii():
            faults = text.count("\ufffd")
            broken += faults
            sound += sum(not letter.isascii() for letter in text) - faults
        if not chunk:
            break
    stream.seek(0)
    return None if not sound + broken else sound > broken


def _western(start: bytes) -> str:
    """The likeliest of the encodings that cannot be told apart: the one in which most letters that
    are not plain stand as letters do in words, small ones behind others."""

    def sense(encoding: str) -> int:
        try:
            return len(_IN_WORDS.findall(start.decode(encoding)))
        except UnicodeDecodeError:
            return -1

    return max((WESTERN, "mac-roman"), key=sense)


def _first_fault(stream: IO[bytes], encoding: str) -> tuple[int, int]:
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

"""An archive, as it is read: whether it is whole and as it was written, and its rows one by one.

Nothing is taken on trust: what a file says of its own size, names in it, values and their order. No
more is read than was announced, and nothing is ever written to a path that an archive names.
"""

import hashlib
import json
import zipfile
import zlib
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

from timebank.moving.errors import NoArchive, TooNew
from timebank.moving.plan import Kept, Plan
from timebank.moving.rules import (
    CHANGED,
    LARGEST_MANIFEST,
    LARGEST_PICTURE,
    LONGEST_LINE,
    MANIFEST,
    MOST_TIMES_SMALLER,
    NO_ARCHIVE,
    VERSION,
    Manifest,
    Part,
    manifest_of,
    read,
    version_of,
)
from timebank.say import say

_PIECE = 1 << 16
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError)
"""What the reader of packed files says of one that is none, is cut, or is packed in a way that it
does not know."""
_BOMB = say(
    "This file would grow far beyond what an archive of a time bank can be. Nothing of it was read."
)
_TOO_NEW = say(
    "This archive was written by a later version of Timebank. Bring this installation up to date,"
    " then bring the bank in."
)


@dataclass(frozen=True)
class Archived:
    """An archive that is whole: what it says of itself, its digest, and its rows."""

    manifest: Manifest
    sha256: str
    plan: Plan
    file: zipfile.ZipFile

    def rows(self, table: str) -> Iterator[dict[str, Any]]:
        """The rows of a table, in the order of their numbers; none of a table that it has not.

        Raises NoArchive, with the line, for what is no row of it.
        """
        if table not in self.manifest.tables:
            return
        own, last = self.plan.tables[table], None
        with self.file.open(f"rows/{table}.jsonl") as lines:
            for n, line in enumerate(iter(lambda: lines.readline(LONGEST_LINE), b""), start=1):
                row = _row(own, line, n)
                if own.numbered:
                    if last is not None and row["id"] <= last:
                        raise _bad_line(table, n)
                    last = row["id"]
                yield row

    def picture(self, name: str) -> bytes:
        """A file that a row names. Raises NoArchive where there is none."""
        if name not in self.manifest.files or not name.startswith("files/"):
            raise NoArchive(NO_ARCHIVE)
        with self.file.open(name) as file:
            return file.read(LARGEST_PICTURE)


def _row(kept: Kept, line: bytes, n: int) -> dict[str, Any]:
    try:
        values = json.loads(line)
        if not isinstance(values, dict) or not values.keys() <= kept.columns.keys():
            raise _bad_line(kept.name, n)
        return {
            name: read(column, cast(dict[str, Any], values)[name])
            if name in values
            else _missing(kept, name)
            for name, column in kept.columns.items()
        }
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError) as error:
        raise _bad_line(kept.name, n) from error


def _missing(kept: Kept, name: str) -> Any:
    """What a column holds that an older archive has not. Raises KeyError where it has to say."""
    column = kept.table.columns[name]
    if column.default is not None and column.default.is_scalar:
        return cast(Any, column.default).arg
    if column.nullable:
        return None
    raise KeyError(name)


def _bad_line(table: str, n: int) -> NoArchive:
    return NoArchive(
        say(
            "Line %(n)s of “%(table)s” in this archive cannot be read. Export the bank again.",
            n=n,
            table=table,
        )
    )


@contextmanager
def opened(path: Path, plan: Plan) -> Generator[Archived]:
    """An archive, read once from end to end to see that it is whole.

    Raises NoArchive, TooNew.
    """
    try:
        size = path.stat().st_size
        with zipfile.ZipFile(path) as file:
            _check_shape(file, size)
            manifest = _manifest(file)
            _check_names(file, manifest, plan)
            for name, part in _parts(manifest):
                _check(file, name, part)
            with path.open("rb") as whole:
                digest = hashlib.file_digest(whole, "sha256").hexdigest()
            yield Archived(manifest, digest, plan, file)
    except _BROKEN as error:
        # What is raised where the rows are written is no fault of the file.
        if not _is_of_zipfile(error):
            raise
        raise NoArchive(NO_ARCHIVE) from error


def _is_of_zipfile(error: BaseException) -> bool:
    """Whether it was the reader of packed files that gave up."""
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_globals.get("__name__") == zipfile.__name__:
            return True
        trace = trace.tb_next
    return False


def _check_shape(file: zipfile.ZipFile, size: int) -> None:
    """Refuse what is packed beyond all measure, before any of it is unpacked."""
    entries = file.infolist()
    if len({entry.filename for entry in entries}) < len(entries):
        raise NoArchive(NO_ARCHIVE)
    if sum(entry.file_size for entry in entries) > MOST_TIMES_SMALLER * size:
        raise NoArchive(_BOMB)


def _manifest(file: zipfile.ZipFile) -> Manifest:
    try:
        with file.open(MANIFEST) as reader:
            about = json.loads(reader.read(LARGEST_MANIFEST))
    except (KeyError, ValueError, RecursionError) as error:
        raise NoArchive(NO_ARCHIVE) from error
    if version_of(about) > VERSION:
        raise TooNew(_TOO_NEW)
    return manifest_of(about)


def _parts(manifest: Manifest) -> Iterator[tuple[str, Part]]:
    yield from ((f"rows/{table}.jsonl", part) for table, part in manifest.tables.items())
    yield from manifest.files.items()


def _check_names(file: zipfile.ZipFile, manifest: Manifest, plan: Plan) -> None:
    """Refuse what is not announced, what is missing, and tables and columns that we do not know."""
    if manifest.tables.keys() - plan.tables.keys():
        raise TooNew(_TOO_NEW)
    announced = {name for name, _ in _parts(manifest)} | {MANIFEST}
    if announced != {entry.filename for entry in file.infolist()}:
        raise NoArchive(CHANGED)
    for table in manifest.tables:
        with file.open(f"rows/{table}.jsonl") as rows:
            first = rows.readline(LONGEST_LINE)
        _check_columns(plan.tables[table], first)


def _check_columns(kept: Kept, first: bytes) -> None:
    try:
        columns = set(json.loads(first)) if first else set[str]()
    except (ValueError, TypeError, RecursionError) as error:
        raise NoArchive(CHANGED) from error
    if columns - kept.columns.keys():
        raise TooNew(_TOO_NEW)


def _check(file: zipfile.ZipFile, name: str, part: Part) -> None:
    """Read a file of the archive, no further than it says it goes. Raises NoArchive."""
    if file.getinfo(name).file_size != part.size:
        raise NoArchive(CHANGED)
    digest, size, lines = hashlib.sha256(), 0, 0
    with cast(IO[bytes], file.open(name)) as reader:
        while piece := reader.read(_PIECE):
            size += len(piece)
            if size > part.size:
                raise NoArchive(CHANGED)
            digest.update(piece)
            lines += piece.count(b"\n")
    if size != part.size or digest.hexdigest() != part.sha256:
        raise NoArchive(CHANGED)
    if name.startswith("rows/") and lines != part.rows:
        raise NoArchive(CHANGED)

"""What an archive is: its files, its manifest, how values are written and read, and what is refused
before anything is written. No session, no clock, no files."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Boolean, Date, DateTime, Float, Integer, LargeBinary, String
from sqlalchemy.types import JSON, TypeDecorator, TypeEngine

from timebank.base import Instant
from timebank.moving.errors import NoArchive
from timebank.say import say

FORMAT = "timebank-bank"
VERSION = 1
"""Of the format. It grows when a reader of the one before could no longer read it."""

MANIFEST = "manifest.json"
CSVW = "csv-metadata.json"
LARGEST_MANIFEST = 4 << 20
LONGEST_LINE = 8 << 20
LARGEST_PICTURE = 8 << 20
MOST_TIMES_SMALLER = 400
"""How many times smaller than what it holds a packed file may be: JSON of a bank is 8 to 30."""

TERMS = "https://timebank.example/terms#"
"""The namespace of what our metadata says in words of its own."""


@dataclass(frozen=True)
class Column:
    """A column of a table in an archive, and how its values are written."""

    name: str
    type: TypeEngine[Any]
    nullable: bool = True

    @property
    def plain(self) -> TypeEngine[Any]:
        """What the type is underneath what we make of it."""
        return self.type.impl_instance if isinstance(self.type, TypeDecorator) else self.type

    @property
    def datatype(self) -> str:
        """What CSVW calls it."""
        kinds = (
            (LargeBinary, "anyURI"),
            (Boolean, "boolean"),
            (DateTime, "dateTimeStamp"),
            (Date, "date"),
            (Integer, "integer"),
            (Float, "double"),
            (JSON, "json"),
        )
        return next((name for kind, name in kinds if isinstance(self.plain, kind)), "string")


def written(value: Any) -> Any:
    """A value as JSON holds it."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    return value.isoformat() if isinstance(value, date) else value


def read(column: Column, value: Any) -> Any:
    """A value of an archive as the column holds it. Raises ValueError or TypeError for another's.

    A picture is given by the name of its file.
    """
    if value is None:
        if not column.nullable:
            raise ValueError(column.name)
        return None
    plain = column.plain
    if isinstance(column.type, Instant):
        return datetime.fromisoformat(_text(value))
    if isinstance(plain, Date):
        return date.fromisoformat(_text(value))
    if isinstance(plain, Boolean):
        return _of(value, bool)
    if isinstance(plain, Integer):
        if isinstance(value, bool):
            raise TypeError(column.name)
        return _of(value, int)
    if isinstance(plain, Float):
        return float(_of(value, int | float))
    if isinstance(plain, String | LargeBinary):
        return _text(value)
    return value


def _of(value: Any, kind: Any) -> Any:
    if not isinstance(value, kind):
        raise TypeError(value)
    return value


def _text(value: Any) -> str:
    """Text that a database can hold."""
    text = _of(value, str)
    text.encode()
    if "\0" in text:
        raise ValueError(text)
    return text


@dataclass(frozen=True)
class Part:
    """A file of an archive: how many rows and bytes it has, and its digest."""

    rows: int
    size: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """What an archive says of itself.

    `tables` are the files of rows by their tables, `files` all others by their names. `behind` is
    what did not move and why. The `totals` are counted again on the way in: members, entries,
    postings, minutes ever moved, accounts, the sum of all balances.
    """

    bank: str
    slug: str
    version: str
    exported_at: datetime
    tables: Mapping[str, Part]
    files: Mapping[str, Part]
    totals: Mapping[str, int]
    behind: Sequence[tuple[str, str]]
    hash: str | None = None

    def as_json(self) -> bytes:
        """The manifest as it is written."""

        def parts(of: Mapping[str, Part]) -> dict[str, Any]:
            return {
                name: {"rows": part.rows, "bytes": part.size, "sha256": part.sha256}
                for name, part in of.items()
            }

        about = {
            "format": FORMAT,
            "format_version": VERSION,
            "timebank": self.version,
            "bank": self.bank,
            "slug": self.slug,
            "exported_at": written(self.exported_at),
            "control_totals": dict(self.totals),
            "last_seal": self.hash,
            "tables": parts(self.tables),
            "files": parts(self.files),
            "left_behind": [{"what": what, "why": why} for what, why in self.behind],
        }
        return (json.dumps(about, ensure_ascii=False, indent=1) + "\n").encode()


TOTALS = ("members", "accounts", "entries", "postings", "minutes", "sum_of_balances")

NO_ARCHIVE = say(
    "This file is no archive of a time bank, or a part of it is missing. Export the bank again, and"
    " copy the whole file."
)
CHANGED = say(
    "This archive is not as it was written: its checksums differ. Export the bank again, and copy"
    " the file without opening it."
)


def version_of(about: Any) -> int:
    """Which version of the format a manifest is in. Raises NoArchive for what is no manifest."""
    if not isinstance(about, dict) or about.get("format") != FORMAT:
        raise NoArchive(NO_ARCHIVE)
    version = about.get("format_version")
    if not isinstance(version, int) or isinstance(version, bool):
        raise NoArchive(NO_ARCHIVE)
    return version


def manifest_of(about: Mapping[str, Any]) -> Manifest:
    """Raises NoArchive for what is not what a manifest has to be."""
    try:
        return Manifest(
            bank=_text(about["bank"]),
            slug=_text(about["slug"]),
            version=_text(about["timebank"])[:40],
            exported_at=datetime.fromisoformat(_text(about["exported_at"])),
            tables=_parts(about["tables"]),
            files=_parts(about["files"]),
            totals={name: _of(about["control_totals"][name], int) for name in TOTALS},
            behind=[(_text(one["what"]), _text(one["why"])) for one in about["left_behind"]],
            hash=about.get("last_seal"),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise NoArchive(NO_ARCHIVE) from error


def _parts(parts: Mapping[str, Any]) -> dict[str, Part]:
    return {
        _text(name): Part(_of(one["rows"], int), _of(one["bytes"], int), _text(one["sha256"]))
        for name, one in parts.items()
    }


_KEY = re.compile(
    r"(?P<before>(?:closing:)?)(?P<kind>[a-z_]+):(?P<id>\d{1,18})(?P<rest>(?::[a-z0-9_]+)*)"
)


def key_parts(words: str) -> tuple[str, str, int, str] | None:
    """What stands before the key, its word, its number, and what follows; None for what is no
    key."""
    key = _KEY.fullmatch(words)
    return (key["before"], key["kind"], int(key["id"]), key["rest"]) if key else None


def metadata(tables: Mapping[str, Sequence[Column]], keys: Mapping[str, Sequence[str]]) -> bytes:
    """What the CSV files hold, for those who read them without us (W3C, CSV on the Web)."""
    described = [
        {
            "url": f"csv/{table}.csv",
            "tableSchema": {
                "columns": [
                    {
                        "name": column.name,
                        "titles": column.name,
                        "datatype": column.datatype,
                        "required": not column.nullable,
                    }
                    for column in columns
                ],
            }
            | ({"primaryKey": list(keys[table])} if keys[table] else {}),
        }
        for table, columns in tables.items()
    ]
    about = {
        "@context": "http://www.w3.org/ns/csvw",
        "dialect": {"encoding": "utf-8", "header": True},
        "dc:format": "text/csv",
        f"{TERMS}manifest": MANIFEST,
        "tables": described,
    }
    return (json.dumps(about, ensure_ascii=False, indent=1) + "\n").encode()

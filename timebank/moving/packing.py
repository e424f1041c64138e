"""A bank into an archive: a file of JSON lines and one of CSV for each table, pictures as they are,
and the manifest. Written as it is read, in bounded memory."""

import csv
import hashlib
import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from tempfile import TemporaryFile
from typing import IO, Any, cast

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from timebank.banks.models import Bank
from timebank.base import batches
from timebank.config import VERSION
from timebank.ledger import check
from timebank.ledger import queries as ledger
from timebank.moving.plan import Kept, Plan, tables
from timebank.moving.rules import CSVW, MANIFEST, Manifest, Part, metadata, written
from timebank.text import guarded

_ROWS = 1_000
"""As many rows are read at once."""
_PIECE = 1 << 16
_MARK = "\ufeff"
"""By which a spreadsheet that is opened by a double click knows that the text is UTF-8."""


@dataclass
class _Written:
    """Counts what goes into a file of an archive."""

    out: IO[bytes]
    rows: int = 0
    size: int = 0
    digest: Any = field(default_factory=hashlib.sha256)

    def write(self, piece: bytes) -> None:
        self.out.write(piece)
        self.size += len(piece)
        self.digest.update(piece)

    @property
    def part(self) -> Part:
        return Part(self.rows, self.size, self.digest.hexdigest())


def pack(session: Session, bank: Bank, plan: Plan, out: IO[bytes], *, now: datetime) -> Manifest:
    """Write everything that moves into `out`, and return what the archive says of itself."""
    rows: dict[str, Part] = {}
    files: dict[str, Part] = {}
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name, table in plan.tables.items():
            rows[name], files[f"csv/{name}.csv"] = _table(session, bank, table, archive)
            files |= dict(_pictures(session, bank, table, archive))
        described = metadata(
            {kept.name: list(kept.columns.values()) for kept in plan.tables.values()},
            {kept.name: kept.key for kept in plan.tables.values()},
        )
        with archive.open(CSVW, "w") as file:
            files[CSVW] = _whole(file, described)
        manifest = Manifest(
            bank.name,
            bank.slug,
            VERSION,
            now,
            rows,
            files,
            totals(session, bank),
            [(one.what, str(one.why)) for one in plan.behind],
            block.hash if (block := ledger.last_block(session, bank)) else None,
        )
        archive.writestr(MANIFEST, manifest.as_json())
    return manifest


def totals(session: Session, bank: Bank) -> dict[str, int]:
    """What is counted when a bank goes, and again when it has come."""
    member = tables()["member"].columns
    members = select(func.count()).where(member.bank_id == bank.id)
    books = check.books_of(session, bank)
    return {
        "members": session.execute(members).scalar_one(),
        "accounts": books.accounts,
        "entries": books.entries,
        "postings": books.postings,
        "minutes": books.minutes,
        "sum_of_balances": books.sum_of_balances,
    }


def _table(session: Session, bank: Bank, kept: Kept, archive: zipfile.ZipFile) -> tuple[Part, Part]:
    """The rows of a table, as JSON lines and as CSV."""
    with TemporaryFile() as aside:
        sheet = _Written(aside)
        line = io.StringIO(_MARK)
        line.seek(0, io.SEEK_END)
        writer = csv.writer(line)
        writer.writerow(kept.columns)
        with archive.open(f"rows/{kept.name}.jsonl", "w", force_zip64=True) as file:
            rows = _Written(cast(IO[bytes], file))
            for batch in batches(_rows(session, bank, kept), _ROWS):
                lines = [json.dumps(row, ensure_ascii=False) for row in batch]
                rows.write(("\n".join(lines) + "\n").encode())
                rows.rows += len(lines)
                writer.writerows([_cell(value) for value in row.values()] for row in batch)
                sheet.write(line.getvalue().encode())
                line.seek(0)
                line.truncate()
        sheet.write(line.getvalue().encode())
        sheet.rows = rows.rows
        aside.seek(0)
        with archive.open(f"csv/{kept.name}.csv", "w", force_zip64=True) as file:
            while piece := aside.read(_PIECE):
                file.write(piece)
    return rows.part, sheet.part


def _rows(session: Session, bank: Bank, kept: Kept) -> Iterator[dict[str, Any]]:
    statement = kept.reads(bank).execution_options(yield_per=_ROWS)
    pictures = kept.pictures
    if pictures:
        # The bytes are read one by one; here only whether there are any.
        statement = statement.with_only_columns(
            *(
                func.length(column).label(column.name) if column.name in pictures else column
                for column in statement.selected_columns
            )
        )
    for row in session.execute(statement):
        values = {name: written(value) for name, value in zip(kept.columns, row, strict=True)}
        for name in pictures:
            if values[name] is not None:
                values[name] = _file_of(kept, values, name)
        yield values


def _file_of(kept: Kept, row: Mapping[str, Any], column: str) -> str:
    own = "-".join(str(row[name]) for name in kept.key)
    return f"files/{kept.name}/{own or column}.jpg"


def _pictures(
    session: Session, bank: Bank, kept: Kept, archive: zipfile.ZipFile
) -> Iterator[tuple[str, Part]]:
    for column in kept.pictures:
        own = kept.table.columns
        statement = select(*(own[name] for name in kept.key), own[column]).where(
            own.bank_id == bank.id, own[column].is_not(None)
        )
        for *key, picture in session.execute(statement.execution_options(yield_per=10)):
            name = _file_of(kept, dict(zip(kept.key, key, strict=True)), column)
            with archive.open(zipfile.ZipInfo(name), "w") as file:
                yield name, _whole(file, picture)


def _whole(file: IO[bytes], content: bytes) -> Part:
    file.write(content)
    return part_of(content)


def part_of(content: bytes) -> Part:
    """What a manifest says of a file that has no rows."""
    return Part(0, len(content), hashlib.sha256(content).hexdigest())


def _cell(value: Any) -> Any:
    if isinstance(value, str):
        return guarded(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value

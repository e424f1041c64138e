"""Copies of everything, taken while the time bank is open, and put back.

SQLite is copied with its own backup, PostgreSQL with pg_dump and pg_restore, where they are
installed.
"""

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

from sqlalchemy import URL, make_url

from timebank.config import Config
from timebank.errors import Conflict, Invalid
from timebank.say import say


class BackupFailed(Conflict):
    """The copy could not be made or put back; what was there before is as it was."""

    code = "backup_failed"


def backup(config: Config, file: Path, *, force: bool) -> None:
    """Copy the database to `file`, as of one moment, readable by its owner only.

    Raises Invalid when the file exists already (unless `force`), BackupFailed when the database or
    its tools refuse.
    """
    if not file.parent.is_dir():
        raise Invalid(say("There is no folder %(parent)s.", parent=str(file.parent)))
    if file.exists() and not force:
        raise Invalid(
            say(
                "%(file)s exists already. Choose another name, or add --force to replace it.",
                file=str(file),
            )
        )
    unfinished = file.with_name(f"{file.name}.unfinished")
    unfinished.unlink(missing_ok=True)
    _make_private(unfinished)
    try:
        url = make_url(config.database_url)
        if url.get_backend_name() == "sqlite":
            _copy(_file_of(url), unfinished)
        else:
            _run(url, "pg_dump", "--format=custom", f"--file={unfinished}")
        unfinished.replace(file)
    finally:
        unfinished.unlink(missing_ok=True)


def restore(config: Config, file: Path) -> None:
    """Put the copy in `file` in the place of everything there is now, in one transaction.

    Raises Invalid when it is no copy, BackupFailed when it cannot be put back.
    """
    if not file.is_file():
        raise Invalid(say("There is no file %(file)s.", file=str(file)))
    url = make_url(config.database_url)
    with file.open("rb") as copy:
        start = copy.read(16)
    kind = (
        "SQLite"
        if start.startswith(b"SQLite format 3")
        else "PostgreSQL"
        if start.startswith(b"PGDMP")
        else ""
    )
    if not kind:
        raise Invalid(say("%(file)s is no backup of Timebank.", file=str(file)))
    if (kind == "SQLite") != (url.get_backend_name() == "sqlite"):
        raise Invalid(
            say(
                "%(file)s was taken from %(kind)s, and TIMEBANK_DATABASE_URL names another kind of"
                " database.",
                file=str(file),
                kind=kind,
            )
        )
    if kind == "SQLite":
        target = Path(url.database or "")
        _examine(file)
        if not target.exists():
            _make_private(target)
        _copy(file, target)
    else:
        _run(
            url, "pg_restore", "--clean", "--if-exists", "--no-owner", "--single-transaction", file
        )


def make_database(config: Config) -> None:
    """Where the database is a file of SQLite's and not there yet, make an empty one that nobody
    else can read."""
    file = missing(config)
    if file is not None and file.parent.is_dir():
        _make_private(file)


def missing(config: Config) -> Path | None:
    """The file in which the database should be, where it is not there."""
    url = make_url(config.database_url)
    inside = url.get_backend_name() == "sqlite" and url.database not in (None, "", ":memory:")
    return Path(str(url.database)) if inside and not Path(str(url.database)).exists() else None


def _make_private(file: Path) -> None:
    """Make an empty file before anybody writes to it, so that its content is never readable by
    others."""
    os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def _file_of(url: URL) -> Path:
    file = Path(url.database or "")
    if not file.is_file():
        raise BackupFailed(say("There is no database at %(file)s.", file=str(file)))
    return file


def _examine(file: Path) -> None:
    """Look through a copy before it takes the place of anything."""
    with closing(sqlite3.connect(file)) as copy:
        try:
            whole = copy.execute("PRAGMA quick_check").fetchone() == ("ok",)
            ours = copy.execute(
                "SELECT count(*) FROM sqlite_master WHERE name IN ('alembic_version', 'bank')"
            ).fetchone()
        except sqlite3.Error:
            whole, ours = False, (0,)
    if not whole:
        raise Invalid(say("%(file)s is damaged. Take an older backup.", file=str(file)))
    if ours != (2,):
        raise Invalid(say("%(file)s is no backup of Timebank.", file=str(file)))


def _copy(source: Path, target: Path) -> None:
    """Copy one SQLite database over another. Both may be in use: who reads or writes meanwhile sees
    all of it or nothing."""
    try:
        with (
            closing(sqlite3.connect(source, timeout=30)) as old,
            closing(sqlite3.connect(target, timeout=30)) as new,
        ):
            old.backup(new)
    except sqlite3.Error as error:
        raise BackupFailed(
            say("The copy could not be made: %(error)s.", error=str(error))
        ) from error


def _run(url: URL, tool: str, *words: str | Path) -> None:
    """Run one of PostgreSQL's tools. The password goes by the environment, where other users cannot
    read it."""
    program = shutil.which(tool)
    if program is None:
        raise BackupFailed(
            say(
                "PostgreSQL is copied with %(tool)s, which is not installed here (Debian:"
                " postgresql-client).",
                tool=tool,
            )
        )
    # Heavy, and banks kept in SQLite never need it.
    from psycopg.conninfo import make_conninfo  # noqa: PLC0415

    _, server = url.get_dialect()().create_connect_args(url)
    secret = {"PGPASSWORD": str(server.pop("password"))} if "password" in server else {}
    command = [program, f"--dbname={make_conninfo(**server)}", *words]
    environment = {**os.environ, **secret}
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, errors="replace", check=False
    )
    if done.returncode:
        raise BackupFailed(say("%(tool)s says: %(stderr)s", tool=tool, stderr=done.stderr.strip()))

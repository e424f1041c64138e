"""Copies of everything, taken while the time bank is open, and put back.

SQLite is copied with its own backup, PostgreSQL with pg_dump and pg_restore, where they are
installed.
"""

import os
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import URL, make_url

from timebank.config import VERSION, Config
from timebank.errors import Conflict, Invalid
from timebank.running import seal
from timebank.say import say


class BackupFailed(Conflict):
    """The copy could not be made or put back; what was there before is as it was."""

    code = "backup_failed"


def backup(config: Config, file: Path, *, force: bool, revision: str, now: datetime) -> None:
    """Copy the database, which is at that revision, to `file`, as of one moment, readable by its
    owner only, with a checksum at its end.

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
            _copy(_file_of(url), unfinished, opened=lambda file: sqlite3.connect(file, timeout=30))
        else:
            _run(_reached(url), "pg_dump", "--format=custom", f"--file={unfinished}")
        seal.close(unfinished, revision=revision, version=VERSION, now=now)
        unfinished.replace(file)
    finally:
        unfinished.unlink(missing_ok=True)


@dataclass(frozen=True)
class Copy:
    """A copy that can be put back: whole, one of Timebank's, and of a revision that is known here.
    `taken_at` is not known of those of version 0.1."""

    file: Path
    revision: str
    taken_at: datetime | None


def examined(config: Config, file: Path, known: Sequence[str]) -> Copy:
    """Look a copy through before it takes the place of anything.

    Raises Invalid when it is no copy, of another kind of database, damaged or cut short; Conflict
    when it is of a revision that is not among those `known`; BackupFailed without PostgreSQL's
    tools.
    """
    if not file.is_file():
        raise Invalid(say("There is no file %(file)s.", file=str(file)))
    url = make_url(config.database_url)
    kind = _kind(file)
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
    sealing = seal.read(file)
    revision = _examine(file) if kind == "SQLite" else _examine_dump(file)
    if revision not in known:
        raise Conflict(
            say(
                "%(file)s is of revision %(revision)s, which this version does not know. Install a"
                " newer Timebank.",
                file=str(file),
                revision=revision,
            )
        )
    return Copy(file, revision, datetime.fromisoformat(sealing.taken_at) if sealing else None)


_LET_GO = """
SET client_min_messages = warning;
DO $$ DECLARE ours text; BEGIN
    FOR ours IN SELECT format('%I.%I', schemaname, tablename)
        FROM pg_tables WHERE schemaname = 'public'
    LOOP EXECUTE 'DROP TABLE IF EXISTS ' || ours || ' CASCADE'; END LOOP;
    FOR ours IN SELECT p.oid::regprocedure::text FROM pg_proc p
        WHERE p.pronamespace = 'public'::regnamespace AND NOT EXISTS (
            SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
    LOOP EXECUTE 'DROP FUNCTION IF EXISTS ' || ours || ' CASCADE'; END LOOP;
END $$;
"""
"""Lets go of every table and function of ours on PostgreSQL; what extensions brought stays, and so
does who may use the schema."""


def restore(config: Config, copy: Copy) -> None:
    """Put a copy that was examined in the place of everything there is now, in one transaction.

    Raises BackupFailed when it cannot be put back.
    """
    url = make_url(config.database_url)
    if url.get_backend_name() == "sqlite":
        target = Path(url.database or "")
        if not target.exists():
            _make_private(target)
        _copy(copy.file, target, opened=_reader)
    else:
        # What stands there now may be newer than the copy, and then has tables that hold on to
        # those of the copy. So everything of ours is let go of first, in the same transaction.
        with tempfile.TemporaryDirectory(prefix="timebank-restore-") as folder:
            anew, sql = Path(folder) / "anew.sql", Path(folder) / "copy.sql"
            anew.write_text(_LET_GO)
            clean = ("--clean", "--if-exists", "--no-owner")
            _run([], "pg_restore", *clean, f"--file={sql}", copy.file)
            once = ("--quiet", "--no-psqlrc", "--single-transaction", "--set=ON_ERROR_STOP=1")
            _run(_reached(url), "psql", *once, f"--file={anew}", f"--file={sql}")


def _kind(file: Path) -> str:
    with file.open("rb") as copy:
        start = copy.read(16)
    if start.startswith(b"SQLite format 3"):
        return "SQLite"
    return "PostgreSQL" if start.startswith(b"PGDMP") else ""


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


def _examine(file: Path) -> str:
    """The revision of a copy of SQLite's that is whole."""
    try:
        with closing(_reader(file)) as copy:
            whole = copy.execute("PRAGMA quick_check").fetchone() == ("ok",)
            ours = copy.execute(
                "SELECT count(*) FROM sqlite_master WHERE name IN ('alembic_version', 'bank')"
            ).fetchone()
            if whole and ours == (2,):
                return copy.execute("SELECT version_num FROM alembic_version").fetchone()[0]
    # What is damaged may be anything: text that is none, a row that is not there.
    except (sqlite3.Error, UnicodeError, TypeError) as error:
        raise seal.damaged(file) from error
    if whole:
        raise Invalid(say("%(file)s is no backup of Timebank.", file=str(file)))
    raise seal.damaged(file)


def _reader(file: Path) -> sqlite3.Connection:
    """A copy, for reading alone: nothing is written to it or beside it."""
    return sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro&immutable=1", uri=True)


def _examine_dump(file: Path) -> str:
    """The revision of a copy of PostgreSQL's that is whole: everything in it is unpacked, and
    written nowhere."""
    try:
        rows = _run([], "pg_restore", "--data-only", "--table=alembic_version", "--file=-", file)
        _run([], "pg_restore", f"--file={os.devnull}", file)
    except BackupFailed as error:
        if shutil.which("pg_restore") is None:
            raise
        raise seal.damaged(file) from error
    lines = rows.splitlines()
    start = next((n for n, line in enumerate(lines) if line.startswith("COPY ")), None)
    if start is None:
        raise Invalid(say("%(file)s is no backup of Timebank.", file=str(file)))
    return lines[start + 1].strip()


def _copy(
    source: Path,
    target: Path,
    *,
    opened: Callable[[Path], sqlite3.Connection],
) -> None:
    """Copy one SQLite database over another. Both may be in use: who reads or writes meanwhile sees
    all of it or nothing. `opened` opens the source."""
    try:
        with (
            closing(opened(source)) as old,
            closing(sqlite3.connect(target, timeout=30)) as new,
        ):
            old.backup(new)
    except sqlite3.Error as error:
        raise BackupFailed(
            say("The copy could not be made: %(error)s.", error=str(error))
        ) from error


def _run(reached: Sequence[str], tool: str, *words: str | Path) -> str:
    """Run one of PostgreSQL's tools and return what it says. The password goes by the environment,
    where other users cannot read it."""
    program = shutil.which(tool)
    if program is None:
        raise BackupFailed(
            say(
                "PostgreSQL is copied with %(tool)s, which is not installed here (Debian:"
                " postgresql-client).",
                tool=tool,
            )
        )
    secret = {name: word for name, _, word in (each.partition("=") for each in reached[1:])}
    done = subprocess.run(
        [program, *reached[:1], *words],
        env={**os.environ, **secret},
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode:
        why = done.stderr.strip() or say("it ended with %(code)s", code=str(done.returncode))
        raise BackupFailed(say("%(tool)s says: %(stderr)s", tool=tool, stderr=why))
    return done.stdout


def _reached(url: URL) -> Sequence[str]:
    """How PostgreSQL's tools reach the database: a word for the command, and the environment's."""
    # Heavy, and banks kept in SQLite never need it.
    from psycopg.conninfo import make_conninfo  # noqa: PLC0415

    _, server = url.get_dialect()().create_connect_args(url)
    secret = [f"PGPASSWORD={server.pop('password')}"] if "password" in server else []
    return [f"--dbname={make_conninfo(**server)}", *secret]

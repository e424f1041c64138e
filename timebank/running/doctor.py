"""Is this installation well? Each examination ends in a finding: all right, not begun yet,
worth knowing, or wrong."""

import json
import os
import shutil
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from sqlalchemy import func, make_url, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from timebank import clock
from timebank.banks.models import Bank
from timebank.config import VERSION, Config
from timebank.db import reading
from timebank.jobs import queries as jobs
from timebank.jobs.errors import TryLater
from timebank.ledger import check
from timebank.notices import mail, text
from timebank.notices import queries as notices
from timebank.notices.rules import NoticeChannel
from timebank.running import versions

_LEAST_MEGABYTES = 500
_ENOUGH_MEGABYTES = 2000
_MACHINE_SECONDS = 5
_CLOCK_TOLERANCE = timedelta(seconds=10)
_FIRST_DAY = timedelta(days=1)
_OLD_COPY = timedelta(days=7)
_LOCAL = {"localhost", "127.0.0.1", "::1"}
_SECRET = {
    "secret_key",
    "seed_key",
    "seed_key_before",
    "mail_password",
    "text_token",
    "metrics_token",
}


@dataclass(frozen=True)
class Finding:
    """What was examined and how it was found, with what to do where something is wrong."""

    what: str
    state: Literal["ok", "new", "note", "wrong"]
    words: str


def examine(config: Config, also: Sequence[str] = ()) -> Iterator[Finding]:
    """Examine everything, as far as the database lets us, and the machines that serve at the
    addresses `also`. `config` is as it was set; the application's context is needed."""
    yield from _settings(config)
    for address in also:
        yield _machine(address, config)
    yield _disk(config)
    session = reading()
    for examination in (_database, _migrations):
        finding = examination(session, config)
        yield finding
        if finding.state == "wrong":
            return
    for examination in (_guards, _books, _mail, _texts, _worker, _backup, _clock):
        yield examination(session, config)


def settings(config: Config) -> Iterator[tuple[str, str, str, str]]:
    """Every setting: its variable, its value (of a secret, whether it is set), its default, and
    what it means."""
    default = Config()
    for entry in fields(Config):
        value = getattr(config, entry.name)
        shown = ("(set)" if value else "") if entry.name in _SECRET else _words(value)
        yield (
            _variable(entry.name),
            shown,
            _words(getattr(default, entry.name)),
            entry.metadata["meaning"],
        )


def _variable(name: str) -> str:
    return f"TIMEBANK_{name.upper()}"


def _words(value: str | int | bool) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return (
        make_url(value).render_as_string(hide_password=True)
        if isinstance(value, str) and "://" in value
        else str(value)
    )


def _settings(config: Config) -> Iterator[Finding]:
    if not config.secret_key:
        yield Finding(
            "settings", "wrong", "TIMEBANK_SECRET_KEY is not set, so nothing can be served."
        )
    address = urlsplit(config.base_url)
    if address.scheme != "https" and address.hostname not in _LOCAL:
        words = (
            "passwords would cross the network in the clear, and browsers would not keep anybody"
            " signed in"
        )
        yield Finding(
            "settings", "wrong", f"TIMEBANK_BASE_URL is {config.base_url}: without https {words}."
        )
    elif address.scheme == "https" and not config.secure_cookies:
        yield Finding(
            "settings",
            "note",
            "TIMEBANK_SECURE_COOKIES is no, though the address is https: set it to yes.",
        )
    if address.scheme == "https" and not config.proxies:
        yield Finding(
            "settings",
            "note",
            "TIMEBANK_PROXIES is 0, though the address is https and what serves here speaks http:"
            " where a proxy stands in front, write how many. Else all who come seem to be one.",
        )
    if config.second_factor == "off":
        yield Finding(
            "settings",
            "note",
            "TIMEBANK_SECOND_FACTOR is off: a stolen password opens the books. Only try out so.",
        )
    if config.seed_key_before:
        yield Finding(
            "settings",
            "note",
            "TIMEBANK_SEED_KEY_BEFORE is still set: run timebank members seal, then take it out.",
        )
    known = {_variable(entry.name) for entry in fields(Config)} | {"TIMEBANK_TEST_DATABASE_URL"}
    for name in sorted(
        name for name in os.environ if name.startswith("TIMEBANK_") and name not in known
    ):
        yield Finding("settings", "note", f"{name} is no setting. See: timebank doctor --settings")
    yield Finding("settings", "ok", f"served at {config.base_url}")


def _machine(address: str, config: Config) -> Finding:
    """Whether another machine that serves is as this one is."""
    if urlsplit(address).scheme not in ("http", "https"):
        return Finding("machine", "wrong", f"{address} is no address. Write http://HOST:PORT.")
    asked = f"{address.rstrip('/')}/health"
    try:
        with urllib.request.urlopen(asked, timeout=_MACHINE_SECONDS) as answer:  # noqa: S310
            body = answer.read(10_000)
    except urllib.error.HTTPError as error:
        # Where it is not well, it says so, and what it is.
        with error:
            body = error.read(10_000)
    except OSError as error:
        return Finding("machine", "wrong", f"{address} does not answer ({type(error).__name__}).")
    try:
        health = json.loads(body)
        version, key = health["version"], health["key"]
        apart = abs(datetime.fromisoformat(health["now"]) - clock.now())
    except (ValueError, KeyError, TypeError):
        return Finding("machine", "wrong", f"{address} is no Timebank of this version.")
    if version != VERSION:
        words = f"runs version {version}, and this one {VERSION}: bring both to the same."
    elif key != config.key_print:
        words = (
            "has another TIMEBANK_SECRET_KEY: who is signed in here is a stranger there. Set the"
            " same on both."
        )
    elif apart > _CLOCK_TOLERANCE:
        words = f"has a clock that is {apart.total_seconds():.0f} seconds away. Set it by NTP."
    else:
        return Finding("machine", "ok", f"{address} is as this one is")
    return Finding("machine", "wrong", f"{address} {words}")


def _database(session: Session, config: Config) -> Finding:
    name = _words(config.database_url)
    try:
        versions.found(session)
    except SQLAlchemyError as error:
        return Finding("database", "wrong", f"{name} cannot be reached ({type(error).__name__}).")
    file = Path(make_url(config.database_url).database or "")
    if (
        name.startswith("sqlite")
        and os.name == "posix"
        and file.exists()
        and file.stat().st_mode & 0o077
    ):
        return Finding(
            "database",
            "note",
            f"{name} can be read by other users of this machine. Run: chmod 600 {file}",
        )
    return Finding("database", "ok", name)


def _migrations(session: Session, config: Config) -> Finding:
    try:
        versions.insist(session)
    except versions.WrongVersion as refusal:
        return Finding("migrations", "wrong", str(refusal.message))
    return Finding("migrations", "ok", f"at revision {versions.wanted()}")


def _disk(config: Config) -> Finding:
    url = make_url(config.database_url)
    folder = (
        Path(url.database or "").absolute().parent
        if url.get_backend_name() == "sqlite"
        else Path.cwd()
    )
    free = shutil.disk_usage(folder).free // 2**20
    words = f"{free:,} MB free at {folder}"
    if free < _LEAST_MEGABYTES:
        return Finding("disk", "wrong", f"{words}: too little to go on writing for long.")
    return Finding("disk", "note" if free < _ENOUGH_MEGABYTES else "ok", words)


def _guards(session: Session, config: Config) -> Finding:
    missing = check.missing_guards(session)
    if missing:
        return Finding(
            "guards",
            "wrong",
            f"The ledger is not guarded by the database as it should be: {missing[0]}.",
        )
    return Finding("guards", "ok", "the database guards the ledger")


def _books(session: Session, config: Config) -> Finding:
    report = check.check(session)
    if report.faults:
        return Finding(
            "books",
            "wrong",
            f"{report.faults[0].what}. For all that is wrong, run: timebank ledger check",
        )
    postings = sum(books.postings for books in report.books)
    return Finding("books", "ok", f"proved: banks {len(report.books)}, postings {postings:,}")


def _mail(session: Session, config: Config) -> Finding:
    waiting = notices.unsent(session, NoticeChannel.EMAIL)
    if not config.mail_server:
        return Finding(
            "mail", "note", f"no mail server is set; letters waiting in the outbox: {waiting}"
        )
    server = f"{config.mail_server}:{config.mail_port}"
    try:
        mail.reach()
    except OSError as error:
        return Finding(
            "mail",
            "wrong",
            f"{server} cannot be used ({type(error).__name__}); letters waiting: {waiting}",
        )
    return Finding("mail", "ok", f"{server} answers; letters waiting: {waiting}")


def _texts(session: Session, config: Config) -> Finding:
    waiting = notices.unsent(session, NoticeChannel.TEXT)
    try:
        way = text.driver(config)
        if way is None:
            return Finding("texts", "ok", "text messages are not set up: a broker rings instead")
        way.reach()
    except TryLater as trouble:
        return Finding(
            "texts", "wrong", f"text messages cannot go out: {trouble}; waiting: {waiting}"
        )
    return Finding(
        "texts",
        "ok",
        f"the {config.text_driver} driver can be used; text messages waiting: {waiting}",
    )


def _worker(session: Session, config: Config) -> Finding:
    state = jobs.state(session, clock.now())
    if state.heard_at is None and not state.began and _is_new(session):
        return Finding(
            "worker",
            "new",
            "No worker has run yet, so nothing was sent. Run: timebank serve, or timebank worker",
        )
    if state.heard_at is None:
        return Finding(
            "worker",
            "wrong",
            "No worker is running: nothing is sent, reminded or sealed. Run: timebank worker",
        )
    heard = f"last heard of at {state.heard_at:%Y-%m-%d %H:%M:%S} UTC"
    if not state.is_alive(clock.now()):
        return Finding(
            "worker", "wrong", f"{heard}, so it has stopped without saying so. Run: timebank worker"
        )
    if state.failed:
        return Finding(
            "worker",
            "note",
            f"{heard}; jobs given up, whose errors are kept in the table job: {state.failed}",
        )
    return Finding("worker", "ok", heard)


def _backup(session: Session, config: Config) -> Finding:
    taken_at = jobs.last_backup(session)
    if taken_at is None:
        words = "No copy was made by timebank backup. Run: timebank backup FILE"
        return Finding("backup", "new" if _is_new(session) else "note", words)
    words = f"the last copy is of {taken_at:%Y-%m-%d %H:%M} UTC"
    return Finding("backup", "note" if clock.now() - taken_at > _OLD_COPY else "ok", words)


def _is_new(session: Session) -> bool:
    """Whether every bank here was opened within a day: what is missing has not begun yet."""
    first = session.execute(select(func.min(Bank.created_at))).scalar_one()
    return first is None or clock.now() - first <= _FIRST_DAY


def _clock(session: Session, config: Config) -> Finding:
    heard_at = jobs.state(session, clock.now()).heard_at
    if heard_at is not None and heard_at > clock.now() + _CLOCK_TOLERANCE:
        return Finding(
            "clock",
            "wrong",
            f"It is behind: a worker was heard of at {heard_at:%Y-%m-%d %H:%M:%S} UTC.",
        )
    if session.get_bind().dialect.name == "postgresql":
        database_time: datetime = session.execute(select(func.clock_timestamp())).scalar_one()
        apart = abs(database_time - clock.now())
        if apart > _CLOCK_TOLERANCE:
            return Finding(
                "clock",
                "wrong",
                f"It is {apart.total_seconds():.0f} seconds away from the database's.",
            )
    return Finding("clock", "ok", f"{clock.now():%Y-%m-%d %H:%M:%S} UTC")

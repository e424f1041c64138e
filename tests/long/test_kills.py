"""A served installation under load whose processes are killed, again and again: what was
acknowledged is there, once; the books are right after each kill.

In `./dev test` there are a few kills. `./dev test --long` has TIMEBANK_KILLS of them on each engine
(1,000 unless said), fifty to a bank, and adds a line for each bank to the file TIMEBANK_REPORT, if
that is named: docs/reliability.md is made of such lines.
"""

import http.client
import json
import os
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from tests.conftest import Databases
from tests.factories import NOW, make_bank, make_group, make_member, system
from tests.imports.files import HOURS
from tests.ports import free_port
from tests.processes import Program
from tests.running.test_backups import has_tools_for
from timebank import clock
from timebank.access import service as access_service
from timebank.access.rules import NewToken, Scope
from timebank.act import Act, Actor
from timebank.banks.models import Bank
from timebank.config import Config
from timebank.db import WRITING
from timebank.imports import service as imports_service
from timebank.imports.models import Upload
from timebank.imports.rules import Files, How, Imported, NewUpload
from timebank.jobs import models as jobs_models
from timebank.ledger import check
from timebank.members import service as members_service
from timebank.members.rules import NewLimits
from timebank.running import backups, versions

CALLERS = 3
PATIENCE_SECONDS = 900
"""A machine with much other work is waited for."""

ROWS = 1200
"""Of a file: more than are written at once."""

KINDS = ("web", "worker", "both", "import", "backup")
KILLS_OF_A_BANK = 50
"""All its books are proved after each kill."""

LIVES = {"backup": 4.0, "import": 8.0}
"""For how long at the most something lives before it is killed, as a multiple of what it takes to
start: 3, but for these."""


@dataclass
class Load:
    """Callers that give one another a quarter of an hour, again and again, each under a key of its
    own; who hears nothing, or a no for now, sends the same again."""

    port: int
    tokens: list[tuple[str, str, str]]
    acknowledged: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0
    stopping: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def running(self) -> Generator[None]:
        threads = [
            threading.Thread(target=self._call, args=(n, *whom))
            for n, whom in enumerate(self.tokens)
        ]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self.stopping.set()
            for thread in threads:
                thread.join()

    def _call(self, caller: int, token: str, giver: str, taker: str) -> None:
        number = 0
        while not self.stopping.is_set():
            number += 1
            self._until_acknowledged(f"{caller}-{number}", token, giver, taker)

    def _until_acknowledged(self, key: str, token: str, giver: str, taker: str) -> None:
        body = json.dumps({"from": giver, "to": taker, "minutes": 15})
        headers = {
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/json",
            "Idempotency-Key": key,
        }
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
            began = time.monotonic()
            try:
                connection.request("POST", "/api/v1/gifts", body, headers)
                status = connection.getresponse().status
            except ConnectionRefusedError:
                self.outcomes["not reached"] += 1
                time.sleep(0.1)
                continue
            except (OSError, http.client.HTTPException):
                # It may have been done or not: nobody knows before it is sent again.
                self.outcomes["unknown"] += 1
                time.sleep(0.05)
                continue
            finally:
                connection.close()
            self.slowest = max(self.slowest, time.monotonic() - began)
            self.outcomes[str(status)] += 1
            if status == 201:
                self.acknowledged[key] += 1
                return
            time.sleep(0.05)
        self.outcomes["given up"] += 1


@dataclass
class Installation:
    """A web process and a worker of its own over one database."""

    database: str
    folder: Path
    port: int = field(default_factory=free_port)
    starting: float = 1.0
    """Seconds that the last start took, which on a busy machine is long."""
    programs: dict[str, Program] = field(default_factory=dict)

    def start(self, name: str) -> None:
        words = {
            "web": ("serve", "--port", str(self.port)),
            "worker": ("worker",),
            "backup": ("backup", str(self.folder / "copy"), "--force"),
        }
        settings = {
            "TIMEBANK_DATABASE_URL": self.database,
            "TIMEBANK_SECRET_KEY": "for tests only " * 4,
            "TIMEBANK_WORKER": "no",
        }
        self.programs[name] = Program(
            "timebank", *words[name], settings=settings, said=self.folder / f"{name}.said"
        )

    def kill(self, *names: str) -> None:
        for name in names:
            self.programs[name].kill()
        for name in names:
            self.programs[name].wait()

    @contextmanager
    def running(self) -> Generator[None]:
        """With nobody left behind, whatever happens meanwhile."""
        try:
            for name in ("web", "worker"):
                self.start(name)
            self.wait()
            yield
        finally:
            self.kill(*self.programs)

    def wait(self) -> None:
        """Until it answers again."""
        began = time.monotonic()
        while time.monotonic() < began + PATIENCE_SECONDS:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
            try:
                connection.request("GET", "/api/v1/openapi.json")
                if connection.getresponse().status == 200:
                    self.starting = time.monotonic() - began
                    return
            except OSError:
                time.sleep(0.02)
            finally:
                connection.close()
        raise AssertionError((self.folder / "web.said").read_text()[-2000:])


def _bank(engine: Engine) -> tuple[int, list[tuple[str, str, str]]]:
    """A bank in which each caller may give to the next: they know each other from a group."""
    with Session(engine) as session:
        session.connection(execution_options=WRITING)
        bank = make_bank(session, slug="fife")
        people = [make_member(session, bank, f"Caller {n}") for n in range(CALLERS)]
        make_group(session, bank, "Callers", people)
        for name in ("Imported One", "Imported Two"):
            make_member(session, bank, name)
        by = Act(system(bank), NOW)
        tokens = []
        for n, member in enumerate(people):
            members_service.set_limits(
                session, bank, member.id, NewLimits(-(10**7), None, "A test."), by
            )
            own = Act(Actor(bank.id, member.name, member_id=member.id), clock.now())
            token = access_service.make_token(
                session, bank, member.id, NewToken("long", Scope.WRITE), own, staff=True
            )
            after = people[(n + 1) % CALLERS]
            tokens.append((token, f"member:{member.id}", f"member:{after.id}"))
        session.commit()
        return bank.id, tokens


def _hand_in(engine: Engine, bank_id: int, batch: int) -> int:
    """A file large enough to be killed in the middle of."""
    rows = "".join(f"B{batch}-{n},2026-10-01,4,5,15,,,,\n" for n in range(ROWS))

    def queue(session: Session) -> int:
        bank = session.get_one(Bank, bank_id)
        new = NewUpload(How(Imported.HOURS), Files("hours.csv", (HOURS + rows).encode()))
        return imports_service.queue(session, bank, new, Act(system(bank), clock.now())).id

    return _written(engine, queue)


def _written(engine: Engine, do: Callable[[Session], Any]) -> Any:
    """What it comes to in a transaction of its own, tried again while others hold the database."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            with Session(engine) as session:
                session.connection(execution_options=WRITING)
                made = do(session)
                session.commit()
                return made
        except OperationalError:
            if time.monotonic() > deadline:
                raise


def _end_leases(engine: Engine) -> None:
    """What a dead worker had in hand is another's now, and not in five minutes."""
    ended = text("UPDATE job SET leased_until = NULL, attempts = 0 WHERE done_at IS NULL")
    _written(engine, lambda session: session.execute(ended))


def _all_done(engine: Engine, upload_id: int) -> bool:
    with Session(engine) as session:
        return session.get_one(Upload, upload_id).state == "done"


def _is_half_in(engine: Engine, upload_id: int) -> bool:
    """Whether some rows of the file are in the books and others are yet to come."""
    with Session(engine) as session:
        upload = session.get_one(Upload, upload_id)
        return upload.state == "importing" and bool(upload.progress)


def _rows_in(engine: Engine) -> int:
    """How many rows of files are in the books."""
    with Session(engine) as session:
        query = "SELECT count(*) FROM entry WHERE cause LIKE '%B%-%' AND kind = 'exchange'"
        return session.execute(text(query)).scalar_one()


def _jobs_left(engine: Engine) -> list[Any]:
    """What is still to be done, for whoever reads why a run failed."""
    with Session(engine) as session:
        query = "SELECT * FROM job WHERE done_at IS NULL"
        return [dict(row) for row in session.execute(text(query)).mappings()]


def _faults(engine: Engine) -> list[Any]:
    with Session(engine) as session:
        return check.check(session).faults


def test_what_was_acknowledged_is_there_once_whatever_is_killed(
    engine: Engine, databases: Databases, tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    long = pytestconfig.getoption("--long")
    left = int(os.environ.get("TIMEBANK_KILLS", "1000")) if long else len(KINDS)
    while left > 0:
        database = databases.new(engine.dialect.name)
        _kill(databases.engine(database), database, tmp_path, min(left, KILLS_OF_A_BANK))
        databases.drop(database)
        left -= KILLS_OF_A_BANK


def _kill(engine: Engine, database: str, folder: Path, kills: int) -> None:
    """So many kills over one bank, and what is there afterwards."""
    can_copy = engine.dialect.name == "sqlite" or has_tools_for(database)
    chosen = random.SystemRandom()
    bank_id, tokens = _bank(engine)
    here = Installation(database, folder)
    load = Load(here.port, tokens)
    killed: Counter[str] = Counter()
    uploads: list[int] = []
    copies = halves = came_in = 0
    began = time.monotonic()
    with here.running(), load.running():
        try:
            for n in range(kills):
                kind = KINDS[n % len(KINDS)]
                if kind == "import":
                    uploads.append(_hand_in(engine, bank_id, n))
                if kind == "backup" and can_copy:
                    here.start("backup")
                time.sleep(here.starting * chosen.uniform(0.1, LIVES.get(kind, 3.0)))
                if kind == "backup" and can_copy:
                    here.kill("backup")
                    copies += _is_whole(database, folder / "copy")
                names = {"web": ("web",), "both": ("web", "worker")}.get(kind, ("worker",))
                if kind != "backup":
                    here.kill(*names)
                    halves += bool(uploads) and _is_half_in(engine, uploads[-1])
                    _end_leases(engine)
                assert _faults(engine) == [], (n, kind)
                killed[kind] += 1
                if kind != "backup":
                    for name in names:
                        here.start(name)
                    here.wait()
            deadline = time.monotonic() + PATIENCE_SECONDS
            while not all(_all_done(engine, one) for one in uploads):
                if rows := _rows_in(engine) - came_in:
                    came_in += rows
                    deadline = time.monotonic() + PATIENCE_SECONDS
                assert time.monotonic() < deadline, (came_in, _jobs_left(engine))
                time.sleep(0.2)
        finally:
            load.stopping.set()
    seconds = time.monotonic() - began

    with Session(engine) as session:
        gifts = session.execute(text("SELECT count(*) FROM gift")).scalar_one()
        failed = session.execute(
            select(jobs_models.Job.kind, jobs_models.Job.error).where(
                jobs_models.Job.failed_at.is_not(None)
            )
        ).all()
    assert failed == []
    assert load.outcomes["given up"] == 0
    assert set(load.acknowledged.values()) == {1}
    assert gifts == len(load.acknowledged)
    assert _rows_in(engine) == ROWS * len(uploads)
    assert load.outcomes["500"] == 0
    assert _faults(engine) == []
    _report(
        engine.dialect.name,
        killed,
        {
            "requests": sum(load.outcomes.values()) - load.outcomes["not reached"],
            "acknowledged": len(load.acknowledged),
            "unknown": load.outcomes["unknown"],
            "503": load.outcomes["503"],
            "rows imported": ROWS * len(uploads),
            "files cut in half": halves,
            "whole copies": copies,
            "slowest answer, s": round(load.slowest, 1),
            "seconds": round(seconds),
        },
    )


def _is_whole(database: str, copy: Path) -> bool:
    """A copy whose making was killed is not there at all, or is the one from before: whole."""
    if not copy.exists():
        return False
    backups.examined(Config(database_url=database), copy, versions.known())
    return True


def _report(engine: str, killed: Counter[str], figures: dict[str, Any]) -> None:
    name = os.environ.get("TIMEBANK_REPORT")
    if not name:
        return
    kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(killed.items()))
    with Path(name).open("a", encoding="utf-8") as file:
        cells = [engine, f"{sum(killed.values())} ({kinds})", *map(str, figures.values())]
        file.write(f"| {' | '.join(cells)} |\n")

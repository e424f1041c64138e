"""What is under the application fails for real: a file system that is full, a file that may grow no
more, a disk that can be read alone, a line to the database that is cut.

Whoever writes meanwhile is told so (503, in words, with when to come again), nothing is half done,
and it goes on by itself: what is sent again under its key is done once.
"""

import random
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import make_url, text
from werkzeug.test import TestResponse

from tests.factories import make_bank, make_group, make_member
from timebank import away, clock
from timebank.access import queries as access
from timebank.access import service as access_service
from timebank.access.rules import NewToken, Scope
from timebank.act import Act
from timebank.app import create_app
from timebank.config import Config
from timebank.db import db, reading, transaction
from timebank.ledger import check

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has other limits.")

LETTER = "For the beans. " * 32
"""What makes the file grow, with every gift."""


@dataclass
class Installation:
    """An application over a database of its own, in which Ana gives to Ben."""

    app: Flask
    headers: dict[str, str]
    between: dict[str, str]
    account: int

    def give(self, key: str) -> TestResponse:
        return self.app.test_client().post(
            "/api/v1/gifts",
            json={**self.between, "minutes": 15, "message": LETTER},
            headers={**self.headers, "Idempotency-Key": key},
        )

    def given(self) -> int:
        """How many gifts the account has seen."""
        with self.app.app_context():
            asked = text("SELECT balance FROM account WHERE id = :id")
            balance = reading().execute(asked, {"id": self.account}).scalar_one()
            assert check.check(reading()).faults == []
            return -balance // 15

    def give_until_refused(self) -> tuple[int, TestResponse]:
        """How many were taken before the first that was not, and what that one was told."""
        for number in range(500):
            answer = self.give(f"key-{number}")
            if answer.status_code != 201:
                return number, answer
        raise AssertionError("It never failed.")


@contextmanager
def installed(url: str) -> Generator[Installation]:
    config = Config(
        database_url=url,
        secret_key="for tests only " * 4,
        secure_cookies=False,
        base_url="http://localhost",
    )
    app = create_app(config)
    with app.app_context(), transaction() as session:
        bank = make_bank(session, slug="fife", member_floor=-(10**6))
        ana, ben = make_member(session, bank), make_member(session, bank, "Ben")
        make_group(session, bank, "Choir", [ana, ben])
        key = access_service.make_token(
            session,
            bank,
            ana.id,
            NewToken("test", Scope.WRITE),
            Act(access.actor_of(ana), clock.now()),
            staff=False,
        )
        between = {"from": f"member:{ana.id}", "to": f"member:{ben.id}"}
        made = Installation(app, {"Authorization": f"Bearer {key}"}, between, ana.account_id or 0)
    try:
        yield made
    finally:
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


def told(answer: TestResponse) -> str:
    """What a caller was told, who was told to come again."""
    assert answer.status_code == 503, answer.text
    assert int(answer.headers["Retry-After"]) > 0
    return answer.json["message"]


@pytest.fixture
def file(database: str) -> Path:
    """The file of a migrated database."""
    if not database.startswith("sqlite"):
        pytest.skip("The disk under PostgreSQL is the server's; `test_away` has it say so.")
    return Path(str(make_url(database).database))


@pytest.fixture
def disk(tmp_path: Path) -> Generator[Callable[..., None]]:
    """`disk(options)` mounts a file system of 4 MB, or changes how it is mounted."""
    folder = tmp_path / "disk"
    folder.mkdir()

    def mount(options: str) -> None:
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
        with suppress(FileNotFoundError):
            if subprocess.run(command, check=False, capture_output=True).returncode == 0:
                return
        pytest.skip("Only root may mount a disk.")

    yield mount
    with suppress(FileNotFoundError):
        command = ["umount", "--lazy", str(folder)]
        subprocess.run(command, check=False, capture_output=True)


def test_a_disk_that_is_full_is_said_and_goes_on_when_there_is_room(
    file: Path, tmp_path: Path, disk: Callable[..., None]
) -> None:
    size = file.stat().st_size
    disk(f"size={size + 700_000}")
    copied = Path(shutil.copy(file, tmp_path / "disk"))
    with installed(f"sqlite:///{copied}") as here:
        taken, refused = here.give_until_refused()
        assert told(refused) == str(away.FULL)
        assert here.given() == taken
        assert here.app.test_client().get("/api/v1/me", headers=here.headers).status_code == 200
        disk(f"remount,size={size + 20_000_000}")
        for _ in range(2):
            assert here.give(f"key-{taken}").status_code == 201
        assert here.given() == taken + 1


def test_a_disk_that_can_only_be_read_is_said_and_goes_on_when_it_can_be_written(
    file: Path, tmp_path: Path, disk: Callable[..., None]
) -> None:
    disk("size=20m")
    copied = Path(shutil.copy(file, tmp_path / "disk"))
    with installed(f"sqlite:///{copied}") as here:
        assert here.give("first").status_code == 201
        with here.app.app_context():
            db.session.remove()
            db.engine.dispose()
        disk("remount,ro")
        assert told(here.give("second")) in {str(away.READ_ONLY), str(away.AWAY)}
        disk("remount,rw")
        for _ in range(2):
            assert here.give("second").status_code == 201
        assert here.given() == 2


def test_a_file_that_may_grow_no_more_is_said_and_goes_on_when_it_may(file: Path) -> None:
    import resource  # noqa: PLC0415  (Windows has none)

    with installed(f"sqlite:///{file}") as here:
        assert here.give("first").status_code == 201
        beside = file.with_name(f"{file.name}-wal")
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        most = max(file.stat().st_size, beside.stat().st_size) + 20_000
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, hard))
        try:
            taken, refused = here.give_until_refused()
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert told(refused) in {str(away.FULL), str(away.AWAY)}
        assert here.given() == 1 + taken
        for _ in range(2):
            assert here.give(f"key-{taken}").status_code == 201
        assert here.given() == 2 + taken


# ---- A line that is cut ----


@dataclass
class Line:
    """A line to a server, which can be cut, and be down for a while."""

    reach: Callable[[], socket.socket]
    listening: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0)))
    ends: list[socket.socket] = field(default_factory=list)
    down: bool = False

    def run(self) -> None:
        threading.Thread(target=self._take, daemon=True).start()

    def cut(self) -> None:
        for end in self.ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
        self.ends.clear()

    def _take(self) -> None:
        with suppress(OSError):
            while True:
                here, _ = self.listening.accept()
                if self.down:
                    here.close()
                    continue
                there = self.reach()
                self.ends += [here, there]
                for one, other in ((here, there), (there, here)):
                    threading.Thread(target=_carry, args=(one, other), daemon=True).start()


def _carry(one: socket.socket, other: socket.socket) -> None:
    with suppress(OSError):
        while read := one.recv(1 << 16):
            other.sendall(read)
    for end in (one, other):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def line(database: str) -> Generator[tuple[Line, str]]:
    """A line to the database's server, and the database's address over it."""
    url = make_url(database)
    if url.get_backend_name() != "postgresql":
        pytest.skip("A file has no line.")
    folder = url.query.get("host")

    def reach() -> socket.socket:
        if url.host is not None:
            return socket.create_connection((url.host, url.port or 5432))
        made = socket.socket(socket.AF_UNIX)
        made.connect(f"{folder}/.s.PGSQL.5432")
        return made

    made = Line(reach)
    made.run()
    port = made.listening.getsockname()[1]
    over = url.set(host="127.0.0.1", port=port, query={})
    yield made, over.render_as_string(hide_password=False)
    made.listening.close()
    made.cut()


def test_a_line_that_is_down_is_said_and_goes_on_when_it_is_up(line: tuple[Line, str]) -> None:
    to_server, address = line
    with installed(address) as here:
        assert here.give("first").status_code == 201
        to_server.down = True
        to_server.cut()
        assert told(here.give("second")) == str(away.AWAY)
        assert here.app.test_client().get("/health").status_code == 503
        to_server.down = False
        for _ in range(2):
            assert here.give("second").status_code == 201
        assert here.given() == 2
        assert here.app.test_client().get("/health").json["database"] == "ok"


def test_a_line_that_is_cut_at_any_time_loses_and_doubles_nothing(
    line: tuple[Line, str], pytestconfig: pytest.Config
) -> None:
    """Four give, each under a key of its own, until it is acknowledged; the line is cut between."""
    cuts = 200 if pytestconfig.getoption("--long") else 5
    to_server, address = line
    acknowledged: list[str] = []
    answers: set[int] = set()
    over = threading.Event()

    def call(here: Installation, caller: int) -> None:
        number = 0
        while not over.is_set():
            status = 0
            while status != 201:
                answer = here.give(f"{caller}-{number}")
                status = answer.status_code
                answers.add(status)
            acknowledged.append(f"{caller}-{number}")
            number += 1

    with installed(address) as here:
        callers = [threading.Thread(target=call, args=(here, one)) for one in range(4)]
        for one in callers:
            one.start()
        for _ in range(cuts):
            so_far = len(acknowledged)
            while len(acknowledged) < so_far + random.randint(1, 4):  # noqa: S311
                over.wait(0.001)
            to_server.cut()
        over.set()
        for one in callers:
            one.join()
        assert here.given() == len(acknowledged) == len({*acknowledged})
        assert answers <= {201, 503}
        assert 503 in answers

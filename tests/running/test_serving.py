"""The server, as a real process."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Generator
from pathlib import Path

import pytest

from tests.ports import free_port

PATIENCE_SECONDS = 120
SECRET = "for tests only " * 4


class Server:
    """`timebank serve` on a port of its own."""

    def __init__(self, database: str, folder: Path, *options: str, **settings: str):
        self.port = free_port()
        self._said = folder / "said"
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(sys.path),
            "TIMEBANK_DATABASE_URL": database,
            "TIMEBANK_SECRET_KEY": SECRET,
            **settings,
        }
        command = [sys.executable, "-m", "timebank", "serve", "--port", str(self.port), *options]
        with self._said.open("wb") as said:
            self.process = subprocess.Popen(
                command, env=environment, stdout=said, stderr=said, cwd=folder
            )

    def said(self) -> str:
        return self._said.read_text()

    def get(self, path: str) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(
                f"http://127.0.0.1:{self.port}{path}", timeout=30
            ) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def wait_for(self, path: str, status: int) -> str:
        """Ask until the answer has that status; fail with what the server said if it never does."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            assert self.process.poll() is None, self.said()
            assert time.monotonic() < deadline, self.said()
            try:
                found, body = self.get(path)
                if found == status:
                    return body
            except OSError:
                pass
            time.sleep(0.1)

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=PATIENCE_SECONDS)


@pytest.fixture
def serve(database, tmp_path) -> Generator:
    started: list[Server] = []

    def start(*options: str, **settings: str) -> Server:
        started.append(Server(database, tmp_path, *options, **settings))
        return started[-1]

    yield start
    for server in started:
        server.process.kill()
        server.process.wait()


def test_it_serves_pages_with_a_worker_of_its_own_and_stops_when_told(serve):
    server = serve()
    health = json.loads(server.wait_for("/health", 200))
    assert health["worker"]["alive"] is True
    assert server.get("/sign-in")[0] == 200
    assert server.stop() == 0
    assert "worker stopped" in server.said()


def test_it_leaves_the_worker_to_others_when_told_so(serve):
    server = serve(TIMEBANK_WORKER="no")
    health = json.loads(server.wait_for("/health", 503))
    assert health["database"] == "ok"
    assert health["worker"] == {"alive": False, "due": 0, "heard_at": None}


several = pytest.mark.skipif(os.name == "nt", reason="There is no gunicorn for Windows.")


def workers_of(server: Server) -> list[int]:
    """The processes that have begun to work off the jobs, first to last."""
    lines = [json.loads(line) for line in server.said().splitlines() if line.startswith("{")]
    return [
        int(line["worker"].split(":")[1]) for line in lines if line["event"] == "worker started"
    ]


def processes_of(server: Server) -> set[int]:
    """All processes under the one that was started."""
    pid = server.process.pid
    return set(map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split()))


def wait_until(server: Server, happens: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not happens():
        assert time.monotonic() < deadline, server.said()
        time.sleep(0.1)


@several
def test_several_processes_answer_and_one_more_works(serve):
    server = serve("--workers", "2")
    server.wait_for("/health", 200)
    assert server.get("/sign-in")[0] == 200
    assert len(processes_of(server)) == 3
    assert len(workers_of(server)) == 1
    assert server.stop() == 0
    assert server.said().count("worker stopped") == 1


@several
def test_several_processes_leave_the_jobs_to_others_when_told_so(serve):
    server = serve("--workers", "2", TIMEBANK_WORKER="no")
    server.wait_for("/health", 503)
    assert len(processes_of(server)) == 2
    assert server.stop() == 0
    assert not workers_of(server)


@several
def test_whichever_process_is_killed_is_replaced(serve):
    server = serve("--workers", "2")
    server.wait_for("/health", 200)
    (works,) = workers_of(server)
    before = processes_of(server)
    answers = next(iter(before - {works}))
    os.kill(answers, signal.SIGKILL)
    wait_until(server, lambda: len(processes_of(server) - {answers}) == 3)
    server.wait_for("/health", 200)
    assert workers_of(server) == [works]
    os.kill(works, signal.SIGKILL)
    wait_until(server, lambda: len(workers_of(server)) == 2)
    assert len(processes_of(server) - {works, answers}) == 3
    # All are replaced on SIGHUP, and again there is one for the jobs.
    server.process.send_signal(signal.SIGHUP)
    wait_until(server, lambda: len(workers_of(server)) == 3)
    server.wait_for("/health", 200)
    assert server.stop() == 0

"""The server, as a real process."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Generator
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


@pytest.mark.skipif(os.name == "nt", reason="There is no gunicorn for Windows.")
def test_several_processes_share_the_work(serve):
    server = serve("--workers", "2")
    server.wait_for("/health", 200)
    assert server.get("/sign-in")[0] == 200
    assert server.stop() == 0
    assert server.said().count("worker stopped") == 2

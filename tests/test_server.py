"""The PostgreSQL server of a run: it is nobody else's, and does not outlive who started it."""

import os
import pathlib
import signal
import subprocess
import sys
from collections.abc import Callable

import pytest
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from tests import server

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no sockets in folders")

ROOT = pathlib.Path(__file__).parent.parent
HELD = """
import sys
from tests import server
with server.running() as url:
    print(url, flush=True)
    sys.stdin.read()
"""


def ask(url: str) -> None:
    with create_engine(url, poolclass=NullPool).connect() as connection:
        assert connection.execute(text("SELECT lower('É'), 'a' > 'B'")).one() == ("é", True)


def close(program: subprocess.Popen[str]) -> None:
    program.communicate()


def kill(program: subprocess.Popen[str]) -> None:
    program.kill()


def interrupt(program: subprocess.Popen[str]) -> None:
    program.send_signal(signal.SIGINT)


@pytest.mark.parametrize("end", [close, kill, interrupt])
def test_the_server_ends_with_whoever_started_it(
    end: Callable[[subprocess.Popen[str]], None],
) -> None:
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    command = [sys.executable, "-c", HELD]
    with subprocess.Popen(command, cwd=ROOT, text=True, **pipes) as program:
        assert program.stdout is not None
        url = program.stdout.readline().strip()
        ask(url)
        folder = pathlib.Path(str(make_url(url).query["host"]))
        assert folder.stat().st_mode & 0o077 == 0, "Others of this machine get in."
        end(program)
        # What the server's own program says goes the same way, until it has stopped the server.
        program.communicate()
    assert not folder.exists()
    with pytest.raises(OperationalError):
        ask(url)


def test_a_folder_that_the_server_could_not_use_is_passed_over_and_left_as_it_is(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed, longer = tmp_path / "closed", tmp_path / "too long"
    for folder in (closed, longer):
        folder.mkdir(mode=0o700)
    monkeypatch.setattr(server, "LONGEST", len(str(closed.resolve())))
    expected = "/" if os.geteuid() == 0 else closed.resolve()
    assert str(server.place([str(tmp_path / "none"), str(longer), str(closed), "/"])) == str(
        expected
    )
    assert closed.stat().st_mode & 0o777 == 0o700
    with pytest.raises(SystemExit, match="TMPDIR"):
        server.place([str(longer)])

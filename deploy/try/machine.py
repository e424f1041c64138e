"""Programs of one try: each in a folder of the try's own, ended with it however it ends."""

import argparse
import contextlib
import grp
import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import IO, NoReturn

ROOT = pathlib.Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"


class Failed(Exception):
    """Something that the try is about did not come to be as promised."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def program(name: str, *, package: str) -> str:
    """Where a program of Debian's is. Ends the try, with what to install, where it is not."""
    for folder in (*os.environ.get("PATH", "").split(":"), "/usr/sbin"):
        if (pathlib.Path(folder) / name).is_file():
            return str(pathlib.Path(folder) / name)
    sys.exit(f"{name} is not installed here. Debian: apt install {package}")


def postgresql(name: str) -> str:
    """Where a program of Debian's PostgreSQL is, of the newest version there is."""
    versions = sorted(
        pathlib.Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name)
    )
    if not versions:
        sys.exit("PostgreSQL is not installed here. Debian: apt install postgresql")
    return str(versions[-1] / name)


class Machine:
    """A folder, and programs that run in it. What each says is in `NAME.log` there."""

    def __init__(self, folder: pathlib.Path, user: str | None):
        self.folder = folder
        self.user = user
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def start(
        self,
        name: str,
        *command: str | pathlib.Path,
        environment: Mapping[str, str] | None = None,
        as_user: bool = True,
    ) -> "subprocess.Popen[bytes]":
        """Start a program under that name; in place of the one that had it and has ended."""
        with (self.folder / f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(
                [str(word) for word in command],
                cwd=self.folder,
                env={**os.environ, **(environment or {})},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                **self._who(as_user),
            )
        return self.running[name]

    def run(
        self,
        *command: str | pathlib.Path,
        environment: Mapping[str, str] | None = None,
        as_user: bool = True,
    ) -> str:
        """Run a program to its end and return what it says. Raises Failed when it fails."""
        done = subprocess.run(
            [str(word) for word in command],
            cwd=self.folder,
            env={**os.environ, **(environment or {})},
            capture_output=True,
            text=True,
            check=False,
            **self._who(as_user),
        )
        if done.returncode:
            raise Failed(f"{command[0]} ended with {done.returncode}: {done.stderr.strip()[-800:]}")
        return done.stdout

    def _who(self, as_user: bool) -> dict[str, object]:
        if self.user is None or not as_user:
            return {}
        entry = pwd.getpwnam(self.user)
        groups = [group.gr_gid for group in grp.getgrall() if self.user in group.gr_mem]
        return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": groups}

    def folder_of(self, name: str) -> pathlib.Path:
        """A folder of that name, of whoever the programs run as."""
        path = self.folder / name
        path.mkdir(mode=0o700)
        self.hand_over(path)
        return path

    def hand_over(self, path: pathlib.Path) -> None:
        """Have the file or folder belong to whoever the programs run as."""
        if self.user is not None:
            entry = pwd.getpwnam(self.user)
            os.chown(path, entry.pw_uid, entry.pw_gid)

    def log(self, name: str) -> str:
        path = self.folder / f"{name}.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def end(self) -> None:
        """Stop everything, those who were started last first, and kill what does not stop."""
        for process in reversed(self.running.values()):
            if process.poll() is None:
                with contextlib.suppress(OSError):
                    process.send_signal(signal.SIGTERM)
                try:
                    process.wait(timeout=20)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
        # A server of PostgreSQL outlives whoever started it.
        for file in self.folder.glob("*/postmaster.pid"):
            kill_postmaster(file.parent)


def kill_postmaster(data: pathlib.Path) -> None:
    """`kill -9` of the server over these data; its other processes end when they notice."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        os.kill(int((data / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)


@contextlib.contextmanager
def machine(*, keep: bool) -> Iterator[Machine]:
    """A folder of its own for one try. Root, whom PostgreSQL refuses, has the programs run as
    `postgres`."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="timebank-try-", dir="/tmp"))
    made = Machine(folder, "postgres" if os.geteuid() == 0 else None)
    folder.chmod(0o755)
    made.hand_over(folder)
    try:
        yield made
    finally:
        made.end()
        if keep:
            print(f"What was said is in {folder}.")
        else:
            shutil.rmtree(folder, ignore_errors=True)


def wait_for(what: str, happens: Callable[[], object], *, seconds: float) -> float:
    """Wait until it happens; after how many seconds it did. Raises Failed."""
    began = time.monotonic()
    while True:
        with contextlib.suppress(OSError, Failed, ValueError, KeyError):
            if happens():
                return time.monotonic() - began
        if time.monotonic() - began > seconds:
            raise Failed(f"{what}: not within {seconds:.0f} seconds.")
        time.sleep(0.2)


def tail(machine: Machine, names: Sequence[str], lines: int = 15) -> None:
    """Say the end of what these programs have said."""
    out: IO[str] = sys.stderr
    for name in names:
        print(f"--- {name}", *machine.log(name).splitlines()[-lines:], sep="\n", file=out)


def wait_until_well(port: int, *, seconds: float) -> float:
    """Wait until Timebank at that port says that it is well; after how many seconds it did."""

    def well() -> bool:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5) as answer:
            return answer.status == 200

    return wait_for("Timebank is well", well, seconds=seconds)


def try_out(
    options: argparse.ArgumentParser, run: Callable[[Machine, argparse.Namespace], list[str]]
) -> NoReturn:
    """Run a try with what was chosen on the command line, say what was not as promised, and end
    with 1 if anything was not."""
    options.add_argument("--keep", action="store_true", help="leave the folder with what was said")
    chosen = options.parse_args()
    with machine(keep=chosen.keep) as here:
        try:
            faults = run(here, chosen)
        except Failed as failure:
            tail(here, sorted(here.running))
            faults = [str(failure)]
        for fault in faults:
            print(f"WRONG: {fault}")
    if not faults:
        print("Everything was as promised.")
    sys.exit(1 if faults else 0)

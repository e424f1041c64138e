"""Bringing in, checking and exporting a long file of hours: seconds and peak memory of the real command, on both engines.

    .venv/bin/python -m bench.imports [--rows 100000] [--members 500] [--postgresql postgresql+psycopg://…] [--rounds 3]

Each step is the command `timebank` in a process of its own, over a scratch database: members in, hours checked, hours in,
hours in again (which changes nothing), hours out. `work` is the processor time of that process, `MB` the largest resident
set the system saw of it; on PostgreSQL the server's own come on top. Medians of the rounds, and the spread of the seconds.
"""

import argparse
import json
import os
import pathlib
import random
import statistics
import subprocess
import sys
import tempfile
import uuid
from typing import NamedTuple

from sqlalchemy import create_engine, make_url, text

from timebank import clock
from timebank.app import create_app
from timebank.banks.rules import NewBank
from timebank.config import Config
from timebank.db import migrate, transaction
from timebank.members import service as members_service

SKILLS = ("gardening", "lifts", "company", "cooking", "repairs", "forms and letters")


def write_files(folder: pathlib.Path, rows: int, people: int) -> None:
    """The same files each time: people, and hours between them over ten years."""
    draw = random.Random(20261117)  # noqa: S311 (nothing secret about it)
    with (folder / "members.csv").open("w") as out:
        out.write("number,name,email,opening_balance\n")
        out.writelines(
            f"{n},Member {n},member{n}@example.org,{draw.choice([0, 0, 60, 120])}\n"
            for n in range(1, people + 1)
        )
    with (folder / "hours.csv").open("w") as out:
        out.write(
            "reference,occurred_on,giver,receiver,minutes,skill,activity,description,channel\n"
        )
        for n in range(rows):
            giver, receiver = draw.sample(range(1, people + 1), 2)
            day = f"{2016 + n * 10 // rows}-{draw.randint(1, 12):02}-{draw.randint(1, 28):02}"
            skill = draw.choice(SKILLS)
            minutes = draw.choice([30, 60, 60, 90, 120])
            out.write(f"H{n},{day},{giver},{receiver},{minutes},{skill},,Help with {skill},paper\n")


# A small process in between: a child is charged with the memory of whoever started it.
MEASURE = """
import json, os, resource, subprocess, sys, time
begun = time.perf_counter()
child = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
_, status, usage = os.wait4(child.pid, 0)
unit = 1024 * 1024 if sys.platform == "darwin" else 1024
print(json.dumps([status, time.perf_counter() - begun, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / unit]))
"""


class Cost(NamedTuple):
    """Seconds by the clock and of this process's own work, and its largest resident set in
    megabytes."""

    seconds: float
    work: float
    memory: float


def command(database: str, *words: str) -> Cost:
    """Run the command and measure it."""
    environment = {**os.environ, "TIMEBANK_DATABASE_URL": database}
    told = subprocess.run(
        [sys.executable, "-S", "-c", MEASURE, sys.executable, "-m", "timebank", *words],
        env=environment,
        capture_output=True,
        check=True,
    )
    status, *cost = json.loads(told.stdout)
    if status:
        raise SystemExit(f"timebank {' '.join(words)} failed")
    return Cost(*cost)


def one_round(database: str, folder: pathlib.Path) -> dict[str, Cost]:
    """Every step once, in an empty bank."""
    migrate(database)
    app = create_app(Config(database_url=database, secret_key="bench " * 8))
    with app.app_context(), transaction() as session:
        members_service.open_bank(session, NewBank("Bench", slug="bench"), now=clock.now())
    to, hours = ("--bank", "bench"), str(folder / "hours.csv")
    return {
        "members in": command(database, "import", "members", str(folder / "members.csv"), *to),
        "hours checked": command(database, "import", "hours", hours, *to, "--dry-run"),
        "hours in": command(database, "import", "hours", hours, *to),
        "hours in again": command(database, "import", "hours", hours, *to),
        "hours out (csv)": command(database, "export", "hours", *to, "-o", str(folder / "out.csv")),
        "hours out (xlsx)": command(
            database, "export", "hours", *to, "-o", str(folder / "out.xlsx")
        ),
    }


def scratch(server: str, folder: pathlib.Path) -> tuple[str, str | None]:
    """The URL of a new, empty database, and on PostgreSQL its name, to be dropped afterwards."""
    name = f"timebank_bench_{uuid.uuid4().hex[:10]}"
    if server == "sqlite":
        return f"sqlite:///{folder / name}.sqlite3", None
    administer(server, f'CREATE DATABASE "{name}"')
    return make_url(server).set(database=name).render_as_string(hide_password=False), name


def administer(server: str, statement: str) -> None:
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--members", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--postgresql",
        help="the URL of a server that may be filled and emptied; without it SQLite alone",
    )
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        write_files(folder, wanted.rows, wanted.members)
        for server in ("sqlite", *([wanted.postgresql] if wanted.postgresql else [])):
            rounds = []
            for _ in range(wanted.rounds):
                database, dropped = scratch(server, folder)
                try:
                    rounds.append(one_round(database, folder))
                finally:
                    if dropped:
                        administer(server, f'DROP DATABASE "{dropped}" WITH (FORCE)')
            report(make_url(server).get_backend_name() if "://" in server else server, rounds)


def report(engine: str, rounds: list[dict[str, Cost]]) -> None:
    print(f"\n{engine:<20}{'seconds':>10}{'from':>8}{'to':>8}{'work':>8}{'MB':>8}")
    for step in rounds[0]:
        costs = [round_[step] for round_ in rounds]
        seconds = [cost.seconds for cost in costs]
        work, memory = (
            statistics.median(values) for values in zip(*[cost[1:] for cost in costs], strict=True)
        )
        median = statistics.median(seconds)
        print(
            f"{step:<20}{median:>10.1f}{min(seconds):>8.1f}{max(seconds):>8.1f}{work:>8.1f}{memory:>8.0f}"
        )


if __name__ == "__main__":
    main()

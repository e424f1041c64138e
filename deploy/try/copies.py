"""Timebank on SQLite, copied to another place every few seconds while people give each other hours;
then its machine is gone, and the last copy is put back in the other place.

    .venv/bin/python deploy/try/copies.py [--seconds 30] [--every 5] [--clients 4] [--keep]

Prints what it found, and ends with 1 when something was not as promised:

- whatever was acknowledged before the last copy was begun is there, each once, and the books prove;
- what was acknowledged after it is lost, and is said by number;
- what is sent again with its key is done once, whether it was in the copy or not.
"""

import argparse
import collections
import http.client
import shutil
import sqlite3
import sys
import time
from contextlib import closing

from machine import ROOT, Machine, free_port, try_out, wait_until_well
from people import SECRET, Crowd, make_people


def settings(url: str) -> dict[str, str]:
    return {
        "PYTHONPATH": str(ROOT),
        "TIMEBANK_DATABASE_URL": url,
        "TIMEBANK_SECRET_KEY": SECRET,
        "TIMEBANK_SECURE_COOKIES": "no",
    }


def timebank(here: Machine, url: str, *words: str) -> str:
    command = (sys.executable, "-m", "timebank", *words)
    return here.run(*command, environment=settings(url), as_user=False)


def serve(here: Machine, name: str, url: str) -> int:
    """Serve the database at `url`; the port. Returns once it is well."""
    port = free_port()
    here.start(
        name,
        *(sys.executable, "-m", "timebank", "serve", "--port", str(port)),
        environment=settings(url),
        as_user=False,
    )

    wait_until_well(port, seconds=180)
    return port


def run(here: Machine, chosen: argparse.Namespace) -> list[str]:
    """The whole try; what was not as promised."""
    home, elsewhere = here.folder_of("home"), here.folder_of("elsewhere")
    url, there = (f"sqlite:///{folder}/timebank.sqlite3" for folder in (home, elsewhere))
    timebank(here, url, "migrate")
    people = make_people(url, chosen.clients)
    port = serve(here, "home", url)
    crowd = Crowd(
        people, lambda: http.client.HTTPConnection("127.0.0.1", port, timeout=60), "localhost"
    )
    crowd.start()
    until, copies, begun = time.monotonic() + chosen.seconds, 0, 0.0
    while time.monotonic() < until:
        time.sleep(chosen.every)
        beginning = time.monotonic()
        copy = home / f"{copies}.backup"
        timebank(here, url, "backup", str(copy))
        for file in (copy, home / "forgotten.list"):
            if file.exists():
                shutil.copy(file, elsewhere)
        copies, begun = copies + 1, beginning
    here.running["home"].kill()
    here.running["home"].wait()
    crowd.stop()
    shutil.rmtree(home)
    print(f"Copies taken to the other place: {copies}. The machine is gone.", flush=True)
    began = time.monotonic()
    print(timebank(here, there, "restore", str(elsewhere / f"{copies - 1}.backup")).strip())
    port = serve(here, "elsewhere", there)
    print(f"Served in the other place after {time.monotonic() - began:.0f} s.", flush=True)

    def written() -> collections.Counter[str]:
        with closing(sqlite3.connect(elsewhere / "timebank.sqlite3")) as database:
            gifts = "SELECT message FROM gift WHERE message LIKE 'try-%'"
            return collections.Counter(message for (message,) in database.execute(gifts))

    back = written()
    owed = {message for at, message in crowd.acknowledged if at < begun}
    later = {message for at, message in crowd.acknowledged} - set(back)
    faults = []
    if owed - set(back):
        faults.append(f"Acknowledged before the copy and not in it: {len(owed - set(back))}.")
    # Everybody who is not sure sends once more what they sent last.
    again = Crowd(
        people, lambda: http.client.HTTPConnection("127.0.0.1", port, timeout=60), "localhost"
    )
    again.start()
    time.sleep(chosen.every)
    again.stop()
    double = [message for message, times in written().items() if times > 1]
    if double:
        faults.append(f"There more than once: {len(double)}, such as {double[0]}.")
    if not again.acknowledged:
        faults.append("Nothing could be given in the other place.")
    faults += crowd.wrong[:3] + again.wrong[:3]
    checked = timebank(here, there, "ledger", "check").strip().splitlines()[-1]
    print(
        f"Gifts acknowledged: {len(crowd.acknowledged)}; before the last copy {len(owed)}, all of"
        f" them back: {owed <= set(back)}; after it and lost: {len(later)}; double: {len(double)}."
    )
    print(f"The books: {checked}")
    return faults


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--seconds", type=float, default=30, help="how long people give hours")
    options.add_argument("--every", type=float, default=5, help="seconds between two copies")
    options.add_argument("--clients", type=int, default=4)
    try_out(options, run)


if __name__ == "__main__":
    main()

"""How well and how fast the directory is searched.

    .venv/bin/python -m bench.search [--offers 10000] [--database URL]

Quality: the sentences of tests/matching/evaluation against its 200 offers, by letters alone, by the
model alone, and as the search does it. Speed: so many offers, made of those 200 in ever new
company; a query at a time, in this process.
"""

import argparse
import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np
from sqlalchemy.orm import Session

from tests.factories import post_listing
from tests.matching import evaluation
from timebank import clock
from timebank.act import Act, Actor
from timebank.app import create_app
from timebank.banks import queries as banks
from timebank.banks.rules import NewBank
from timebank.config import Config
from timebank.db import migrate, reading, transaction
from timebank.matching import index, meaning, search, words
from timebank.members import service as members_service
from timebank.members.rules import NewMember
from timebank.skills import service as skills_service
from timebank.skills.rules import ListingKind

QUERIES = 300


def app_of(database: str):
    config = Config(database_url=database, secret_key="bench " * 8, secure_cookies=False)
    return create_app(config)


# ---- Quality ----


def quality(database: str) -> None:
    migrate(database)
    with app_of(database).app_context():
        with transaction() as session:
            bank = members_service.open_bank(
                session, NewBank("Bench", slug="bench"), now=clock.now()
            )
            needs = evaluation.post(session, bank, now=clock.now())
            search.embed(session, bank, now=clock.now())
        session = reading()
        bank = banks.by_slug(session, "bench")
        state = index.state_of(session, bank)
        ranked = {"letters": letters, "model": model_alone, "whole": whole}
        print(
            f"{'':10}"
            + "".join(
                f"{half + ', first ' + str(first):>16}"
                for half in ("dev", "test")
                for first in (1, 3)
            )
        )
        for name, rank in ranked.items():
            shares = []
            for half in ("dev", "test"):
                asked = [row for row in evaluation.rows("sentences") if row["half"] == half]
                orders = [rank(session, bank, state, row["sentence"]) for row in asked]
                for first in (1, 3):
                    right = sum(
                        row["needs"] in {needs[one] for one in order[:first]}
                        for row, order in zip(asked, orders, strict=True)
                    )
                    shares.append(right / len(asked))
            print(f"{name:10}" + "".join(f"{share:16.0%}" for share in shares))


def letters(session: Session, bank, state: index.State, text: str) -> list[int]:
    """By the words they share, spelt alike, the rarer the more."""
    scores = np.zeros(len(state.entries))
    for word in words.telling(text):
        found, known = state.letters(word)
        scores += found * state.rarity(known or word)
    return state.ids[np.argsort(-scores)][:3].tolist()


def model_alone(session: Session, bank, state: index.State, text: str) -> list[int]:
    """By the cosine of sentence and offer."""
    model = meaning.model()
    assert model is not None
    return state.ids[np.argsort(-(state.vectors @ model.vectors([text])[0]))][:3].tolist()


def whole(session: Session, bank, state: index.State, text: str) -> list[int]:
    return [
        hit.shown.listing.id
        for hit in search.find(
            session, bank, text, kind=ListingKind.OFFER, on=clock.now().date()
        ).hits
    ]


# ---- Speed ----


def fill(database: str, number: int) -> None:
    """The 200 offers again and again, each time with another street in its words, and vectors
    stored for all."""
    migrate(database)
    with app_of(database).app_context(), transaction() as session:
        now = clock.now()
        bank = members_service.open_bank(session, NewBank("Bench", slug="bench"), now=now)
        skills_service.plant_tree(session, bank)
        by = Actor.system(bank.id, "bench")
        holders = [
            members_service.enrol(session, bank, NewMember(f"Member {one}"), Act(by, now))
            for one in range(500)
        ]
        rows = evaluation.rows("offers")
        for one in range(number):
            row = rows[one % len(rows)]
            described = f"{row['description']} Near street number {one // len(rows)}."
            holder = holders[one % len(holders)].account_id or 0
            given = {"holder_id": holder, "title": row["title"], "description": described}
            post_listing(session, bank, "offer", Act(by, now), **given)
        search.embed(session, bank, now=now)


def speed(database: str, number: int) -> None:
    asked = [row["sentence"] for row in evaluation.rows("sentences")]
    few = [" ".join(words.telling(text)[:2]) for text in asked]
    with app_of(database).app_context():
        bank = banks.by_slug(reading(), "bench")
        on = clock.now().date()
        for name, texts in (("sentences", asked), ("one or two words", few)):
            taken = []
            for one in range(QUERIES):
                start = time.perf_counter()
                search.find(reading(), bank, texts[one % len(texts)], on=on)
                taken.append((time.perf_counter() - start) * 1000)
            taken = sorted(taken[5:])
            middle, late = statistics.median(taken), taken[int(len(taken) * 0.95)]
            print(f"{number:,} offers, {name}: median {middle:.0f} ms, p95 {late:.0f} ms")
        print(
            f"memory of the process at its peak: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB"
        )


def cold(database: str) -> None:
    """The first hit in a new process that has served nothing yet, without the time to start it."""
    start = (
        "import time; from timebank import clock; from bench.search import app_of; from timebank.banks import queries as banks;"
        "from timebank.db import reading; from timebank.matching import search\n"
        f"with app_of({database!r}).app_context():\n"
        "    start = time.perf_counter()\n"
        "    bank = banks.by_slug(reading(), 'bench')\n"
        "    search.find(reading(), bank, 'my tap has been dripping all night', on=clock.now().date())\n"
        "    print(f'first hit after a cold start: {time.perf_counter() - start:.2f} s')\n"
    )
    subprocess.run([sys.executable, "-c", start], check=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--offers", type=int, default=10_000)
    parser.add_argument(
        "--database", help="an empty database; SQLite in a temporary folder when left out"
    )
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        quality(f"sqlite:///{pathlib.Path(folder, 'quality.sqlite3')}")
        database = given.database or f"sqlite:///{pathlib.Path(folder, 'speed.sqlite3')}"
        fill(database, given.offers)
        cold(database)
        speed(database, given.offers)


if __name__ == "__main__":
    main()

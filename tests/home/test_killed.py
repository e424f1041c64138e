"""Workers that are killed, as real processes, while they write the weekly letters and while they
send them."""

import random
import time
from collections import Counter
from collections.abc import Callable, Generator
from datetime import timedelta
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import Engine, func, select, update
from sqlalchemy.orm import Session

from tests.factories import make_bank, make_member, post_listing, system
from tests.notices.test_mail import Server
from tests.ports import free_port
from tests.processes import Program
from timebank import clock
from timebank.act import Act
from timebank.db import WRITING
from timebank.home import rules, service
from timebank.jobs import models as jobs_models
from timebank.jobs import service as jobs_service
from timebank.notices.models import Notice, Preference

READERS = 40
WEEK = rules.week(clock.now(), "Europe/London") or "2026-W48"
"""On a Thursday a worker begins with that week's letters by itself: they are the same ones."""
KILLS = 3
PATIENCE_SECONDS = 300


@pytest.fixture
def post_office() -> Generator[tuple[int, Server]]:
    """A mail server that takes everything, and the port it listens on."""
    port, server = free_port(), Server()
    controller = Controller(server, hostname="127.0.0.1", port=port)
    controller.start()
    yield port, server
    controller.stop()


def write(engine: Engine, do: Callable[[Session], object]) -> None:
    with Session(engine) as session:
        session.connection(execution_options=WRITING)
        do(session)
        session.commit()


def a_bank_with_news(session: Session) -> None:
    """Members with an address, and one without who has something new to offer; the week's letters
    are to be written."""
    now = clock.now()
    bank = make_bank(session)
    for number in range(READERS):
        make_member(session, bank, f"Member {number}", email=f"m{number}@example.org")
    ben = make_member(session, bank, "Ben")
    given = {"holder_id": ben.account_id, "act": Act(system(bank), now)}
    post_listing(session, bank, "offer", title="Mending bicycles", **given)
    payload = {"bank": bank.id, "week": WEEK, "after": 0}
    jobs_service.queue(
        session, service.WRITE_DIGESTS, payload, run_at=now, key=f"{bank.id}:{WEEK}:0"
    )


def let_leases_run_out(session: Session) -> None:
    past = clock.now() - timedelta(seconds=1)
    session.execute(
        update(jobs_models.Job)
        .where(jobs_models.Job.leased_by.is_not(None))
        .values(leased_until=past)
    )


def count(engine: Engine, *wanted: object) -> int:
    with Session(engine) as session:
        return session.execute(select(func.count()).select_from(Notice).where(*wanted)).scalar_one()


def kill_again_and_again(
    engine: Engine, settings: dict[str, str], folder: Path, progress: Callable[[], int], *, end: int
) -> None:
    """Start a worker, kill it once the progress has come so far, and start another, until the end
    is reached."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    said = folder / "said"
    for wanted in [*sorted(random.sample(range(1, end - 5), KILLS)), end]:
        with Program("tests.home.digesting", "worker", settings=settings, said=said) as worker:
            while progress() < wanted:
                assert worker.poll() is None, said.read_text()[-2000:]
                assert time.monotonic() < deadline, "The worker is not getting anywhere."
                time.sleep(0.02)
            worker.kill()
        write(engine, let_leases_run_out)


def test_no_weekly_letter_is_lost_or_written_twice(
    engine: Engine, database: str, tmp_path: Path
) -> None:
    write(engine, a_bank_with_news)
    settings = {"TIMEBANK_DATABASE_URL": database}
    of_the_week = (Notice.cause == f"digest:{WEEK}",)
    kill_again_and_again(
        engine, settings, tmp_path, lambda: count(engine, *of_the_week), end=READERS
    )
    with Session(engine) as session:
        found = Counter(session.execute(select(Notice.name).where(*of_the_week)).scalars())
        sending = (
            session.execute(
                select(jobs_models.Job.payload).where(jobs_models.Job.kind == "notices.send")
            )
            .scalars()
            .all()
        )
        written = set(session.execute(select(Notice.id).where(*of_the_week)).scalars())
        told = session.execute(
            select(func.count()).select_from(Preference).where(Preference.digest_at.is_not(None))
        )
        assert told.scalar_one() == READERS
    assert found == {f"Member {number}": 1 for number in range(READERS)}
    assert sorted(payload["notice"] for payload in sending) == sorted(written)


def test_what_is_sent_is_lost_never_and_known_again_when_it_comes_twice(
    engine: Engine, database: str, post_office: tuple[int, Server], tmp_path: Path
) -> None:
    write(engine, a_bank_with_news)
    port, server = post_office
    settings = {
        "TIMEBANK_DATABASE_URL": database,
        "TIMEBANK_MAIL_SERVER": "127.0.0.1",
        "TIMEBANK_MAIL_PORT": str(port),
        "TIMEBANK_MAIL_FROM": "bank@fife.example",
    }

    def sent() -> int:
        return count(engine, Notice.cause == f"digest:{WEEK}", Notice.sent_at.is_not(None))

    kill_again_and_again(engine, settings, tmp_path, sent, end=READERS)
    identities: dict[str, set[str]] = {}
    for letter in server.letters:
        identities.setdefault(letter["To"], set()).add(letter["Message-ID"])
    assert len(identities) == READERS
    assert {len(theirs) for theirs in identities.values()} == {1}
    # A worker dies at most once between the server's yes and our note of it.
    assert len(server.letters) <= READERS + KILLS

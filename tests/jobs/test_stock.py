"""What has come in is counted by the database, and stays in whatever becomes of the counting."""

from collections.abc import Generator
from io import BytesIO

import pytest
from flask import Flask
from sqlalchemy import func, select, text
from structlog.testing import capture_logs

from tests.factories import NOW, make_bank
from tests.faults import Faults
from timebank.act import Act, Actor
from timebank.db import reading, transaction
from timebank.imports import service
from timebank.imports.rules import Imported
from timebank.jobs import service as jobs_service
from timebank.jobs.feature import feature
from timebank.jobs.models import Job
from timebank.jobs.worker import Worker
from timebank.members.models import Member

PEOPLE = 40


@pytest.fixture(autouse=True)
def in_application(app: Flask) -> Generator[None]:
    with app.app_context():
        yield


def bring_people_in() -> None:
    rows = [f"{number},Member {number},m{number}@example.org" for number in range(1, PEOPLE + 1)]
    file = BytesIO("\n".join(["number,name,email", *rows]).encode())
    with transaction() as session:
        bank = make_bank(session)
        act = Act(Actor.system(bank.id, "import"), NOW)
        service.bring_in(session, bank, service.Source(file, Imported.MEMBERS), act)


def counted() -> int:
    """How many members there are, as the database's own counting has it."""
    reading().rollback()
    if reading().get_bind().dialect.name == "postgresql":
        counts = "SELECT reltuples FROM pg_class WHERE oid = 'member'::regclass"
        return int(reading().execute(text(counts)).scalar_one())
    counts = "SELECT stat FROM sqlite_stat1 WHERE tbl = 'member'"
    return int(reading().execute(text(counts)).scalars().first().split()[0])


def jobs() -> list[Job]:
    reading().rollback()
    counting = Job.kind == jobs_service.TAKE_STOCK, Job.key.is_(None)
    return list(reading().execute(select(Job).where(*counting)).scalars())


def test_after_a_file_has_come_in_the_database_counts_it(app: Flask) -> None:
    bring_people_in()
    Worker(app, feature.jobs).run_due()
    assert counted() == PEOPLE


def test_what_waits_to_be_counted_already_is_counted_once(app: Flask) -> None:
    with transaction() as session:
        jobs_service.take_stock_soon(session, now=NOW)
        jobs_service.take_stock_soon(session, now=NOW)
    assert len(jobs()) == 1
    Worker(app, feature.jobs).run_due()
    with transaction() as session:
        jobs_service.take_stock_soon(session, now=NOW)
    assert len(jobs()) == 2


def test_a_disk_that_is_full_by_then_loses_nothing_of_it_and_that_is_said(
    app: Flask, faults: Faults
) -> None:
    bring_people_in()
    with faults.full_for_stock(), capture_logs() as lines:
        Worker(app, feature.jobs).run_due()
    assert reading().execute(select(func.count()).select_from(Member)).scalar_one() == PEOPLE
    (job,) = jobs()
    assert job.done_at is None
    assert "no room left" in str(job.error)
    assert any("no room left" in str(line.get("error")) for line in lines)
    with transaction() as session:
        session.get_one(Job, job.id).run_at = NOW
    Worker(app, feature.jobs).run_due()
    assert counted() == PEOPLE

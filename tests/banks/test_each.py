"""What every bank has done for itself."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from tests.factories import make_bank
from timebank import clock
from timebank.banks import each
from timebank.banks.each import each_bank
from timebank.db import reading, transaction
from timebank.jobs import models, service
from timebank.jobs.worker import Worker


@pytest.fixture(autouse=True)
def banks(app: Flask):
    with app.app_context():
        with transaction() as session:
            for slug in ("angus", "fife", "leith"):
                make_bank(session, slug=slug, name=slug)
        yield


def jobs(kind):
    reading().rollback()
    return reading().execute(select(models.Job).where(models.Job.kind == kind)).scalars().all()


def test_it_is_done_for_each_bank_and_what_fails_in_one_is_nothing_to_the_others(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(each, "AT_A_TIME", 2)
    reached = []

    def look(session, bank, *, now):
        reached.append(bank.slug)
        if bank.slug == "fife":
            raise ValueError

    Worker(app, each_bank("look", look, every=timedelta(days=1))).run_due()
    assert sorted(reached) == ["angus", "fife", "leith"]
    states = [(job.payload["bank"], job.done_at is not None) for job in jobs("look_of_bank")]
    assert [done for _, done in sorted(states)] == [True, False, True]


def nothing(session, bank, *, now):
    """What needs to be done for that bank."""


def test_no_bank_has_two_of_a_kind_waiting_and_has_another_once_that_is_done(app: Flask) -> None:
    def queue():
        with transaction() as session:
            service.queue_for_banks(session, "look_of_bank", [1, 2], run_at=clock.now())

    queue()
    queue()
    assert len(jobs("look_of_bank")) == 2
    Worker(app, each_bank("look", nothing, every=timedelta(days=1))[1:]).run_due()
    queue()
    assert len(jobs("look_of_bank")) == 4


def test_what_somebody_waits_for_is_done_before_what_was_queued_earlier(app: Flask) -> None:
    with transaction() as session:
        early = clock.now() - timedelta(hours=1)
        service.queue_for_banks(session, "look_of_bank", [1, 2, 3], run_at=early)
        service.queue(session, "link", {}, run_at=clock.now(), awaited=True)
        claim = service.claim(session, "w", ["look_of_bank", "link"], now=clock.now())
    assert claim is not None
    assert claim.kind == "link"

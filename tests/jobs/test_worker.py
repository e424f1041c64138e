import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select, update
from structlog.testing import capture_logs

from timebank import away, clock
from timebank.db import reading, transaction
from timebank.errors import Unavailable
from timebank.feature import Job
from timebank.jobs import models, queries, rules, service
from timebank.jobs.errors import TryLater
from timebank.jobs.worker import Worker


@pytest.fixture(autouse=True)
def in_application(app):
    """The tests of this file look at the database between the steps of a worker."""
    with app.app_context():
        yield


def queue(kind="work", payload=None, key=None):
    with transaction() as session:
        service.queue(session, kind, payload or {}, run_at=clock.now(), key=key)


def jobs():
    reading().rollback()
    return reading().execute(select(models.Job).order_by(models.Job.id)).scalars().all()


def make_due():
    """Let the time pass that a failed job has to wait, and every lease run out."""
    past = clock.now() - timedelta(seconds=1)
    with transaction() as session:
        session.execute(update(models.Job).values(run_at=past, leased_until=past))


def write_effect(session, payload, now):
    """An effect on the database that can be counted: another job, without a key."""
    service.queue(session, "effect", payload, run_at=now)


def error_of(job):
    assert job.error is not None
    return job.error


def effects():
    return [job.payload for job in jobs() if job.kind == "effect"]


def test_the_work_is_done_with_its_payload_and_marked_done(app):
    queue(payload={"n": 7})
    Worker(app, [Job("work", write_effect)]).run_due()
    assert effects() == [{"n": 7}]
    assert jobs()[0].done_at is not None


def test_a_failure_undoes_everything_and_is_tried_again(app):
    def fail_first(session, payload, now):
        write_effect(session, payload, now)
        if len(tries) == 0:
            tries.append(now)
            raise ValueError("Joan Keane, 4 Kirk Wynd")

    tries = []
    worker = Worker(app, [Job("work", fail_first)])
    queue()
    with capture_logs() as logs:
        worker.run_due()
    assert effects() == []
    assert error_of(jobs()[0]).startswith("ValueError")
    assert "Joan" not in error_of(jobs()[0])
    assert "Joan" not in str(logs)
    make_due()
    worker.run_due()
    assert len(effects()) == 1
    assert (jobs()[0].attempts, jobs()[0].error) == (2, None)


def test_after_the_last_attempt_a_job_is_given_up_and_says_why(app):
    def fail(session, payload, now):
        raise TryLater("the mail server is away")

    def give_up(session, payload, error, now):
        write_effect(session, {"error": error, **payload}, now)

    worker = Worker(app, [Job("work", fail, give_up=give_up)])
    queue(payload={"n": 7})
    for _ in range(rules.ATTEMPTS):
        assert jobs()[0].failed_at is None
        make_due()
        worker.run_due()
    assert jobs()[0].failed_at is not None
    assert jobs()[0].error == "the mail server is away"
    assert effects() == [{"error": "the mail server is away", "n": 7}]


def test_what_is_only_busy_is_tried_again_as_soon_as_it_says(app):
    def busy(session, payload, now):
        raise Unavailable(away.BUSY, seconds=5)

    queue()
    Worker(app, [Job("work", busy)]).run_due()
    (job,) = jobs()
    assert job.attempts == 1
    assert timedelta() < job.run_at - clock.now() <= timedelta(seconds=5)


def test_a_job_that_kills_its_worker_each_time_is_given_up(app):
    queue()
    for _ in range(rules.ATTEMPTS):
        with transaction() as session:
            assert service.claim(session, "killed", ["work"], now=clock.now())
        make_due()
    Worker(app, [Job("work", write_effect)]).run_due()
    assert effects() == []
    assert "stopped in the middle" in error_of(jobs()[0])


def test_a_job_taken_over_while_it_was_prepared_is_left_alone(app):
    def dawdle(session, payload, now):
        session.rollback()
        make_due()
        with transaction() as other:
            assert service.claim(other, "another", ["work"], now=clock.now())
        return payload

    queue()
    Worker(app, [Job("work", write_effect, prepare=dawdle)]).run_due()
    assert effects() == []
    assert jobs()[0].leased_by == "another"


def test_a_job_that_takes_long_is_held_while_it_is_prepared(app, monkeypatch):
    renewed = threading.Event()
    honest = service.renew

    def renew(session, claim, *, now):
        held = honest(session, claim, now=now)
        renewed.set()
        return held

    def take_long(session, payload, now):
        assert renewed.wait(30)
        return payload

    monkeypatch.setattr(service, "renew", renew)
    monkeypatch.setattr(rules, "RENEWED", timedelta(milliseconds=10))
    queue()
    Worker(app, [Job("work", write_effect, prepare=take_long)]).run_due()
    assert len(effects()) == 1


def test_what_was_prepared_is_what_the_work_gets(app):
    queue(payload={"n": 7})
    Worker(
        app,
        [
            Job(
                "work",
                write_effect,
                prepare=lambda session, payload, now: {"double": payload["n"] * 2},
            )
        ],
    ).run_due()
    assert effects() == [{"double": 14}]


def test_preparing_cannot_write(app):
    def write(session, payload, now):
        write_effect(session, payload, now)
        return payload

    queue()
    Worker(app, [Job("work", lambda *_: None, prepare=write)]).run_due()
    assert effects() == []
    assert jobs()[0].attempts == 1
    assert jobs()[0].done_at is None


def test_one_failing_job_does_not_hold_up_the_others(app):
    def fail(session, payload, now):
        raise RuntimeError

    queue("bad")
    queue("work")
    Worker(app, [Job("bad", fail), Job("work", write_effect)]).run_due()
    assert len(effects()) == 1


def test_jobs_wait_where_the_installation_cannot_do_them(app):
    queue()
    Worker(app, [Job("work", write_effect, when=lambda config: bool(config.mail_server))]).run_due()
    assert jobs()[0].attempts == 0
    Worker(app, [Job("work", write_effect, when=lambda config: not config.mail_server)]).run_due()
    assert len(effects()) == 1


def test_several_workers_queue_a_recurring_job_once_a_period(app):
    recurring = Job("work", write_effect, every=timedelta(days=20_000))
    for _ in range(3):
        Worker(app, [recurring]).run_due()
    assert len(effects()) == 1


def test_a_recurring_job_comes_again_in_the_next_period(app, monkeypatch):
    worker = Worker(app, [Job("work", write_effect, every=timedelta(hours=1))])
    start = datetime(2026, 11, 12, 10, 0, tzinfo=UTC)
    for minutes in (0, 30, 60, 90, 120):
        monkeypatch.setattr(
            clock, "now", lambda minutes=minutes: start + timedelta(minutes=minutes)
        )
        worker.run_due()
    assert len(effects()) == 3


def test_a_worker_is_heard_of_while_it_runs_and_says_when_it_leaves(app):
    heard = []

    def listen(session, payload, now):
        heard.append(queries.state(session, now).is_alive(now))
        worker.stop()

    worker = Worker(app, [Job("work", listen)])
    queue()
    worker.run()
    assert heard == [True]
    assert reading().execute(select(func.count()).select_from(models.WorkerBeat)).scalar_one() == 0


def test_a_worker_told_to_stop_finishes_the_job_in_hand_and_takes_no_other(app):
    def stop_at_once(session, payload, now):
        worker.stop()
        write_effect(session, payload, now)

    worker = Worker(app, [Job("work", stop_at_once)])
    queue(payload={"n": 1})
    queue(payload={"n": 2})
    worker.run()
    assert effects() == [{"n": 1}]
    assert jobs()[1].attempts == 0


def test_a_worker_outlives_trouble_with_the_database(app, monkeypatch):
    def away(*_):
        monkeypatch.setattr(queries, "is_due", here)
        raise ConnectionError

    here = queries.is_due
    monkeypatch.setattr("timebank.jobs.worker._TROUBLE_SECONDS", 0)
    monkeypatch.setattr(queries, "is_due", away)
    worker = Worker(app, [Job("work", lambda *_: worker.stop())])
    queue()
    worker.run()
    assert jobs()[0].done_at is not None

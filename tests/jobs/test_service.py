from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from timebank.jobs import queries, rules, service
from timebank.jobs.errors import LeaseLost
from timebank.jobs.models import Job, WorkerBeat

NOW = datetime(2026, 11, 12, 10, 42, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def queue(
    session: Session, *, key: str | None = None, kind: str = "sums", run_at: datetime = NOW
) -> None:
    service.queue(session, kind, {"n": 1}, run_at=run_at, key=key)


def claim(session: Session, worker: str = "one", now: datetime = NOW) -> service.Claim:
    taken = service.claim(session, worker, ["sums"], now=now)
    assert taken is not None
    return taken


def nothing_to_claim(session: Session, worker: str = "one", now: datetime = NOW) -> bool:
    return service.claim(session, worker, ["sums"], now=now) is None


def the_job(session: Session) -> Job:
    session.expire_all()
    return session.execute(select(Job)).scalar_one()


def test_the_same_key_is_queued_once(session):
    queue(session, key="7")
    queue(session, key="7")
    queue(session, key="8")
    queue(session, key="7", kind="others")
    assert queries.counts(session) == {("sums", "waiting"): 2, ("others", "waiting"): 1}


def test_a_key_that_was_done_is_not_queued_again(session):
    queue(session, key="7")
    service.done(session, claim(session), now=NOW)
    queue(session, key="7")
    assert queries.counts(session) == {("sums", "done"): 1}


def test_jobs_without_a_key_are_all_queued(session):
    queue(session)
    queue(session)
    assert queries.counts(session) == {("sums", "waiting"): 2}


def test_the_job_due_longest_comes_first_and_none_before_its_time(session):
    for minutes, key in ((3, "later"), (-1, "second"), (-2, "first")):
        queue(session, key=key, run_at=NOW + minutes * MINUTE)
    claims = [claim(session), claim(session)]
    keys = [session.get_one(Job, taken.job_id).key for taken in claims]
    assert keys == ["first", "second"]
    assert nothing_to_claim(session)
    assert not queries.is_due(session, ["sums"], NOW)
    assert queries.is_due(session, ["sums"], NOW + 3 * MINUTE)


def test_a_worker_takes_only_kinds_it_knows(session):
    queue(session, kind="others")
    assert nothing_to_claim(session)


def test_a_claimed_job_is_nobody_elses_until_the_lease_runs_out(session):
    queue(session)
    first = claim(session, "one")
    assert nothing_to_claim(session, "two", NOW + rules.LEASE)
    second = claim(session, "two", NOW + rules.LEASE + MINUTE)
    assert (first.attempt, second.attempt) == (1, 2)
    assert second.job_id == first.job_id


def test_a_job_in_dead_hands_is_free_within_a_minute_and_one_that_is_held_stays_held(session):
    queue(session)
    first = claim(session, "one")
    assert nothing_to_claim(session, "two", NOW + timedelta(seconds=40))
    assert service.renew(session, first, now=NOW + timedelta(seconds=40))
    assert nothing_to_claim(session, "two", NOW + timedelta(seconds=60))
    # The first has stopped saying that it is at it.
    claim(session, "two", NOW + timedelta(seconds=40) + MINUTE)
    assert not service.renew(session, first, now=NOW + 2 * MINUTE)


@pytest.mark.parametrize("end", ["done", "retry", "give_up"])
def test_a_worker_that_lost_its_lease_cannot_settle_the_job(session, end):
    queue(session)
    slow = claim(session, "slow")
    quick = claim(session, "quick", NOW + 2 * rules.LEASE)
    error = {} if end == "done" else {"error": "too slow"}
    with pytest.raises(LeaseLost):
        getattr(service, end)(session, slow, now=NOW, **error)
    service.done(session, quick, now=NOW)


def test_the_same_worker_cannot_settle_an_earlier_claim_of_its_own(session):
    queue(session)
    first = claim(session)
    claim(session, now=NOW + 2 * rules.LEASE)
    with pytest.raises(LeaseLost):
        service.done(session, first, now=NOW)


def test_a_job_is_settled_once(session):
    queue(session)
    taken = claim(session)
    service.done(session, taken, now=NOW)
    with pytest.raises(LeaseLost):
        service.retry(session, taken, error="again", now=NOW)


def test_a_failed_job_waits_and_remembers_why(session):
    queue(session)
    service.retry(session, claim(session), error="no answer", now=NOW)
    job = the_job(session)
    assert (job.error, job.run_at, job.leased_by) == ("no answer", NOW + MINUTE, None)
    assert nothing_to_claim(session)
    assert claim(session, now=NOW + MINUTE).attempt == 2


def test_a_job_given_up_stays_with_its_error_and_is_not_tried_again(session):
    queue(session)
    service.give_up(session, claim(session), error="no answer", now=NOW)
    assert the_job(session).error == "no answer"
    assert nothing_to_claim(session, now=NOW + timedelta(days=400))
    assert queries.state(session, NOW).failed == 1


def test_old_done_jobs_are_dropped_and_failed_ones_kept(session):
    for key in ("done", "failed", "recent", "waiting"):
        queue(session, key=key)
    service.done(session, claim(session), now=NOW)
    service.give_up(session, claim(session), error="", now=NOW)
    service.done(session, claim(session), now=NOW + MINUTE)
    service.beat(session, "old", now=NOW)
    service.beat(session, "new", now=NOW + MINUTE)
    service.forget(session, before=NOW + MINUTE)
    assert set(session.execute(select(Job.key)).scalars()) == {"failed", "recent", "waiting"}
    assert session.execute(select(WorkerBeat.name)).scalars().all() == ["new"]


def test_the_state_says_when_a_worker_was_heard_and_what_waits(session):
    assert queries.state(session, NOW) == queries.State(None, 0, None, 0, began=False)
    service.beat(session, "one", now=NOW - MINUTE)
    service.beat(session, "one", now=NOW)
    queue(session, run_at=NOW - MINUTE)
    queue(session, run_at=NOW + MINUTE)
    state = queries.state(session, NOW)
    assert state == queries.State(NOW, 1, NOW - MINUTE, 0, began=False)
    assert state.is_alive(NOW + rules.SILENCE)
    assert not state.is_alive(NOW + rules.SILENCE + MINUTE)
    service.leave(session, "one")
    assert not queries.state(session, NOW).is_alive(NOW)

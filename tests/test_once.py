"""A request that arrives twice is done once."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from timebank import once
from timebank.db import WRITING

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)


def test_the_first_request_is_done_and_the_second_gets_its_answer(session):
    assert once.claim(session, "member:1", "k", "hash", now=NOW) is None
    once.settle(session, "member:1", "k", status=201, body="made")
    assert once.claim(session, "member:1", "k", "hash", now=NOW) == once.Answer(201, "made")


def test_the_same_key_for_another_request_is_refused(session):
    once.claim(session, "member:1", "k", "hash", now=NOW)
    with pytest.raises(once.KeyUsedForAnother):
        once.claim(session, "member:1", "k", "another", now=NOW)


def test_keys_belong_to_whoever_sent_them(session):
    once.claim(session, "member:1", "k", "hash", now=NOW)
    assert once.claim(session, "member:2", "k", "another", now=NOW) is None


def test_a_request_that_failed_can_be_sent_again(session):
    once.claim(session, "member:1", "k", "hash", now=NOW)
    session.rollback()
    session.connection(execution_options=WRITING)
    assert once.claim(session, "member:1", "k", "hash", now=NOW) is None


def test_old_answers_are_forgotten_and_recent_ones_kept(session):
    once.claim(session, "member:1", "old", "hash", now=NOW - timedelta(days=40))
    once.claim(session, "member:1", "new", "hash", now=NOW)
    once.forget(session, before=NOW - timedelta(days=30))
    assert once.claim(session, "member:1", "old", "hash", now=NOW) is None
    assert once.claim(session, "member:1", "new", "hash", now=NOW) is not None


def test_of_two_at_the_same_moment_one_waits_for_the_other(engine):
    """The second claim returns only after the first has committed, and then with the first one's
    answer."""
    answers: list[once.Answer | None] = []
    claimed = threading.Event()

    def second() -> None:
        claimed.wait(10)
        with Session(engine) as session:
            session.connection(execution_options=WRITING)
            answers.append(once.claim(session, "member:1", "k", "hash", now=NOW))
            session.commit()

    thread = threading.Thread(target=second)
    thread.start()
    with Session(engine) as session:
        session.connection(execution_options=WRITING)
        assert once.claim(session, "member:1", "k", "hash", now=NOW) is None
        claimed.set()
        once.settle(session, "member:1", "k", status=303, body="/done")
        assert answers == []
        session.commit()
    thread.join(30)
    assert answers == [once.Answer(303, "/done")]

from datetime import timedelta

import pytest
from sqlalchemy import text

from timebank import clock
from timebank.app import create_app
from timebank.config import Config
from timebank.db import db, transaction
from timebank.jobs import rules, service

TOKEN = "a token for the tests"


@pytest.fixture
def watched(app):
    """The application with a token for its figures."""
    watched = create_app(Config(**{**vars(app.config["TIMEBANK"]), "metrics_token": TOKEN}))
    yield watched
    with watched.app_context():
        db.engine.dispose()


def hear_of_worker(app, ago=timedelta()):
    with app.app_context(), transaction() as session:
        service.beat(session, "one", now=clock.now() - ago)


def figures(app):
    answer = app.test_client().get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200
    return dict(
        line.rsplit(" ", 1) for line in answer.text.splitlines() if not line.startswith("#")
    )


def test_all_is_well_while_a_worker_is_heard_of(app):
    hear_of_worker(app)
    answer = app.test_client().get("/health")
    assert answer.status_code == 200
    assert answer.json["status"] == answer.json["database"] == "ok"
    assert answer.json["worker"]["alive"] is True


@pytest.mark.parametrize("ago", [None, rules.SILENCE + timedelta(minutes=1)])
def test_without_a_worker_it_is_not_well(app, ago):
    if ago:
        hear_of_worker(app, ago)
    answer = app.test_client().get("/health")
    assert answer.status_code == 503
    assert answer.json["worker"]["alive"] is False


def test_without_its_database_it_is_not_well(app):
    with app.app_context(), transaction() as session:
        session.execute(text("DROP TABLE worker_beat"))
    answer = app.test_client().get("/health")
    assert answer.status_code == 503
    assert answer.json["database"] == "cannot be reached"


def test_there_are_no_figures_unless_a_token_is_set(app):
    assert app.test_client().get("/metrics").status_code == 404


@pytest.mark.parametrize(
    "headers",
    [{}, {"Authorization": "Bearer wrong"}, {"Authorization": TOKEN}, {"Authorization": "Bearer "}],
)
def test_figures_are_for_the_token_only(watched, headers):
    answer = watched.test_client().get("/metrics", headers=headers)
    assert answer.status_code == 401
    assert "timebank_jobs" not in answer.text


def test_figures_count_the_jobs(watched):
    now = clock.now()
    with watched.app_context(), transaction() as session:
        for key, late in (("a", 90), ("b", 0), ("c", 0)):
            service.queue(session, "sums", {}, run_at=now - timedelta(seconds=late), key=key)
        for _ in range(2):
            taken = service.claim(session, "one", ["sums"], now=now)
            assert taken is not None
            service.done(session, taken, now=now)
    assert figures(watched)['timebank_jobs{kind="sums",state="done"}'] == "2.0"
    assert figures(watched)['timebank_jobs{kind="sums",state="waiting"}'] == "1.0"


def test_figures_say_how_late_jobs_are_and_whether_a_worker_is_there(watched):
    assert figures(watched)["timebank_worker_alive"] == "0.0"
    assert figures(watched)["timebank_job_lateness_seconds"] == "0.0"
    hear_of_worker(watched)
    with watched.app_context(), transaction() as session:
        service.queue(session, "sums", {}, run_at=clock.now() - timedelta(hours=1))
    assert figures(watched)["timebank_worker_alive"] == "1.0"
    assert 3600 <= float(figures(watched)["timebank_job_lateness_seconds"]) < 7200

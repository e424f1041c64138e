import stat
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy import make_url, text

from tests.factories import make_bank
from tests.ports import free_port
from tests.served import served
from timebank import clock
from timebank.banks.models import Bank
from timebank.config import Config
from timebank.db import db, transaction
from timebank.jobs import rules as jobs_rules
from timebank.jobs import service as jobs_service
from timebank.jobs.models import Job
from timebank.running import doctor, versions


@pytest.fixture
def config(app):
    return app.config["TIMEBANK"]


@pytest.fixture
def examine(app, lend, config):
    """`examine(mail_server="…")`: what the doctor finds, by what was examined, when the settings
    are changed like that."""

    def examined(also=(), **changes):
        # The doctor is asked about settings as they are written, and `timebank` finds a key for an
        # application without one.
        changed = Config(**{**vars(config), **changes})
        lend(app, **{**changes, "secret_key": config.secret_key})
        with app.app_context():
            findings = list(doctor.examine(changed, also))
            db.session.remove()
            db.engine.dispose()
        return {
            finding.what: finding
            for finding in sorted(findings, key=lambda found: "ok new note wrong".find(found.state))
        }

    return examined


def hear_of_worker(app, ago=timedelta()):
    with app.app_context(), transaction() as session:
        jobs_service.beat(session, "one", now=clock.now() - ago)


def test_an_installation_that_is_well(app, config, examine):
    if config.database_url.startswith("sqlite"):
        Path(make_url(config.database_url).database or "").chmod(stat.S_IRUSR | stat.S_IWUSR)
    hear_of_worker(app)
    found = examine()
    assert {name for name, finding in found.items() if finding.state == "wrong"} == set()
    assert set(found) == {
        "settings",
        "disk",
        "database",
        "migrations",
        "guards",
        "books",
        "mail",
        "texts",
        "worker",
        "backup",
        "clock",
    }
    assert found["database"].state == found["migrations"].state == found["worker"].state == "ok"


@pytest.mark.parametrize(
    ("changes", "state", "words"),
    [
        ({"secret_key": ""}, "wrong", "TIMEBANK_SECRET_KEY is not set"),
        ({"base_url": "http://fife.example"}, "wrong", "without https"),
        (
            {"base_url": "https://fife.example", "secure_cookies": False, "proxies": 1},
            *("note", "SECURE_COOKIES"),
        ),
        ({"base_url": "https://fife.example"}, "note", "TIMEBANK_PROXIES is 0"),
        ({"second_factor": "off"}, "note", "SECOND_FACTOR is off"),
    ],
)
def test_settings_that_cannot_be_meant(examine, changes, state, words):
    assert examine(**changes)["settings"].state == state
    assert words in examine(**changes)["settings"].words


def test_a_setting_that_is_none_is_pointed_out(examine, monkeypatch):
    monkeypatch.setenv("TIMEBANK_MAIL_SEVER", "mail.example")
    assert "TIMEBANK_MAIL_SEVER is no setting" in examine()["settings"].words


def test_a_silent_worker_is_wrong(app, examine):
    assert "No worker" in examine()["worker"].words
    hear_of_worker(app, jobs_rules.SILENCE + timedelta(minutes=1))
    assert examine()["worker"].state == "wrong"
    hear_of_worker(app)
    assert examine()["worker"].state == "ok"


def test_jobs_given_up_are_pointed_out(app, examine):
    hear_of_worker(app)
    with app.app_context(), transaction() as session:
        jobs_service.queue(session, "sums", {}, run_at=clock.now())
        taken = jobs_service.claim(session, "one", ["sums"], now=clock.now())
        assert taken is not None
        jobs_service.give_up(session, taken, error="no", now=clock.now())
    assert examine()["worker"].state == "note"


def test_a_mail_server_that_does_not_answer_is_wrong_and_none_at_all_worth_knowing(examine):
    assert examine()["mail"].state == "note"
    assert examine(mail_server="127.0.0.1", mail_port=free_port())["mail"].state == "wrong"


def test_a_guard_that_is_gone_is_wrong(app, examine):
    with app.app_context(), transaction() as session:
        on = "" if session.get_bind().dialect.name == "sqlite" else " ON posting"
        session.execute(text(f"DROP TRIGGER posting_moves_minutes{on}"))
    assert examine()["guards"].state == "wrong"
    assert "posting_moves_minutes" in examine()["guards"].words


def test_books_that_are_wrong_are_found(app, examine):
    with app.app_context(), transaction() as session:
        make_bank(session)
        on = "" if session.get_bind().dialect.name == "sqlite" else " ON account"
        session.execute(text(f"DROP TRIGGER account_moved_by_postings{on}"))
        session.execute(text("UPDATE account SET balance = 60 WHERE kind = 'chest'"))
    assert examine()["books"].state == "wrong"


def test_a_clock_that_has_gone_back_is_wrong(app, examine):
    hear_of_worker(app, timedelta(minutes=-1))
    assert examine()["clock"].state == "wrong"


def test_an_older_database_is_wrong_and_says_what_to_do(app, examine):
    with app.app_context(), transaction() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    assert examine()["migrations"].state == "wrong"
    assert "timebank migrate" in examine()["migrations"].words


def test_a_newer_database_is_wrong(app):
    with app.app_context(), transaction() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        with pytest.raises(versions.WrongVersion, match="newer"):
            versions.insist(session)


def test_a_database_out_of_reach_is_wrong_and_ends_the_examination(app, examine):
    with app.app_context(), transaction() as session:
        session.execute(text("DROP TABLE alembic_version"))
    found = examine()
    assert found["migrations"].state == "wrong"
    assert "worker" not in found


def test_little_room_on_the_disk_is_wrong(examine, monkeypatch):
    monkeypatch.setattr(doctor, "_LEAST_MEGABYTES", 2**40)
    assert examine()["disk"].state == "wrong"


def test_settings_are_told_without_their_secrets(config):
    told = list(
        doctor.settings(
            Config(
                secret_key="s3cret" * 6,
                seed_key="s3cret",
                database_url="postgresql+psycopg://fife:s3cret@db/fife",
            )
        )
    )
    assert "s3cret" not in str(told)
    assert (
        "TIMEBANK_SESSION_HOURS",
        "12",
        "12",
        "hours a member’s sign-in lasts without use",
    ) in told
    assert [row[1] for row in told if row[0] == "TIMEBANK_SECRET_KEY"] == ["(set)"]


def test_another_machine_is_as_this_one_is(new_app, examine):
    with served(new_app) as address:
        assert examine(also=[address])["machine"].state == "ok"


def test_another_machine_with_another_key_version_or_time_is_told_apart(
    new_app, examine, monkeypatch
):
    config = new_app.config["TIMEBANK"]
    with served(new_app) as address:
        new_app.config["TIMEBANK"] = Config(**{**vars(config), "secret_key": "another " * 8})
        assert "another TIMEBANK_SECRET_KEY" in examine(also=[address])["machine"].words
        new_app.config["TIMEBANK"] = config
        monkeypatch.setattr(doctor, "VERSION", "0.0.9")
        assert "and this one 0.0.9" in examine(also=[address])["machine"].words
        monkeypatch.undo()
        now = clock.now()
        monkeypatch.setattr(
            doctor, "clock", SimpleNamespace(now=lambda: now + timedelta(minutes=2))
        )
        assert "seconds away" in examine(also=[address])["machine"].words


def test_a_machine_that_is_away_or_is_something_else(examine):
    nobody = f"http://127.0.0.1:{free_port()}"
    assert "does not answer" in examine(also=[nobody])["machine"].words
    assert "no address" in examine(also=["10.0.0.5:8000"])["machine"].words


def test_a_proxy_that_the_settings_do_not_name(examine):
    found = examine(base_url="https://tb.example", secure_cookies=True)["settings"]
    assert "TIMEBANK_PROXIES is 0" in found.words
    named = examine(base_url="https://tb.example", secure_cookies=True, proxies=1)["settings"]
    assert "TIMEBANK_PROXIES" not in named.words


def test_what_has_never_begun_is_not_yet_on_the_first_day_and_wrong_a_day_later(app, examine):
    with app.app_context(), transaction() as session:
        bank_id = make_bank(session).id
        open_since(session, bank_id, timedelta(hours=3))
    found = examine()
    assert (found["worker"].state, found["backup"].state) == ("new", "new")
    assert "No worker has run yet" in found["worker"].words
    with app.app_context(), transaction() as session:
        open_since(session, bank_id, timedelta(hours=25))
    found = examine()
    assert (found["worker"].state, found["backup"].state) == ("wrong", "note")


def test_a_worker_that_has_run_and_is_gone_is_wrong_on_the_first_day_too(app, examine):
    with app.app_context(), transaction() as session:
        open_since(session, make_bank(session).id, timedelta(hours=3))
        session.add(Job(kind="jobs.tidy", payload={}, run_at=clock.now(), done_at=clock.now()))
    assert examine()["worker"].state == "wrong"


@pytest.mark.parametrize(("days", "state"), [(0, "ok"), (6, "ok"), (8, "note")])
def test_how_old_the_last_copy_is_is_said(app, examine, days, state):
    with app.app_context(), transaction() as session:
        make_bank(session)
        jobs_service.note_backup(session, "0048", now=clock.now() - timedelta(days=days))
    assert examine()["backup"].state == state


def open_since(session, bank_id, ago):
    session.get(Bank, bank_id).created_at = clock.now() - ago

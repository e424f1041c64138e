"""The whole application as a role that owns nothing: everything works, but what is the owner's."""

from collections.abc import Callable, Generator
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import make_url, select

from tests.browsers import Browser
from tests.conftest import Databases, _config
from tests.factories import make_bank, make_member
from tests.roles import as_role
from tests.town import _build
from timebank import clock, db
from timebank.act import Act, Actor
from timebank.app import FEATURES, create_app
from timebank.banks import queries as banks
from timebank.cli import timebank
from timebank.db import reading, transaction
from timebank.jobs.models import Job
from timebank.jobs.worker import Worker
from timebank.leaving import service as leaving_service
from timebank.leaving.rules import Farewell
from timebank.ledger import check
from timebank.moving import service as moving_service


@pytest.fixture
def url(databases: Databases) -> Generator[str]:
    with as_role(databases) as url:
        yield url


@pytest.fixture
def app(url: str) -> Generator[Flask]:
    app = create_app(_config(url))
    app.testing = True
    yield app
    with app.app_context():
        db.db.session.remove()
        db.db.engine.dispose()


def test_a_town_lives_and_its_jobs_are_done(app: Flask, sign_in: Callable[..., Browser]) -> None:
    town = _build(app, "en")
    for role in ("member", "coordinator"):
        assert sign_in(town.people[role]).get(f"/b/{town.slug}/").status_code == 200
    Worker(app, [job for feature in FEATURES for job in feature.jobs]).run_due()
    with app.app_context():
        failed = select(Job.kind, Job.error).where(Job.error.is_not(None))
        assert not reading().execute(failed).all()
        assert not check.check(reading()).faults


def test_somebody_leaves_and_a_bank_moves(app: Flask, tmp_path: Path) -> None:
    with app.app_context():
        with transaction() as session:
            bank = make_bank(session, slug="small")
            ana, _ = make_member(session, bank, "Ana"), make_member(session, bank, "Ben")
            act = Act(Actor.system(bank.id, "test"), clock.now())
            leaving_service.leave(session, bank, ana.id, FEATURES, Farewell(), act)
        archive = tmp_path / "small.zip"
        with db.snapshot() as session, archive.open("wb") as out:
            small = banks.by_slug(session, "small")
            moving_service.pack(session, small, FEATURES, out, now=clock.now())
        with transaction() as session:
            moving_service.bring(session, archive, FEATURES, slug="second", now=clock.now())
        assert not check.check(reading()).faults


def test_what_is_the_owner_s_is_refused_in_words(
    url: str, databases: Databases, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    role = make_url(url)
    owner = make_url(databases.postgresql).set(database=role.database)
    db.migrate(owner.render_as_string(hide_password=False), "-1")
    done = CliRunner().invoke(timebank, ["migrate"], env={"TIMEBANK_DATABASE_URL": url})
    assert done.exit_code == 1
    assert "as the owner" in done.output

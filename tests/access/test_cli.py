"""Opening a bank from the command line, and letting people in."""

import re
import stat
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from tests.browsers import Browser
from tests.factories import actor
from tests.processes import made_over
from timebank import cli, clock
from timebank.access import queries, service
from timebank.access.seals import Seals
from timebank.act import Act
from timebank.app import create_app
from timebank.banks.models import Bank
from timebank.cli import timebank
from timebank.config import Config
from timebank.db import db, migrate, reading, transaction
from timebank.members.models import Member
from timebank.skills import queries as skills
from timebank.skills.tree import TREE

Run = Callable[..., Result]


@pytest.fixture
def run(database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """`run("init", …)` as somebody types it in an empty folder, with nothing set but where the
    database is."""
    monkeypatch.chdir(tmp_path)
    # To make an application takes longer than most commands do.
    monkeypatch.setattr(cli, "create_app", made_over)
    for name in ("TIMEBANK_SECRET_KEY", "TIMEBANK_SECURE_COOKIES", "TIMEBANK_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TIMEBANK_DATABASE_URL", database)

    def typed(*words: str) -> Result:
        return CliRunner().invoke(timebank, list(words))

    return typed


def opened(run: Run, *more: str) -> str:
    """Make a bank and return the one-time link that was printed."""
    result = run("init", "--bank", "Fife Time Bank", "--slug", "fife", *more)
    assert result.exit_code == 0, result.output
    return re.findall(r"http://\S+/sign-in/link/\S+", result.output)[0]


def browse(link: str) -> tuple[Browser, str]:
    """A browser at the installation as it is set up in this folder, and the address of a link
    within it."""
    app = create_app(Config.from_environment())
    app.test_client_class = Browser
    browser = app.test_client()
    assert isinstance(browser, Browser)
    return browser, link.removeprefix("http://127.0.0.1:8000")


def test_a_bank_is_opened_in_an_empty_database_and_its_coordinator_signs_in(run, database):
    migrate(database, "base")
    link = opened(
        run,
        "--coordinator",
        "Maggie Dunne",
        "--email",
        "maggie@example.org",
        "--timezone",
        "Europe/Lisbon",
    )
    browser, address = browse(link)
    assert "Hello, Maggie Dunne" in browser.get(address).text
    assert browser.post(address).headers["Location"].startswith("/second-factor")
    with browser.application.app_context():
        maggie = reading().execute(select(Member)).scalar_one()
        assert (maggie.role, maggie.email, maggie.status) == (
            "coordinator",
            "maggie@example.org",
            "active",
        )
        bank = reading().get_one(Bank, maggie.bank_id)
        assert bank.timezone == "Europe/Lisbon"
        assert len(skills.tree(reading(), bank)) == len(TREE)
        db.session.remove()
        db.engine.dispose()


def test_a_second_bank_joins_the_first_and_a_taken_address_is_refused_in_words(run):
    opened(run)
    second = run("init", "--bank", "Another", "--slug", "another")
    assert second.exit_code == 0
    assert "secret key" not in second.output
    taken = run("init", "--bank", "Fife again", "--slug", "fife")
    assert taken.exit_code == 1
    assert "Another bank has the address “fife”." in taken.output
    assert "Traceback" not in taken.output


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--bank", "X", "--timezone", "Atlantis"], "is no time zone"),
        (["--bank", "X", "--slug", "Not This"], "small letters"),
        (["--bank", "X", "--email", "maggie"], "e-mail"),
        (["--bank", "  "], "name"),
    ],
)
def test_what_cannot_be_is_refused_in_words_and_nothing_is_made(run, words, says):
    result = run("init", *words)
    assert result.exit_code == 1
    assert says in result.output
    assert not Path("timebank.env").exists()
    assert run("members", "token", "1", "--bank", "x").exit_code == 1


def test_the_secret_key_is_kept_beside_the_database_for_its_owner_alone(run):
    opened(run)
    path = Path("timebank.env")
    if sys.platform != "win32":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    config = Config.from_environment()
    assert re.fullmatch(r"[0-9a-f]{64}", config.secret_key)
    assert config.secure_cookies is False  # Browsers would not send them to http://127.0.0.1:8000.
    run("init", "--bank", "Another")
    assert Config.from_environment().secret_key == config.secret_key


def test_over_https_cookies_stay_secure(run, monkeypatch):
    monkeypatch.setenv("TIMEBANK_BASE_URL", "https://time.example")
    result = run("init", "--bank", "Fife Time Bank")
    assert "https://time.example/sign-in/link/" in result.output
    assert Config.from_environment().secure_cookies is True


def test_a_secret_key_that_is_set_is_not_written_anywhere(run, monkeypatch):
    monkeypatch.setenv("TIMEBANK_SECRET_KEY", "k" * 64)
    opened(run)
    assert not Path("timebank.env").exists()


def test_other_settings_in_the_file_are_kept(run):
    Path("timebank.env").write_text("TIMEBANK_MAIL_SERVER=mail.example\n")
    opened(run)
    config = Config.from_environment()
    assert config.mail_server == "mail.example"
    assert len(config.secret_key) == 64


def test_a_token_is_printed_and_works(run):
    opened(run)
    result = run("members", "token", "1", "--bank", "fife", "--scope", "write")
    assert result.exit_code == 0
    token = result.output.strip()
    browser, _ = browse("")
    answer = browser.get("/api/v1/me", headers={"Authorization": f"Bearer {token}"})
    assert answer.json["scope"] == "write"
    with browser.application.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["members", "token", "9", "--bank", "fife"], 1),
        (["members", "token", "1", "--bank", "nowhere"], 1),
        (["members", "token", "1"], 2),
        (["members", "token", "1", "--bank", "fife", "--scope", "all"], 2),
        (["members", "link", "9", "--bank", "fife"], 1),
        (["init"], 2),
    ],
)
def test_a_refusal_exits_with_1_and_wrong_usage_with_2(run, words, code):
    opened(run)
    result = run(*words)
    assert result.exit_code == code
    assert "Traceback" not in result.output


def test_a_coordinator_who_is_locked_out_is_let_in_from_the_server(run):
    opened(run)
    browser, _ = browse("")
    with browser.application.app_context():
        with transaction() as session:
            maggie = session.execute(select(Member)).scalar_one()
            bank, seed = session.get_one(Bank, maggie.bank_id), service.new_second_factor()
            config = Config.from_environment()
            code = service.rules.HOTP(seed).at(int(clock.now().timestamp()) // 30)
            service.set_up_second_factor(
                session,
                bank,
                maggie.id,
                seed,
                code,
                Seals.of(config),
                Act(actor(maggie), clock.now()),
            )
        db.session.remove()
    result = run("members", "link", "1", "--bank", "fife", "--reset-second-factor")
    assert result.exit_code == 0, result.output
    address = result.output.strip().removeprefix("http://127.0.0.1:8000")
    assert browser.post(address).headers["Location"] == "/second-factor"
    assert browser.get("/second-factor").headers["Location"] == "/second-factor/set-up"
    with browser.application.app_context():
        maggie = reading().execute(select(Member)).scalar_one()
        assert not queries.has_second_factor(
            reading(), reading().get_one(Bank, maggie.bank_id), maggie.id
        )
        db.session.remove()
        db.engine.dispose()


def test_the_key_of_second_factors_is_changed_and_one_that_is_lost_is_given_up(run, monkeypatch):
    opened(run)
    before = Config.from_environment().seed_key
    assert re.fullmatch(r"[0-9a-f]{64}", before)
    browser, _ = browse("")
    with browser.application.app_context():
        with transaction() as session:
            maggie = session.execute(select(Member)).scalar_one()
            bank, seed = session.get_one(Bank, maggie.bank_id), service.new_second_factor()
            code = service.rules.HOTP(seed).at(int(clock.now().timestamp()) // 30)
            seals, act = Seals(before), Act(actor(maggie), clock.now())
            service.set_up_second_factor(session, bank, maggie.id, seed, code, seals, act)
        db.session.remove()
        db.engine.dispose()
    monkeypatch.setenv("TIMEBANK_SEED_KEY", "n" * 64)
    lost = run("members", "seal")
    assert lost.exit_code == 1
    assert "1 are opened by neither key" in lost.output
    monkeypatch.setenv("TIMEBANK_SEED_KEY_BEFORE", before)
    assert "1 seeds are sealed" in run("members", "seal").output
    monkeypatch.delenv("TIMEBANK_SEED_KEY_BEFORE")
    assert run("members", "seal").exit_code == 0
    monkeypatch.setenv("TIMEBANK_SEED_KEY", "m" * 64)
    given_up = run("members", "seal", "--forget-lost")
    assert given_up.exit_code == 0
    assert "1 were lost and are taken off" in given_up.output


def test_a_key_for_seals_that_anybody_could_guess_is_refused(run, monkeypatch):
    monkeypatch.setenv("TIMEBANK_SEED_KEY", "short")
    monkeypatch.setenv("TIMEBANK_SECRET_KEY", "k" * 64)
    result = run("init", "--bank", "Fife Time Bank")
    assert result.exit_code == 1
    assert "TIMEBANK_SEED_KEY is too short" in result.output

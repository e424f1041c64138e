"""Settings come from the environment, each with its type; nonsense is named."""

import os

import pytest

from timebank.app import create_app
from timebank.config import Config
from timebank.errors import Invalid


def test_the_environment_overrides_a_default():
    config = Config.from_environment(
        {"TIMEBANK_MAIL_PORT": "2525", "TIMEBANK_MAIL_USE_TLS": "yes", "OTHER": "x"}
    )
    assert config.mail_port == 2525
    assert config.mail_use_tls is True
    assert config.mail_server == ""


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("TIMEBANK_MAIL_PORT", "often"),
        ("TIMEBANK_WORKER", "perhaps"),
        ("TIMEBANK_UNDO_MINUTES", "1.5"),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused_by_name(variable, value):
    with pytest.raises(Invalid, match=f"{variable} is “{value}”"):
        Config.from_environment({variable: value})


def test_the_application_does_not_start_with_a_guessable_key():
    with pytest.raises(Invalid, match="TIMEBANK_SECRET_KEY"):
        create_app(Config(database_url="sqlite://", secret_key="short"))


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty working directory, and an environment that sets nothing."""
    for name in [name for name in os.environ if name.startswith("TIMEBANK_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_settings_may_be_kept_in_a_file_and_the_environment_wins(folder, monkeypatch):
    lines = [
        "# Settings of our bank",
        "",
        "TIMEBANK_MAIL_PORT = 2525",
        "TIMEBANK_MAIL_FROM=a=b@example.org",
        "  # no more",
    ]
    (folder / "timebank.env").write_text("\n".join(lines))
    assert Config.from_environment().mail_port == 2525
    assert Config.from_environment().mail_from == "a=b@example.org"
    monkeypatch.setenv("TIMEBANK_MAIL_PORT", "587")
    assert Config.from_environment().mail_port == 587
    assert Config.from_environment({}).mail_port == 25


@pytest.mark.parametrize(
    "line", ["TIMEBANK_MAIL_PORT", "MAIL_PORT=25", "export TIMEBANK_MAIL_PORT=25"]
)
def test_a_line_of_the_file_that_sets_nothing_is_named(folder, line):
    (folder / "timebank.env").write_text(f"# Settings\n{line}\n")
    with pytest.raises(Invalid, match="Line 2 of timebank.env"):
        Config.from_environment()


def test_without_a_file_everything_is_as_documented(folder):
    assert Config.from_environment() == Config()

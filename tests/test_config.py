"""Settings come from the environment, each with its type; nonsense is named."""

import pytest

from timebank.app import create_app
from timebank.config import Config
from timebank.errors import Invalid


def test_the_environment_overrides_a_default():
    config = Config.from_environment({"TIMEBANK_MAIL_PORT": "2525", "TIMEBANK_MAIL_USE_TLS": "yes", "OTHER": "x"})
    assert config.mail_port == 2525
    assert config.mail_use_tls is True
    assert config.mail_server == ""


@pytest.mark.parametrize(
    ("variable", "value"), [("TIMEBANK_MAIL_PORT", "often"), ("TIMEBANK_WORKER", "perhaps"), ("TIMEBANK_UNDO_MINUTES", "1.5")]
)
def test_a_value_of_the_wrong_kind_is_refused_by_name(variable, value):
    with pytest.raises(Invalid, match=f"{variable} is “{value}”"):
        Config.from_environment({variable: value})


def test_the_application_does_not_start_with_a_guessable_key():
    with pytest.raises(Invalid, match="TIMEBANK_SECRET_KEY"):
        create_app(Config(database_url="sqlite://", secret_key="short"))

"""The whole application: its features and how they come together."""

from flask import Flask

from timebank import api, db, once, web  # noqa: F401
from timebank.access import models as access_models  # noqa: F401
from timebank.banks import models as bank_models  # noqa: F401
from timebank.config import TEMPLATES, Config
from timebank.exchanges import models as exchange_models  # noqa: F401
from timebank.feature import Feature
from timebank.jobs import models as job_models  # noqa: F401
from timebank.ledger import models as ledger_models  # noqa: F401
from timebank.members import models as member_models  # noqa: F401
from timebank.notices import models as notice_models  # noqa: F401

FEATURES: tuple[Feature, ...] = ()


def create_app(config: Config | None = None) -> Flask:
    """The application, from `config` or else from the environment."""
    config = config or Config.from_environment()
    app = Flask("timebank", template_folder=str(TEMPLATES), static_folder="static")
    app.config["TIMEBANK"] = config
    app.config["SECRET_KEY"] = config.secret_key
    db.install(app, config.database_url)
    return app

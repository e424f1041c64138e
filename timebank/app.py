"""The whole application: its features and how they come together."""

from collections.abc import Sequence

from flask import Flask

from timebank import db
from timebank.access import feature as access
from timebank.access import guard
from timebank.activities import feature as activities
from timebank.api import install as api
from timebank.audit import feature as audit
from timebank.banks import feature as banks
from timebank.calendars import feature as calendars
from timebank.config import TEMPLATES, Config
from timebank.demo import feature as demo
from timebank.desk import feature as desk
from timebank.dialogue import feature as dialogue
from timebank.directory import feature as directory
from timebank.errors import Invalid
from timebank.events import feature as events
from timebank.exchanges import feature as exchanges
from timebank.feature import Feature, plug_in
from timebank.fund import feature as fund
from timebank.home import feature as home
from timebank.http import access_of
from timebank.imports import feature as imports
from timebank.jobs import feature as jobs
from timebank.leaving import feature as leaving
from timebank.ledger import feature as ledger
from timebank.lists import feature as lists
from timebank.mailings import feature as mailings
from timebank.matching import feature as matching
from timebank.measures import feature as measures
from timebank.members import feature as members
from timebank.merging import feature as merging
from timebank.messages import feature as messages
from timebank.moving import feature as moving
from timebank.neighbours import feature as neighbours
from timebank.notices import feature as notices
from timebank.phones import feature as phones
from timebank.replies import feature as replies
from timebank.reports import feature as reports
from timebank.safeguarding import feature as safeguarding
from timebank.say import say
from timebank.settings import feature as settings
from timebank.skills import feature as skills
from timebank.statement import feature as statement
from timebank.surveys import feature as surveys
from timebank.web import install as web
from timebank.web.requests import Application

FEATURES: tuple[Feature, ...] = (
    jobs.feature,
    banks.feature,
    ledger.feature,
    notices.feature,
    members.feature,
    access.feature,
    replies.feature,
    safeguarding.feature,
    skills.feature,
    exchanges.feature,
    activities.feature,
    matching.feature,
    messages.feature,
    directory.feature,
    neighbours.feature,
    calendars.feature,
    phones.feature,
    desk.feature,
    lists.feature,
    settings.feature,
    statement.feature,
    mailings.feature,
    measures.feature,
    surveys.feature,
    dialogue.feature,
    fund.feature,
    reports.feature,
    audit.feature,
    events.feature,
    home.feature,
    leaving.feature,
    merging.feature,
    imports.feature,
    moving.feature,
    demo.feature,
)


def create_app(config: Config | None = None, features: Sequence[Feature] = FEATURES) -> Flask:
    """The application, from `config` or else from the environment. Raises Invalid for settings it
    cannot run with."""
    config = config or Config.from_environment()
    if len(config.secret_key) < 32:
        raise Invalid(
            say(
                "Set TIMEBANK_SECRET_KEY to a secret of at least 32 characters, the same for every"
                " process."
            )
        )
    if 0 < len(config.seed_key) < 32:
        raise Invalid(
            say("TIMEBANK_SEED_KEY is too short: write at least 32 characters, or nothing at all.")
        )
    app = Application("timebank", template_folder=str(TEMPLATES), static_folder="static")
    app.config.update(TIMEBANK=config, SECRET_KEY=config.secret_key)
    db.install(app, config.database_url)
    csrf = web.install(app, config)
    guard.install(app)
    plug_in(app, features)
    for feature in features:
        for blueprint in feature.pages:
            app.register_blueprint(blueprint)
        if feature.install:
            feature.install(app)
    resources = [resource for feature in features for resource in feature.resources]
    api.install(app, resources, base_url=config.base_url)
    for resource in resources:
        csrf.exempt(resource)
    guard.check_marks(app)
    for view in app.view_functions.values():
        mark = access_of(view)
        if mark is not None and mark.by_program:
            csrf.exempt(view)
    return app

"""What skills plugs into the application."""

from flask import Flask

from timebank.feature import Feature
from timebank.skills import api, rules


def _install(app: Flask) -> None:
    app.add_template_filter(rules.times_in_words)


feature = Feature("skills", resources=[api.skills, api.offers, api.requests], install=_install)

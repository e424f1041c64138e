"""What desk plugs into the application."""

from timebank.desk import (
    api,
    models,  # noqa: F401
)
from timebank.desk.views import pages
from timebank.feature import Feature

feature = Feature("desk", pages=[pages], resources=[api.resource])

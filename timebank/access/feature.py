"""What signing in plugs into the application."""

from timebank.access import api, views
from timebank.feature import Feature

feature = Feature("access", pages=[views.pages], resources=[api.resources])

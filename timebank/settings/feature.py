"""What settings plugs into the application."""

from timebank.feature import Feature
from timebank.settings import api, views

feature = Feature("settings", pages=[views.pages], resources=[api.resources])

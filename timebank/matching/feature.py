"""What matching plugs into the application."""

from timebank.feature import Feature
from timebank.matching import api, views

feature = Feature("matching", pages=[views.pages], resources=[api.matches, api.introductions])

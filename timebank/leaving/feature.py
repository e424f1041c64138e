"""What leaving plugs into the application."""

from timebank.feature import Feature
from timebank.leaving import api, views

feature = Feature("leaving", pages=[views.pages], resources=[api.closings])

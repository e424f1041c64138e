"""What signing in plugs into the application."""

from timebank.access import views
from timebank.feature import Feature

feature = Feature("access", pages=[views.pages])

"""What phones plugs into the application."""

from timebank.feature import Feature
from timebank.phones import views

feature = Feature("phones", pages=[views.pages])

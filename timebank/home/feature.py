"""What home plugs into the application."""

from timebank.feature import Feature
from timebank.home import views

feature = Feature("home", pages=[views.pages])

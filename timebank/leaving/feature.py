"""What leaving plugs into the application."""

from timebank.feature import Feature
from timebank.leaving import views

feature = Feature("leaving", pages=[views.pages])

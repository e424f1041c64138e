"""What the directory plugs into the application."""

from timebank.directory import views
from timebank.feature import Feature

feature = Feature("directory", pages=[views.pages])

"""What desk plugs into the application."""

from timebank.desk.views import pages
from timebank.feature import Feature

feature = Feature("desk", pages=[pages])

"""What desk plugs into the application."""

from timebank.desk.api import desk, notes, notices
from timebank.desk.views import pages
from timebank.feature import Feature

feature = Feature("desk", pages=[pages], resources=[desk, notes, notices])

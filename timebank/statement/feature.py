"""What statement plugs into the application."""

from timebank.feature import Feature
from timebank.statement.api import resources
from timebank.statement.views import pages

feature = Feature("statement", pages=[pages], resources=[resources])

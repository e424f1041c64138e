"""What phones plugs into the application."""

from timebank.feature import Feature
from timebank.phones import cli, views

feature = Feature("phones", pages=[views.pages], commands=[cli.phones])

"""What reports plugs into the application."""

from timebank.feature import Feature
from timebank.reports import api, cli, views

feature = Feature("reports", pages=[views.pages], resources=[api.exports, api.reports], commands=[cli.export, cli.report])

"""What statement plugs into the application."""

from timebank.feature import Feature
from timebank.ledger.cli import ledger
from timebank.statement.api import common, resources
from timebank.statement.cli import statement
from timebank.statement.views import pages

ledger.add_command(statement)

feature = Feature("statement", pages=[pages], resources=[resources, common])

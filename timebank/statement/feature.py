"""What statement plugs into the application."""

from timebank.act import Role
from timebank.feature import Feature, Way
from timebank.ledger.cli import ledger
from timebank.say import say
from timebank.statement.api import common, resources
from timebank.statement.cli import statement
from timebank.statement.views import pages

ledger.add_command(statement)

feature = Feature(
    "statement",
    pages=[pages],
    resources=[resources, common],
    navigation=[
        Way(say("Statement"), "statement.show", {Role.MEMBER: 6}),
    ],
)

"""What ledger plugs into the application."""

from timebank.feature import Feature
from timebank.ledger import models  # noqa: F401
from timebank.ledger.cli import ledger

feature = Feature("ledger", commands=[ledger])

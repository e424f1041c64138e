"""What ledger plugs into the application."""

from timebank.feature import Feature
from timebank.ledger import models  # noqa: F401

feature = Feature("ledger")

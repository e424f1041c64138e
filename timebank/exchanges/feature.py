"""What exchanges plugs into the application."""

from timebank.exchanges import models  # noqa: F401
from timebank.feature import Feature

feature = Feature("exchanges")

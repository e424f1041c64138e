"""What banks plugs into the application."""

from timebank.banks import models  # noqa: F401
from timebank.feature import Feature

feature = Feature("banks")

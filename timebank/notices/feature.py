"""What notices plugs into the application."""

from timebank.feature import Feature
from timebank.notices import models  # noqa: F401

feature = Feature("notices")

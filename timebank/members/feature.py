"""What members plugs into the application."""

from timebank.feature import Feature
from timebank.members import models  # noqa: F401

feature = Feature("members")

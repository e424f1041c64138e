"""What skills plugs into the application."""

from timebank.feature import Feature
from timebank.skills import models  # noqa: F401

feature = Feature("skills")

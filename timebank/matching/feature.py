"""What matching plugs into the application."""

from timebank.feature import Feature
from timebank.matching import models  # noqa: F401

feature = Feature("matching")

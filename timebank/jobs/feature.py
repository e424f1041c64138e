"""What jobs plugs into the application."""

from timebank.feature import Feature
from timebank.jobs import models  # noqa: F401

feature = Feature("jobs")

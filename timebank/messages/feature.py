"""What messages plugs into the application."""

from timebank.feature import Feature
from timebank.messages import models  # noqa: F401

feature = Feature("messages")

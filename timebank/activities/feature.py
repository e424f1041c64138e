"""What activities plugs into the application."""

from timebank.feature import Feature

feature = Feature("activities")

"""What statement plugs into the application."""

from timebank.feature import Feature

feature = Feature("statement")

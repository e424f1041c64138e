"""What directory plugs into the application."""

from timebank.feature import Feature

feature = Feature("directory")

"""What desk plugs into the application."""

from timebank.feature import Feature

feature = Feature("desk")

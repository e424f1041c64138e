"""What measures plugs into the application: nothing yet but its name."""

from timebank.feature import Feature

feature = Feature("measures")

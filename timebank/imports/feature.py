"""What imports plugs into the application."""

from timebank.feature import Feature

feature = Feature("imports")

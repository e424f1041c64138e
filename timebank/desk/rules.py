"""What deserves a broker's attention. Pure decisions; amounts are minutes."""

from datetime import date, timedelta

QUIET_DAYS = 60
"""After so many days without help given or received, somebody may like a call."""

NEW_DAYS = 14
"""So many days a new member has to find their way before anybody asks."""

LOW = 120
"""Somebody is near their floor when so few minutes are left above it."""

NOTICES_READ = 200
"""How many waiting notices are looked through for the people to ring first."""

SHOWN = 8
"""How many of each kind the desk shows at once; more would be no list for one day."""


def quiet_since(today: date) -> date:
    """The first day on which any help counts as lately."""
    return today - timedelta(days=QUIET_DAYS)


def settled_in(today: date) -> date:
    """Who joined after this day is still finding their way."""
    return today - timedelta(days=NEW_DAYS)

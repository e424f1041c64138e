"""What a listing may say, and the times of the week. Pure decisions."""

from datetime import timedelta

KINDS = ("offer", "request")
STATUSES = ("open", "met", "withdrawn")

PLACES = ("any", "receiver_home", "giver_home", "elsewhere", "remote")
"""Where the help is given: anywhere, at the home of who is helped or of who helps, out and about, by phone or computer."""

FREQUENCIES = ("as_needed", "once", "weekly", "fortnightly", "monthly")

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
PARTS = ("morning", "afternoon", "evening")

ALL_TIMES = 2 ** (len(DAYS) * len(PARTS)) - 1
"""Every time of the week: bit 3 × day + part, Monday morning the lowest."""

LONGEST = {"title": 200, "description": 2000, "area": 80, "name": 80, "synonyms": 1000}
"""The longest text of each kind, in characters."""

OFFERS_LAST = timedelta(days=365)
REQUESTS_LAST = timedelta(days=60)
"""How long a listing stands when nobody says until when."""

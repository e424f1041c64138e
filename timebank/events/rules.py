"""Who is told of what, and for how long."""

from enum import StrEnum


class Audience(StrEnum):
    """Who may read of an event: those whose it is, every member, or coordinators. The staff read
    what members read."""

    SIDES = "sides"
    MEMBERS = "members"
    COORDINATORS = "coordinators"


KEPT_MONTHS = 12
"""For how many months events are kept. What they tell of is kept where it happened."""

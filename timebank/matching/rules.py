"""Who may be introduced, and how much each reason counts. Pure decisions."""

STATUSES = ("introduced", "agreed", "declined", "withdrawn", "done")

UNDER_WAY = ("introduced", "agreed")
"""Where an introduction still holds its request."""

WEIGHTS = {"meaning": 10, "skill": 8, "near": 4, "times": 5, "language": 3, "fairness": 4, "known": 2, "hours": 1}
"""How much each reason counts unless a bank says otherwise, 0 to 10."""

"""How long a calendar looks back."""

from datetime import timedelta

BEHIND = timedelta(days=30)
"""What was called off stays for so long, so that every calendar has heard of it; and so does what
has been."""

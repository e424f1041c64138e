"""The front page, for a visitor and for a member, and help."""

"""The broker's day: what waits to be confirmed, settled, approved, or passed on by phone."""

"""Timebank: a platform for time banks and reciprocal exchange. An hour is an hour."""

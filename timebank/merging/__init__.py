"""Merging: two members who turn out to be one person become one.

One of them *goes* and the other *stays*. Every room says what becomes of its rows
(`timebank.room.Merging`); this one asks them all, moves the hours in the books, and keeps for a day
what it takes to have both back. Why, and what was turned down:
docs/decisions/0061-two-become-one.md.
"""

"""The first page, for a visitor and for a member, and what belongs to no feature: help, privacy,
text size and colours.

The *weekly letter* is the first page that comes by itself: it says what waits, and what is new in
the directory.

Help, privacy and appearance have two addresses, with and without a bank, so that somebody who came
from a bank's page still sees that bank's name and whom to ring.
"""

"""The first page, for a visitor and for a member, and what belongs to no feature: help, privacy, text size and colours.

Help, privacy and appearance have two addresses, with and without a bank, so that somebody who came from a bank's page still
sees that bank's name and whom to ring.
"""

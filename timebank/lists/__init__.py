"""The working list of the office: members, offers, requests, what ends, exchanges and checks, each
filtered, sorted, ticked and saved, and what is then done to all that is ticked.

What is done to many is a run: it is asked about first, goes line by line, says what became of each,
and most of it can be undone. Tags, and a few fields of the bank's own, stand on members, for the
staff alone.
"""

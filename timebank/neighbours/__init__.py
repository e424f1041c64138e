"""The members of a bank, as they let one another see them: a list of neighbours, a page each, and
the thanks that both sides let be shown.

What stands on a page is its owner's choice (`members.rules.Showing`); nobody has one before they
say so. Who has none, takes no part, has left or is kept apart from the reader is as if not there.
"""

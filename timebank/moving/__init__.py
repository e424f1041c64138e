"""A bank moves whole: into one archive that can be read without us, and out of it into another
installation.

What goes along is said by each room (`timebank.archive`), and what stays behind with its reason.
The books are posted anew, in order, by the ledger itself; what they were sealed as at home is kept.
"""

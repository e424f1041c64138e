"""One-to-one time, from proposal to confirmation; gifts of hours.

`proposed → agreed → logged → confirmed`, or `declined`, `cancelled`, `disputed`, `reversed`.
`giver` and `receiver` are always of the help: the receiver's account is debited, the giver's
credited, when the other side's word confirms the log, in the same transaction. A broker may do any
step for anyone; every step keeps who entered it, on whose word and through which channel. Wrong
hours are never edited: they are reversed by a linked counter-entry and logged again.
"""

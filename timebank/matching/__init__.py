"""Who could help whom, and why: search in the directory, ranked shortlists with reasons in words,
introductions.

A search is routed: one or two words go by letters (misspellings are found), a sentence goes by
meaning. A *match* is a suggested pair with its reasons; an *introduction* is the broker's act of
putting two people in touch: both are told, contact details are shared only then, and each may
decline without a reason. Hard rules come first (checks held, people kept apart, members who pause),
then a score whose weights are the bank's own.
"""

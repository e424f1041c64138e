"""What people can do for each other: the tree of categories and skills, and the *listings* that
stand in the directory.

A listing is an *offer* (standing: "I can mend taps") or a *request* (a wish for help, with a time
window and an end). A bank edits its own tree of two levels, planted from a default one in
residents' words. Contact details are never in a listing: they are shared at an introduction. Times
of the week are a set of 21 bits, three a day; none set means not said.
"""

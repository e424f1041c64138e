"""Files from elsewhere: members, hours, gifts, offers and requests, in our own format and in
TimeOverflow's.

A file is *checked* and then *brought in*, by the same code: the check is the whole of an import but
for the writing, so that a clean check cannot fail later on the same data. Either every row goes in
or none does, unless the good rows alone are asked for; then the others come back in a file with
what to mend. Every row has a reference or a number by which a second run knows it again. What is
brought in is history: it is confirmed as it stands, tells nobody, and where it takes an account
past its limits those are widened to fit, and named. `docs/files.md` describes every format.
"""

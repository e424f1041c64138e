"""Reciprocity and social capital, measured from the books and from the registers of activities.
Reads only.

*Help* is minutes from a giver to a receiver, in a calendar window, by the day it was given and as
recorded at an instant. What was taken back is left out, whatever day it was taken back on. Repeated
help is summed: one *arc* for each giver and receiver. Only people are in the network; the chest,
organisations and groups are typed, left out, and counted as left out. *Active* are those who gave
or received in the window.

Every figure says what it is, in which window, of how many people, what was left out, and how far it
may be off; or, in words, why it cannot be said. Nothing about a network is said of fewer than 30
active people. `rules` and the modules beside it are pure functions on arrays and name the source of
each formula.
"""

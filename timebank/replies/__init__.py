"""The links by which the questions of notices are answered, each for one member and one question,
once.

A *question* is declared by the room whose it is (`room.Question`), with the page where it is
answered and the *replies* that can be given without signing in. A notice that asks one carries a
link that is made while it is sent and kept by its hash: to the question itself, where the address
is one person's alone and the word asked for is their own, and else to its page. Looking at a link
changes nothing; a reply goes through the same use case as on the page, its word having come by the
channel `link`.
"""

"""Why the fund refuses."""

from timebank.errors import Conflict


class NotOpen(Conflict):
    """The round is not at the step in which that is done."""

    code = "not_open"


class VotedAlready(Conflict):
    """One vote for each elector, and it was cast."""

    code = "voted_already"


class NotCovered(Conflict):
    """The chest or the pot does not hold what a round would share out."""

    code = "not_covered"


class PapersOut(Conflict):
    """Papers were handed out of which it is not said what became of them."""

    code = "papers_out"

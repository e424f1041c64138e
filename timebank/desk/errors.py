"""Why a slip is refused."""

from timebank.errors import Conflict
from timebank.say import Said


class SlipEntered(Conflict):
    """A slip of that number was entered before."""

    code = "slip_used"

    def __init__(self, words: Said):
        super().__init__(words, fields={"slip": words})


class EnteredAlready(Conflict):
    """The same two people have the same day in the books already; it may be the same help, told
    twice."""

    code = "entered_already"

    def __init__(self, words: Said):
        super().__init__(words, fields={"another": words})

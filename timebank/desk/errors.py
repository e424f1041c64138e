"""Why a slip is refused."""

from timebank.errors import Conflict
from timebank.say import Said


class SlipEntered(Conflict):
    """A slip of that number was entered before."""

    code = "slip_used"

    def __init__(self, words: Said):
        super().__init__(words, fields={"slip": words})

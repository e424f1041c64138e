"""Why skills refuse."""

from timebank.errors import Conflict, Invalid
from timebank.say import Said


class NameTaken(Invalid):
    """Another category or skill of the bank goes by that name."""

    code = "name_taken"

    def __init__(self, words: Said):
        super().__init__(words, fields={"name": words})


class StillUsed(Conflict):
    """The category still has skills in it."""

    code = "still_used"


class NothingToUndo(Conflict):
    """Nothing that was done with the listing can be undone any more."""

    code = "nothing_to_undo"


class ListingClosed(Conflict):
    """The listing was met or withdrawn."""

    code = "listing_closed"

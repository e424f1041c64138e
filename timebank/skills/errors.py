"""Why skills refuse."""

from timebank.errors import Conflict, Invalid


class NameTaken(Invalid):
    """Another category or skill of the bank goes by that name."""

    code = "name_taken"

    @classmethod
    def of(cls, name: str, what: str) -> "NameTaken":
        """The refusal for a `category` or a `skill` of that name."""
        words = f"There is a {what} called “{name}” already."
        return cls(words, fields={"name": words})


class StillUsed(Conflict):
    """The category still has skills in it."""

    code = "still_used"


class ListingClosed(Conflict):
    """The listing was met or withdrawn."""

    code = "listing_closed"

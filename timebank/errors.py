"""Refusals: the one vocabulary in which Timebank says no, to pages, programs and commands alike."""


class Refusal(Exception):
    """A request that cannot be granted, with words a resident understands.

    `code` is for programs, `message` for people, `fields` maps an input's name to what is wrong with it.
    """

    code = "refused"

    def __init__(self, message: str, *, fields: dict[str, str] | None = None):
        super().__init__(message)
        self.message = message
        self.fields = fields or {}


class NotFound(Refusal):
    """There is no such thing here, or none that the person asking may know of."""

    code = "not_found"


class NotAllowed(Refusal):
    """The person asking may see the thing but not do this to it."""

    code = "not_allowed"


class Conflict(Refusal):
    """The request was fine, but the thing is no longer (or not yet) in a state for it."""

    code = "conflict"


class Invalid(Refusal):
    """The input itself has to be put right."""

    code = "invalid"


class TooOften(Refusal):
    """The same was asked too often; after a pause it may be asked again."""

    code = "too_often"

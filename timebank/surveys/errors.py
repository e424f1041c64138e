"""Why surveys refuses."""

from timebank.errors import Conflict


class NotOpen(Conflict):
    """The wave takes no answers: not yet, or no more."""

    code = "not_open"


class AnsweredAlready(Conflict):
    """One answer to an invitation, and it was given."""

    code = "answered_already"


class InUse(Conflict):
    """A scale that a wave asks with, or a wave that has answers, stays as it is."""

    code = "in_use"


class CountedAlready(Conflict):
    """Equality answers are counted once in a quarter."""

    code = "counted_already"

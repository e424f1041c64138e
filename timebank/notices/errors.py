"""Why notices refuse."""

from timebank.errors import Conflict, NotFound


class NoSuchNotice(NotFound):
    """The notice is not one of this bank's, or was dropped when the person left."""


class NotACall(Conflict):
    """Only a notice that waits for somebody to pass it on can be marked as told."""

    code = "not_a_call"

"""Why the safeguarding file refuses something."""

from timebank.errors import Conflict


class NameTaken(Conflict):
    """The bank has a kind of check of this name already."""

    code = "name_taken"


class HeldAlready(Conflict):
    """Somebody holds a check of this kind: it is renewed, not written down a second time."""

    code = "held_already"


class EndedAlready(Conflict):
    """The check was renewed or ended before."""

    code = "ended_already"


class NothingToUndo(Conflict):
    """What was done with the check cannot be undone any more."""

    code = "nothing_to_undo"


class NotInUse(Conflict):
    """The bank does not look at checks of this kind any more."""

    code = "not_in_use"

"""Why two members are not made one, or not made two again."""

from timebank.errors import Conflict


class CannotMerge(Conflict):
    """Something is in the way, which has to be put right by somebody first."""

    code = "cannot_merge"


class CannotUndo(Conflict):
    """The two cannot be had back: it is too late, or too much was built on the one."""

    code = "cannot_undo"

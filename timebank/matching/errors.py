"""Why matching refuses."""

from timebank.errors import Conflict


class CannotBeIntroduced(Conflict):
    """A hard rule stands between the two: a check, people kept apart, somebody gone, a window that
    is past."""

    code = "cannot_be_introduced"


class AlreadyIntroduced(Conflict):
    """Another introduction is under way for the request: another broker was faster."""

    code = "already_introduced"


class WrongMoment(Conflict):
    """The introduction is not where this step starts from: it was answered, withdrawn or finished
    already."""

    code = "wrong_moment"

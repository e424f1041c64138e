"""Why messages refuses."""

from timebank.errors import Conflict, Invalid, TooOften


class CannotWrite(Conflict):
    """Nothing can be written to that person, or by this one, just now. What stands in the way is
    nobody's to know."""

    code = "cannot_write"


class TooManyMessages(TooOften):
    """One member has written more within an hour than anybody should have to read."""

    code = "too_many_messages"


class WordNeeded(Invalid):
    """Somebody writes for others and has not said for whom, or how they heard."""

    code = "word_needed"


class ReportedAlready(Conflict):
    """The same person has reported that message before."""

    code = "reported_already"


class SettledAlready(Conflict):
    """Another broker was faster."""

    code = "settled_already"

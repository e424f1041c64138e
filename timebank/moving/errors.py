"""Why a bank does not move."""

from timebank.errors import Conflict, Invalid


class NotYet(Conflict):
    """Something is under way in the bank that has to end first."""

    code = "not_yet"


class NoArchive(Invalid):
    """The file is no archive of a bank, or is not as it was written."""

    code = "no_archive"


class TooNew(Invalid):
    """The archive was written by a later version of Timebank."""

    code = "too_new"

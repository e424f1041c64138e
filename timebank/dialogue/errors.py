"""Why the dialogue refuses."""

from timebank.errors import Conflict


class NotInThatState(Conflict):
    """It has gone further, or not far enough, for this step."""

    code = "not_in_that_state"


class NotFramed(Conflict):
    """A conversation opens once its frame says all there is to know beforehand."""

    code = "not_framed"


class Unanswered(Conflict):
    """A conversation closes once every option has an answer."""

    code = "unanswered"


class AuditClosed(Conflict):
    """The audit takes no more sheets, or is not sorted any more."""

    code = "audit_closed"


class CodeUsed(Conflict):
    """A printed code makes one sheet count, once."""

    code = "code_used"


class TooManySheets(Conflict):
    """There are as many sheets as people on the register."""

    code = "too_many_sheets"

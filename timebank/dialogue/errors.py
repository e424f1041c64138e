"""Why the dialogue refuses."""

from timebank.errors import Conflict
from timebank.say import Said


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


class SheetsAgain(Conflict):
    """A file of sheets, or some of its sheets, may be in already: `another` says that they are
    others."""

    code = "sheets_again"

    def __init__(self, words: Said):
        super().__init__(words, fields={"another": words})


class TooManySheets(Conflict):
    """There are as many sheets as people on the register."""

    code = "too_many_sheets"

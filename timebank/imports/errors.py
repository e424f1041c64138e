"""Why a file is refused."""

from typing import Any

from timebank.errors import Conflict, Invalid
from timebank.say import Said, count, one_after_another, say


class BadRows(Invalid):
    """Rows of the file have to be mended, and nothing was written. `result` lists them, `bad_rows`
    is the file of them where one was made."""

    code = "bad_rows"

    def __init__(self, result: Any, bad_rows: bytes | None = None, *, words: Said | None = None):
        words = words or count(
            "%(n)s row has to be mended. Nothing was written.",
            "%(n)s rows have to be mended. Nothing was written.",
            result.bad,
        )
        fields = {
            f"line {problem.line}, {problem.column}": problem.mend
            for problem in result.problems[:100]
        }
        super().__init__(words, fields=fields)
        self.result = result
        self.bad_rows = bad_rows


class Unanswered(BadRows):
    """Something has to be asked before the file can be read for good, and nothing was written."""

    code = "unanswered"

    def __init__(self, result: Any):
        asked = result.shown.open
        first = say("Nothing was written, for something has to be asked first.")
        super().__init__(result, words=one_after_another([first, *(one.words for one in asked)]))
        self.fields = {one.key: one.words for one in asked}


class NotReady(Conflict):
    """The file was brought in or thrown away before, or is being read just now."""

    code = "not_ready"

"""Why a file is no table."""

from timebank.errors import Invalid
from timebank.say import Said, say


class BadFile(Invalid):
    """The file as a whole cannot be read: another encoding, a quote never closed, columns missing.
    `line` counts from 1."""

    code = "bad_file"

    def __init__(self, words: Said, *, line: int | None = None):
        words = say("Line %(line)s: %(words)s", line=str(line), words=words) if line else words
        super().__init__(words, fields={"file": words})
        self.line = line

"""What is sent in with an answer."""

from timebank.replies.rules import LONGEST_NOTE, LONGEST_REPLY, Given
from timebank.schema import Makes, Minutes, Text


class GivenIn(Makes[Given]):
    """The answer by its word, and a few words or a length of time with it."""

    reply = Text(LONGEST_REPLY, load_default="")
    note = Text(LONGEST_NOTE, load_default="")
    minutes = Minutes(load_default=None, allow_none=True)

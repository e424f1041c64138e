"""What people are told about promises. Pure: what happened in, a letter out."""

from datetime import date

from timebank.notices.rules import Letter
from timebank.say import say


def due_soon(words: str, due_on: date) -> Letter:
    """To the owner of a promise, two weeks before its day."""
    return Letter(
        say("Promised for %(day)s", day=due_on),
        [
            say("You promised: %(words)s", words=words),
            say("That is for %(day)s.", day=due_on),
            say(
                "Is it done, or does it need another day? Say so on its page, or tell your broker."
            ),
        ],
    )

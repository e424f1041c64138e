"""Text as it is kept. What a face takes has been through a schema; what a service is handed goes
through here."""

import re
import unicodedata

from timebank.errors import Invalid
from timebank.say import Said, say

_FORMULA = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")


def tidy(name: str, text: str | None, longest: int, *, required: Said | None = None) -> str:
    """The text trimmed. Raises Invalid for the field `name` when it is longer than `longest`
    characters, cannot be read, or is empty though `required` (the sentence to say then)."""
    trimmed = (text or "").replace("\r\n", "\n").strip()
    if not trimmed and required:
        raise Invalid.on(name, required)
    fault = fault_of(trimmed, longest)
    if fault:
        raise Invalid.on(name, fault)
    return trimmed


def fault_of(text: str, longest: int) -> Said | None:
    """What is wrong with a text: longer than `longest` characters, or not to be read."""
    if len(text) > longest:
        return say(
            "Write at most %(longest)s characters; this has %(number)s.",
            longest=longest,
            number=len(text),
        )
    if not text.isprintable() and any(
        unicodedata.category(letter) in ("Cc", "Cs") and letter not in "\n\t" for letter in text
    ):
        return say("Take out the characters that cannot be read.")
    return None


def guarded(text: str) -> str:
    """Text that no spreadsheet program takes for a formula: an apostrophe goes before = + - @,
    however wide they are, and before a tab or the end of a line.

    Text that begins with apostrophes before one of those gets one more, so that `unguarded` always
    gives back what was there.
    """
    return f"'{text}" if _FORMULA.match(text) else text


def unguarded(text: str) -> str:
    """The text as it was before it was guarded."""
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text

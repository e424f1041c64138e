"""Text as it is kept. What a face takes has been through a schema; what a service is handed goes
through here."""

import unicodedata

from timebank.errors import Invalid
from timebank.say import Said, say


def tidy(name: str, text: str | None, longest: int, *, required: Said | None = None) -> str:
    """The text trimmed. Raises Invalid for the field `name` when it is longer than `longest`
    characters, cannot be read, or is empty though `required` (the sentence to say then)."""
    kept = (text or "").replace("\r\n", "\n").strip()
    if not kept and required:
        raise Invalid.on(name, required)
    fault = fault_of(kept, longest)
    if fault:
        raise Invalid.on(name, fault)
    return kept


def fault_of(text: str, longest: int) -> Said | None:
    """What is wrong with a text: longer than `longest` characters, or not to be read."""
    if len(text) > longest:
        return say(
            "Write at most %(longest)s characters; this has %(number)s.",
            longest=longest,
            number=len(text),
        )
    if any(
        unicodedata.category(letter) in ("Cc", "Cs") and letter not in "\n\t" for letter in text
    ):
        return say("Take out the characters that cannot be read.")
    return None

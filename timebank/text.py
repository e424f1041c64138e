"""Text as it is kept. What a face takes has been through a schema; what a service is handed goes
through here."""

import unicodedata

from timebank.errors import Invalid


def tidy(name: str, text: str | None, longest: int, *, required: str = "") -> str:
    """The text trimmed. Raises Invalid for the field `name` when it is longer than `longest`
    characters, cannot be read, or is empty though `required` (the words to say then)."""
    kept = (text or "").replace("\r\n", "\n").strip()
    words = ""
    if not kept and required:
        words = required
    elif len(kept) > longest:
        words = f"Write at most {longest} characters; this has {len(kept)}."
    elif any(
        unicodedata.category(letter) in ("Cc", "Cs") and letter not in "\n\t" for letter in kept
    ):
        words = "Take out the characters that cannot be read."
    if words:
        raise Invalid(words, fields={name: words})
    return kept

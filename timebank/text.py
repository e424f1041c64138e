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


_STROKES = str.maketrans(
    {
        **dict.fromkeys("łŁ", "l"),
        **dict.fromkeys("øØ", "o"),
        **dict.fromkeys("đĐðÐ", "d"),
        **dict.fromkeys("ħĦ", "h"),
        **dict.fromkeys("ŧŦ", "t"),
        **dict.fromkeys("þÞ", "th"),
        **dict.fromkeys("æÆ", "ae"),
        **dict.fromkeys("œŒ", "oe"),
        "ı": "i",
    }
)
"""Letters that no normal form takes apart, by what is typed for them on other keyboards."""

_APOSTROPHES = re.compile("['’‘ʼʹ′`´＇]")
_DASHES = re.compile("[-‐‑‒–—]")


def folded(name: str) -> str:
    """A name as it is found and sorted by: without case, accents, strokes, apostrophes or doubled
    spaces, and with a space for a hyphen. (O’Neill is found as oneill, Łukasz as lukasz.)"""
    # An accent that stands alone comes apart into a space, so it is taken out before as well.
    apart = unicodedata.normalize("NFKD", _APOSTROPHES.sub("", name))
    letters = _APOSTROPHES.sub("", apart).translate(_STROKES).casefold()
    # Plain letters are the most, and have nothing to be taken out.
    plain = letters if letters.isascii() else "".join(filter(_is_seen, letters))
    return " ".join(_DASHES.sub(" ", plain).split())[:240].rstrip()


def _is_seen(letter: str) -> bool:
    return not unicodedata.combining(letter) and unicodedata.category(letter) != "Cf"

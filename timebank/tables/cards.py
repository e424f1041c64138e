"""Address cards (vCard 2.1 to 4.0) as rows: one for each card."""

import quopri
import re
from collections.abc import Iterator, Sequence
from itertools import islice

from timebank.tables.reader import Row, Sheet

HEADINGS = ("name", "phone", "other phone", "email", "address", "date of birth", "about")
"""What a card may hold of what a member has, as the first row."""

_LINE = re.compile(r"(?:[\w-]+\.)?(?P<name>[\w-]+)(?P<traits>(?:;[^:]*)?):(?P<value>.*)", re.DOTALL)
_COMPACT_DAY = re.compile(r"(\d{4})(\d{2})(\d{2})(?:T.*)?")


class Cards:
    """The cards of a file as a table."""

    padded = True
    typed = True

    def __init__(self, sheet: Sheet):
        self._sheet = sheet
        self.names: Sequence[str] = ()
        self.name = ""
        self.encoding, self.guessed = sheet.encoding, sheet.guessed
        self.size = sheet.size

    @property
    def position(self) -> int:
        """How many of its `size` bytes have been read."""
        return self._sheet.position

    def head(self, most: int) -> list[Row]:
        """The headings and the first cards."""
        return list(islice(self.rows(), most))

    def rows(self) -> Iterator[Row]:
        """The headings, then each card with the line that it begins on."""
        yield Row(0, list(HEADINGS))
        card: dict[str, str] = {}
        begins = 1
        for number, line in self._whole_lines():
            match = _LINE.fullmatch(line)
            if match is None:
                continue
            name, value = match["name"].upper(), match["value"]
            if name == "BEGIN":
                card, begins = {}, number
            elif name == "END" and any(card.values()):
                yield Row(begins, [card.get(heading, "") for heading in HEADINGS])
                card = {}
            else:
                _take(card, name, _decoded(value, match["traits"].upper()))

    def _whole_lines(self) -> Iterator[tuple[int, str]]:
        """The lines with what is folded beneath them, and their numbers."""
        begins, whole = 1, ""
        for number, line in enumerate(self._sheet.lines(), start=1):
            text = line.rstrip("\r\n")
            soft = whole.endswith("=") and "QUOTED-PRINTABLE" in whole.upper()
            if text[:1] in (" ", "\t") and whole:
                whole += text[1:]
            elif soft:
                whole = whole[:-1] + text
            else:
                yield begins, whole
                begins, whole = number, text
        yield begins, whole


def _decoded(value: str, traits: str) -> str:
    if "QUOTED-PRINTABLE" in traits:
        return quopri.decodestring(value.encode()).decode("utf-8", "replace")
    return value


def _take(card: dict[str, str], name: str, value: str) -> None:
    """Add a line of a card to what it says."""
    parts = [_plain(part) for part in re.split(r"(?<!\\);", value)]
    if name == "FN":
        card["name"] = _plain(value)
    elif name == "N":
        surname, first, middle = [*parts, "", "", ""][:3]
        # What the card is called (FN) goes before what its name is made of.
        card.setdefault("name", " ".join(filter(None, [first, middle, surname])))
    elif name == "TEL":
        number = _plain(value).removeprefix("tel:")
        card.setdefault("other phone" if "phone" in card else "phone", number)
    elif name == "EMAIL":
        card.setdefault("email", _plain(value))
    elif name == "ADR":
        card.setdefault("address", ", ".join(part for part in parts if part))
    elif name == "BDAY":
        compact = _COMPACT_DAY.fullmatch(value.strip())
        card["date of birth"] = "-".join(compact.groups()) if compact else value.strip()[:10]
    elif name == "NOTE":
        card.setdefault("about", _plain(value))


def _plain(text: str) -> str:
    """Text without what a card writes before its own signs."""
    return re.sub(r"\\([,;:\\])", r"\1", re.sub(r"\\[nN]", "\n", text)).strip()

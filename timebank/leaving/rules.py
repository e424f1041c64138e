"""How somebody goes."""

import re
from dataclasses import dataclass
from enum import StrEnum

from timebank.members.rules import FORMER
from timebank.notices.rules import part_to_look_for, renamed, spelt


class HoursLeft(StrEnum):
    """What becomes of the hours of somebody who goes: they are the chest's, or stay where nobody
    can use them."""

    CHEST = "chest"
    STAY = "stay"


@dataclass(frozen=True)
class Naming:
    """How others may have written of somebody who goes: by a whole name that they have, or had
    here, or by the first of these and their number."""

    names: tuple[str, ...]
    number: str | None

    def parts(self) -> list[tuple[str, ...]]:
        """What stands together in every text that names them, for one way after another."""
        ways = [(part_to_look_for(name),) for name in self.names]
        return [*ways, *([(part_to_look_for(self._first), self.number)] if self.number else [])]

    @property
    def _first(self) -> str:
        return self.names[0].split()[0]

    def taken_out(self, text: str) -> str:
        """The text, in which they are named no more."""
        for name in self.names:
            text = renamed(text, name, FORMER)
        if not self.number:
            return text
        first, number = spelt(self._first), re.escape(self.number)
        numbered = rf"(?<!\w){first}[\s,]*\(?\s*(?:no\.?|nr\.?|number|member|#|№)?\s*{number}\)?"
        return re.sub(rf"{numbered}(?!\w|[:.,]\d)", FORMER, text, flags=re.I)


@dataclass(frozen=True)
class Farewell:
    """What was chosen by whoever goes."""

    hours: HoursLeft = HoursLeft.CHEST

    @property
    def settle(self) -> bool:
        """Whether the account comes to nothing."""
        return self.hours == HoursLeft.CHEST

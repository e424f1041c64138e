"""How somebody goes."""

from dataclasses import dataclass
from enum import StrEnum


class HoursLeft(StrEnum):
    """What becomes of the hours of somebody who goes: they are the chest's, or stay where nobody
    can use them."""

    CHEST = "chest"
    STAY = "stay"


@dataclass(frozen=True)
class Farewell:
    """What was chosen by whoever goes."""

    hours: HoursLeft = HoursLeft.CHEST

    @property
    def settle(self) -> bool:
        """Whether the account comes to nothing."""
        return self.hours == HoursLeft.CHEST

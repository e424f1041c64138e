"""What a coordinator settles, as one value."""

from dataclasses import dataclass

from timebank.banks.rules import Settings


@dataclass(frozen=True)
class NewSettings(Settings):
    """What is settled for the bank from now on, whether new limits are given to the members there
    are, and why limits (`LIMITS`) change, if any does."""

    carry_over: bool = False
    why: str = ""


@dataclass(frozen=True)
class NewBankPicture:
    """A picture for the front page: the file as it came, and what is to be seen."""

    data: bytes
    alt: str


LONGEST_ALT = 200

LIMITS = ("member_floor", "member_ceiling", "chest_floor", "smallest_log", "largest_log")
"""The settings by which hours are limited."""

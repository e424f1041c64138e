"""What a coordinator settles, as one value."""

from dataclasses import dataclass

from timebank.banks.rules import Settings


@dataclass(frozen=True)
class NewSettings(Settings):
    """What is settled for the bank from now on, and whether new limits are given to the members
    there are."""

    carry_over: bool = False

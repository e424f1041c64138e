"""Pure decisions of the fund: what may follow what, who may, how much, how long a text."""

from enum import StrEnum


class Unit(StrEnum):
    """What a round shares out: hours of the chest, as minutes, or money, as pence."""

    MINUTES = "minutes"
    PENCE = "pence"

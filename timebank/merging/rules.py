"""What can be said of a merge without looking."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from timebank.say import say
from timebank.text import tidy

FOR = timedelta(days=1)
"""How long a merge can be undone."""

LONGEST_WHY = 1000
_WHY = say("Write how you know that they are one person: coordinators can read it.")


@dataclass(frozen=True)
class Wanted:
    """The id of the member who `stays`, and why the two are one person."""

    stays: int
    why: str

    def checked_why(self) -> str:
        """Why, as it is kept. Raises Invalid for none."""
        return tidy("why", self.why, LONGEST_WHY, required=_WHY)


def until(merged_at: datetime) -> datetime:
    """Until when a merge can be undone."""
    return merged_at + FOR

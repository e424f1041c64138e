"""An offer or a request as it is written down on the page."""

from dataclasses import dataclass

from timebank.act import Channel
from timebank.skills.rules import Details


@dataclass(frozen=True)
class WrittenListing(Details):
    """An offer or a request, and for whom it is.

    `for_id` is the account of whoever fills in the form or of somebody they act for. A broker
    writes instead who told them, as `who`, and how.
    """

    for_id: int | None = None
    who: str = ""
    channel: Channel = Channel.PHONE


@dataclass(frozen=True)
class Filters:
    """What alone is looked through: what suits a day of the week (0 is Monday), is of one part of
    the town, and is new."""

    day: int | None = None
    area: str = ""
    new: bool = False

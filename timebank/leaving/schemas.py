"""What the pages for leaving take."""

from timebank.leaving.rules import Farewell, HoursLeft
from timebank.say import say
from timebank.schema import Code, Makes


class LeaveIn(Makes[Farewell]):
    """What becomes of the hours: `chest`, or `stay` where they are."""

    hours = Code(
        HoursLeft,
        load_default=HoursLeft.CHEST,
        words=say("Choose what becomes of the hours."),
    )

"""Why events cannot be read on from somewhere."""

from timebank.errors import Conflict
from timebank.say import say


class EventsGone(Conflict):
    """What came after that number is not kept any more, or the number was never given: an older
    copy of the database was brought back."""

    code = "events_gone"

    def __init__(self) -> None:
        super().__init__(
            say(
                "What came after that is not here any more. Read the lists anew, and ask for events"
                " without “after”."
            )
        )

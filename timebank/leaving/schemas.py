"""What the pages for leaving take."""

from timebank.say import say
from timebank.schema import Choice, Schema


class LeaveIn(Schema):
    """What becomes of the hours: `chest`, or `stay` where they are."""

    hours = Choice(
        "HoursLeft",
        ("chest", "stay"),
        load_default="chest",
        words=say("Choose what becomes of the hours."),
    )

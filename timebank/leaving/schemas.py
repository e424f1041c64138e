"""What the pages for leaving take."""

from timebank.schema import OneOf, Schema


class LeaveIn(Schema):
    """What becomes of the hours: `chest`, or `stay` where they are."""

    hours = OneOf(
        "HoursLeft",
        ("chest", "stay"),
        load_default="chest",
        error="Choose what becomes of the hours.",
    )

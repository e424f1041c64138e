"""What members are told of the days on which they bring a paper."""

from datetime import date

from timebank.notices.rules import Letter, Lines
from timebank.say import Weekday, say


def booked(kind: str, day: date, words: str) -> Letter:
    """That a day is booked; `kind` is what the bank calls the check, `words` where or when."""
    body: list[Lines] = [
        say(
            # Translators: the kind of check is the bank's own name for it: "First aid certificate".
            "On %(day)s we look at your new paper for “%(kind)s”. Bring it along.",
            day=Weekday(day),
            kind=kind,
        )
    ]
    if words:
        body.append(words)
    body.append(say("Can you not come on that day? Tell your broker, and another is found."))
    return Letter(say("A day for your check: %(day)s", day=Weekday(day)), body)


def not_booked(kind: str, day: date) -> Letter:
    """That it is called off."""
    return Letter(
        say("Not on %(day)s after all", day=Weekday(day)),
        [
            say(
                "You need not bring your paper for “%(kind)s” on %(day)s. Your broker will find"
                " another day with you.",
                kind=kind,
                day=Weekday(day),
            )
        ],
    )

"""What people are told about an introduction, in the words of a neighbour. Pure: names, days and
ways to reach somebody in."""

from collections.abc import Sequence

from timebank.exchanges.rules import Side
from timebank.notices.rules import Letter
from timebank.say import Said, say

ANSWER = "matching.introduction"
"""What a letter asks about an introduction, by the kind of `asking.QUESTIONS`."""


def asked(side: Side, who: str, title: str) -> Letter:
    """To the giver about the receiver, or the other way round: nobody has the number of anybody
    yet."""
    if side == Side.GIVER:
        words = say("%(name)s could do with your help: %(title)s.", name=who, title=title)
    else:
        words = say("%(name)s would help you: %(title)s.", name=who, title=title)
    return Letter(
        say("May we introduce %(name)s?", name=who),
        [
            words,
            say(
                "Say yes or no, or tell your broker. No is a good answer too, and needs no reason."
            ),
            say(
                "Nobody is given your telephone number or e-mail address unless both of you say"
                " yes, and then only what you choose."
            ),
        ],
        ANSWER,
    )


def agreed(who: str, title: str, reached: Sequence[str]) -> Letter:
    """To each when both have said yes; `reached` are ways to reach the other, as they chose."""
    nowhere = say(
        "They have chosen to be reached through your broker, who passes on what you want to say."
    )
    return Letter(
        say("You and %(name)s both said yes", name=who),
        [
            say("%(name)s said yes too: %(title)s.", name=who, title=title),
            reached or nowhere,
            say("Agree on a day between you."),
        ],
    )


def came_to_nothing(title: str | Said) -> Letter:
    """To the one who did not decline. Neither who nor why is told: a no needs no reason."""
    return Letter(
        say("Not this time: %(title)s", title=title),
        say(
            "This one did not come about: %(title)s. It has nothing to do with you, and your broker"
            " goes on looking.",
            title=title,
        ),
    )


def withdrawn(title: str) -> Letter:
    return Letter(
        say("Called off: %(title)s", title=title),
        say(
            "Your broker has called this introduction off: %(title)s. You need do nothing more"
            " about it.",
            title=title,
        ),
    )

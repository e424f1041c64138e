"""What people are told about an introduction, in the words of a neighbour. Pure: names, days and
ways to reach somebody in."""

from collections.abc import Sequence

from timebank.exchanges.rules import Side
from timebank.notices.rules import Letter
from timebank.say import Said, say


def introduced(side: Side, who: str, title: str, reached: Sequence[str]) -> Letter:
    """To the giver about the receiver, or the other way round; `reached` are ways to reach them."""
    if side == Side.GIVER:
        words = say("%(name)s could do with your help: %(title)s.", name=who, title=title)
    else:
        words = say("%(name)s could help you: %(title)s.", name=who, title=title)
    nowhere = say(
        "There is no telephone number or e-mail address; your broker passes on what you want to"
        " say."
    )
    return Letter(
        say("May we introduce %(name)s?", name=who),
        [
            words,
            reached or nowhere,
            say(
                "Get in touch with each other, and say yes or no on the page of the introduction or"
                " to your broker. No is a good answer too, and needs no reason."
            ),
        ],
    )


def said_yes(who: str, title: str) -> Letter:
    return Letter(
        say("%(name)s said yes", name=who),
        say(
            "%(name)s said yes: %(title)s. Agree on a day between you.",
            name=who,
            title=title,
        ),
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

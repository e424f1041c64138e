"""What whoever has an idea is told of it. Pure: what was found or counted in, a letter out."""

from datetime import date

from timebank.fund.rules import Finding
from timebank.notices.rules import Letter
from timebank.say import Gap, Said, say


def found(title: str, verdict: Finding, why: str, into: str = "") -> Letter:
    """What two people found of an idea; `into` is what it is joined with."""
    if verdict == Finding.JOINED:
        words = say("It is joined with “%(other)s”, which stands for both from now on.", other=into)
    else:
        words = {
            Finding.CAN: say("Two people have looked it over, and it can be done."),
            Finding.CAN_IF: say("Two people have looked it over, and it can be done if:"),
            Finding.CANNOT: say("Two people have looked it over, and it cannot be done, because:"),
        }[verdict]
    return Letter(say("Your idea “%(title)s”", title=title), [words, why] if why else [words])


def counted(title: str, round_title: str, why: Said, *, funded: bool) -> Letter:
    """What the vote on an idea came to, and why."""
    subject = (
        say("The vote funds “%(title)s”", title=title)
        if funded
        else say("“%(title)s” is not funded this time", title=title)
    )
    words = say("The vote on “%(round)s” has been counted.", round=round_title)
    return Letter(subject, [words, why, say("Everybody can read the result, and why it is so.")])


def given(title: str, round_title: str, amount: Gap, due_on: date) -> Letter:
    """What an award gives, and by when it is told what came of it."""
    return Letter(
        say("“%(title)s” is funded", title=title),
        [
            say(
                "The vote on “%(round)s” gives %(amount)s to “%(title)s”.",
                round=round_title,
                amount=amount,
                title=title,
            ),
            say("Please tell everybody by %(day)s what came of it. A call is enough.", day=due_on),
        ],
    )

"""What a coordinator settles in a new bank."""

from sqlalchemy.orm import Session

from timebank.act import Act
from timebank.room import Answer, Bank, Link, Step
from timebank.say import say


def first_day(session: Session, bank: Bank, act: Act) -> list[Step]:
    """Whether the bank says whom to ring, has its rules, and says what it keeps."""
    page = [Answer(say("Settings"), Link("settings.show"))]
    return [
        Step(
            "contact",
            say("People know whom to ring"),
            bool(bank.contact_phone or bank.contact_email),
            say("Write a name and a telephone number or an e-mail address: every page has them."),
            page,
            place=50,
        ),
        Step(
            "rules",
            say("The rules are yours"),
            bank.settled_at is not None,
            say("Read the rules through once, change what is not yours, and keep them."),
            page,
            place=55,
        ),
        Step(
            "privacy",
            say("You say what you keep, and who answers for it"),
            bool(bank.privacy),
            say("Write what you add about privacy: who answers for it, and where to complain."),
            page,
            place=56,
        ),
    ]

"""What a new bank begins with."""

from sqlalchemy.orm import Session

from timebank.act import Act
from timebank.members import queries as members
from timebank.room import Answer, Bank, Link, Step
from timebank.say import say


def first_day(session: Session, bank: Bank, act: Act) -> list[Step]:
    """Whether anybody is there besides the staff."""
    return [
        Step(
            "members",
            say("The first members are in"),
            members.has_residents(session, bank),
            say("Bring in the spreadsheet you have, or write a first member in."),
            [
                Answer(say("Bring a file in"), Link("imports.new"), main=True),
                Answer(say("Write a first member in"), Link("members.new")),
            ],
            place=80,
        )
    ]

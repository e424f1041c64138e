"""What a new bank has to have before its staff can work."""

from sqlalchemy.orm import Session

from timebank.access import queries
from timebank.act import Act
from timebank.room import Answer, Bank, Link, Step
from timebank.say import say


def first_day(session: Session, bank: Bank, act: Act) -> list[Step]:
    """Whether the staff have a second factor, and a broker has a way in."""
    without = queries.staff_without_second_factor(session, bank)
    names = [one.name for one in without]
    mine = any(one.id == act.by.member_id for one in without)
    return [
        Step(
            "second_factor",
            say("The staff sign in with a second factor"),
            not without,
            say("Set up your second factor: without one, a stolen password opens the books.")
            if mine
            else say("Ask %(names)s to set up a second factor.", names=names),
            [Answer(say("Set it up"), Link("access.ways"))] if mine else [],
            place=30,
        ),
        Step(
            "broker",
            say("A broker is invited"),
            queries.has_invited_broker(session, bank),
            say("Write a broker in, give them the role, and make them a link to sign in with."),
            [Answer(say("Write a broker in"), Link("members.new"))],
            place=40,
        ),
    ]

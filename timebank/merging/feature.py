"""What merging plugs into the application."""

from datetime import datetime

from sqlalchemy.orm import Session

from timebank.act import Act, Actor
from timebank.archive import Archive, Behind
from timebank.banks.models import Bank
from timebank.feature import Feature, plugged_in
from timebank.members import merges
from timebank.members import queries as members
from timebank.merging import api, cli, rules, service, views
from timebank.room import Member
from timebank.say import say


def expire(session: Session, bank: Bank, now: datetime) -> None:
    """What it takes to have somebody back is kept for a day."""
    act = Act(Actor.system(bank.id, "expire"), now)
    for row in members.merges(session, bank, unforgotten=True):
        if rules.until(row.at) <= now:
            service.forget(session, bank, row, plugged_in(), act)


def forget(session: Session, bank: Bank, member: Member, act: Act) -> None:
    """Whoever turned out to be the same person goes with them, and no number of theirs leads to
    anybody any more."""
    for row in members.merges_into(session, bank, member.id):
        if row.forgotten_at is None:
            service.forget(session, bank, row, plugged_in(), act)
    merges.forget_numbers(session, bank, member.id)


_FOR_A_DAY = say("It is what it takes to undo, within a day, that two members became one.")

feature = Feature(
    "merging",
    pages=[views.pages],
    resources=[api.merges],
    commands=[cli.merging],
    expire=expire,
    forget=forget,
    archive=Archive(behind=(Behind("merge_change", _FOR_A_DAY), Behind("merge_entry", _FOR_A_DAY))),
)

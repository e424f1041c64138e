"""What the office of the demonstration keeps for its own work: tags, and a list that is saved."""

from sqlalchemy.orm import Session

from timebank.act import Act
from timebank.banks.models import Bank
from timebank.lists import queries as lists
from timebank.lists import service as lists_service
from timebank.lists.rules import Kept, NewName, Wanted
from timebank.members import queries as members

TAGS = ("Drives", "First aid", "Key holder", "Lives alone")
"""What the staff call people by, in the order in which they began to."""


def fill(session: Session, bank: Bank, act: Act) -> None:
    """The broker (`act.by`) has tagged a third of the members, and saved the list of those who
    drive."""
    for place, member in enumerate(members.active(session, bank)[::3]):
        keeps = Kept(new_tags=[TAGS[place % len(TAGS)]])
        lists_service.keep(session, bank, member.id, keeps, act)
    tags = {one.name: one.id for one in lists.tags(session, bank)}
    if TAGS[0] in tags:
        drivers = Wanted(tag=tags[TAGS[0]])
        lists_service.save_list(session, bank, drivers, NewName("Drivers"), act)

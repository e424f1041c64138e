"""What the office of the demonstration keeps for its own work, and says to many: tags, a list that
is saved, a letter to it, an announcement."""

from datetime import timedelta

from sqlalchemy.orm import Session

from timebank.act import Act
from timebank.banks.models import Bank
from timebank.clock import local_date
from timebank.lists import queries as lists
from timebank.lists import service as lists_service
from timebank.lists.rules import Kept, NewName, Wanted
from timebank.mailings import service as mailings_service
from timebank.mailings.rules import NewAnnouncement, NewMailing, Recipients
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
        saved = lists_service.save_list(session, bank, drivers, NewName("Drivers"), act)
        letter = mailings_service.write(
            session, bank, _LETTER, Recipients(saved_list=saved.id), act
        )
        mailings_service.send(session, bank, letter.id, act)
    on = local_date(act.now, bank.timezone)
    days = (on - timedelta(days=2), on + timedelta(days=12))
    mailings_service.announce(session, bank, NewAnnouncement(*_ANNOUNCED, *days), act)


_LETTER = NewMailing(
    "Lifts to the winter lunch",
    "Dear {first name},\n\nthe winter lunch is on the second Thursday of December, and nine people"
    " have no way to get there. Could you bring one of them, and take them home? Ring me, and I"
    " will tell you who lives near you.\n\nMaggie",
)
_ANNOUNCED = (
    "The hall is shut until the roof is done",
    "The Tuesday lunch and the repair table are in the library meanwhile, at the same times. The"
    " side door has no step.",
)

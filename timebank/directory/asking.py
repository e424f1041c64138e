"""What notices ask about offers and requests, and how it is answered by the link they carry."""

from sqlalchemy.orm import Session

from timebank.act import Act
from timebank.banks.models import Bank
from timebank.clock import local_date
from timebank.directory.service import ENDING
from timebank.members.service import FIRST_OFFER
from timebank.room import Asked, Link, Question, Reply, Written
from timebank.say import Weekday, say
from timebank.skills import queries as skills
from timebank.skills import service as skills_service
from timebank.skills.rules import NOTICE, ListingStatus


def _ending(session: Session, bank: Bank, listing_id: int, act: Act) -> Asked:
    """Whether a listing is to stand on, until it has been said. Raises NotFound."""
    listing = skills.listing(session, bank, listing_id)
    become = None
    if listing.status != ListingStatus.OPEN:
        become = say("This was taken out of the directory already.")
    elif listing.ends_on - local_date(act.now, bank.timezone) > NOTICE:
        become = say("This stands in the directory until %(day)s.", day=Weekday(listing.ends_on))
    page = Link("directory.show", {"listing_id": listing_id})
    return Asked(page, listing.account_id, become)


def _stand_on(session: Session, bank: Bank, listing_id: int, act: Act, written: Written) -> object:
    return skills_service.renew(session, bank, listing_id, act)


def _take_down(session: Session, bank: Bank, listing_id: int, act: Act, written: Written) -> object:
    return skills_service.withdraw(session, bank, listing_id, act)


def _first_offer(session: Session, bank: Bank, member_id: int, act: Act) -> Asked:
    return Asked(Link("directory.new", {"listing_kind": "offers"}))


QUESTIONS = {
    ENDING: Question(
        say("Say whether it stands on"),
        _ending,
        {
            "on": Reply(
                say("Let it stand on"),
                say("It stands on in the directory."),
                _stand_on,
                main=True,
            ),
            "down": Reply(
                say("Take it out"),
                say("It stands in the directory no more."),
                _take_down,
            ),
        },
        by_word=True,
    ),
    FIRST_OFFER: Question(say("Sign in and say what you could do"), _first_offer),
}
"""By the kinds of the letters."""

"""What waits among the listings."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from timebank.act import Act
from timebank.banks.models import Bank
from timebank.clock import local_date
from timebank.room import LINES, Line, Link, Person, Place, Waiting
from timebank.say import say
from timebank.skills import queries
from timebank.skills.queries import Shown

KINDS = {"offer": say("Offer"), "request": say("Request")}


def waiting(session: Session, bank: Bank, place: Place, act: Act) -> Sequence[Waiting]:
    """For the staff, what ends within a week."""
    if place == Place.FIRST_PAGE:
        return []
    wanted = [queries.in_hands_of(bank, act.by.member_id)] if place == Place.CASELOAD else []
    on, limit = local_date(act.now, bank.timezone), LINES[place]
    ending = queries.about_to_end(session, bank, *wanted, on=on, limit=limit)
    return [
        Waiting(
            "ending",
            say("Ends within a week"),
            say("about to end"),
            [_line(shown) for shown in ending.shown],
            ending.total,
            columns=[say("What"), say("Whose"), say("Last day")],
            place=80,
        )
    ]


def _line(shown: Shown) -> Line:
    listing = shown.listing
    return Line(
        listing.title,
        Link("directory.show", {"listing_id": listing.id}),
        about=KINDS[listing.kind],
        cells=[[holder(shown)], listing.ends_on],
    )


def holder(shown: Shown) -> Person:
    """Whose a listing is."""
    return Person(shown.party.name, shown.party.account_id, shown.party.member_id)

"""What waits among the listings."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy.orm import Session

from timebank.act import Act
from timebank.banks.models import Bank
from timebank.clock import local_date
from timebank.members import queries as members
from timebank.members.rules import is_new
from timebank.room import LINES, ROWS, FirstPage, Line, Link, Person, Place, Row, Waiting
from timebank.say import say
from timebank.skills import queries
from timebank.skills.queries import Shown
from timebank.skills.rules import ListingKind

KINDS = {"offer": say("Offer"), "request": say("Request")}


def waiting(session: Session, bank: Bank, place: Place, act: Act) -> Sequence[Waiting]:
    """What ends within a week."""
    wanted = [queries.in_hands_of(bank, act.by.member_id)] if place == Place.CASELOAD else []
    on, limit = local_date(act.now, bank.timezone), LINES
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


def first_page(session: Session, bank: Bank, act: Act) -> FirstPage:
    """What others offer and ask for lately; and of somebody who is new here, what they could do and
    what they would like, until they have said so."""
    today = local_date(act.now, bank.timezone)
    own = members.member(session, bank, act.by.member_id) if act.by.member_id else None
    new = own is not None and is_new(own.joined_on, today)
    begun = queries.begun(session, bank, act.by.account_id) if new else KINDS.keys()
    posted = queries.news(session, bank, by=act.by, on=today, since=act.now - _NEWS, limit=ROWS)
    return FirstPage(
        news=[_news(shown) for shown in posted],
        questions=[
            Row(title, Link("directory.new", {"listing_kind": f"{kind}s"}), about, icon=icon)
            for kind, title, about, icon in _QUESTIONS
            if kind not in begun
        ],
    )


_NEWS = timedelta(days=28)

_QUESTIONS = (
    (
        ListingKind.OFFER,
        say("What could you do for somebody?"),
        say("A lift, a shelf, an hour of company"),
        "health",
    ),
    (
        ListingKind.REQUEST,
        say("What would you like?"),
        say("A job you keep putting off. You need no hours in hand to ask"),
        "find",
    ),
)


def _news(shown: Shown) -> Row:
    listing, name = shown.listing, shown.party.name
    if listing.kind == ListingKind.OFFER:
        title = say("%(name)s offers: %(title)s", name=name, title=listing.title)
    else:
        title = say("%(name)s asks for: %(title)s", name=name, title=listing.title)
    return Row(
        title,
        Link("directory.show", {"listing_id": listing.id}),
        listing.area or "",
        who=holder(shown),
        at=listing.posted_at,
    )

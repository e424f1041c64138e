"""What becomes of offers and requests when their holder goes, and what a member is given of
theirs."""

from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from timebank.act import Act
from timebank.archive import Archive
from timebank.banks.models import Bank
from timebank.base import columns_of
from timebank.members.models import Member
from timebank.room import Carry, Merging, Trace
from timebank.say import count
from timebank.skills import queries
from timebank.skills.models import Listing, ListingStep
from timebank.skills.rules import ListingStatus
from timebank.times import times_in_words

WORDLESS = "Help"
"""What an exchange, an offer or a request is called when its words have been erased."""

TRACES = (
    Trace("listing.account_id", "offers_and_requests", stays=True),
    Trace("listing.by", "offers_and_requests", stays=True),
    Trace("listing.on_word_of", "offers_and_requests", stays=True),
    Trace("listing.broker_id"),
    Trace("listing_step.by", "offers_and_requests", stays=True),
)

ARCHIVE = Archive(
    keeps=(
        "category",
        "skill",
        "skill_need",
        "area_link",
        "listing",
        "listing_need",
        "listing_step",
    ),
    keys={"listing": "listing", "offer": "listing", "request": "listing"},
)

_WROTE = "It says who wrote it down, and on whose word."

MERGING = Merging(
    carries=(
        Carry(
            "listing.account_id",
            lambda n: count("%(n)s offer or request", "%(n)s offers and requests", n),
        ),
        Carry("listing.broker_id"),
    ),
    leaves=dict.fromkeys(("listing.by", "listing.on_word_of", "listing_step.by"), _WROTE),
)


def causes(session: Session, bank: Bank, member: Member) -> list[str]:
    """What notices about a member's offers and requests go by."""
    return [f"listing:{listing_id}" for listing_id in ids(session, bank, member.account_id or 0)]


def ids(session: Session, bank: Bank, account_id: int) -> list[int]:
    """The ids of everything that an account's holder has offered or asked for."""
    of_account = select(Listing.id).where(
        Listing.bank_id == bank.id, Listing.account_id == account_id
    )
    return list(session.execute(of_account).scalars())


def wind_up(session: Session, bank: Bank, account_id: int, act: Act) -> None:
    """Take what an account's holder offers and asks for out of the directory."""
    standing = (
        Listing.bank_id == bank.id,
        Listing.account_id == account_id,
        Listing.status == ListingStatus.OPEN,
    )
    ended = {"status": ListingStatus.WITHDRAWN, "closed_at": act.now, "changed_at": act.now}
    session.execute(update(Listing).where(*standing).values(**ended))


def forget(session: Session, bank: Bank, member: Member, act: Act) -> None:
    """Erase the words of what the member offered and asked for. Nobody in particular looks after
    what they looked after as a broker."""
    of_account = (Listing.bank_id == bank.id, Listing.account_id == member.account_id)
    wordless = {"title": WORDLESS, "description": "", "area": None}
    session.execute(update(Listing).where(*of_account).values(**wordless))
    looked_after = (Listing.bank_id == bank.id, Listing.broker_id == member.id)
    session.execute(update(Listing).where(*looked_after).values(broker_id=None))


def export(session: Session, bank: Bank, member: Member) -> dict[str, Any]:
    """What the member offers and asks for, and did."""
    listings = queries.of_accounts(session, bank, [member.account_id or 0])
    left_out = ("bank_id", "account_id", "skill_id", "times", "changed_at")
    of_these = (
        ListingStep.bank_id == bank.id,
        ListingStep.listing_id.in_([listing.id for listing in listings]),
    )
    steps = session.execute(select(ListingStep).where(*of_these).order_by(ListingStep.id))
    done: dict[int, list[dict[str, Any]]] = {}
    for step in steps.scalars():
        columns = columns_of(step, leave_out=("id", "bank_id", "listing_id", "undoes_id"))
        done.setdefault(step.listing_id, []).append(columns)
    return {
        "offers_and_requests": [
            {
                "skill": shown.skill.name if shown.skill else None,
                "suits": times_in_words(shown.listing.times),
                **columns_of(shown.listing, leave_out=left_out),
                "done": done.get(shown.listing.id, []),
            }
            for shown in queries.shown(session, bank, listings)
        ]
    }

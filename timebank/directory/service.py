"""Telling people that what they offer or ask for is about to end. Done by a job; the caller
commits."""

from datetime import datetime

from sqlalchemy.orm import Session

from timebank.act import Act, Actor
from timebank.banks.models import Bank
from timebank.clock import local_date
from timebank.exchanges import steps
from timebank.notices.rules import Letter
from timebank.say import Weekday, say
from timebank.skills import queries as skills
from timebank.skills import rules as skills_rules
from timebank.skills.models import Listing
from timebank.skills.rules import ListingKind

ENDING = "directory.ending"
"""What a notice of what is about to end asks, by the kind of `asking.QUESTIONS`."""

SYSTEM = "directory"
"""What the application is doing when it acts here, for the record."""


def tell_of_endings(session: Session, bank: Bank, *, now: datetime) -> int:
    """Tell the holders of what ends within a week, once for each last day a listing has. Returns of
    how many listings.

    It may be run at any time: a day on which nobody ran it is made up for on the next. What was
    posted for less than a week is left out, for whoever chose so near a day knows it.
    """
    today = local_date(now, bank.timezone)
    ending = [
        shown
        for shown in skills.shown(
            session,
            bank,
            skills.ending(session, bank, first=today, last=today + skills_rules.NOTICE),
        )
        if shown.listing.ends_on - local_date(shown.listing.posted_at, bank.timezone)
        > skills_rules.NOTICE
    ]
    for shown in ending:
        listing = shown.listing
        letter = _ends(bank, listing)
        cause = f"listing:{listing.id}:ends:{listing.ends_on.isoformat()}"
        steps.tell_party(
            session,
            bank,
            shown.party,
            letter,
            Act(Actor.system(bank.id, SYSTEM), now),
            cause=cause,
            about=listing.id,
        )
    return len(ending)


def _ends(bank: Bank, listing: Listing) -> Letter:
    title, last = listing.title, Weekday(listing.ends_on)
    broker = " ".join(filter(None, [bank.contact_name, bank.contact_phone])) or say("your broker")
    if listing.kind == ListingKind.OFFER:
        subject = say("Your offer “%(title)s” ends soon", title=title)
        words = say(
            "Your offer “%(title)s” stands in the directory until %(day)s. Do you still offer it?"
            " Say so, or tell %(broker)s, and it is kept longer.",
            title=title,
            day=last,
            broker=broker,
        )
    else:
        subject = say("Your request “%(title)s” ends soon", title=title)
        words = say(
            "Your request “%(title)s” stands in the directory until %(day)s. Do you still need it?"
            " Say so, or tell %(broker)s, and it is kept longer.",
            title=title,
            day=last,
            broker=broker,
        )
    otherwise = say("Otherwise there is nothing to do: after that day it is shown no more.")
    return Letter(subject, [words, otherwise], ENDING)

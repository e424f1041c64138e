"""What waits among the listings."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from timebank.act import Act
from timebank.banks.models import Bank
from timebank.clock import local_date
from timebank.members import queries as members
from timebank.members.rules import is_new
from timebank.room import (
    ROWS,
    Answer,
    Did,
    FirstPage,
    Line,
    Link,
    Person,
    Reach,
    Row,
    Step,
    Urgency,
    Waiting,
)
from timebank.say import Said, say
from timebank.skills import queries
from timebank.skills.queries import Shown
from timebank.skills.rules import ENDED_LATELY, ListingKind, ListingStepKind

KINDS = {"offer": say("Offer"), "request": say("Request")}


def first_day(session: Session, bank: Bank, act: Act) -> list[Step]:
    """Whether the bank knows its parts of town, and something is offered under a skill."""
    places = queries.areas(session, bank)
    return [
        Step(
            "areas",
            say("Parts of town"),
            bool(queries.links(session, bank)) or len(places) == 1,
            say(
                "Write down in which part of town members live, then say which parts lie next to"
                " each other."
            ),
            [Answer(say("Parts of town"), Link("skills.areas"))],
            place=60,
        ),
        Step(
            "skills",
            say("Skills, and a first offer"),
            queries.has_offer(session, bank),
            say("Look through the list of skills, and put a first offer under one of them."),
            [
                Answer(say("Look through the skills"), Link("skills.index")),
                Answer(say("Put in an offer"), Link("directory.new", {"listing_kind": "offers"})),
            ],
            place=90,
        ),
    ]


def waiting(session: Session, bank: Bank, reach: Reach, act: Act) -> Sequence[Waiting]:
    """What ends within a week, and what has just ended without anybody saying so."""
    wanted = [queries.in_hands_of(bank, act.by.member_id)] if reach.mine else []
    on = local_date(act.now, bank.timezone)
    ending = queries.about_to_end(
        session, bank, *wanted, on=on, limit=reach.lines, since=on - ENDED_LATELY
    )
    return [
        Waiting(
            "ending",
            say("Do they still stand?"),
            say("still on offer?"),
            [_line(shown, on) for shown in ending.shown],
            ending.total,
            urgency=Urgency.SOON,
            place=80,
        )
    ]


def did(session: Session, bank: Bank, since: datetime, act: Act) -> list[Did]:
    """What one of the staff renewed, took out of the directory or said was met, with the button
    that takes it back while nothing else was done with it."""
    done: list[Did] = []
    for taken in queries.steps_by(session, bank, act.by.key, since=since):
        this = {"listing_id": taken.shown.listing.id}
        undo = Link("directory.undo", this) if taken.may_undo else None
        stays = None if taken.may_undo else say("It was changed again since.")
        page = Link("directory.show", this)
        done.append(Did(_done(taken), taken.step.at, page, undo, stays))
    return done


def _done(done: queries.Step) -> Said:
    name, title = done.shown.party.name, done.shown.listing.title
    if done.step.step == ListingStepKind.RENEWED:
        return say(
            "%(name)s: “%(title)s” stands until %(day)s.",
            name=name,
            title=title,
            day=done.step.until or "",
        )
    if done.step.step == ListingStepKind.MET:
        return say("%(name)s: “%(title)s” is met.", name=name, title=title)
    return say("%(name)s: “%(title)s” is taken out.", name=name, title=title)


def _line(shown: Shown, on: date) -> Line:
    listing = shown.listing
    values = {"listing_id": listing.id}
    if listing.kind == ListingKind.OFFER:
        title = say("Do you still offer this? %(title)s", title=listing.title)
        on_it = say("Still offers")
    else:
        title = say("Do you still want this? %(title)s", title=listing.title)
        on_it = say("Still wants it")
    ended = listing.ends_on < on
    return Line(
        title,
        Link("directory.show", values),
        since=listing.ends_on,
        about=(
            say("Ended on %(day)s", day=listing.ends_on)
            if ended
            else say("Ends on %(day)s", day=listing.ends_on)
        ),
        answers=[
            Answer(on_it, Link("directory.renew", values), at_once=True, main=True),
            Answer(say("Take it out"), Link("directory.withdraw", values), at_once=True),
        ],
        name=listing.title,
        who=holder(shown),
        urgency=Urgency.TODAY if listing.ends_on <= on else None,
        late=ended,
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

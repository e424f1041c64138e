"""What waits in matching: requests that nobody is introduced for, and introductions."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from timebank.act import Act
from timebank.banks.models import Bank
from timebank.base import Some
from timebank.clock import local_date
from timebank.matching import queries, rules
from timebank.matching.models import Introduction
from timebank.matching.queries import Seen
from timebank.members import queries as members
from timebank.members.queries import Party
from timebank.room import LINES, Answer, Cell, Line, Link, Person, Place, Waiting
from timebank.say import Said, count, say
from timebank.skills import queries as skills
from timebank.skills.lists import holder
from timebank.skills.queries import Shown


def waiting(session: Session, bank: Bank, place: Place, act: Act) -> Sequence[Waiting]:
    """For the staff, whom to find somebody for and whom to ask; for a member, whom they, or those
    they act for, are introduced to."""
    if place == Place.FIRST_PAGE:
        return [_introduced(session, bank, act)]
    on, limit, broker_id = local_date(act.now, bank.timezone), LINES[place], act.by.member_id
    mine = place == Place.CASELOAD
    of_listings = [skills.in_hands_of(bank, broker_id)] if mine else []
    of_introductions = [queries.in_hands_of(bank, broker_id)] if mine else []
    requests = queries.nobody_yet(session, bank, *of_listings, on=on, limit=limit)
    before = act.now - rules.NO_ANSWER
    to_hear_of = queries.to_hear_of(
        session, bank, *of_introductions, on=on, before=before, limit=limit
    )
    return [
        _requests(bank, requests),
        _unanswered(bank, to_hear_of.unanswered),
        _follow_ups(to_hear_of.follow_ups),
    ]


def _requests(bank: Bank, requests: Some[Shown]) -> Waiting:
    lines = [
        Line(
            shown.listing.title,
            Link("matching.show", {"listing_id": shown.listing.id}),
            about=_needs(shown),
            cells=[
                [holder(shown)],
                local_date(shown.listing.posted_at, bank.timezone),
                shown.listing.ends_on,
            ],
        )
        for shown in requests.shown
    ]
    return Waiting(
        "requests",
        say("Nobody has these yet"),
        say("nobody has yet"),
        lines,
        requests.total,
        columns=[say("Wanted"), say("Who"), say("Asked on"), say("Until")],
        all=Answer(say("See all"), Link("matching.board")),
        place=10,
    )


def _needs(shown: Shown) -> Said | str:
    if not shown.needs:
        return ""
    names = ", ".join(kind.name for kind in sorted(shown.needs))
    # Translators: the bank's own names for its checks, such as "First aid certificate".
    return say("Needs: %(checks)s", checks=names)


def _unanswered(bank: Bank, introductions: Some[Seen]) -> Waiting:
    lines = [
        _line(
            seen,
            say("Write down the answer"),
            local_date(seen.introduction.introduced_at, bank.timezone),
        )
        for seen in introductions.shown
    ]
    return Waiting(
        "unanswered",
        say("No answer yet"),
        say("without an answer"),
        lines,
        introductions.total,
        columns=[say("About"), say("Who"), say("Since")],
        place=20,
    )


def _follow_ups(introductions: Some[Seen]) -> Waiting:
    lines = [
        _line(seen, say("How did it go?"), seen.introduction.follow_up_on or "")
        for seen in introductions.shown
    ]
    return Waiting(
        "follow-ups",
        say("How did it go?"),
        say("to ask how it went"),
        lines,
        introductions.total,
        columns=[say("About"), say("Who"), say("Due")],
        place=30,
    )


def _line(seen: Seen, answer: Said, day: Cell) -> Line:
    row = seen.introduction
    page = _page(row)
    sides = [_side(seen.giver, row.giver_says), _side(seen.receiver, row.receiver_says)]
    return Line(
        seen.request.listing.title, page, cells=[sides, day], answers=[Answer(answer, page)]
    )


def _page(introduction: Introduction) -> Link:
    return Link("matching.introduction", {"introduction_id": introduction.id})


def _side(party: Party, says: str | None) -> Person:
    so_far = say("said yes") if says else say("no word yet")
    return Person(party.name, party.account_id, party.member_id, so_far)


def _introduced(session: Session, bank: Bank, act: Act) -> Waiting:
    accounts = members.may_act_for(session, bank, act.by)
    introductions = queries.introductions(
        session,
        bank,
        account_ids=accounts,
        by=act.by,
        under_way=True,
        limit=LINES[Place.FIRST_PAGE],
    )
    lines = [
        Line(
            seen.request.listing.title,
            _page(seen.introduction),
            about=_who_could_help(seen, act.by.account_id),
        )
        for seen in introductions
    ]
    return Waiting(
        "introduced",
        say("Introduced to each other"),
        count("introduction", "introductions", len(lines)),
        lines,
        len(lines),
        place=10,
    )


def _who_could_help(seen: Seen, reader_id: int | None) -> Said:
    giver, receiver = seen.giver, seen.receiver
    if giver.account_id == reader_id:
        return say("You could help %(receiver)s", receiver=receiver.name)
    if receiver.account_id == reader_id:
        return say("%(giver)s could help you", giver=giver.name)
    return say("%(giver)s could help %(receiver)s", giver=giver.name, receiver=receiver.name)

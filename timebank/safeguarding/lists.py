"""What waits in the safeguarding file: checks that end or have ended, and concerns to be read."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy.orm import Session

from timebank.act import Act
from timebank.banks.models import Bank
from timebank.clock import local_date
from timebank.members import queries as members
from timebank.members.models import Member
from timebank.room import LINES, Answer, FirstPage, Line, Link, Person, Place, Waiting
from timebank.safeguarding import queries
from timebank.safeguarding.queries import Row, Worry
from timebank.safeguarding.rules import STATE_WORDS
from timebank.say import Said, say


def waiting(session: Session, bank: Bank, place: Place, act: Act) -> Sequence[Waiting]:
    """For the staff, checks from sixty days before they end until they are dealt with; for
    coordinators, concerns that they have not read."""
    on, limit = local_date(act.now, bank.timezone), LINES
    people = members.looked_after(bank, act.by.member_id)
    load = [Member.id.in_(people)] if place == Place.CASELOAD else []
    ending = queries.ending(session, bank, *load, on=on, limit=limit)
    lists = [
        Waiting(
            "checks",
            say("Checks that end or have run out"),
            say("checks to renew"),
            [_line(row) for row in ending.shown],
            ending.total,
            columns=[say("Check"), say("Who"), say("Until"), say("State")],
            all=Answer(say("See all checks"), Link("safeguarding.index")),
            place=60,
        )
    ]
    if act.by.is_coordinator and place == Place.DESK:
        unread = queries.unread(session, bank, by=act.by, limit=limit)
        lists.append(
            Waiting(
                "concerns",
                say("Concerns you have not read"),
                say("concerns to read"),
                [_concern(worry) for worry in unread.shown],
                unread.total,
                columns=[say("About"), say("Written down by"), say("When")],
                all=Answer(say("See all"), Link("safeguarding.concerns")),
                place=5,
            )
        )
    return lists


def first_page(session: Session, bank: Bank, act: Act) -> FirstPage:
    """A member's own checks, from sixty days before they end until they are dealt with."""
    own = Member.id == (act.by.member_id or 0)
    on = local_date(act.now, bank.timezone)
    ending = queries.ending(session, bank, own, on=on, limit=LINES)
    return FirstPage(waiting=[_own(row) for row in ending.shown], waits=ending.total)


def _line(row: Row) -> Line:
    check, member = row.check, row.member
    page = Link("safeguarding.member", {"member_id": member.id})
    answers = (
        [
            Answer(
                say("Renew", context="a check"),
                Link("safeguarding.renew", {"check_id": check.id}),
                main=True,
            ),
            Answer(say("Not needed any more"), Link("safeguarding.end", {"check_id": check.id})),
        ]
        if check
        else []
    )
    until = check.expires_on if check and check.expires_on else ""
    who = Person(member.name, member.account_id or 0, member.id)
    return Line(
        row.kind.name,
        page,
        cells=[[who], until, STATE_WORDS[row.state]],
        answers=answers,
    )


def _own(row: Row) -> Line:
    last = row.check.expires_on if row.check else None
    return Line(row.kind.name, Link("safeguarding.mine"), about=_until(row, last) if last else "")


def _until(row: Row, last: date) -> Said:
    if row.state == "run_out":
        return say("It was good until %(day)s. Show your broker the new paper.", day=last)
    return say("It is good until %(day)s. Show your broker the new paper.", day=last)


def _concern(worry: Worry) -> Line:
    page = Link("safeguarding.concern", {"concern_id": worry.concern.id})
    return Line(
        worry.about.name,
        page,
        cells=[worry.by, worry.concern.at],
        answers=[Answer(say("Read it"), page, main=True)],
    )

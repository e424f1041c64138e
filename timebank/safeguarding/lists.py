"""What waits in the safeguarding file: checks that end or have ended, and concerns to be read."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy.orm import Session

from timebank.act import Act
from timebank.banks.models import Bank
from timebank.clock import local_date
from timebank.members import queries as members
from timebank.members.models import Member
from timebank.room import (
    ROWS,
    Answer,
    FirstPage,
    Line,
    Link,
    Person,
    Reach,
    Urgency,
    Waiting,
)
from timebank.safeguarding import queries
from timebank.safeguarding.queries import Row, Worry
from timebank.say import Said, say


def waiting(session: Session, bank: Bank, reach: Reach, act: Act) -> Sequence[Waiting]:
    """For the staff, checks from sixty days before they end until they are dealt with; for
    coordinators, concerns that they have not read."""
    on, limit = local_date(act.now, bank.timezone), reach.lines
    people = members.looked_after(bank, act.by.member_id)
    load = [Member.id.in_(people)] if reach.mine else []
    ending = queries.ending(session, bank, *load, on=on, limit=limit)
    lists = [
        Waiting(
            "checks",
            say("Checks that end or have run out"),
            say("checks"),
            [_line(row, on) for row in ending.shown],
            ending.total,
            urgency=Urgency.SOON,
            all=Answer(say("See all checks"), Link("safeguarding.index")),
            place=60,
        )
    ]
    if act.by.is_coordinator and not reach.mine:
        unread = queries.unread(session, bank, by=act.by, limit=limit)
        lists.append(
            Waiting(
                "concerns",
                say("Concerns you have not read"),
                say("concerns to read"),
                [_concern(bank, worry) for worry in unread.shown],
                unread.total,
                urgency=Urgency.NOW,
                all=Answer(say("See all"), Link("safeguarding.concerns")),
                place=5,
            )
        )
    return lists


def first_page(session: Session, bank: Bank, act: Act) -> FirstPage:
    """A member's own checks, from sixty days before they end until they are dealt with."""
    own = Member.id == (act.by.member_id or 0)
    on = local_date(act.now, bank.timezone)
    ending = queries.ending(session, bank, own, on=on, limit=ROWS)
    return FirstPage(waiting=[_own(row) for row in ending.shown], waits=ending.total)


def _line(row: Row, on: date) -> Line:
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
    last = check.expires_on if check else None
    run_out = last is not None and last < on
    title = say("A check: %(check)s", check=row.kind.name)
    if last is not None:
        title = (
            say("A check ran out on %(day)s: %(check)s", day=last, check=row.kind.name)
            if run_out
            else say("A check runs out on %(day)s: %(check)s", day=last, check=row.kind.name)
        )
    return Line(
        title,
        page,
        since=last,
        answers=answers,
        name=row.kind.name,
        who=Person(member.name, member.account_id or 0, member.id),
        urgency=Urgency.TODAY if run_out else None,
        late=run_out,
    )


def _own(row: Row) -> Line:
    last = row.check.expires_on if row.check else None
    return Line(row.kind.name, Link("safeguarding.mine"), about=_until(row, last) if last else "")


def _until(row: Row, last: date) -> Said:
    if row.state == "run_out":
        return say("It was good until %(day)s. Show your broker the new paper.", day=last)
    return say("It is good until %(day)s. Show your broker the new paper.", day=last)


def _concern(bank: Bank, worry: Worry) -> Line:
    page = Link("safeguarding.concern", {"concern_id": worry.concern.id})
    return Line(
        say("%(by)s is worried about %(name)s.", by=worry.by, name=worry.about.name),
        page,
        since=local_date(worry.concern.at, bank.timezone),
        answers=[Answer(say("Read it"), page, main=True)],
        name=worry.about.name,
    )

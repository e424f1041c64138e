"""What waits in the safeguarding file: checks that end or have ended, and concerns to be read."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from sqlalchemy.orm import Session

from timebank.act import Act
from timebank.banks.models import Bank
from timebank.clock import local_date
from timebank.members import queries as members
from timebank.members.models import Member
from timebank.room import (
    ROWS,
    Answer,
    Appointment,
    Did,
    FirstPage,
    Line,
    Link,
    Person,
    Reach,
    Urgency,
    Waiting,
)
from timebank.safeguarding import queries
from timebank.safeguarding.models import CheckDay
from timebank.safeguarding.queries import Row, Worry
from timebank.say import Said, Weekday, say


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
    return FirstPage(waiting=[_own(row, on) for row in ending.shown], waits=ending.total)


def did(session: Session, bank: Bank, since: datetime, act: Act) -> list[Did]:
    """Which checks one of the staff wrote down, renewed or ended, and which days they booked, with
    the button that takes it back, or why there is none."""
    by = act.by.key
    booked = queries.days(session, bank, CheckDay.by == by, CheckDay.at >= since)
    return [
        *(
            Did(
                _done(done),
                done.at,
                _file(done.member),
                None if done.stays else Link("safeguarding.undo", {"check_id": done.check.id}),
                done.stays,
            )
            for done in queries.done_by(session, bank, by, since=since)
        ),
        *(
            Did(
                say(
                    "%(name)s brings a new paper on %(day)s: %(check)s.",
                    name=member.name,
                    day=day.day,
                    check=kind.name,
                ),
                day.at,
                _file(member),
                None if day.moves else Link("safeguarding.unbook", {"check_id": day.check_id}),
                say("It was booked for another day before. Book that one again.")
                if day.moves
                else None,
            )
            for day, _, member, kind in booked
        ),
    ]


def _done(done: queries.Done) -> Said:
    name, check = done.member.name, done.kind.name
    if done.ended:
        return say("%(name)s: “%(check)s” ended.", name=name, check=check)
    if done.before is not None:
        return say("%(name)s: “%(check)s” renewed.", name=name, check=check)
    return say("%(name)s: “%(check)s” written down.", name=name, check=check)


def _file(member: Member) -> Link:
    return Link("safeguarding.member", {"member_id": member.id})


def appointments(session: Session, bank: Bank, member_id: int, since: date) -> list[Appointment]:
    """The days on which somebody brings a new paper."""
    booked = queries.days(session, bank, Member.id == member_id, CheckDay.day >= since)
    return [
        Appointment(
            key=f"check-{day.check_id}",
            title=say("Bring your new paper: %(check)s", check=kind.name),
            link=Link("safeguarding.mine"),
            at=day.day,
            about=day.words,
            sequence=day.moves,
        )
        for day, _, _, kind in booked
    ]


def details(session: Session, bank: Bank) -> Mapping[str, Mapping[str, str]]:
    """What the checks are called that were written down, renewed, ended or undone."""
    names = {kind.code: kind.name for kind in queries.kinds(session, bank, retired=True)}
    return dict.fromkeys(("check_held", "check_renewed", "check_dropped", "check_undone"), names)


def _line(row: Row, on: date) -> Line:
    check, member = row.check, row.member
    page = _file(member)
    answers = (
        [
            Answer(
                say("Renew", context="a check"),
                Link("safeguarding.renew", {"check_id": check.id}),
                main=True,
            ),
            Answer(
                say("Book a day") if row.day is None else say("Book another day"),
                Link("safeguarding.book", {"check_id": check.id}),
            ),
            Answer(say("Not needed any more"), Link("safeguarding.end", {"check_id": check.id})),
        ]
        if check
        else []
    )
    last = check.expires_on if check else None
    run_out = last is not None and last < on
    booked = row.day.day if row.day else None
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
        about=_booked(booked, on) if booked else "",
        answers=answers,
        name=row.kind.name,
        who=Person(member.name, member.account_id or 0, member.id),
        urgency=_urgency(run_out=run_out, booked=booked, on=on),
        late=run_out and (booked is None or booked < on),
    )


def _booked(day: date, on: date) -> Said:
    """What is said of the day on which the new paper is brought."""
    if day < on:
        return say("The new paper was to be brought on %(day)s.", day=Weekday(day, on))
    return say("The new paper is brought on %(day)s.", day=Weekday(day, on))


def _urgency(*, run_out: bool, booked: date | None, on: date) -> Urgency | None:
    """What has run out is for today, unless its new paper is brought on a day to come; and so is
    what is brought today, or was not."""
    if booked is not None:
        return Urgency.TODAY if booked <= on else None
    return Urgency.TODAY if run_out else None


def _own(row: Row, on: date) -> Line:
    last = row.check.expires_on if row.check else None
    if row.day is not None and row.day.day >= on:
        about = say("Bring your new paper on %(day)s.", day=Weekday(row.day.day, on))
        return Line(row.kind.name, Link("safeguarding.mine"), about=about)
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

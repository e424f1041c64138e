"""Reports that somebody is told of when a month, a quarter or a year has ended. The caller commits.

The letter says the headline and where the report is, and holds no figures that are not for sharing:
e-mail is read by others.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import and_, delete, or_, select
from sqlalchemy.orm import Session

from timebank.access import commissioners
from timebank.act import Act, Actor
from timebank.banks import queries as banks
from timebank.banks.models import Bank
from timebank.clock import local_date
from timebank.errors import Conflict, Invalid, NotFound
from timebank.measures.figures import Topic
from timebank.measures.windows import Period, ended, later
from timebank.members import acts
from timebank.members import queries as members
from timebank.members.rules import require_coordinator
from timebank.notices import service as notices_service
from timebank.notices.rules import Addressee, Letter, NewNotice, NoticeChannel
from timebank.reports import archive, words
from timebank.reports.figures import Report
from timebank.reports.models import Schedule
from timebank.reports.rules import Asked
from timebank.say import say

SETTLED = timedelta(days=5)
"""How long after the last day a report is sent: hours of the last days are confirmed by then."""

_EARLIEST = timedelta(hours=14)
"""So far ahead of UTC a day begins where it begins first."""


@dataclass(frozen=True)
class NewSchedule:
    """Which report is to be sent, how often, in the version for sharing or the staff's own, and to
    whom: `member:12` (oneself) or `commissioner:3`, who is always sent the one for sharing."""

    topic: Topic
    period: Period
    reader: str
    shared: bool = False


@dataclass(frozen=True)
class Scheduled:
    """A schedule, and the name of whom it goes to."""

    id: int
    topic: Topic
    period: Period
    shared: bool
    reader: str
    sent_to: date


def schedules(session: Session, bank: Bank) -> list[Scheduled]:
    """All of the bank, in the order in which they were made."""
    rows = session.execute(
        select(Schedule).where(Schedule.bank_id == bank.id).order_by(Schedule.id)
    ).scalars()
    return [_scheduled(session, bank, schedule) for schedule in rows]


def _scheduled(session: Session, bank: Bank, schedule: Schedule) -> Scheduled:
    return Scheduled(
        schedule.id,
        Topic(schedule.name),
        Period(schedule.stride),
        schedule.shared,
        _reader(session, bank, schedule),
        schedule.sent_to,
    )


def _reader(session: Session, bank: Bank, schedule: Schedule) -> str:
    if schedule.commissioner_id is not None:
        return commissioners.commissioner(session, bank, schedule.commissioner_id).name
    return members.member(session, bank, schedule.member_id or 0).name


def add(session: Session, bank: Bank, new: NewSchedule, act: Act) -> Scheduled:
    """Send a report from the next period on that ends.

    A coordinator's to do. Raises NotAllowed; Invalid for a month's report for sharing, and for
    somebody without an address; Conflict for what is sent already.
    """
    require_coordinator(act.by)
    kind, _, number = new.reader.partition(":")
    member_id = commissioner_id = None
    shared = new.shared
    if kind == "commissioner":
        commissioner_id = int(number) if number.isdecimal() and len(number) < 10 else 0
        commissioners.commissioner(session, bank, commissioner_id)
        shared = True
    elif new.reader != act.by.key:
        raise Invalid(
            say("Choose who reads it."),
            fields={"reader": say("Choose yourself, or somebody who reads your figures.")},
        )
    elif not members.member(session, bank, act.by.member_id or 0).email:
        raise Invalid(
            say("You have no e-mail address here."),
            fields={"reader": say("Write your own e-mail address on the page “Me” first.")},
        )
    else:
        member_id = act.by.member_id
    if shared and new.period is Period.MONTH:
        raise Invalid(
            say("Months are too small to share."),
            fields={"stride": say("A report for sharing goes by quarter or year.")},
        )
    schedule = Schedule(
        bank_id=bank.id,
        name=new.topic.value,
        stride=new.period.value,
        shared=shared,
        member_id=member_id,
        commissioner_id=commissioner_id,
        by=act.by.key,
        created_at=act.now,
        sent_to=ended(new.period, local_date(act.now, bank.timezone)),
    )
    if _is_there(session, schedule):
        raise Conflict(say("That one is sent already."))
    session.add(schedule)
    session.flush()
    return _scheduled(session, bank, schedule)


def _is_there(session: Session, schedule: Schedule) -> bool:
    """Whether the same is sent to the same reader already."""
    same = select(Schedule.id).where(
        Schedule.bank_id == schedule.bank_id,
        Schedule.name == schedule.name,
        Schedule.stride == schedule.stride,
        Schedule.shared == schedule.shared,
        Schedule.member_id.is_not_distinct_from(schedule.member_id),
        Schedule.commissioner_id.is_not_distinct_from(schedule.commissioner_id),
    )
    return session.execute(same).first() is not None


def end(session: Session, bank: Bank, schedule_id: int, *, by: Actor) -> None:
    """Send it no more. Raises NotAllowed, NotFound."""
    require_coordinator(by)
    mine = (Schedule.bank_id == bank.id, Schedule.id == schedule_id)
    if session.execute(delete(Schedule).where(*mine).returning(Schedule.id)).first() is None:
        raise NotFound(say("There is no such report that is sent."))


def end_reader(session: Session, bank: Bank, commissioner_id: int, act: Act) -> None:
    """Let a commissioner read no more, and send them nothing more. Raises NotAllowed, NotFound."""
    commissioners.end(session, bank, commissioner_id, act)
    session.execute(
        delete(Schedule).where(
            Schedule.bank_id == bank.id, Schedule.commissioner_id == commissioner_id
        )
    )


def due(session: Session, *, now: datetime) -> Sequence[Schedule]:
    """Those whose latest month, quarter or year has ended, a few days ago, and was not sent."""
    farthest = (now - SETTLED + _EARLIEST).date()
    ended_somewhere = or_(
        *(
            and_(Schedule.stride == period, Schedule.sent_to < ended(period, farthest))
            for period in Period
        )
    )
    rows = session.execute(
        select(Schedule, Bank.timezone)
        .join(Bank, Bank.id == Schedule.bank_id)
        .where(ended_somewhere)
        .order_by(Schedule.id)
    )
    return [
        schedule
        for schedule, timezone in rows
        if _last_day(schedule, timezone, now) > schedule.sent_to
    ]


def _last_day(schedule: Schedule, timezone: str, now: datetime) -> date:
    """Of the latest period whose report is to be sent by now."""
    return ended(Period(schedule.stride), local_date(now - SETTLED, timezone))


def send(session: Session, schedule_id: int, *, base_url: str, now: datetime) -> None:
    """Make the report of the latest month, quarter or year that has ended, and tell its reader of
    it, once."""
    schedule = session.execute(
        select(Schedule).where(Schedule.id == schedule_id).with_for_update()
    ).scalar_one_or_none()
    if schedule is None:
        return
    bank = banks.by_id(session, schedule.bank_id)
    member_id = schedule.member_id
    if member_id is not None and members.member(session, bank, member_id).role != "coordinator":
        # Who is a coordinator no more reads the staff's figures no more.
        session.delete(schedule)
        return
    last = _last_day(schedule, bank.timezone, now)
    if last <= schedule.sent_to:
        return
    first = later(last + timedelta(days=1), -Period(schedule.stride).months)
    asked = Asked(Topic(schedule.name), first, last, share=schedule.shared)
    report = archive.report(session, bank, asked, now=now)
    schedule.sent_to = last
    _tell(session, bank, schedule, report, base_url=base_url, now=now)
    session.flush()


def _tell(
    session: Session,
    bank: Bank,
    schedule: Schedule,
    report: Report,
    *,
    base_url: str,
    now: datetime,
) -> None:
    """Write to the reader where the report is. Its headline too, where it is for sharing."""
    headline = words.sentence(report)
    letter = Letter(
        say(
            "%(report)s of %(bank)s, %(first)s to %(last)s",
            report=words.TOPICS[report.topic],
            bank=bank.name,
            first=report.start,
            last=report.end,
        ),
        [
            *([headline] if headline and schedule.shared else []),
            say("The whole report, with files to keep:"),
            _address(bank, report, base_url),
            words.proof(report),
        ],
    )
    notice = NewNotice(
        letter, cause=f"report:{schedule.id}:{report.end}", through=NoticeChannel.EMAIL
    )
    if schedule.commissioner_id is None:
        acts.tell(session, bank, schedule.member_id or 0, notice, now=now)
        return
    reader = commissioners.commissioner(session, bank, schedule.commissioner_id)
    addressee = Addressee(f"commissioner:{reader.id}", reader.name, email=reader.email)
    notices_service.write(session, bank, addressee, notice, now=now)


def _address(bank: Bank, report: Report, base_url: str) -> str:
    """Where the report is; the moment is named, so that it says the same whenever it is opened."""
    page = "shared" if report.shared else "files"
    as_of = report.as_of.isoformat().replace("+", "%2B")
    return (
        f"{base_url.rstrip('/')}/b/{bank.slug}/reports/{page}"
        f"?report={report.topic}&from={report.start}&to={report.end}&as_of={as_of}"
    )

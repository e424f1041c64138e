"""Reports that somebody is told of when a month, a quarter or a year has ended. The caller commits.

The letter says the headline and where the report is, and holds no figures that are not for sharing:
e-mail is read by others.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, cast

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from timebank.access import commissioners
from timebank.act import Act, Actor
from timebank.banks import queries as banks
from timebank.banks.models import Bank
from timebank.clock import local_date
from timebank.errors import Conflict, Invalid, NotFound
from timebank.measures.windows import MONTHS, By, ended, later
from timebank.members import acts
from timebank.members import queries as members
from timebank.members.rules import require_coordinator
from timebank.notices import service as notices_service
from timebank.reports import keeping, words
from timebank.reports.models import Schedule
from timebank.reports.rules import Asked

SETTLED = timedelta(days=5)
"""How long after the last day a report is sent: hours of the last days are confirmed by then."""


@dataclass(frozen=True)
class Scheduled:
    """A schedule, and whom it goes to."""

    id: int
    name: str
    stride: str
    shared: bool
    reader: str
    sent_to: date


def schedules(session: Session, bank: Bank) -> list[Scheduled]:
    """All of the bank, in the order in which they were made."""
    found = session.execute(
        select(Schedule).where(Schedule.bank_id == bank.id).order_by(Schedule.id)
    ).scalars()
    return [
        Scheduled(
            one.id, one.name, one.stride, one.shared, _reader(session, bank, one), one.sent_to
        )
        for one in found
    ]


def _reader(session: Session, bank: Bank, one: Schedule) -> str:
    if one.commissioner_id is not None:
        return commissioners.commissioner(session, bank, one.commissioner_id).name
    return members.member(session, bank, one.member_id or 0).name


def add(
    session: Session, bank: Bank, act: Act, *, name: str, stride: str, shared: bool, reader: str
) -> Schedule:
    """Send a report from the next `stride` on that ends. `reader` is `member:12` (oneself) or
    `commissioner:3`.

    A coordinator's to do. Raises NotAllowed; Invalid for a month's report for sharing, and for
    somebody without an address; Conflict for what is sent already.
    """
    require_coordinator(act.by)
    kind, _, number = reader.partition(":")
    ids = {
        "member_id": None,
        "commissioner_id": None,
        f"{kind}_id": int(number) if number.isdigit() else 0,
    }
    if kind == "commissioner":
        commissioners.commissioner(session, bank, ids["commissioner_id"] or 0)
        shared = True
    elif reader != act.by.key:
        raise Invalid(
            "Choose who reads it.",
            fields={"reader": "Choose yourself, or somebody who reads your figures."},
        )
    elif not members.member(session, bank, act.by.member_id or 0).email:
        raise Invalid(
            "You have no e-mail address here.",
            fields={"reader": "Write your own e-mail address on the page “Me” first."},
        )
    if shared and stride == "month":
        raise Invalid(
            "Months are too small to share.",
            fields={"stride": "A report for sharing goes by quarter or year."},
        )
    same = {"name": name, "stride": stride, "shared": shared, **ids}
    if session.execute(select(Schedule.id).filter_by(bank_id=bank.id, **same)).first():
        raise Conflict("That one is sent already.")
    sent_to = ended(cast(By, stride), local_date(act.now, bank.timezone))
    one = Schedule(bank_id=bank.id, **same, by=act.by.key, created_at=act.now, sent_to=sent_to)
    session.add(one)
    session.flush()
    return one


def end(session: Session, bank: Bank, schedule_id: int, *, by: Actor) -> None:
    """Send it no more. Raises NotAllowed, NotFound."""
    require_coordinator(by)
    mine = (Schedule.bank_id == bank.id, Schedule.id == schedule_id)
    if session.execute(delete(Schedule).where(*mine).returning(Schedule.id)).first() is None:
        raise NotFound("There is no such report that is sent.")


def forget(
    session: Session,
    bank: Bank,
    *,
    member_id: int | None = None,
    commissioner_id: int | None = None,
) -> None:
    """Send nothing more to somebody who goes."""
    whose = (
        Schedule.member_id == member_id
        if member_id is not None
        else Schedule.commissioner_id == commissioner_id
    )
    session.execute(delete(Schedule).where(Schedule.bank_id == bank.id, whose))


def end_reader(session: Session, bank: Bank, commissioner_id: int, act: Act) -> None:
    """Let a commissioner read no more, and send them nothing more. Raises NotAllowed, NotFound."""
    commissioners.end(session, bank, commissioner_id, act)
    forget(session, bank, commissioner_id=commissioner_id)


def due(session: Session, *, now: datetime) -> Sequence[Schedule]:
    """Those whose latest month, quarter or year has ended, a few days ago, and was not sent."""
    zones = {bank.id: bank.timezone for bank in banks.all_banks(session)}
    found = session.execute(select(Schedule).order_by(Schedule.id)).scalars()
    return [
        one
        for one in found
        if ended(cast(By, one.stride), local_date(now - SETTLED, zones[one.bank_id])) > one.sent_to
    ]


def send(session: Session, schedule_id: int, *, base_url: str, now: datetime) -> None:
    """Make the report of the latest month, quarter or year that has ended, and tell its reader of
    it, once."""
    one = session.execute(
        select(Schedule).where(Schedule.id == schedule_id).with_for_update()
    ).scalar_one_or_none()
    if one is None:
        return
    bank = banks.by_id(session, one.bank_id)
    if (
        one.member_id is not None
        and members.member(session, bank, one.member_id).role != "coordinator"
    ):
        # Who is a coordinator no more reads the staff's figures no more.
        session.delete(one)
        return
    stride: Any = one.stride
    last = ended(stride, local_date(now - SETTLED, bank.timezone))
    if last <= one.sent_to:
        return
    first = later(last + timedelta(days=1), -MONTHS[stride])
    name: Any = one.name
    result = keeping.report(session, bank, Asked(name, first, last, share=one.shared), now=now)
    one.sent_to = last
    page = "shared" if one.shared else "files"
    where = (
        f"{base_url.rstrip('/')}/b/{bank.slug}/reports/{page}?report={one.name}&from={first}&to={last}"
        f"&as_of={result['as_of'].replace('+', '%2B')}"
    )
    headline = f"{words.sentence(result)}\n\n" if one.shared else ""
    told: dict[str, Any] = {
        "subject": (
            f"{one.name.capitalize()} of {bank.name}, {words.day(first)} to {words.day(last)}"
        ),
        "body": (
            f"{headline}The whole report, with files to keep:\n\n{where}\n\n{words.proof(result)}\n"
        ),
        "cause": f"report:{one.id}:{last}",
        "through": "email",
        "now": now,
    }
    if one.commissioner_id is not None:
        reader = commissioners.commissioner(session, bank, one.commissioner_id)
        notices_service.write(
            session,
            bank,
            addressee=f"commissioner:{reader.id}",
            name=reader.name,
            email=reader.email,
            **told,
        )
    else:
        acts.tell(session, bank, one.member_id or 0, **told)
    session.flush()

"""Making reports and keeping them: what was asked once is answered the same for good, whatever is
written into the books since.

Attributes of people have no history, and who leaves is forgotten. So a report is not only made from
what was recorded by an instant: it is kept as it was first made, whole, beside the position of the
ledger it was made from.
"""

import json
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from timebank.banks import queries as banks
from timebank.banks.models import Bank
from timebank.base import insert_of
from timebank.clock import local_date
from timebank.errors import Invalid
from timebank.ledger import service as ledger_service
from timebank.measures import disclosure
from timebank.reports import builder, sharing
from timebank.reports.figures import Books, Report, as_json, from_json
from timebank.reports.models import KeptReport
from timebank.reports.rules import STILL_TO_COME, Asked, as_of_instant


def report(session: Session, bank: Bank, asked: Asked, *, now: datetime) -> Report:
    """A report as recorded at the moment asked for, or at this one: made and kept, or as it was
    kept.

    The books are sealed first. The caller commits. Raises Invalid for a range that cannot be, or
    not be shared, and for an instant still to come; StillWriting when somebody takes long to write.
    """
    as_of = as_of_instant(asked.as_of, bank.timezone) if asked.as_of else None
    if asked.share:
        sharing.check(asked, today=local_date(now, bank.timezone))
    archived = _kept(session, bank, asked, as_of) if as_of else None
    if archived is not None:
        return archived
    sealed = ledger_service.seal(session, bank, now=now)
    if as_of is not None and as_of > sealed.as_of:
        raise Invalid.on("as_of", STILL_TO_COME)
    as_of = as_of or sealed.as_of
    books = Books(sealed.entries, sealed.hash)
    made = builder.report(session, bank, asked, as_of=as_of, books=books)
    if asked.share:
        made = sharing.shared(made, bank.few)
    _keep(session, bank, asked, as_of, made, now)
    # Somebody may have asked the same at the same time, and been first.
    archived = _kept(session, bank, asked, as_of)
    if archived is None:
        raise RuntimeError("A report that was just kept is gone.")
    return archived


def report_of_all_banks(session: Session, asked: Asked, *, now: datetime) -> Report:
    """All banks of the installation as one network. Few are as few as the most careful of the banks
    says. Moments are in UTC. Raises Invalid."""
    as_of = as_of_instant(asked.as_of, "UTC") if asked.as_of else now
    made = builder.of_all_banks(session, asked, as_of=as_of)
    if not asked.share:
        return made
    sharing.check(asked, today=as_of.date())
    few = max((bank.few for bank in banks.all_banks(session)), default=disclosure.USUAL)
    return sharing.shared(made, few)


def _kept(session: Session, bank: Bank, asked: Asked, as_of: datetime) -> Report | None:
    """The report as it was first made; None when it never was."""
    content = session.execute(
        select(KeptReport.content).where(
            KeptReport.bank_id == bank.id,
            KeptReport.name == asked.topic,
            KeptReport.starts_on == asked.start,
            KeptReport.ends_on == asked.end,
            KeptReport.stride == (asked.by or ""),
            KeptReport.as_of == as_of,
            KeptReport.shared == asked.share,
            KeptReport.among == asked.among,
        )
    ).scalar_one_or_none()
    return None if content is None else from_json(json.loads(content))


def _keep(
    session: Session, bank: Bank, asked: Asked, as_of: datetime, made: Report, now: datetime
) -> None:
    """Of two that are made at once, one stays."""
    insert = insert_of(session)(KeptReport).values(
        bank_id=bank.id,
        name=asked.topic,
        starts_on=asked.start,
        ends_on=asked.end,
        stride=asked.by or "",
        as_of=as_of,
        shared=asked.share,
        among=asked.among,
        content=json.dumps(as_json(made), ensure_ascii=False),
        made_at=now,
    )
    session.execute(insert.on_conflict_do_nothing())

"""Making reports and keeping them: what was asked once is answered the same for good, whatever is
written into the books since.

Attributes of people have no history, and who leaves is forgotten. So a report is not only made from
what was recorded by an instant: it is kept as it was first made, whole, beside the position of the
ledger it was made from.
"""

import json
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from timebank.banks import queries as banks
from timebank.banks.models import Bank
from timebank.base import insert_of
from timebank.clock import local_date
from timebank.errors import Invalid
from timebank.ledger import service as ledger_service
from timebank.measures import disclosure
from timebank.reports import sharing
from timebank.reports.models import KeptReport
from timebank.reports.result import Result, of_all_banks, result
from timebank.reports.rules import Asked


def report(
    session: Session, bank: Bank, asked: Asked, *, as_of: datetime | None = None, now: datetime
) -> Result:
    """A report as recorded at `as_of`, or at this moment: made and kept, or as it was kept.

    The books are sealed first. The caller commits. Raises Invalid for a range that cannot be, or
    not be shared, and for an instant still to come; StillWriting when somebody takes long to write.
    """
    if asked.share:
        sharing.check(asked, today=local_date(now, bank.timezone))
    if as_of is not None:
        found = kept(session, bank, asked, as_of)
        if found is not None:
            return found
    sealed = ledger_service.seal(session, bank, now=now)
    if as_of is not None and as_of > sealed.as_of:
        words = "That moment is still to come. Leave it empty for now."
        raise Invalid(words, fields={"as_of": words})
    as_of = as_of or sealed.as_of
    made = result(
        session, bank, asked, as_of=as_of, ledger={"entries": sealed.entries, "hash": sealed.hash}
    )
    _keep(session, bank, asked, as_of, sharing.shared(made, bank.few) if asked.share else made, now)
    again = kept(session, bank, asked, as_of)
    if again is None:
        raise RuntimeError("A report that was just kept is gone.")
    return again


def report_of_all_banks(session: Session, asked: Asked, *, as_of: datetime) -> Result:
    """All banks of the installation as one network. Few are as few as the most careful of the banks
    says. Raises Invalid."""
    made = of_all_banks(session, asked, as_of=as_of)
    if not asked.share:
        return made
    sharing.check(asked, today=as_of.date())
    return sharing.shared(
        made, max((bank.few for bank in banks.all_banks(session)), default=disclosure.USUAL)
    )


def kept(session: Session, bank: Bank, asked: Asked, as_of: datetime) -> Result | None:
    """The report as it was first made; None when it never was."""
    same = [getattr(KeptReport, name) == value for name, value in _key(bank, asked, as_of).items()]
    content = session.execute(select(KeptReport.content).where(*same)).scalar_one_or_none()
    return None if content is None else json.loads(content)


def _keep(
    session: Session, bank: Bank, asked: Asked, as_of: datetime, made: Result, now: datetime
) -> None:
    """Of two that are made at once, one stays."""
    row = {
        **_key(bank, asked, as_of),
        "content": json.dumps(made, ensure_ascii=False),
        "made_at": now,
    }
    session.execute(insert_of(session)(KeptReport).values(row).on_conflict_do_nothing())


def _key(bank: Bank, asked: Asked, as_of: datetime) -> dict[str, Any]:
    days = {
        "starts_on": asked.start,
        "ends_on": asked.end,
        "stride": asked.by or "",
        "as_of": as_of,
    }
    return {
        "bank_id": bank.id,
        "name": asked.name,
        **days,
        "shared": asked.share,
        "among": asked.among,
    }

"""Awards and movements of money as records, as they stood at an instant: for files that are taken
out, for the evidence and for the weekly letter.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from timebank.banks.models import Bank
from timebank.clock import local_date
from timebank.fund import queries
from timebank.fund.models import (
    Award,
    Count,
    Money,
    Panel,
    Proposal,
    Report,
    Round,
    SmallAward,
    SmallReport,
)
from timebank.fund.rules import FundUnit
from timebank.members import queries as members


@dataclass(frozen=True)
class Given:
    """An award, of a round or by a panel (no round): what it is called in files for good, for what,
    the account it went to, how much of its unit, when it was decided, and by when it reports; what
    it reported, and when the money was paid or the hours moved; None where it had not by then.

    `announced_at` is when the count was announced that funds it.
    """

    reference: str
    id: int
    round_id: int | None
    round: str
    title: str
    party_id: int | None
    unit: FundUnit
    amount: int
    decided_on: date
    at: datetime
    report_due_on: date
    entry_id: int | None
    paid_at: datetime | None
    report: Report | SmallReport | None
    announced_at: datetime | None = None


def given(session: Session, bank: Bank, *, as_of: datetime) -> list[Given]:
    """All awards that had been made by then, those of rounds first, each in the order in which they
    were made."""
    paid = {
        row.cause: row.at
        for row in session.execute(
            select(Money.cause, Money.at).where(
                Money.bank_id == bank.id,
                Money.cause.startswith("paid:") | Money.cause.startswith("small_paid:"),
                Money.at <= as_of,
            )
        )
    }
    return [*_of_rounds(session, bank, paid, as_of), *_of_panels(session, bank, paid, as_of)]


def _of_rounds(
    session: Session, bank: Bank, paid: dict[str, datetime], as_of: datetime
) -> list[Given]:
    rows = session.execute(
        select(Award, Proposal, Round, Count.announced_at, Report)
        .join(Proposal, (Proposal.bank_id == Award.bank_id) & (Proposal.id == Award.proposal_id))
        .join(Round, (Round.bank_id == Award.bank_id) & (Round.id == Award.round_id))
        .join(Count, (Count.bank_id == Award.bank_id) & (Count.id == Award.count_id))
        .outerjoin(
            Report,
            (Report.bank_id == Award.bank_id)
            & (Report.award_id == Award.id)
            & (Report.at <= as_of),
        )
        .where(Award.bank_id == bank.id, Award.at <= as_of)
        .order_by(Award.id)
    )
    return [
        Given(
            reference=f"award:{award.id}",
            id=award.id,
            round_id=round_.id,
            round=round_.title,
            title=proposal.title,
            party_id=proposal.party_id,
            unit=round_.unit,
            amount=award.amount,
            decided_on=local_date(award.at, bank.timezone),
            at=award.at,
            report_due_on=award.report_due_on,
            entry_id=award.entry_id,
            paid_at=award.at if award.entry_id else paid.get(f"paid:{award.id}"),
            report=report,
            announced_at=announced_at,
        )
        for award, proposal, round_, announced_at, report in rows
    ]


def _of_panels(
    session: Session, bank: Bank, paid: dict[str, datetime], as_of: datetime
) -> list[Given]:
    rows = session.execute(
        select(SmallAward, Panel.sat_on, SmallReport)
        .join(Panel, (Panel.bank_id == SmallAward.bank_id) & (Panel.id == SmallAward.panel_id))
        .outerjoin(
            SmallReport,
            (SmallReport.bank_id == SmallAward.bank_id)
            & (SmallReport.small_id == SmallAward.id)
            & (SmallReport.at <= as_of),
        )
        .where(SmallAward.bank_id == bank.id, SmallAward.at <= as_of)
        .order_by(SmallAward.id)
    )
    return [
        Given(
            reference=f"small:{award.id}",
            id=award.id,
            round_id=None,
            round="",
            title=award.title,
            party_id=award.party_id,
            unit=award.unit,
            amount=award.amount,
            decided_on=sat_on,
            at=award.at,
            report_due_on=award.report_due_on,
            entry_id=award.entry_id,
            paid_at=award.at if award.entry_id else paid.get(f"small_paid:{award.id}"),
            report=report,
        )
        for award, sat_on, report in rows
    ]


@dataclass(frozen=True)
class Moved:
    """A movement of money, with its pots as files call them: `source:Council`, `available`,
    `available:round:3`, `promised`, `paid`, `spent`."""

    row: Money
    from_pot: str
    to_pot: str


def moved(session: Session, bank: Bank, *, as_of: datetime) -> Sequence[Moved]:
    """The book of money as it stood then, in its order."""
    pots: dict[int, str] = {}
    for pot in queries.pots(session, bank):
        if pot.organisation_id is not None:
            name = members.organisation(session, bank, pot.organisation_id).name
            pots[pot.id] = f"{pot.kind}:{name}"
        else:
            pots[pot.id] = f"{pot.kind}:round:{pot.round_id}" if pot.round_id else str(pot.kind)
    rows = session.execute(
        select(Money).where(Money.bank_id == bank.id, Money.at <= as_of).order_by(Money.id)
    ).scalars()
    return [Moved(row, pots[row.from_pot], pots[row.to_pot]) for row in rows]


def reported_since(
    session: Session, bank: Bank, since: datetime, now: datetime
) -> list[tuple[str, str, str, datetime]]:
    """What came of awards in that time: the title, the words, the page on which it stands, and
    when."""
    of_rounds = session.execute(
        select(Proposal.title, Report.words, Award.round_id, Report.at)
        .join(Award, (Award.bank_id == Report.bank_id) & (Award.id == Report.award_id))
        .join(Proposal, (Proposal.bank_id == Award.bank_id) & (Proposal.id == Award.proposal_id))
        .where(Report.bank_id == bank.id, Report.at > since, Report.at <= now)
        .order_by(Report.at)
    )
    of_panels = session.execute(
        select(SmallAward.title, SmallReport.words, SmallReport.at)
        .join(
            SmallAward,
            (SmallAward.bank_id == SmallReport.bank_id) & (SmallAward.id == SmallReport.small_id),
        )
        .where(SmallReport.bank_id == bank.id, SmallReport.at > since, SmallReport.at <= now)
        .order_by(SmallReport.at)
    )
    return [
        *(
            (title, words, f"/fund/{round_id}/result", at)
            for title, words, round_id, at in of_rounds
        ),
        *((title, words, "/fund/small", at) for title, words, at in of_panels),
    ]

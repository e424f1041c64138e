"""What there is to read of partnerships: who is in them, how far they are, and what matters."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from timebank.act import Actor
from timebank.banks.models import Bank
from timebank.base import held, one_or_refuse
from timebank.dialogue.models import (
    Commitment,
    Milestone,
    MilestoneWords,
    Partner,
    Partnership,
    Priority,
)
from timebank.dialogue.rules import (
    STEP_WORDS,
    NewPartner,
    Owner,
)
from timebank.errors import Conflict
from timebank.members import meeting
from timebank.members import queries as members
from timebank.members.models import Organisation
from timebank.members.rules import Capacity
from timebank.say import Said, as_written, say


def partnerships(session: Session, bank: Bank) -> Sequence[Partnership]:
    """Those there are, by name; those that have ended last."""
    return (
        session.execute(
            select(Partnership)
            .where(Partnership.bank_id == bank.id)
            .order_by(Partnership.ended_on.is_not(None), Partnership.name)
        )
        .scalars()
        .all()
    )


def partnership(
    session: Session, bank: Bank, partnership_id: int, *, lock: bool = False
) -> Partnership:
    """Raises NotFound."""
    statement = select(Partnership).where(
        Partnership.bank_id == bank.id, Partnership.id == partnership_id
    )
    return one_or_refuse(
        session, held(statement) if lock else statement, say("There is no such partnership here.")
    )


def running(
    session: Session, bank: Bank, partnership_id: int, *, lock: bool = False
) -> Partnership:
    """One that has not ended. Raises NotFound, Conflict."""
    row = partnership(session, bank, partnership_id, lock=lock)
    if row.ended_on is not None:
        raise Conflict(say("This partnership has ended. What it promised stays to be read."))
    return row


def partners(session: Session, bank: Bank, partnership_id: int) -> Sequence[Partner]:
    """Those in it now, as they came."""
    return (
        session.execute(
            select(Partner)
            .where(
                Partner.bank_id == bank.id,
                Partner.partnership_id == partnership_id,
                Partner.until.is_(None),
            )
            .order_by(Partner.id)
        )
        .scalars()
        .all()
    )


def partner(session: Session, bank: Bank, partner_id: int) -> Partner:
    """One who is in a partnership now. Raises NotFound."""
    return one_or_refuse(
        session,
        select(Partner).where(
            Partner.bank_id == bank.id, Partner.id == partner_id, Partner.until.is_(None)
        ),
        say("They are in no partnership here."),
    )


def is_partner(session: Session, bank: Bank, partnership_id: int, member_id: int) -> bool:
    """Whether a member is in a partnership, or speaks for an organisation that is."""
    return any(
        one.member_id == member_id for one in partners(session, bank, partnership_id)
    ) or bool(
        {one.id for one in members.speaks_for(session, bank, member_id)}
        & {one.organisation_id for one in partners(session, bank, partnership_id)}
    )


@dataclass(frozen=True)
class PartnerLine:
    """Somebody in a partnership, by name."""

    partner: Partner
    name: str

    @property
    def party(self) -> str:
        """As a program names them."""
        if self.partner.member_id is not None:
            return f"member:{self.partner.member_id}"
        return f"organisation:{self.partner.organisation_id}"


def partner_accounts(session: Session, bank: Bank, partnership_id: int | None) -> frozenset[int]:
    """The accounts of those in a partnership."""
    rows = partners(session, bank, partnership_id) if partnership_id else []
    return accounts_of(session, bank, rows)


def accounts_of(
    session: Session, bank: Bank, rows: Iterable[Partner | Commitment | NewPartner | Owner]
) -> frozenset[int]:
    """The accounts of the members and organisations of these."""
    rows = list(rows)
    organisations = {row.organisation_id for row in rows if row.organisation_id}
    return members.accounts_of(session, bank, {row.member_id for row in rows}) | frozenset(
        members.organisation(session, bank, one).account_id for one in organisations
    )


def partner_lines(
    session: Session, bank: Bank, partnership_id: int, *, by: Actor | None
) -> list[PartnerLine]:
    """Those in a partnership whom this reader is shown, by part and name."""
    rows = partners(session, bank, partnership_id)
    rows = meeting.leave_out(session, bank, rows, lambda row: row.member_id, by=by)
    called = names(session, bank, rows, by=by)
    lines = [PartnerLine(row, called[row.member_id, row.organisation_id]) for row in rows]
    order = list(Capacity)
    return sorted(lines, key=lambda line: (order.index(line.partner.part), line.name.casefold()))


def names(
    session: Session, bank: Bank, rows: Collection[Partner | Commitment], *, by: Actor | None
) -> dict[tuple[int | None, int | None], str]:
    """What the members and organisations of these rows are called, as this reader reads it."""
    people = meeting.names(session, bank, {row.member_id for row in rows if row.member_id}, by=by)
    organisations = dict(
        session.execute(
            select(Organisation.id, Organisation.name).where(
                Organisation.bank_id == bank.id,
                Organisation.id.in_({row.organisation_id for row in rows if row.organisation_id}),
            )
        ).all()
    )
    return {
        (row.member_id, row.organisation_id): (
            people[row.member_id]
            if row.member_id
            else organisations.get(row.organisation_id or 0, "")
        )
        for row in rows
    }


def step_words(session: Session, bank: Bank) -> dict[int, Said]:
    """The steps of a partnership by number, in the bank's words where it has its own."""
    own = session.execute(
        select(MilestoneWords.step, MilestoneWords.words).where(MilestoneWords.bank_id == bank.id)
    ).all()
    return dict(sorted({**STEP_WORDS, **{step: as_written(words) for step, words in own}}.items()))


def milestones(session: Session, bank: Bank, partnership_id: int) -> Sequence[Milestone]:
    """What was reached and lost, as it was written down."""
    return (
        session.execute(
            select(Milestone)
            .where(Milestone.bank_id == bank.id, Milestone.partnership_id == partnership_id)
            .order_by(Milestone.id)
        )
        .scalars()
        .all()
    )


def stands(session: Session, bank: Bank, partnership_id: int, step: int) -> bool:
    """Whether a step is reached now."""
    rows = [one for one in milestones(session, bank, partnership_id) if one.step == step]
    return bool(rows) and rows[-1].reached_on is not None


@dataclass(frozen=True)
class StepLine:
    """A step of a partnership: what it is, and everything that was written down of it; the names of
    the two on whose word it stands."""

    step: int
    words: Said
    rows: Sequence[Milestone]
    resident: str = ""
    professional: str = ""

    @property
    def last(self) -> Milestone | None:
        return self.rows[-1] if self.rows else None

    @property
    def reached(self) -> bool:
        return self.last is not None and self.last.reached_on is not None


def steps(session: Session, bank: Bank, partnership_id: int, *, by: Actor | None) -> list[StepLine]:
    """All steps of a partnership in their order, as this reader reads them."""
    rows = milestones(session, bank, partnership_id)
    people = meeting.names(
        session,
        bank,
        {who for row in rows for who in (row.resident_id, row.professional_id) if who},
        by=by,
    )
    lines = []
    for step, words in step_words(session, bank).items():
        own = [row for row in rows if row.step == step]
        last = own[-1] if own else None
        named = [
            people.get(who or 0, "")
            for who in ((last.resident_id, last.professional_id) if last else (None, None))
        ]
        lines.append(StepLine(step, words, own, *named))
    return lines


def priorities(session: Session, bank: Bank, partnership_id: int) -> Sequence[Priority]:
    """Those that stand, in their order."""
    return (
        session.execute(
            select(Priority)
            .where(
                Priority.bank_id == bank.id,
                Priority.partnership_id == partnership_id,
                Priority.ended_on.is_(None),
            )
            .order_by(Priority.place)
        )
        .scalars()
        .all()
    )


def priority(session: Session, bank: Bank, priority_id: int) -> Priority:
    """Raises NotFound."""
    return one_or_refuse(
        session,
        select(Priority).where(Priority.bank_id == bank.id, Priority.id == priority_id),
        say("There is no such priority here."),
    )


def partnerships_of(
    session: Session, bank: Bank, member_ids: Collection[int]
) -> dict[int, set[int]]:
    """In which partnerships each of these members is."""
    by_member: dict[int, set[int]] = {}
    for member_id, partnership_id in session.execute(
        select(Partner.member_id, Partner.partnership_id).where(
            Partner.bank_id == bank.id, Partner.member_id.in_(member_ids), Partner.until.is_(None)
        )
    ).all():
        by_member.setdefault(member_id or 0, set()).add(partnership_id)
    return by_member

"""What there is to read of promises: how they stand, whose they are, and for whom they wait."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, tuple_
from sqlalchemy.orm import Session

from timebank.access import commissioners
from timebank.access.models import Commissioner
from timebank.act import Actor, Channel
from timebank.banks.models import Bank
from timebank.base import Some, held, one_or_refuse, some_of_all
from timebank.dialogue import queries
from timebank.dialogue.conversation_queries import unanswered
from timebank.dialogue.models import (
    Commitment,
    CommitmentStep,
    Option,
    Partner,
    Priority,
    Verdict,
)
from timebank.dialogue.rules import (
    SPOKEN,
    UNDER_WAY,
    OwnerKind,
    StepKind,
    late_by,
)
from timebank.members import meeting
from timebank.members import queries as members
from timebank.members.models import Member, Organisation
from timebank.members.rules import Capacity, Status
from timebank.say import say

Row = TypeVar("Row", Priority, Option)


def commitment(
    session: Session, bank: Bank, commitment_id: int, *, lock: bool = False
) -> Commitment:
    """Raises NotFound."""
    statement = select(Commitment).where(
        Commitment.bank_id == bank.id, Commitment.id == commitment_id
    )
    return one_or_refuse(
        session, held(statement) if lock else statement, say("There is no such promise here.")
    )


def last_step(session: Session, bank: Bank, commitment_id: int) -> CommitmentStep:
    """The step by which a promise stands now."""
    return session.execute(
        select(CommitmentStep)
        .where(CommitmentStep.bank_id == bank.id, CommitmentStep.commitment_id == commitment_id)
        .order_by(CommitmentStep.n.desc())
        .limit(1)
    ).scalar_one()


def commissioner(session: Session, bank: Bank, commissioner_id: int) -> Commissioner:
    """Raises NotFound."""
    return commissioners.commissioner(session, bank, commissioner_id)


@dataclass(frozen=True)
class Heard:
    """Of the `n`th step, which somebody wrote down for another: on whose word, how it came (by a
    page: that was not asked yet), and by whom, in names that the reader may read."""

    n: int
    channel: Channel
    said_by: str
    entered_by: str


@dataclass(frozen=True)
class Promise:
    """A promise with all its steps, who owns it, what it is for and what was decided.

    `owner` is the owner's name; `confirmed_by` that of the resident who says that it is done. Both
    are for members to read, as is what was `heard`; `public_owner` and `public_confirmed_by` for
    everybody.
    """

    row: Commitment
    steps: Sequence[CommitmentStep]
    owner: str
    gone: bool = False
    priority: Priority | None = None
    option: Option | None = None
    verdict: Verdict | None = None
    confirmed_by: str = ""
    partnership: str = ""
    heard: Sequence[Heard] = ()

    @property
    def last(self) -> CommitmentStep:
        return self.steps[-1]

    @property
    def due_on(self) -> date:
        return self.last.due_on

    @property
    def first_due_on(self) -> date:
        """The day it was first promised for."""
        return self.steps[0].due_on

    @property
    def state(self) -> StepKind:
        return self.last.kind

    @property
    def under_way(self) -> bool:
        return self.state in UNDER_WAY

    @property
    def done(self) -> CommitmentStep | None:
        """The step that says it is done, where it stands so."""
        if self.state not in (StepKind.DONE, StepKind.CONFIRMED):
            return None
        return [step for step in self.steps if step.kind == StepKind.DONE][-1]

    @property
    def done_late_by(self) -> int:
        """How many days after its last day it was done; 0 where it was in time."""
        done = self.done
        return max((done.happened_on - done.due_on).days, 0) if done else 0

    def late(self, today: date) -> int:
        """By how many days it is late; 0 where it is not."""
        return late_by(self.state, self.due_on, today=today)

    @property
    def public_owner(self) -> str:
        """The owner's name where everybody may read it; else empty."""
        return self.owner if self.row.owner_kind != OwnerKind.MEMBER or self.row.shown else ""

    @property
    def public_confirmed_by(self) -> str:
        return self.confirmed_by if self.last.shown else ""


def promises(
    session: Session, bank: Bank, *wanted: ColumnElement[bool], by: Actor | None, limit: int = 1_000
) -> list[Promise]:
    """Promises as this reader reads them, those due first in front; what was written down by
    mistake comes last."""
    statement = (
        select(Commitment, CommitmentStep.kind)
        .join(CommitmentStep, _is_last())
        .where(Commitment.bank_id == bank.id, *wanted)
        .order_by(CommitmentStep.kind == StepKind.MISTAKEN, CommitmentStep.due_on, Commitment.id)
        .limit(limit)
    )
    return _with_all(session, bank, [row for row, _ in session.execute(statement).all()], by=by)


def promises_of(
    session: Session, bank: Bank, partnership_id: int, *, by: Actor | None
) -> list[Promise]:
    """The promises of a partnership, as `promises`."""
    return promises(session, bank, Commitment.partnership_id == partnership_id, by=by)


def _is_last() -> ColumnElement[bool]:
    """A step is the last of its commitment."""
    later = (
        select(func.max(CommitmentStep.n))
        .where(
            CommitmentStep.bank_id == Commitment.bank_id,
            CommitmentStep.commitment_id == Commitment.id,
        )
        .correlate(Commitment)
        .scalar_subquery()
    )
    return and_(
        CommitmentStep.bank_id == Commitment.bank_id,
        CommitmentStep.commitment_id == Commitment.id,
        CommitmentStep.n == later,
    )


def promise(session: Session, bank: Bank, commitment_id: int, *, by: Actor | None) -> Promise:
    """One of them. Raises NotFound."""
    return _with_all(session, bank, [commitment(session, bank, commitment_id)], by=by)[0]


def _with_all(
    session: Session, bank: Bank, rows: Sequence[Commitment], *, by: Actor | None
) -> list[Promise]:
    """These with their steps, names, priorities, options and answers: a few questions however many
    they are."""
    steps_of: dict[int, list[CommitmentStep]] = {row.id: [] for row in rows}
    for step in session.execute(
        select(CommitmentStep)
        .where(CommitmentStep.bank_id == bank.id, CommitmentStep.commitment_id.in_(steps_of))
        .order_by(CommitmentStep.commitment_id, CommitmentStep.n)
    ).scalars():
        steps_of[step.commitment_id].append(step)
    heard_ = _heard(session, bank, [step for one in steps_of.values() for step in one], by=by)
    names = queries.names(session, bank, rows, by=by)
    gone = _gone(session, bank, rows)
    confirming = meeting.names(
        session,
        bank,
        {steps_[-1].confirmed_id for steps_ in steps_of.values() if steps_[-1].confirmed_id},
        by=by,
    )
    places = {one.id: one.name for one in queries.partnerships(session, bank)}
    priorities_ = _by_id(session, bank, Priority, {row.priority_id for row in rows})
    options_ = _by_id(session, bank, Option, {row.option_id for row in rows})
    answers = {
        row.option_id: row
        for row in session.execute(
            select(Verdict).where(Verdict.bank_id == bank.id, Verdict.option_id.in_(options_))
        ).scalars()
    }
    return [
        Promise(
            row,
            steps_of[row.id],
            row.body or names[row.member_id, row.organisation_id],
            row.id in gone,
            priorities_.get(row.priority_id or 0),
            options_.get(row.option_id or 0),
            answers.get(row.option_id or 0),
            confirming.get(steps_of[row.id][-1].confirmed_id or 0, ""),
            places.get(row.partnership_id or 0, ""),
            heard_.get(row.id, ()),
        )
        for row in rows
    ]


def _heard(
    session: Session, bank: Bank, steps: Sequence[CommitmentStep], *, by: Actor | None
) -> dict[int, list[Heard]]:
    """By promise, what of these steps was written down on another's word. Nothing for everybody."""
    entered = [step for step in steps if step.on_word_of or step.channel in SPOKEN]
    if by is None or not entered:
        return {}
    keys = {key for step in entered for key in (step.by, step.on_word_of) if key}
    people = {int(key.removeprefix("member:")) for key in keys if key.startswith("member:")}
    readable = meeting.names(session, bank, people, by=by)
    names = {
        **members.who(session, bank, keys),
        **{f"member:{id_}": readable.get(id_, "") for id_ in people},
    }
    heard: dict[int, list[Heard]] = {}
    for step in entered:
        said_by, entered_by = (str(names.get(key or "", "")) for key in (step.on_word_of, step.by))
        heard.setdefault(step.commitment_id, []).append(
            Heard(step.n, step.channel, said_by, entered_by)
        )
    return heard


def _by_id(
    session: Session, bank: Bank, table: type[Row], ids: Collection[int | None]
) -> dict[int, Row]:
    """Rows of a table by their ids."""
    rows = session.execute(
        select(table).where(table.bank_id == bank.id, table.id.in_({one for one in ids if one}))
    ).scalars()
    return {row.id: row for row in rows}


def _owner_gone() -> ColumnElement[bool]:
    """The owner has left, or their organisation or commission has ended."""
    return or_(
        Commitment.member_id.in_(select(Member.id).where(Member.status != Status.ACTIVE)),
        Commitment.organisation_id.in_(
            select(Organisation.id).where(Organisation.closed_at.is_not(None))
        ),
    )


def _gone(session: Session, bank: Bank, rows: Sequence[Commitment]) -> set[int]:
    return set(
        session.execute(
            select(Commitment.id).where(
                Commitment.bank_id == bank.id,
                Commitment.id.in_([row.id for row in rows]),
                _owner_gone(),
            )
        ).scalars()
    )


def _under_way(bank: Bank, *wanted: ColumnElement[bool]) -> Select[Commitment]:
    return (
        select(Commitment)
        .join(CommitmentStep, _is_last())
        .where(Commitment.bank_id == bank.id, CommitmentStep.kind.in_(UNDER_WAY), *wanted)
        .order_by(CommitmentStep.due_on, Commitment.id)
    )


def _lines(
    bank: Bank, states: Collection[StepKind], *wanted: ColumnElement[bool]
) -> Select[*tuple[Any, ...]]:
    """Promises that stand so, as `Waits`."""
    owner = func.coalesce(func.nullif(Commitment.body, ""), Member.name, Organisation.name, "")
    return (
        select(
            Commitment.id,
            Commitment.words.label("words"),
            CommitmentStep.due_on.label("on"),
            owner.label("who"),
        )
        .join(CommitmentStep, _is_last())
        .outerjoin(
            Member, and_(Member.bank_id == Commitment.bank_id, Member.id == Commitment.member_id)
        )
        .outerjoin(
            Organisation,
            and_(
                Organisation.bank_id == Commitment.bank_id,
                Organisation.id == Commitment.organisation_id,
            ),
        )
        .where(Commitment.bank_id == bank.id, CommitmentStep.kind.in_(states), *wanted)
    )


@dataclass(frozen=True)
class Waits:
    """A promise or a conversation that waits: what it says, its day, and who owns or decides it."""

    id: int
    words: str
    on: date
    who: str


def _waits(
    session: Session, kinds: Mapping[str, Select[*tuple[Any, ...]]], limit: int
) -> dict[str, Some[Waits]]:
    return {
        kind: Some([Waits(row.id, row.words, row.on, row.who) for row in found.shown], found.total)
        for kind, found in some_of_all(session, kinds, limit).items()
    }


@dataclass(frozen=True)
class ForStaff:
    """Promises past their day, the longest first; promises under way whose owner has left or ended;
    and conversations whose answer is overdue."""

    late: Some[Waits]
    without_owner: Some[Waits]
    unanswered: Some[Waits]


def for_staff(session: Session, bank: Bank, *, today: date, limit: int) -> ForStaff:
    """What waits for the staff, in one question."""
    kinds = {
        "late": _lines(bank, UNDER_WAY, CommitmentStep.due_on < today),
        "without_owner": _lines(bank, UNDER_WAY, _owner_gone()),
        "unanswered": unanswered(bank, today),
    }
    return ForStaff(**_waits(session, kinds, limit))


def due_between(session: Session, bank: Bank, first: date, last: date) -> list[Promise]:
    """Promises under way that are due between two days, both included."""
    rows = session.execute(_under_way(bank, CommitmentStep.due_on.between(first, last))).scalars()
    return _with_all(session, bank, list(rows), by=None)


def owned_by_commissioner(session: Session, bank: Bank, commissioner_id: int) -> list[Promise]:
    """The promises that a commissioner answers for."""
    return promises(session, bank, Commitment.commissioner_id == commissioner_id, by=None)


@dataclass(frozen=True)
class ForMember:
    """What a member can confirm: what is said to be done in partnerships where they are a resident
    and neither the owner nor kept apart from them; and their own promises that are under way and
    due by a day."""

    confirm: Some[Waits]
    own: Some[Waits]


def for_member(
    session: Session, bank: Bank, member_id: int, *, until: date, limit: int
) -> ForMember:
    """What waits for a member, in one question."""
    places = select(Partner.partnership_id).where(
        Partner.bank_id == bank.id,
        Partner.member_id == member_id,
        Partner.part == Capacity.RESIDENT,
        Partner.until.is_(None),
    )
    account = select(Member.account_id).where(Member.id == member_id).scalar_subquery()
    others = (
        Commitment.partnership_id.in_(places),
        or_(Commitment.member_id.is_(None), Commitment.member_id != member_id),
        or_(
            Commitment.organisation_id.is_(None),
            Commitment.organisation_id.not_in(members.spoken_for(bank, member_id)),
        ),
        ~meeting.are_apart(
            bank,
            func.coalesce(account, 0),
            func.coalesce(Member.account_id, Organisation.account_id, 0),
        ),
    )
    own = (Commitment.member_id == member_id, CommitmentStep.due_on <= until)
    kinds = {
        "confirm": _lines(bank, [StepKind.DONE], *others),
        "own": _lines(bank, UNDER_WAY, *own),
    }
    return ForMember(**_waits(session, kinds, limit))


@dataclass(frozen=True)
class Sums:
    """How many promises there are, and what became of them."""

    promised: int
    done: int
    under_way: int
    late: int
    dropped: int


def sums(found: Sequence[Promise], *, today: date) -> Sums:
    """What became of these. What was written down by mistake is left out."""
    states = [one.state for one in found if one.state != StepKind.MISTAKEN]
    late_ = sum(one.late(today) > 0 for one in found)
    return Sums(
        len(states),
        sum(state in (StepKind.DONE, StepKind.CONFIRMED) for state in states),
        sum(state in UNDER_WAY for state in states) - late_,
        late_,
        states.count(StepKind.DROPPED),
    )


def steps_since(
    session: Session, bank: Bank, since: datetime, until: datetime
) -> list[tuple[Commitment, CommitmentStep]]:
    """What became of promises between two instants, the first left out."""
    return [
        (row, step)
        for row, step in session.execute(
            select(Commitment, CommitmentStep)
            .join(
                CommitmentStep,
                tuple_(CommitmentStep.bank_id, CommitmentStep.commitment_id)
                == tuple_(Commitment.bank_id, Commitment.id),
            )
            .where(
                Commitment.bank_id == bank.id,
                CommitmentStep.at > since,
                CommitmentStep.at <= until,
                CommitmentStep.kind != StepKind.MISTAKEN,
            )
            .order_by(CommitmentStep.at, Commitment.id)
        ).all()
    ]


def owned_ids(session: Session, bank: Bank, member_id: int) -> list[int]:
    """The ids of the promises a member owns."""
    return list(
        session.execute(
            select(Commitment.id).where(
                Commitment.bank_id == bank.id, Commitment.member_id == member_id
            )
        ).scalars()
    )

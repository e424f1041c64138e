"""What there is to read of partnerships, what they decide, and what they have promised."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, tuple_
from sqlalchemy.orm import Session

from timebank.access import commissioners
from timebank.access.models import Commissioner
from timebank.activities.models import Contribution
from timebank.banks.models import Bank
from timebank.base import Some, held, some_of_all
from timebank.dialogue.audit_models import Audit, AuditSheet, SortedAs, Theme
from timebank.dialogue.models import (
    Commitment,
    CommitmentStep,
    Dialogue,
    DialogueMeeting,
    Evaluation,
    EvaluationAnswer,
    EvaluationSheet,
    Milestone,
    MilestoneWords,
    Option,
    Partner,
    Partnership,
    Point,
    Priority,
    Sounding,
    Verdict,
)
from timebank.dialogue.rules import (
    OPEN_ITEMS,
    STATEMENTS,
    STEP_WORDS,
    UNDER_WAY,
    Decision,
    EvaluationItem,
    OwnerKind,
    Sound,
    Sounded,
    StepKind,
    late_by,
)
from timebank.errors import Conflict, NotFound
from timebank.members import queries as members
from timebank.members.models import Member, Organisation
from timebank.members.rules import Capacity, Status
from timebank.say import Said, as_written, say
from timebank.surveys.rules import Estimate, estimate

Row = TypeVar("Row", Priority, Option)

# ---- Partnerships ----


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
    row = session.execute(held(statement) if lock else statement).scalar_one_or_none()
    if row is None:
        raise NotFound(say("There is no such partnership here."))
    return row


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
    row = session.execute(
        select(Partner).where(
            Partner.bank_id == bank.id, Partner.id == partner_id, Partner.until.is_(None)
        )
    ).scalar_one_or_none()
    if row is None:
        raise NotFound(say("They are in no partnership here."))
    return row


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


def partner_lines(session: Session, bank: Bank, partnership_id: int) -> list[PartnerLine]:
    """Those in a partnership, by part and name."""
    rows = partners(session, bank, partnership_id)
    names = _names(session, bank, rows)
    lines = [PartnerLine(row, names[row.member_id, row.organisation_id]) for row in rows]
    order = list(Capacity)
    return sorted(lines, key=lambda line: (order.index(line.partner.part), line.name.casefold()))


def _names(
    session: Session, bank: Bank, rows: Collection[Partner | Commitment]
) -> dict[tuple[int | None, int | None], str]:
    """What the members and organisations of these rows are called."""
    people = members.by_ids(session, bank, {row.member_id for row in rows if row.member_id})
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
            people[row.member_id].name
            if row.member_id
            else organisations.get(row.organisation_id or 0, "")
        )
        for row in rows
    }


# ---- Steps ----


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


def steps(session: Session, bank: Bank, partnership_id: int) -> list[StepLine]:
    """All steps of a partnership in their order."""
    rows = milestones(session, bank, partnership_id)
    people = members.by_ids(
        session,
        bank,
        {who for row in rows for who in (row.resident_id, row.professional_id) if who},
    )
    lines = []
    for step, words in step_words(session, bank).items():
        own = [row for row in rows if row.step == step]
        last = own[-1] if own else None
        named = [
            people[who].name if who in people else ""
            for who in ((last.resident_id, last.professional_id) if last else (None, None))
        ]
        lines.append(StepLine(step, words, own, *named))
    return lines


# ---- Priorities ----


def themes(session: Session, bank: Bank, audit_id: int) -> dict[int, str]:
    """The themes of an audit that were not joined to another."""
    return dict(
        session.execute(
            select(Theme.id, Theme.words).where(
                Theme.bank_id == bank.id, Theme.audit_id == audit_id, Theme.joined_id.is_(None)
            )
        ).all()
    )


def require_audit(session: Session, bank: Bank, audit_id: int) -> None:
    """Raises NotFound unless there is such an audit."""
    if (
        session.execute(
            select(Audit.id).where(Audit.bank_id == bank.id, Audit.id == audit_id)
        ).first()
        is None
    ):
        raise NotFound(say("There is no such audit here."))


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
    row = session.execute(
        select(Priority).where(Priority.bank_id == bank.id, Priority.id == priority_id)
    ).scalar_one_or_none()
    if row is None:
        raise NotFound(say("There is no such priority here."))
    return row


def named(
    session: Session, bank: Bank, theme_ids: Collection[int | None]
) -> dict[int, tuple[int, int]]:
    """By theme how many people named it, and of how many who were asked; nothing of themes that
    fewer than `bank.few` named."""
    own = func.coalesce(Theme.joined_id, Theme.id)
    people = session.execute(
        select(own, Theme.audit_id, func.count(SortedAs.key.distinct()))
        .join(SortedAs, and_(SortedAs.bank_id == Theme.bank_id, SortedAs.theme_id == Theme.id))
        .where(Theme.bank_id == bank.id, own.in_({one for one in theme_ids if one}))
        .group_by(own, Theme.audit_id)
    ).all()
    asked = dict(
        session.execute(
            select(AuditSheet.audit_id, func.count())
            .where(AuditSheet.bank_id == bank.id)
            .group_by(AuditSheet.audit_id)
        ).all()
    )
    return {
        theme_id: (number, asked.get(audit_id, 0))
        for theme_id, audit_id, number in people
        if number >= bank.few
    }


def people_asked(session: Session, bank: Bank, partnership_id: int) -> int:
    """How many answered in the audits of a partnership that have closed."""
    return session.execute(
        select(func.count())
        .select_from(AuditSheet)
        .join(Audit, and_(Audit.bank_id == AuditSheet.bank_id, Audit.id == AuditSheet.audit_id))
        .where(
            Audit.bank_id == bank.id,
            Audit.partnership_id == partnership_id,
            Audit.closed_at.is_not(None),
        )
    ).scalar_one()


# ---- Conversations ----


def dialogues(session: Session, bank: Bank, partnership_id: int) -> Sequence[Dialogue]:
    """The conversations of a partnership, the latest first."""
    return (
        session.execute(
            select(Dialogue)
            .where(Dialogue.bank_id == bank.id, Dialogue.partnership_id == partnership_id)
            .order_by(Dialogue.id.desc())
        )
        .scalars()
        .all()
    )


def dialogue(session: Session, bank: Bank, dialogue_id: int, *, lock: bool = False) -> Dialogue:
    """Raises NotFound."""
    statement = select(Dialogue).where(Dialogue.bank_id == bank.id, Dialogue.id == dialogue_id)
    row = session.execute(held(statement) if lock else statement).scalar_one_or_none()
    if row is None:
        raise NotFound(say("There is no such conversation here."))
    return row


def meetings(session: Session, bank: Bank, dialogue_id: int) -> list[int]:
    """The ids of the sessions that are its meetings."""
    return list(
        session.execute(
            select(DialogueMeeting.session_id).where(
                DialogueMeeting.bank_id == bank.id, DialogueMeeting.dialogue_id == dialogue_id
            )
        ).scalars()
    )


def option_with_talk(
    session: Session, bank: Bank, option_id: int, *, lock: bool = False
) -> tuple[Option, Dialogue]:
    """An option and its conversation, which nobody else closes meanwhile. Raises NotFound."""
    option = session.execute(
        select(Option).where(Option.bank_id == bank.id, Option.id == option_id)
    ).scalar_one_or_none()
    if option is None:
        raise NotFound(say("There is no such option here."))
    return option, dialogue(session, bank, option.dialogue_id, lock=lock)


def verdict(session: Session, bank: Bank, option_id: int) -> Verdict | None:
    """The answer to an option, if there is one."""
    return session.get(Verdict, (bank.id, option_id))


@dataclass(frozen=True)
class OptionLine:
    """An option with what was said of it: its answer, how residents and professionals find it
    (hands, and what was said one by one where it is of enough people), and how many more have said
    so where it is not."""

    option: Option
    verdict: Verdict | None
    residents: Sounded
    professionals: Sounded
    withheld: int = 0


def options(session: Session, bank: Bank, dialogue_id: int) -> list[OptionLine]:
    """The options of a conversation in their order. What fewer than `bank.few` people of a group
    said one by one is counted and not told apart."""
    rows = session.execute(
        select(Option, Verdict)
        .outerjoin(Verdict, and_(Verdict.bank_id == Option.bank_id, Verdict.option_id == Option.id))
        .where(Option.bank_id == bank.id, Option.dialogue_id == dialogue_id)
        .order_by(Option.id)
    ).all()
    sums = session.execute(
        select(
            Sounding.option_id,
            Sounding.part,
            Sounding.session_id.is_not(None),
            Sounding.answer,
            func.sum(Sounding.people),
        )
        .where(Sounding.bank_id == bank.id, Sounding.option_id.in_([row[0].id for row in rows]))
        .group_by(
            Sounding.option_id,
            Sounding.part,
            Sounding.session_id.is_not(None),
            Sounding.answer,
        )
    ).all()
    counted: dict[tuple[int, bool, bool], dict[Sound, int]] = {}
    for option_id, part, hands, answer, people in sums:
        of = counted.setdefault((option_id, part == Capacity.RESIDENT, bool(hands)), {})
        of[answer] = of.get(answer, 0) + int(people)
    lines = []
    for option, verdict_ in rows:
        groups, withheld = [], 0
        for resident in (True, False):
            hands = _sounded(counted.get((option.id, resident, True), {}))
            single = _sounded(counted.get((option.id, resident, False), {}))
            if single.people < bank.few:
                withheld, single = withheld + single.people, Sounded()
            groups.append(hands + single)
        lines.append(OptionLine(option, verdict_, *groups, withheld=withheld))
    return lines


def _sounded(counts: Mapping[Sound, int]) -> Sounded:
    return Sounded(counts.get(Sound.YES, 0), counts.get(Sound.CAN_LIVE, 0), counts.get(Sound.NO, 0))


def own_soundings(
    session: Session, bank: Bank, dialogue_id: int, member_id: int
) -> dict[int, Sounding]:
    """What a member has said of the options of a conversation, by option."""
    rows = (
        session.execute(
            select(Sounding)
            .join(Option, Option.id == Sounding.option_id)
            .where(
                Sounding.bank_id == bank.id,
                Option.dialogue_id == dialogue_id,
                Sounding.member_id == member_id,
            )
        )
        .scalars()
        .all()
    )
    return {row.option_id: row for row in rows}


def reasons_against(session: Session, bank: Bank, dialogue_id: int) -> dict[int, list[str]]:
    """Why people said no, by option, in no order that tells who."""
    rows = session.execute(
        select(Sounding.option_id, Sounding.why)
        .join(Option, Option.id == Sounding.option_id)
        .where(Sounding.bank_id == bank.id, Option.dialogue_id == dialogue_id, Sounding.why != "")
        .order_by(Sounding.why)
    ).all()
    by_option: dict[int, list[str]] = {}
    for option_id, why in rows:
        by_option.setdefault(option_id, []).append(why)
    return by_option


@dataclass(frozen=True)
class PointLine:
    """Something said, and by whom, where that is known."""

    point: Point
    name: str


def points(session: Session, bank: Bank, dialogue_id: int) -> list[PointLine]:
    """What was said in a conversation, in the order in which it was."""
    rows = (
        session.execute(
            select(Point)
            .where(Point.bank_id == bank.id, Point.dialogue_id == dialogue_id)
            .order_by(Point.id)
        )
        .scalars()
        .all()
    )
    people = members.by_ids(session, bank, {row.member_id for row in rows if row.member_id})
    return [PointLine(row, people[row.member_id].name if row.member_id else "") for row in rows]


def _unanswered(bank: Bank, today: date) -> Select[*tuple[Any, ...]]:
    """Open conversations whose day of the answer is past while an option has none."""
    without = (
        select(Option.dialogue_id)
        .outerjoin(Verdict, Verdict.option_id == Option.id)
        .where(Option.bank_id == bank.id, Verdict.option_id.is_(None))
    )
    return select(
        Dialogue.id,
        Dialogue.title.label("words"),
        Dialogue.answers_on.label("on"),
        Dialogue.decides.label("who"),
    ).where(
        Dialogue.bank_id == bank.id,
        Dialogue.opened_at.is_not(None),
        Dialogue.closed_at.is_(None),
        Dialogue.answers_on < today,
        Dialogue.id.in_(without),
    )


# ---- Promises ----


def commitment(
    session: Session, bank: Bank, commitment_id: int, *, lock: bool = False
) -> Commitment:
    """Raises NotFound."""
    statement = select(Commitment).where(
        Commitment.bank_id == bank.id, Commitment.id == commitment_id
    )
    row = session.execute(held(statement) if lock else statement).scalar_one_or_none()
    if row is None:
        raise NotFound(say("There is no such promise here."))
    return row


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
class Promise:
    """A promise with all its steps, who owns it, what it is for and what was decided.

    `owner` is the owner's name; `confirmed_by` that of the resident who says that it is done. Both
    are for members to read; `public_owner` and `public_confirmed_by` for everybody.
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
    session: Session, bank: Bank, *wanted: ColumnElement[bool], limit: int = 1_000
) -> list[Promise]:
    """Promises, those due first in front; what was written down by mistake comes last."""
    statement = (
        select(Commitment, CommitmentStep.kind)
        .join(CommitmentStep, _is_last())
        .where(Commitment.bank_id == bank.id, *wanted)
        .order_by(CommitmentStep.kind == StepKind.MISTAKEN, CommitmentStep.due_on, Commitment.id)
        .limit(limit)
    )
    return _with_all(session, bank, [row for row, _ in session.execute(statement).all()])


def promises_of(session: Session, bank: Bank, partnership_id: int) -> list[Promise]:
    """The promises of a partnership, as `promises`."""
    return promises(session, bank, Commitment.partnership_id == partnership_id)


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


def promise(session: Session, bank: Bank, commitment_id: int) -> Promise:
    """One of them. Raises NotFound."""
    return _with_all(session, bank, [commitment(session, bank, commitment_id)])[0]


def _with_all(session: Session, bank: Bank, rows: Sequence[Commitment]) -> list[Promise]:
    """These with their steps, names, priorities, options and answers: a few questions however many
    they are."""
    steps_of: dict[int, list[CommitmentStep]] = {row.id: [] for row in rows}
    for step in session.execute(
        select(CommitmentStep)
        .where(CommitmentStep.bank_id == bank.id, CommitmentStep.commitment_id.in_(steps_of))
        .order_by(CommitmentStep.commitment_id, CommitmentStep.n)
    ).scalars():
        steps_of[step.commitment_id].append(step)
    names = _names(session, bank, rows)
    gone = _gone(session, bank, rows)
    confirming = members.by_ids(
        session,
        bank,
        {steps_[-1].confirmed_id for steps_ in steps_of.values() if steps_[-1].confirmed_id},
    )
    places = {one.id: one.name for one in partnerships(session, bank)}
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
            _name_of(confirming, steps_of[row.id][-1].confirmed_id),
            places.get(row.partnership_id or 0, ""),
        )
        for row in rows
    ]


def _name_of(people: Mapping[int, Member], member_id: int | None) -> str:
    member = people.get(member_id or 0)
    return member.name if member else ""


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
        "unanswered": _unanswered(bank, today),
    }
    return ForStaff(**_waits(session, kinds, limit))


def due_between(session: Session, bank: Bank, first: date, last: date) -> list[Promise]:
    """Promises under way that are due between two days, both included."""
    rows = session.execute(_under_way(bank, CommitmentStep.due_on.between(first, last))).scalars()
    return _with_all(session, bank, list(rows))


def owned_by_commissioner(session: Session, bank: Bank, commissioner_id: int) -> list[Promise]:
    """The promises that a commissioner answers for."""
    return promises(session, bank, Commitment.commissioner_id == commissioner_id)


@dataclass(frozen=True)
class ForMember:
    """What a member can confirm: what is said to be done in partnerships where they are a resident
    and not the owner; and their own promises that are under way and due by a day."""

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
    others = (
        Commitment.partnership_id.in_(places),
        or_(Commitment.member_id.is_(None), Commitment.member_id != member_id),
        or_(
            Commitment.organisation_id.is_(None),
            Commitment.organisation_id.not_in(members.spoken_for(bank, member_id)),
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


def owned_ids(session: Session, bank: Bank, member_id: int) -> list[int]:
    """The ids of the promises a member owns."""
    return list(
        session.execute(
            select(Commitment.id).where(
                Commitment.bank_id == bank.id, Commitment.member_id == member_id
            )
        ).scalars()
    )


# ---- Unanswered decisions, said on the page ----


def refused_options(
    session: Session, bank: Bank, partnership_id: int
) -> list[tuple[Dialogue, Option, Verdict]]:
    """Options of closed conversations that were answered “not now” or “no”: what we did not, and
    why."""
    return [
        (talk, option, verdict_)
        for talk, option, verdict_ in session.execute(
            select(Dialogue, Option, Verdict)
            .join(Option, Option.dialogue_id == Dialogue.id)
            .join(Verdict, Verdict.option_id == Option.id)
            .where(
                Dialogue.bank_id == bank.id,
                Dialogue.partnership_id == partnership_id,
                Dialogue.closed_at.is_not(None),
                Verdict.answer.in_((Decision.NO, Decision.NOT_NOW)),
            )
            .order_by(Verdict.given_on, Option.id)
        ).all()
    ]


# ---- Evaluations ----


def evaluation(
    session: Session, bank: Bank, evaluation_id: int, *, lock: bool = False
) -> Evaluation:
    """Raises NotFound."""
    statement = select(Evaluation).where(
        Evaluation.bank_id == bank.id, Evaluation.id == evaluation_id
    )
    row = session.execute(held(statement) if lock else statement).scalar_one_or_none()
    if row is None:
        raise NotFound(say("There is no such evaluation here."))
    return row


def evaluation_of(session: Session, bank: Bank, **of: int) -> Evaluation | None:
    """That of a session, an audit or a conversation, if there is one."""
    return session.execute(select(Evaluation).filter_by(bank_id=bank.id, **of)).scalar_one_or_none()


def sheets(session: Session, bank: Bank, evaluation_id: int) -> int:
    """How many have answered."""
    return session.execute(
        select(func.count())
        .select_from(EvaluationSheet)
        .where(EvaluationSheet.bank_id == bank.id, EvaluationSheet.evaluation_id == evaluation_id)
    ).scalar_one()


def people_there(session: Session, bank: Bank, row: Evaluation) -> int:
    """How many people stand on the register, or were asked in the audit."""
    if row.audit_id is not None:
        return session.execute(
            select(func.count())
            .select_from(AuditSheet)
            .where(AuditSheet.bank_id == bank.id, AuditSheet.audit_id == row.audit_id)
        ).scalar_one()
    people = session.execute(
        select(Contribution.member_id, Contribution.guest_key)
        .where(Contribution.bank_id == bank.id, Contribution.session_id.in_(_sessions(row)))
        .distinct()
    ).all()
    return len(people)


def _sessions(row: Evaluation) -> Select[Any]:
    """The sessions whose register says who was there."""
    if row.session_id is not None:
        return select(Evaluation.session_id).where(Evaluation.id == row.id)
    return select(DialogueMeeting.session_id).where(
        DialogueMeeting.bank_id == row.bank_id, DialogueMeeting.dialogue_id == row.dialogue_id
    )


def was_there(session: Session, bank: Bank, row: Evaluation, member_id: int) -> bool:
    """Whether a member stands on the register."""
    return (
        session.execute(
            select(Contribution.id)
            .where(
                Contribution.bank_id == bank.id,
                Contribution.member_id == member_id,
                Contribution.session_id.in_(_sessions(row)),
            )
            .limit(1)
        ).first()
        is not None
    )


@dataclass(frozen=True)
class Outcome:
    """What was answered to an evaluation: how many sheets of how many people; the mean of each
    statement with its interval, or None for too few; the words, once there are enough."""

    sheets: int
    people: int
    means: Mapping[EvaluationItem, Estimate | None]
    words: Mapping[EvaluationItem, Sequence[str]] = field(
        default_factory=dict[EvaluationItem, Sequence[str]]
    )


def outcome(session: Session, bank: Bank, evaluation_id: int) -> Outcome:
    """What was answered, withheld where it is of fewer than `bank.few`. Raises NotFound, and
    Conflict until it has closed."""
    row = evaluation(session, bank, evaluation_id)
    if row.closed_on is None:
        raise Conflict(say("It can be read once it has closed."))
    values: dict[EvaluationItem, list[float]] = {}
    words: dict[EvaluationItem, list[str]] = {}
    for answer in session.execute(
        select(EvaluationAnswer)
        .where(EvaluationAnswer.bank_id == bank.id, EvaluationAnswer.evaluation_id == evaluation_id)
        .order_by(EvaluationAnswer.words)
    ).scalars():
        if answer.value is not None:
            values.setdefault(answer.item, []).append(float(answer.value))
        elif answer.words:
            words.setdefault(answer.item, []).append(answer.words)
    number = sheets(session, bank, evaluation_id)
    enough = number >= bank.few
    return Outcome(
        number,
        people_there(session, bank, row),
        {
            item: estimate(values.get(item, []), bank.few)
            for item in (*STATEMENTS, EvaluationItem.LADDER)
        },
        {item: words.get(item, []) for item in OPEN_ITEMS} if enough else {},
    )

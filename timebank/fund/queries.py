"""Reads of the fund. Every function takes the bank; NotFound is raised for what is not in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Text, cast, exists, func, literal, select
from sqlalchemy.orm import Session, aliased

from timebank.act import Actor
from timebank.banks.models import Bank
from timebank.base import Some, one_or_refuse, some_of_all
from timebank.codes import folded_code, secret_hash
from timebank.dialogue import conversation_queries as conversations
from timebank.dialogue import queries as dialogue
from timebank.dialogue.models import Option, Priority
from timebank.fund.counting import Election
from timebank.fund.models import (
    AnswerTo,
    Award,
    Ballot,
    Ceiling,
    Count,
    Elector,
    Money,
    Panel,
    Panelist,
    PaperCode,
    Point,
    Pot,
    Proposal,
    Report,
    Round,
    RoundMeeting,
    SmallAward,
    SmallReport,
)
from timebank.fund.rules import (
    ON_BALLOT,
    FundUnit,
    PotKind,
    RoundState,
    Turnout,
    choices_of,
)
from timebank.members import meeting
from timebank.members import queries as members
from timebank.members.rules import Capacity
from timebank.say import say


def rounds(session: Session, bank: Bank) -> Sequence[Round]:
    """All rounds, the latest first."""
    statement = select(Round).where(Round.bank_id == bank.id).order_by(Round.id.desc())
    return session.execute(statement).scalars().all()


def round_of(session: Session, bank: Bank, round_id: int, *, hold: bool = False) -> Round:
    """A round; with `hold` nobody else takes a step with it until the transaction ends."""
    wanted = select(Round).where(Round.bank_id == bank.id, Round.id == round_id)
    if hold:
        wanted = wanted.with_for_update().execution_options(populate_existing=True)
    return one_or_refuse(session, wanted, say("There is no such round here."))


def proposals(session: Session, bank: Bank, round_: Round) -> Sequence[Proposal]:
    """The proposals of a round: those on the ballot as they stand on it, others as they came in."""
    rows = session.execute(
        select(Proposal)
        .where(Proposal.bank_id == bank.id, Proposal.round_id == round_.id)
        .order_by(Proposal.id)
    ).scalars()
    places = {one: place for place, one in enumerate(choices_of(round_.ballot_order))}
    return sorted(rows, key=lambda one: (places.get(one.id, len(places)), one.id))


def proposal(session: Session, bank: Bank, proposal_id: int) -> Proposal:
    return one_or_refuse(
        session,
        select(Proposal).where(Proposal.bank_id == bank.id, Proposal.id == proposal_id),
        say("There is no such idea here."),
    )


def option(session: Session, bank: Bank, option_id: int) -> Option:
    """The option of a conversation that a proposal comes from."""
    return one_or_refuse(
        session,
        select(Option).where(Option.bank_id == bank.id, Option.id == option_id),
        say("There is no such option here."),
    )


def answers(session: Session, bank: Bank, proposal: Proposal) -> Priority | None:
    """What matters that an idea answers: as was said with it, else what the conversation is about
    whose option it comes from. None where neither is known."""
    answer = session.get(AnswerTo, (bank.id, proposal.id))
    priority_id = answer.priority_id if answer else None
    if priority_id is None and proposal.option_id is not None:
        _, talk = conversations.option_with_talk(session, bank, proposal.option_id)
        priority_id = talk.priority_id
    return dialogue.priority(session, bank, priority_id) if priority_id else None


def to_answer(session: Session, bank: Bank) -> list[tuple[Priority, str]]:
    """What matters just now, with the name of the partnership to which it does."""
    return [
        (priority, partnership.name)
        for partnership in dialogue.partnerships(session, bank)
        if partnership.ended_on is None
        for priority in dialogue.priorities(session, bank, partnership.id)
    ]


def on_ballot(session: Session, bank: Bank, round_: Round) -> list[Proposal]:
    """What is voted on, in the order of the ballot."""
    return [
        one for one in proposals(session, bank, round_) if one.agreed and one.verdict in ON_BALLOT
    ]


def meetings(session: Session, bank: Bank, round_id: int) -> list[int]:
    """The ids of the sessions at which a round is talked over."""
    return list(
        session.execute(
            select(RoundMeeting.session_id)
            .where(RoundMeeting.bank_id == bank.id, RoundMeeting.round_id == round_id)
            .order_by(RoundMeeting.session_id)
        ).scalars()
    )


def points(
    session: Session, bank: Bank, proposal_id: int, *, hidden: bool = False
) -> Sequence[Point]:
    """What was said of a proposal, in that order; what is out of sight with `hidden` alone."""
    wanted = select(Point).where(Point.bank_id == bank.id, Point.proposal_id == proposal_id)
    if not hidden:
        wanted = wanted.where(Point.hidden_why == "")
    return session.execute(wanted.order_by(Point.id)).scalars().all()


def point(session: Session, bank: Bank, point_id: int) -> Point:
    return one_or_refuse(
        session,
        select(Point).where(Point.bank_id == bank.id, Point.id == point_id),
        say("There is no such line here."),
    )


def turnout(session: Session, bank: Bank, round_id: int) -> Turnout:
    papers = Elector.paper_number.is_not(None)
    row = session.execute(
        select(
            func.count(),
            func.count().filter(Elector.voted),
            func.count().filter(papers),
            func.count().filter(papers, Elector.voted),
        ).where(Elector.bank_id == bank.id, Elector.round_id == round_id)
    ).one()
    return Turnout(*row)


def elector(session: Session, bank: Bank, round_id: int, member_id: int) -> Elector | None:
    """A member as an elector of a round; None for one who is none."""
    return session.execute(
        select(Elector).where(
            Elector.bank_id == bank.id,
            Elector.round_id == round_id,
            Elector.member_id == member_id,
        )
    ).scalar_one_or_none()


def by_code(session: Session, bank: Bank, code: str) -> Elector:
    """Whose vote the code of a paper casts."""
    digest = secret_hash(folded_code(code))
    return one_or_refuse(
        session,
        select(Elector)
        .join(
            PaperCode,
            (PaperCode.bank_id == Elector.bank_id) & (PaperCode.elector_id == Elector.id),
        )
        .where(PaperCode.bank_id == bank.id, PaperCode.code_hash == digest),
        say("No paper has this code. Look at it again: it has 16 letters."),
    )


def receipt_hash(code: str) -> str:
    """How a receipt is kept: other than the same code on a paper, so that nothing joins the two."""
    return secret_hash(f"receipt:{folded_code(code)}")


def by_receipt(session: Session, bank: Bank, receipt: str) -> Ballot:
    """The ballot in force that a receipt speaks of; a receipt that was replaced since is none."""
    return one_or_refuse(
        session,
        select(Ballot).where(
            Ballot.bank_id == bank.id,
            Ballot.receipt_hash == receipt_hash(receipt),
            ~_replaced(),
        ),
        say(
            "No vote that stands has this code. Look at it again; if you changed your vote, use"
            " the code you were given then."
        ),
    )


def _replaced() -> Any:
    """Whether another ballot stands in the place of this one."""
    later = aliased(Ballot)
    return exists().where(
        later.bank_id == Ballot.bank_id,
        later.round_id == Ballot.round_id,
        later.replaces == Ballot.receipt_hash,
    )


def ballots(session: Session, bank: Bank, round_id: int) -> list[list[int]]:
    """The ballots in force, sorted, so that their order tells nothing."""
    cast = session.execute(
        select(Ballot.choices).where(
            Ballot.bank_id == bank.id, Ballot.round_id == round_id, ~_replaced()
        )
    ).scalars()
    return sorted(choices_of(choices) for choices in cast)


def election(session: Session, bank: Bank, round_: Round) -> Election:
    """What a round is counted from; proposals go by their ids, as text."""
    costs = {str(one.id): one.cost for one in on_ballot(session, bank, round_)}
    return Election(
        budget=round_.budget,
        costs=costs,
        ballots=[[str(one) for one in ticks] for ticks in ballots(session, bank, round_.id)],
        lot=[str(one) for one in choices_of(round_.lot)],
        unit=1,
    )


def counts(session: Session, bank: Bank, round_id: int) -> Sequence[Count]:
    """What a round was counted to, the latest first."""
    statement = select(Count).where(Count.bank_id == bank.id, Count.round_id == round_id)
    return session.execute(statement.order_by(Count.n.desc())).scalars().all()


def announced(session: Session, bank: Bank, round_id: int) -> Count | None:
    """The count that was announced, if one was."""
    return next((one for one in counts(session, bank, round_id) if one.announced_at), None)


def awards(session: Session, bank: Bank, round_id: int) -> Sequence[tuple[Award, Report | None]]:
    """The awards of a round, each with its report."""
    rows = session.execute(
        select(Award, Report)
        .outerjoin(Report, (Report.bank_id == Award.bank_id) & (Report.award_id == Award.id))
        .where(Award.bank_id == bank.id, Award.round_id == round_id)
        .order_by(Award.id)
    )
    return [(award, report) for award, report in rows]


def award(session: Session, bank: Bank, award_id: int) -> Award:
    return one_or_refuse(
        session,
        select(Award).where(Award.bank_id == bank.id, Award.id == award_id),
        say("There is no such award here."),
    )


def report(session: Session, bank: Bank, award_id: int) -> Report | None:
    return session.get(Report, (bank.id, award_id))


def unseen(session: Session, bank: Bank, by: Actor | None) -> frozenset[int]:
    """The accounts of whom this reader is shown nothing."""
    accounts = meeting.hidden_from(bank, by)
    return frozenset() if accounts is None else frozenset(session.execute(accounts).scalars())


# ---- Small awards ----


def ceiling(session: Session, bank: Bank, unit: FundUnit) -> Ceiling | None:
    """How much a panel may give of a unit just now; None before that was settled."""
    statement = select(Ceiling).where(Ceiling.bank_id == bank.id, Ceiling.unit == unit)
    return session.execute(statement.order_by(Ceiling.id.desc()).limit(1)).scalar_one_or_none()


def ceilings(session: Session, bank: Bank) -> Sequence[Ceiling]:
    """What a panel may give of each unit just now."""
    latest = select(func.max(Ceiling.id)).where(Ceiling.bank_id == bank.id).group_by(Ceiling.unit)
    statement = select(Ceiling).where(Ceiling.bank_id == bank.id, Ceiling.id.in_(latest))
    return session.execute(statement.order_by(Ceiling.unit)).scalars().all()


def given_in_year(session: Session, bank: Bank, unit: FundUnit, year: int) -> int:
    """What panels gave of a unit in a year, by the days on which they sat."""
    statement = (
        select(func.coalesce(func.sum(SmallAward.amount), 0))
        .join(Panel, (Panel.bank_id == SmallAward.bank_id) & (Panel.id == SmallAward.panel_id))
        .where(
            SmallAward.bank_id == bank.id,
            SmallAward.unit == unit,
            Panel.sat_on.between(date(year, 1, 1), date(year, 12, 31)),
        )
    )
    return int(session.execute(statement).scalar_one())


def small_award(session: Session, bank: Bank, small_id: int) -> SmallAward:
    return one_or_refuse(
        session,
        select(SmallAward).where(SmallAward.bank_id == bank.id, SmallAward.id == small_id),
        say("There is no such award here."),
    )


def small_report(session: Session, bank: Bank, small_id: int) -> SmallReport | None:
    return session.get(SmallReport, (bank.id, small_id))


@dataclass(frozen=True)
class Seat:
    """Who sat on a panel, and as what. No name: they have left, or the reader is shown nothing of
    them."""

    name: str
    capacity: Capacity


@dataclass(frozen=True)
class Small:
    """A small award: to whom (no name: the reader is shown nothing of them), the day on which it
    was decided, who sat there, what came of it, and whether money was paid and came back."""

    award: SmallAward
    name: str
    sat_on: date
    panel: Sequence[Seat]
    report: SmallReport | None
    paid: bool
    came_back: bool

    @property
    def id(self) -> int:
        return self.award.id


def small_awards(session: Session, bank: Bank, by: Actor | None) -> list[Small]:
    """All small awards, the latest first, for this reader."""
    rows = session.execute(
        select(SmallAward, Panel.sat_on, SmallReport)
        .join(Panel, (Panel.bank_id == SmallAward.bank_id) & (Panel.id == SmallAward.panel_id))
        .outerjoin(
            SmallReport,
            (SmallReport.bank_id == SmallAward.bank_id) & (SmallReport.small_id == SmallAward.id),
        )
        .where(SmallAward.bank_id == bank.id)
        .order_by(SmallAward.id.desc())
    ).all()
    panels = _panels(session, bank, by)
    unseen_by = unseen(session, bank, by)
    parties = members.parties(session, bank, {award.party_id for award, *_ in rows})
    moved = select(Money.cause).where(Money.bank_id == bank.id, Money.cause.startswith("small_"))
    causes = set(session.execute(moved).scalars())
    return [
        Small(
            award,
            "" if award.party_id in unseen_by else parties[award.party_id].name,
            sat_on,
            panels.get(award.panel_id, []),
            report,
            f"small_paid:{award.id}" in causes,
            f"small_unspent:{award.id}" in causes,
        )
        for award, sat_on, report in rows
    ]


def _panels(session: Session, bank: Bank, by: Actor | None) -> dict[int, list[Seat]]:
    """Who sat on each panel, for this reader."""
    wanted = select(Panelist).where(Panelist.bank_id == bank.id)
    rows = session.execute(wanted.order_by(Panelist.panel_id, Panelist.n)).scalars().all()
    ids = [row.member_id for row in rows if row.member_id is not None]
    names = meeting.names(session, bank, ids, by=by)
    panels: dict[int, list[Seat]] = {}
    for row in rows:
        seat = Seat(names.get(row.member_id or 0, ""), row.capacity)
        panels.setdefault(row.panel_id, []).append(seat)
    return panels


# ---- The book of money ----


def pots(session: Session, bank: Bank) -> Sequence[Pot]:
    statement = select(Pot).where(Pot.bank_id == bank.id).order_by(Pot.id)
    return session.execute(statement).scalars().all()


def money(session: Session, bank: Bank) -> Sequence[Money]:
    """Every movement, the latest first."""
    statement = select(Money).where(Money.bank_id == bank.id).order_by(Money.id.desc())
    return session.execute(statement).scalars().all()


def money_row(session: Session, bank: Bank, movement_id: int) -> Money:
    return one_or_refuse(
        session,
        select(Money).where(Money.bank_id == bank.id, Money.id == movement_id),
        say("There is no such movement of money here."),
    )


def movement(session: Session, bank: Bank, cause: str) -> Money | None:
    return session.execute(
        select(Money).where(Money.bank_id == bank.id, Money.cause == cause)
    ).scalar_one_or_none()


def held_in(session: Session, bank: Bank, kind: PotKind) -> int:
    """Pence in the pots of a kind together."""
    sum_of = select(func.coalesce(func.sum(Pot.balance), 0))
    return int(session.execute(sum_of.where(Pot.bank_id == bank.id, Pot.kind == kind)).scalar_one())


# ---- What is new ----


def rounds_between(session: Session, bank: Bank, first: date, last: date) -> Sequence[Round]:
    """Rounds that take ideas, and began to between two days."""
    statement = select(Round).where(
        Round.bank_id == bank.id,
        Round.state == RoundState.IDEAS,
        Round.ideas_on.between(first, last),
    )
    return session.execute(statement.order_by(Round.id)).scalars().all()


def announced_since(
    session: Session, bank: Bank, since: datetime, now: datetime
) -> Sequence[tuple[Round, Count]]:
    """Rounds whose result was announced in that time, with it."""
    rows = session.execute(
        select(Round, Count)
        .join(Count, (Count.bank_id == Round.bank_id) & (Count.round_id == Round.id))
        .where(Round.bank_id == bank.id, Count.announced_at > since, Count.announced_at <= now)
        .order_by(Count.announced_at)
    )
    return [(round_, count) for round_, count in rows]


def to_vote(
    session: Session, bank: Bank, member_ids: Sequence[int], today: date
) -> dict[int, list[Round]]:
    """The rounds in which each of these members may vote today and has not."""
    rows = session.execute(
        select(Elector.member_id, Round)
        .join(Round, (Round.bank_id == Elector.bank_id) & (Round.id == Elector.round_id))
        .where(
            Elector.bank_id == bank.id,
            Elector.member_id.in_(member_ids),
            Elector.voted.is_(False),
            Round.state == RoundState.VOTING,
            Round.voting_on <= today,
            Round.closes_on >= today,
        )
        .order_by(Round.id)
    )
    rounds: dict[int, list[Round]] = {}
    for member_id, round_ in rows:
        rounds.setdefault(member_id or 0, []).append(round_)
    return rounds


# ---- What waits ----


@dataclass(frozen=True)
class ToSeeTo:
    """What waits for the staff, each as (id, title, on): awards and small awards whose report is
    overdue, the longest first, with the day it was due; and rounds whose last day of voting, `on`,
    is over and that nobody has closed, or of whose count nobody was told."""

    reports: Some[Any]
    small: Some[Any]
    rounds: Some[Any]


def to_see_to(session: Session, bank: Bank, today: date, *, limit: int) -> ToSeeTo:
    """What waits for the staff, in one question."""
    reports = _not_reported(bank).where(Award.report_due_on < today)
    small = _small_not_reported(bank).where(SmallAward.report_due_on < today)
    over = (Round.state == RoundState.VOTING) & (Round.closes_on < today)
    rounds = _round_line().where(
        Round.bank_id == bank.id, over | (Round.state == RoundState.COUNTED)
    )
    kinds = {"reports": reports, "small": small, "rounds": rounds}
    return ToSeeTo(**some_of_all(session, kinds, limit))


@dataclass(frozen=True)
class ToDo:
    """What waits for a member, each as (id, title, on): rounds in which they may still vote, with
    the last day; counts that they check, of rounds by their id; and awards and small awards of
    theirs that have not reported, with the day it is due."""

    votes: Some[Any]
    counts: Some[Any]
    reports: Some[Any]
    small: Some[Any]


def to_do(session: Session, bank: Bank, by: Actor, today: date, *, limit: int) -> ToDo:
    """What waits for a member, in one question. Money is reported on once it was paid."""
    votes = _round_line().where(
        Round.bank_id == bank.id,
        Round.state == RoundState.VOTING,
        Round.voting_on <= today,
        Round.closes_on >= today,
        exists().where(
            Elector.bank_id == Round.bank_id,
            Elector.round_id == Round.id,
            Elector.member_id == by.member_id,
            Elector.voted.is_(False),
        ),
    )
    counts = (
        _round_line()
        .join(Count, (Count.bank_id == Round.bank_id) & (Count.round_id == Round.id))
        .where(
            Round.bank_id == bank.id,
            Round.state == RoundState.COUNTED,
            Count.refused_why.is_(None),
            (Round.scrutineer_1 == by.member_id) & Count.same_1.is_(None)
            | (Round.scrutineer_2 == by.member_id) & Count.same_2.is_(None),
        )
    )
    reports = _not_reported(bank).where(
        _acts_for(bank, Proposal.party_id, by), Award.entry_id.is_not(None) | _paid("paid:", Award)
    )
    small = _small_not_reported(bank).where(
        _acts_for(bank, SmallAward.party_id, by),
        SmallAward.entry_id.is_not(None) | _paid("small_paid:", SmallAward),
    )
    kinds = {"votes": votes, "counts": counts, "reports": reports, "small": small}
    return ToDo(**some_of_all(session, kinds, limit))


def _acts_for(bank: Bank, party_id: Any, by: Actor) -> Any:
    """Whether somebody speaks for whoever was given something."""
    return (party_id == by.account_id) | party_id.in_(members.accounts_acted_for(bank, by))


def _paid(cause: str, table: Any) -> Any:
    """Whether the money of an award was paid."""
    return exists().where(
        Money.bank_id == table.bank_id, Money.cause == literal(cause).concat(cast(table.id, Text))
    )


def _round_line() -> Any:
    return select(Round.id, Round.title.label("title"), Round.closes_on.label("on"))


def _not_reported(bank: Bank) -> Any:
    """Awards that have not reported, as (id, title, on), with the day it is due."""
    return (
        select(Award.id, Proposal.title.label("title"), Award.report_due_on.label("on"))
        .join(Proposal, (Proposal.bank_id == Award.bank_id) & (Proposal.id == Award.proposal_id))
        .outerjoin(Report, (Report.bank_id == Award.bank_id) & (Report.award_id == Award.id))
        .where(Award.bank_id == bank.id, Report.award_id.is_(None))
    )


def _small_not_reported(bank: Bank) -> Any:
    """Small awards that have not reported, as (id, title, on), with the day it is due."""
    return (
        select(
            SmallAward.id,
            SmallAward.title.label("title"),
            SmallAward.report_due_on.label("on"),
        )
        .outerjoin(
            SmallReport,
            (SmallReport.bank_id == SmallAward.bank_id) & (SmallReport.small_id == SmallAward.id),
        )
        .where(SmallAward.bank_id == bank.id, SmallReport.small_id.is_(None))
    )

"""What becomes of what somebody did in the fund when they go, and what a member is given of
theirs."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from timebank import voices
from timebank.act import Act
from timebank.banks.models import Bank
from timebank.fund.models import (
    Elector,
    Panelist,
    PaperCode,
    Point,
    Proposal,
    Report,
    Round,
    SmallAward,
    SmallReport,
)
from timebank.fund.rules import BEFORE_VOTING, Finding, RoundState
from timebank.members import queries as members
from timebank.members.models import Member
from timebank.room import Merging, Trace, Two
from timebank.say import Said, say

TRACES = (
    Trace("fund_award.by", stays=True),
    Trace("fund_ceiling.by", stays=True),
    Trace("fund_count.same_1", stays=True),
    Trace("fund_count.same_2", stays=True),
    Trace("fund_count.told_by", stays=True),
    Trace("fund_elector.member_id", "votes"),
    Trace("fund_money.by", stays=True),
    Trace("fund_panel.by", stays=True),
    Trace("fund_panelist.member_id", "panels"),
    Trace("fund_point.answered_by", stays=True),
    Trace("fund_point.member_id", "said_of_ideas"),
    Trace("fund_proposal.by", stays=True),
    Trace("fund_proposal.checked_by_professional"),
    Trace("fund_proposal.checked_by_resident"),
    Trace("fund_proposal.party_id", "ideas", stays=True),
    Trace("fund_proposal.resident_lead_id"),
    Trace("fund_report.by", stays=True),
    Trace("fund_round.by", stays=True),
    Trace("fund_round.scrutineer_1"),
    Trace("fund_round.scrutineer_2"),
    Trace("fund_small_award.by", stays=True),
    Trace("fund_small_award.party_id", "small_awards", stays=True),
    Trace("fund_small_report.by", stays=True),
)


def wind_up(session: Session, bank: Bank, account_id: int, act: Act) -> None:
    """Whoever leads an idea of theirs in a round that has not come to the vote has it from now on;
    one that nobody leads cannot be done, and says why. What was voted on stays as it was."""
    ideas = session.execute(
        select(Proposal)
        .join(Round, (Round.bank_id == Proposal.bank_id) & (Round.id == Proposal.round_id))
        .where(
            Proposal.bank_id == bank.id,
            Proposal.party_id == account_id,
            Round.state.in_(BEFORE_VOTING),
            Proposal.verdict.is_distinct_from(Finding.JOINED),
        )
    ).scalars()
    for idea in ideas:
        leads = members.accounts_of(session, bank, {idea.resident_lead_id}) - {account_id}
        if leads:
            (idea.party_id,) = leads
        else:
            idea.verdict, idea.agreed = Finding.CANNOT, True
            idea.why = GONE.render(voices.voice(bank.language))
    session.flush()


GONE = say("Whoever had this idea has left the time bank.")


def forget(session: Session, bank: Bank, member: Member, act: Act) -> None:
    """Nobody learns that they voted, spoke, checked, counted, led or sat on a panel. A vote that
    was cast stays: nothing links it to them. What they said stays without their name."""
    electors = select(Elector.id).where(Elector.bank_id == bank.id, Elector.member_id == member.id)
    session.execute(
        delete(PaperCode).where(PaperCode.bank_id == bank.id, PaperCode.elector_id.in_(electors))
    )
    for table, column in (
        (Elector, Elector.member_id),
        (Panelist, Panelist.member_id),
        (Point, Point.member_id),
        (Proposal, Proposal.resident_lead_id),
        (Proposal, Proposal.checked_by_resident),
        (Proposal, Proposal.checked_by_professional),
        (Round, Round.scrutineer_1),
        (Round, Round.scrutineer_2),
    ):
        session.execute(
            update(table)
            .where(table.bank_id == bank.id, column == member.id)
            .values({column.key: None})
        )
    session.expire_all()


def export(session: Session, bank: Bank, member: Member) -> dict[str, Any]:
    """The rounds in which they could vote and whether they have (how, nobody knows), their ideas
    with what they reported, what they said of others', what a panel gave them, and what they
    decided on one."""
    votes = session.execute(
        select(Round.title, Elector.voted)
        .join(Round, (Round.bank_id == Elector.bank_id) & (Round.id == Elector.round_id))
        .where(Elector.bank_id == bank.id, Elector.member_id == member.id)
        .order_by(Round.id)
    )
    ideas = session.execute(
        select(Proposal)
        .where(Proposal.bank_id == bank.id, Proposal.party_id == member.account_id)
        .order_by(Proposal.id)
    ).scalars()
    points = session.execute(
        select(Point.words, Proposal.title)
        .join(Proposal, (Proposal.bank_id == Point.bank_id) & (Proposal.id == Point.proposal_id))
        .where(Point.bank_id == bank.id, Point.member_id == member.id)
        .order_by(Point.id)
    )
    reports = [
        {"words": words, "lesson": lesson}
        for table in (Report, SmallReport)
        for words, lesson in session.execute(
            select(table.words, table.lesson).where(
                table.bank_id == bank.id, table.by == f"member:{member.id}"
            )
        )
    ]
    small = session.execute(
        select(SmallAward)
        .where(SmallAward.bank_id == bank.id, SmallAward.party_id == member.account_id)
        .order_by(SmallAward.id)
    ).scalars()
    panels = session.execute(
        select(SmallAward.title, SmallAward.why)
        .join(
            Panelist,
            (Panelist.bank_id == SmallAward.bank_id) & (Panelist.panel_id == SmallAward.panel_id),
        )
        .where(Panelist.bank_id == bank.id, Panelist.member_id == member.id)
        .order_by(SmallAward.id)
    )
    return {
        "votes": [{"round": title, "voted": voted} for title, voted in votes],
        "ideas": [
            {"title": one.title, "what": one.what, "cost": one.cost, "brings": one.brings}
            for one in ideas
        ],
        "said_of_ideas": [{"idea": title, "words": words} for words, title in points],
        "reports_of_awards": reports,
        "small_awards": [
            {"title": one.title, "unit": str(one.unit), "amount": one.amount, "why": one.why}
            for one in small
        ],
        "panels": [{"decided": title, "why": why} for title, why in panels],
    }


_OF_THE_ROUND = "What was done in a round of the fund is part of its count, and is never altered."


def refuses(session: Session, bank: Bank, two: Two, act: Act) -> Iterable[Said]:
    """In a round that is under way everybody votes once, and an idea has an owner."""
    member_id, account_id = two.goes.id, two.goes.account_id
    open_ = Round.state.not_in((RoundState.FINISHED, RoundState.CALLED_OFF, RoundState.DRAFTED))
    stands_in = or_(
        select(Elector.id)
        .where(Elector.bank_id == bank.id, Elector.round_id == Round.id)
        .where(Elector.member_id == member_id)
        .exists(),
        select(Proposal.id)
        .where(Proposal.bank_id == bank.id, Proposal.round_id == Round.id)
        .where(or_(Proposal.party_id == account_id, Proposal.resident_lead_id == member_id))
        .exists(),
        Round.scrutineer_1 == member_id,
        Round.scrutineer_2 == member_id,
    )
    titles = select(Round.title).where(Round.bank_id == bank.id, open_, stands_in)
    for title in session.execute(titles.order_by(Round.id)).scalars():
        yield say(
            "Number %(number)s has an idea, a vote or an office in the round “%(title)s” of the"
            " fund, which is under way. Wait until it has ended, or let number %(number)s be the"
            " one who stays.",
            number=two.goes.number or "",
            title=title,
        )


MERGING = Merging(
    leaves={trace.column: _OF_THE_ROUND for trace in TRACES},
    refuses=refuses,
)

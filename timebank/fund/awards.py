"""What is given: awards, payments, reports, and what comes back. The caller commits."""

import json
from dataclasses import replace
from datetime import timedelta

from sqlalchemy.orm import Session

from timebank.act import Act, Actor
from timebank.activities import service as activities_service
from timebank.activities.rules import NewOutcome, Result
from timebank.banks.models import Bank
from timebank.banks.queries import one_at_a_time
from timebank.errors import Conflict, Invalid, NotAllowed, together
from timebank.fund import acts, letters, money, queries, rules, service
from timebank.fund.errors import NotOpen
from timebank.fund.models import (
    Award,
    Money,
    Proposal,
    Report,
    Round,
    SmallAward,
    SmallReport,
)
from timebank.fund.rules import FundUnit, Movement, NewReport, PotKind, RoundState
from timebank.fund.telling import amount
from timebank.ledger import queries as ledger
from timebank.ledger import service as ledger_service
from timebank.ledger.rules import InterventionKind, Leg, NewEntry, Provenance, Reason
from timebank.members import queries as members
from timebank.members.acts import today
from timebank.members.rules import require_coordinator
from timebank.say import Gap, say
from timebank.text import tidy


def award(session: Session, bank: Bank, proposal_id: int, conditions: str, act: Act) -> Award:
    """Award what the announced count funds: hours move at once, out of the chest in one balanced
    entry; money is promised.

    Raises NotOpen, Conflict for what the count does not fund or what was awarded already;
    NotCovered where the chest cannot give it now.
    """
    require_coordinator(act.by)
    proposal = queries.proposal(session, bank, proposal_id)
    one_at_a_time(session, bank)
    round_ = queries.round_of(session, bank, proposal.round_id, hold=True)
    announced = queries.announced(session, bank, round_.id)
    if round_.state != RoundState.REPORTING or announced is None:
        raise NotOpen(say("Awards are made once the result is announced."))
    if str(proposal.id) not in json.loads(announced.content)["funded"]:
        raise Conflict(say("The count does not fund this idea."))
    if any(one.proposal_id == proposal.id for one, _ in queries.awards(session, bank, round_.id)):
        raise Conflict(say("This was awarded already."))
    if _is_gone(session, bank, proposal):
        raise Conflict(say("Whoever had this idea has left. What it would cost stays in the fund."))
    words = tidy("conditions", conditions, rules.LONGEST["reason"])
    entry_id = _grant(session, bank, round_, proposal, act)
    made = Award(
        bank_id=bank.id,
        round_id=round_.id,
        proposal_id=proposal.id,
        count_id=announced.id,
        amount=proposal.cost,
        conditions=words,
        report_due_on=max(round_.reports_on, today(bank, act) + timedelta(days=1)),
        entry_id=entry_id,
        by=act.by.key,
        at=act.now,
    )
    session.add(made)
    session.flush()
    if round_.unit == FundUnit.PENCE:
        aside = money.pot(session, bank, PotKind.AVAILABLE, round_id=round_.id)
        promised = money.pot(session, bank, PotKind.PROMISED)
        new = Movement(made.amount, f"award:{made.id}")
        money.move(session, bank, aside, promised, new, act)
    given = amount(round_.unit, made.amount)
    letter = letters.given(proposal.title, round_.title, given, made.report_due_on)
    acts.tell_whose(session, bank, proposal, letter, f"award:{made.id}", act)
    return made


def _is_gone(session: Session, bank: Bank, proposal: Proposal) -> bool:
    """Whether nobody is there any more who could be given what an idea costs."""
    if proposal.party_id is None:
        return True
    return members.party(session, bank, proposal.party_id).closed


def _grant(session: Session, bank: Bank, round_: Round, proposal: Proposal, act: Act) -> int | None:
    if round_.unit != FundUnit.MINUTES:
        return None
    cause = f"award:{proposal.id}"
    leg = Leg(ledger.chest(session, bank).id, proposal.party_id or 0, proposal.cost)
    return grant(session, bank, cause, leg, f"{round_.title}: {proposal.title}", act)


def grant(session: Session, bank: Bank, cause: str, leg: Leg, why: str, act: Act) -> int:
    """Hours out of the chest, and why, as for every grant. Raises NotCovered."""
    service.require_chest(session, bank, leg.minutes)
    entry = NewEntry(cause, "grant", today(bank, act), [leg], Provenance(by=act.by.key))
    entry_id = ledger_service.post(session, bank, entry)
    reason = Reason(InterventionKind.GRANT, cause, why)
    ledger_service.intervene(session, bank, [(reason, entry_id)], by=act.by.key)
    return entry_id


def pay(session: Session, bank: Bank, award_id: int, act: Act) -> Money:
    """Write down that the money of an award was paid. Raises Conflict for hours, and for what was
    paid already."""
    require_coordinator(act.by)
    made = queries.award(session, bank, award_id)
    if made.entry_id is not None:
        raise Conflict(say("These are hours, which have moved already."))
    return paid_out(session, bank, Movement(made.amount, f"paid:{made.id}"), act)


def paid_out(session: Session, bank: Bank, new: Movement, act: Act) -> Money:
    """Move what was promised to what is paid. Raises Conflict where it was already."""
    one_at_a_time(session, bank)
    if queries.movement(session, bank, new.cause) is not None:
        raise Conflict(say("This was paid already."))
    promised, paid = (money.pot(session, bank, kind) for kind in (PotKind.PROMISED, PotKind.PAID))
    return money.move(session, bank, promised, paid, new, act)


def require_reporter(session: Session, bank: Bank, made: Award, by: Actor) -> Proposal:
    """What an award was given for. Raises NotAllowed for who may not act for whoever was given it
    and is not of the staff."""
    proposal = queries.proposal(session, bank, made.proposal_id)
    require_for(session, bank, proposal.party_id, by)
    return proposal


def require_for(session: Session, bank: Bank, party_id: int | None, by: Actor) -> None:
    """Raises NotAllowed for who may not act for whoever was given something and is no staff."""
    if not by.is_broker and party_id not in members.may_act_for(session, bank, by):
        raise NotAllowed(say("Whoever was given it reports, or the staff on their word."))


def report(session: Session, bank: Bank, award_id: int, new: NewReport, act: Act) -> Report:
    """Say what an award led to: whoever was given it, or a broker who was told. Raises Conflict for
    what was reported already or not paid yet, Invalid for more spent than awarded."""
    made = queries.award(session, bank, award_id)
    proposal = require_reporter(session, bank, made, act.by)
    round_ = queries.round_of(session, bank, made.round_id)
    one_at_a_time(session, bank)
    if queries.report(session, bank, made.id) is not None:
        raise Conflict(say("This was reported already."))
    tidied = tidied_report(session, bank, new, amount(round_.unit, made.amount), made)
    report = Report(
        bank_id=bank.id,
        award_id=made.id,
        words=tidied.words,
        spent=tidied.spent,
        reached=tidied.reached,
        lesson=tidied.lesson,
        by=act.by.key,
        channel=act.word.channel,
        at=act.now,
    )
    session.add(report)
    session.flush()
    if made.entry_id is None:
        spend(session, bank, Movement(new.spent, f"spent:{made.id}"), act)
    log(session, bank, tidied, proposal.title, round_.title, act)
    return report


def log(
    session: Session,
    bank: Bank,
    new: NewReport,
    title: str,
    given_by: str,
    act: Act,
) -> None:
    """Put what an award led to into the log of the activity for which it was used, if it says so:
    for those who lead that activity, and the staff. Raises NotFound, NotAllowed."""
    if new.activity_id is None:
        return
    outcome = NewOutcome(title, given_by)
    agreed = activities_service.agree_outcome(session, bank, new.activity_id, outcome, act)
    led_to = Result(new.reached or None, new.words)
    activities_service.record_result(session, bank, agreed.id, led_to, act)


def tidied_report(
    session: Session, bank: Bank, new: NewReport, given: Gap, made: Award | SmallAward
) -> NewReport:
    """The report with its texts tidied. Raises Conflict where the money was not paid yet, Invalid
    for more spent than was `given`, in words."""
    paid = f"paid:{made.id}" if isinstance(made, Award) else f"small_paid:{made.id}"
    if made.entry_id is None and queries.movement(session, bank, paid) is None:
        raise Conflict(say("The money was not paid yet. Report once it was."))
    words, lesson, _ = together(
        lambda: tidy(
            "words", new.words, rules.LONGEST["words"], required=say("Write what came of it.")
        ),
        lambda: tidy("lesson", new.lesson, rules.LONGEST["words"]),
        lambda: _check_spent(new, made.amount, given),
    )
    return replace(new, words=words, lesson=lesson)


def _check_spent(new: NewReport, at_most: int, given: Gap) -> None:
    if new.reached < 0:
        raise Invalid.on("reached", say("Write how many people it reached, or 0."))
    if new.spent < 0 or new.spent > at_most:
        words = say("Write what was spent: at most %(amount)s, which was awarded.", amount=given)
        raise Invalid.on("spent", words)


def spend(session: Session, bank: Bank, new: Movement, act: Act) -> None:
    """Move what was paid to what is spent, if anything was. The bank is held by the caller."""
    if new.pence:
        paid, spent = (money.pot(session, bank, kind) for kind in (PotKind.PAID, PotKind.SPENT))
        money.move(session, bank, paid, spent, new, act)


def take_back(session: Session, bank: Bank, award_id: int, act: Act) -> Money:
    """Write down that what was not spent of an award came back. Raises Conflict where nothing is
    left, nothing was reported, or it came back already."""
    require_coordinator(act.by)
    made = queries.award(session, bank, award_id)
    report = queries.report(session, bank, made.id)
    return came_back(session, bank, made, report, f"unspent:{made.id}", act)


def came_back(
    session: Session,
    bank: Bank,
    made: Award | SmallAward,
    report: Report | SmallReport | None,
    cause: str,
    act: Act,
) -> Money:
    """Move what is left of what was paid back to what is not promised. Raises Conflict."""
    if made.entry_id is not None:
        raise Conflict(say("These are hours. Whoever has some left gives them to the chest."))
    if report is None:
        raise Conflict(say("It was not reported yet what was spent."))
    if report.spent == made.amount:
        raise Conflict(say("All of it was spent."))
    one_at_a_time(session, bank)
    if queries.movement(session, bank, cause) is not None:
        raise Conflict(say("This came back already."))
    paid, there = (money.pot(session, bank, kind) for kind in (PotKind.PAID, PotKind.AVAILABLE))
    new = Movement(made.amount - report.spent, cause)
    return money.move(session, bank, paid, there, new, act)


def finish(session: Session, bank: Bank, round_id: int, act: Act) -> Round:
    """Finish a round once all that is funded was awarded, but for what nobody is there to take any
    more, and every award has reported. What was not awarded can be shared out again. Raises
    NotOpen, Conflict."""
    require_coordinator(act.by)
    one_at_a_time(session, bank)
    round_ = queries.round_of(session, bank, round_id, hold=True)
    announced = queries.announced(session, bank, round_.id)
    if round_.state != RoundState.REPORTING or announced is None:
        raise NotOpen(say("A round is finished once its result is announced and reported on."))
    reports = queries.awards(session, bank, round_.id)
    awarded = {str(one.proposal_id) for one, _ in reports}
    if any(
        not _is_gone(session, bank, queries.proposal(session, bank, int(one)))
        for one in json.loads(announced.content)["funded"]
        if one not in awarded
    ):
        raise Conflict(say("Something that is funded was not awarded yet."))
    if any(one is None for _, one in reports):
        raise Conflict(say("An award has not reported yet."))
    service.release(session, bank, round_, act)
    round_.state = RoundState.FINISHED
    session.flush()
    return round_

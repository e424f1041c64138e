"""Proving again, from the rows, what the fund says: ballots, counts, awards, and the book of
money."""

import hashlib
from collections import Counter

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from timebank.banks.models import Bank
from timebank.fund import queries, voting
from timebank.fund.models import Award, Ballot, Elector, Money, Pot, Round
from timebank.fund.rules import FEWEST_RESIDENTS, FundUnit, PotKind, RoundState, choices_of
from timebank.ledger import queries as ledger
from timebank.members.rules import Capacity


def faults(session: Session, bank: Bank) -> list[str]:
    """What is wrong with the fund of a bank, in words for whoever runs it. Empty: nothing."""
    wrong = [*_faults_of_money(session, bank), *_faults_of_small(session, bank)]
    for round_ in queries.rounds(session, bank):
        for words in (
            *_faults_of_ballots(session, bank, round_),
            *_faults_of_counts(session, bank, round_),
            *_faults_of_awards(session, bank, round_),
        ):
            wrong.append(f"round {round_.id}: {words}")
    return wrong


def _faults_of_ballots(session: Session, bank: Bank, round_: Round) -> list[str]:
    first, voted = (
        session.execute(select(func.count()).where(*wanted)).scalar_one()
        for wanted in (
            (Ballot.bank_id == bank.id, Ballot.round_id == round_.id, Ballot.replaces.is_(None)),
            (Elector.bank_id == bank.id, Elector.round_id == round_.id, Elector.voted),
        )
    )
    wrong: list[str] = []
    if first != voted:
        wrong.append(f"{first} ballots were cast, and {voted} electors have voted")
    in_force = queries.ballots(session, bank, round_.id)
    if len(in_force) != first:
        wrong.append(f"{len(in_force)} ballots are in force, and {first} were cast first")
    listed = set(choices_of(round_.ballot_order))
    if any(not set(ticks) <= listed or len(set(ticks)) < len(ticks) for ticks in in_force):
        wrong.append("a ballot ticks what is not on it, or something twice")
    if round_.ballot_order and set(choices_of(round_.lot)) != listed:
        wrong.append("the lot and the ballot name other proposals")
    return wrong


def _faults_of_counts(session: Session, bank: Bank, round_: Round) -> list[str]:
    wrong: list[str] = []
    for made in queries.counts(session, bank, round_.id):
        if hashlib.sha256(made.content.encode()).hexdigest() != made.sha256:
            wrong.append(f"count {made.n} has another digest than its content")
        if voting.recounted(session, bank, round_) != made.content.encode():
            wrong.append(f"count {made.n} is not what the ballots come to")
    if round_.state in (RoundState.REPORTING, RoundState.FINISHED) and not queries.announced(
        session, bank, round_.id
    ):
        wrong.append("it is past its announcement, and no count was announced")
    return wrong


def _faults_of_awards(session: Session, bank: Bank, round_: Round) -> list[str]:
    awards = [award for award, _ in queries.awards(session, bank, round_.id)]
    wrong: list[str] = []
    if sum(award.amount for award in awards) > round_.budget:
        wrong.append("its awards are more than its budget")
    for award in awards:
        hours = round_.unit == FundUnit.MINUTES
        if hours != (award.entry_id is not None):
            wrong.append(f"award {award.id} is of hours without an entry, or of money with one")
        elif hours and award.entry_id is not None:
            cause = ledger.entry(session, bank, award.entry_id).cause
            if cause != f"award:{award.proposal_id}":
                wrong.append(f"award {award.id} has the entry of something else")
    return wrong


def _faults_of_small(session: Session, bank: Bank) -> list[str]:
    """Small awards whose panel was none, or whose hours moved by another entry."""
    wrong: list[str] = []
    for small in queries.small_awards(session, bank, None):
        made, capacities = small.award, [seat.capacity for seat in small.panel]
        residents = capacities.count(Capacity.RESIDENT)
        if residents < FEWEST_RESIDENTS or residents == len(capacities):
            wrong.append(f"small award {made.id} was decided by no panel")
        if made.entry_id is None:
            continue
        if ledger.entry(session, bank, made.entry_id).cause != f"small:{made.panel_id}":
            wrong.append(f"small award {made.id} has the entry of something else")
    return wrong


def _faults_of_money(session: Session, bank: Bank) -> list[str]:
    rows = session.execute(select(Money).where(Money.bank_id == bank.id)).scalars().all()
    moved: Counter[int] = Counter()
    for row in rows:
        moved[row.from_pot] -= row.pence
        moved[row.to_pot] += row.pence
    pots = session.execute(select(Pot).where(Pot.bank_id == bank.id)).scalars().all()
    wrong = [
        f"pot {pot.id} holds {pot.balance} pence, and its movements make {moved[pot.id]}"
        for pot in pots
        if pot.balance != moved[pot.id]
    ]
    wrong += [
        f"pot {pot.id} is below nought"
        for pot in pots
        if pot.balance < 0 and pot.kind != PotKind.SOURCE
    ]
    by_id = {row.id: row for row in rows}
    for row in rows:
        back = by_id.get(row.reverses_id) if row.reverses_id else None
        if back and (back.from_pot, back.to_pot, back.pence) != (
            row.to_pot,
            row.from_pot,
            row.pence,
        ):
            wrong.append(f"movement {row.id} does not take back {back.id} exactly")
    promised = sum(
        award.amount
        for award, round_ in session.execute(
            select(Award, Round)
            .join(Round, (Round.bank_id == Award.bank_id) & (Round.id == Award.round_id))
            .where(Award.bank_id == bank.id, Round.unit == FundUnit.PENCE)
        )
        if queries.movement(session, bank, f"paid:{award.id}") is None
    )
    promised += sum(
        small.award.amount
        for small in queries.small_awards(session, bank, None)
        if small.award.unit == FundUnit.PENCE and not small.paid
    )
    if promised != queries.held_in(session, bank, PotKind.PROMISED):
        wrong.append("what is promised in the book is not what awards were not paid yet")
    return wrong

"""The small book of money: what was put in, set aside, promised, paid, spent and given back. The
caller commits.

A row moves pence from one pot to another, and the database lets nothing else move a pot. The bank
account is elsewhere: this says what was agreed. Hours are never in it.
"""

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from timebank.act import Act
from timebank.banks.models import Bank
from timebank.banks.queries import one_at_a_time
from timebank.errors import Conflict, Invalid, together
from timebank.fund import queries, rules
from timebank.fund.errors import NotCovered
from timebank.fund.models import Money, Pot
from timebank.fund.rules import PotKind
from timebank.members import queries as members
from timebank.members.acts import today
from timebank.members.rules import require_coordinator
from timebank.say import Money as Pence
from timebank.say import say
from timebank.text import tidy


def put_in(
    session: Session, bank: Bank, organisation_id: int, given: rules.PutIn, act: Act
) -> Money:
    """Write down that an organisation put money in; many may, each named. Raises Invalid,
    NotAllowed."""
    require_coordinator(act.by)
    members.organisation(session, bank, organisation_id)
    memo, _, _ = together(
        lambda: tidy("memo", given.memo, rules.LONGEST["reason"]),
        lambda: _check_pence(given.pence),
        lambda: _check_day(given.occurred_on, today(bank, act)),
    )
    one_at_a_time(session, bank)
    source = pot(session, bank, PotKind.SOURCE, organisation_id=organisation_id)
    n = len(queries.money(session, bank)) + 1
    new = rules.Movement(given.pence, f"put_in:{n}", given.occurred_on, memo)
    return move(session, bank, source, pot(session, bank, PotKind.AVAILABLE), new, act)


def give_back(session: Session, bank: Bank, movement_id: int, why: str, act: Act) -> Money:
    """Take a movement back exactly, once, with a reason. Raises NotCovered where the money has gone
    on since."""
    require_coordinator(act.by)
    memo = tidy("why", why, rules.LONGEST["reason"], required=say("Write why it is taken back."))
    one_at_a_time(session, bank)
    wrong = queries.money_row(session, bank, movement_id)
    if wrong.reverses_id is not None or queries.movement(session, bank, f"back:{wrong.id}"):
        raise Conflict(say("This was taken back already."))
    from_pot, to_pot = (session.get_one(Pot, id_) for id_ in (wrong.to_pot, wrong.from_pot))
    new = rules.Movement(wrong.pence, f"back:{wrong.id}", memo=memo, reverses_id=wrong.id)
    return move(session, bank, from_pot, to_pot, new, act)


def pot(
    session: Session,
    bank: Bank,
    kind: PotKind,
    *,
    organisation_id: int | None = None,
    round_id: int | None = None,
) -> Pot:
    """The pot of this kind, of the bank, of an organisation or of a round; made when it is first
    asked for. The bank is held by the caller."""
    pot = session.execute(
        select(Pot)
        .where(
            Pot.bank_id == bank.id,
            Pot.kind == kind,
            Pot.organisation_id.is_not_distinct_from(organisation_id),
            Pot.round_id.is_not_distinct_from(round_id),
        )
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if pot is None:
        pot = Pot(bank_id=bank.id, kind=kind, organisation_id=organisation_id, round_id=round_id)
        session.add(pot)
        session.flush()
    return pot


def move(
    session: Session,
    bank: Bank,
    from_pot: Pot,
    to_pot: Pot,
    new: rules.Movement,
    act: Act,
) -> Money:
    """Write one movement. The bank is held by the caller, so that movements come one at a time.

    Raises NotCovered where the pot holds less.
    """
    if from_pot.kind != PotKind.SOURCE and from_pot.balance < new.pence:
        raise NotCovered(
            say(
                "There is %(there)s, and %(pence)s is needed.",
                there=Pence(from_pot.balance),
                pence=Pence(new.pence),
            )
        )
    row = Money(
        bank_id=bank.id,
        from_pot=from_pot.id,
        to_pot=to_pot.id,
        pence=new.pence,
        cause=new.cause,
        occurred_on=new.on or today(bank, act),
        memo=new.memo,
        reverses_id=new.reverses_id,
        by=act.by.key,
        at=act.now,
    )
    session.add(row)
    session.flush()
    # The database has moved both.
    session.refresh(from_pot)
    session.refresh(to_pot)
    return row


def _check_pence(pence: int) -> None:
    if pence <= 0:
        raise Invalid.on("pence", say("The amount has to be more than nothing."))


def _check_day(day: date, latest: date) -> None:
    if day > latest:
        raise Invalid.on("occurred_on", say("That day is still to come."))

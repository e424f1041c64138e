"""Help and gifts that have gone through, for statements to show."""

from datetime import date

from sqlalchemy.orm import Session

from tests.factories import NOW, actor, system
from timebank.act import Act, Channel, Word
from timebank.banks.models import Bank
from timebank.exchanges import service as exchanges_service
from timebank.exchanges.models import Exchange, Gift
from timebank.exchanges.rules import NewGift, NewLog
from timebank.ledger import queries as ledger
from timebank.members.models import Member, Organisation

TODAY = NOW.date()


def account_of(holder: Member | Organisation) -> int:
    """The account of somebody who has one."""
    assert holder.account_id is not None
    return holder.account_id


def chest_of(session: Session, bank: Bank) -> int:
    """The account of the community chest."""
    return ledger.chest(session, bank).id


def help_given(
    session: Session,
    bank: Bank,
    giver: int,
    receiver: int,
    minutes: int = 60,
    *,
    on: date = TODAY,
    title: str = "Hedge",
) -> Exchange:
    """Help between two accounts, logged and confirmed."""
    by = system(bank)
    logged = exchanges_service.log_new(
        session,
        bank,
        NewLog(
            giver_id=giver,
            receiver_id=receiver,
            occurred_on=on,
            minutes=minutes,
            title=title,
            another=True,
        ),
        Act(by, NOW, Word(Channel.PHONE, giver)),
    ).exchange
    return exchanges_service.confirm(
        session, bank, logged.id, Act(by, NOW, Word(Channel.PHONE, receiver))
    ).exchange


def taken_back(session: Session, bank: Bank, exchange: Exchange) -> Exchange:
    """The same, taken back by the bank."""
    return exchanges_service.reverse(
        session, bank, exchange.id, Act(system(bank), NOW), note="It was another day"
    ).exchange


def gift(session: Session, bank: Bank, giver: Member, to: int, minutes: int = 60) -> Gift:
    """Hours that a member gave away."""
    return exchanges_service.give(
        session,
        bank,
        NewGift(from_id=account_of(giver), to_id=to, minutes=minutes),
        Act(actor(giver), NOW),
    )

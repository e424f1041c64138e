"""What there is to read of partnerships and what they have promised."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from timebank.banks.models import Bank
from timebank.dialogue.models import Partnership
from timebank.errors import NotFound
from timebank.say import say


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


def partnership(session: Session, bank: Bank, partnership_id: int) -> Partnership:
    """Raises NotFound."""
    row = session.execute(
        select(Partnership).where(Partnership.bank_id == bank.id, Partnership.id == partnership_id)
    ).scalar_one_or_none()
    if row is None:
        raise NotFound(say("There is no such partnership here."))
    return row

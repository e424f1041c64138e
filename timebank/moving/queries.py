"""Reading where banks came from."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from timebank.banks.models import Bank
from timebank.moving.models import Arrival


def arrived_from(session: Session, digest: str) -> list[str]:
    """The addresses of the banks that came out of the archive with this digest."""
    banks = select(Bank.slug).join(Arrival, Arrival.bank_id == Bank.id)
    return list(session.execute(banks.where(Arrival.sha256 == digest)).scalars())


def arrival(session: Session, bank: Bank) -> Arrival | None:
    """Where the bank came from; None for one that began here."""
    return session.get(Arrival, bank.id)

"""Reading banks."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from timebank.banks import rules
from timebank.banks.models import Bank, BankLogo, BankPicture
from timebank.banks.rules import Settings
from timebank.errors import NotFound
from timebank.say import say
from timebank.text import folded


def by_slug(session: Session, slug: str) -> Bank:
    """The bank at that address. Raises NotFound."""
    bank = None
    if rules.is_slug(slug):
        bank = session.execute(select(Bank).where(Bank.slug == slug)).scalar_one_or_none()
    if bank is None:
        raise NotFound(say("There is no time bank at this address."))
    return bank


def by_id(session: Session, bank_id: int) -> Bank:
    """The bank with that id. Raises NotFound."""
    bank = session.get(Bank, bank_id)
    if bank is None:
        raise NotFound(say("There is no such time bank."))
    return bank


def settings(bank: Bank) -> Settings:
    """What is settled for the bank, as a value."""
    return Settings(**{field.name: getattr(bank, field.name) for field in fields(Settings)})


def held_settings(session: Session, bank: Bank) -> Settings:
    """What is settled for the bank, for those who change a part of it: nobody else changes it until
    this transaction ends."""
    one_at_a_time(session, bank)
    session.refresh(bank)
    return settings(bank)


def picture(session: Session, bank: Bank) -> BankPicture | None:
    """The picture on the bank's front page, if it has one of its own."""
    return session.get(BankPicture, bank.id)


def logo(session: Session, bank: Bank) -> BankLogo | None:
    """The sign of the bank, if it has one of its own."""
    return session.get(BankLogo, bank.id)


def all_banks(session: Session) -> Sequence[Bank]:
    """Every bank of the installation, by name."""
    return session.execute(select(Bank).order_by(Bank.name)).scalars().all()


FEW_ENOUGH = 20
"""So many banks may stand in a list to choose from. Where there are more, one is looked for."""


@dataclass(frozen=True)
class Choice:
    """The banks to choose from, by name: all of them, where they are few, or those that answer to
    what was looked for. `many`: there are more in the installation than can be listed; `more`: so
    do others answer besides these."""

    banks: Sequence[Bank]
    many: bool
    more: bool

    @property
    def only(self) -> Bank | None:
        """The bank of an installation that has no other."""
        return self.banks[0] if len(self.banks) == 1 and not self.many else None


def choice(session: Session, wanted: str = "") -> Choice:
    """The banks somebody may mean who has written `wanted`, a name or a place; every word of it
    stands in one of those. Where there are more than a few and nothing is written, none."""
    by_name = select(Bank).order_by(Bank.name, Bank.id).limit(FEW_ENOUGH + 1)
    every = session.execute(by_name).scalars().all()
    many, words = len(every) > FEW_ENOUGH, folded(wanted).split()
    if not many:
        return Choice(every, many=False, more=False)
    if not words:
        return Choice([], many=True, more=False)
    named = (Bank.search_key.contains(word, autoescape=True) for word in words)
    answering = session.execute(by_name.where(*named)).scalars().all()
    return Choice(answering[:FEW_ENOUGH], many=True, more=len(answering) > FEW_ENOUGH)


def only(session: Session) -> Bank | None:
    """The bank of an installation that has no other."""
    banks = session.execute(select(Bank).limit(2)).scalars().all()
    return banks[0] if len(banks) == 1 else None


def languages(session: Session) -> Sequence[str]:
    """What is spoken in the banks of the installation."""
    return session.execute(select(Bank.language).distinct()).scalars().all()


def timezones(session: Session) -> Sequence[str]:
    """Where the banks of the installation are."""
    return session.execute(select(Bank.timezone).distinct()).scalars().all()


def ids_after(
    session: Session, after: int, limit: int, *which: ColumnElement[bool]
) -> Sequence[int]:
    """The ids of the next banks of the installation, above `after`, in order; `which` says of which
    of them."""
    ids = select(Bank.id).where(Bank.id > after, *which).order_by(Bank.id).limit(limit)
    return session.execute(ids).scalars().all()


def one_at_a_time(session: Session, bank: Bank) -> None:
    """Others who give out what there is once in the bank, such as a number or a name, or take
    people in or out, wait here.

    It lasts until this transaction ends. Called before looking whether a name is free, or who takes
    part, so that what was seen holds to its end. On SQLite there is only ever one writer.
    """
    session.execute(select(Bank.id).where(Bank.id == bank.id).with_for_update(key_share=True))

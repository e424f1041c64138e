"""Changing a bank. The caller commits."""

from dataclasses import fields

from sqlalchemy.orm import Session

from timebank.banks import rules
from timebank.banks.models import Bank
from timebank.banks.rules import Settings


def change(session: Session, bank: Bank, settings: Settings) -> None:
    """Change the bank's details and rules. Raises Invalid with a sentence for each that cannot be
    so.

    They hold for what comes: what was logged stays, and limits of accounts that there are stay (see
    `timebank.settings`).
    """
    rules.check(settings)
    for field in fields(Settings):
        setattr(bank, field.name, getattr(settings, field.name))
    session.flush()

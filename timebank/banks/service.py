"""Changing a bank. The caller commits."""

from typing import Any

from sqlalchemy.orm import Session

from timebank.banks import rules
from timebank.banks.models import Bank

CHANGEABLE = (
    "name",
    "about",
    "timezone",
    "language",
    "languages",
    "contact_name",
    "contact_phone",
    "contact_email",
    "joining_open",
    "rounding",
    "smallest_log",
    "largest_log",
    "member_floor",
    "member_ceiling",
    "chest_floor",
    "waiting_days",
    "confirm_automatically",
    "few",
)
"""The columns of a bank that can be changed. Its address cannot: people have it written down."""


def change_rules(session: Session, bank: Bank, **changes: Any) -> None:
    """Change any of `CHANGEABLE`, in minutes and days. Raises Invalid with a sentence for each that
    cannot be so.

    They hold for what comes: what was logged stays, and limits of accounts that there are stay (see
    `timebank.settings`).
    """
    unknown = changes.keys() - set(CHANGEABLE)
    if unknown:
        raise TypeError(f"A bank has no such rules: {', '.join(sorted(unknown))}")
    rules.check({name: changes.get(name, getattr(bank, name)) for name in CHANGEABLE})
    for name, value in changes.items():
        setattr(bank, name, value)
    session.flush()

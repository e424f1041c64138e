"""What a member is given of the books. They stay as they are: they hold no names."""

from collections.abc import Collection
from dataclasses import asdict
from typing import Any

from sqlalchemy.orm import Session

from timebank.banks.models import Bank
from timebank.base import columns_of
from timebank.ledger import queries
from timebank.room import Member, Merging, Trace, Two

TRACES = (
    Trace("entry.recorded_by", "statement", stays=True),
    Trace("entry.on_word_of", "statement", stays=True),
    Trace("posting.payer_id", "statement", stays=True),
    Trace("posting.payee_id", "statement", stays=True),
    Trace("intervention.account_id", "limits", stays=True),
    Trace("intervention.by", stays=True),
)


def export(session: Session, bank: Bank, member: Member) -> dict[str, Any]:
    """The member's account, all its lines, the earliest first, and how and why its limits were
    changed."""
    account = queries.account(session, bank, member.account_id)
    lines = queries.lines(session, bank, account.id, limit=max(account.seq, 1))
    changes = queries.limits_of(session, bank, account.id)
    out = ("id", "bank_id", "account_id", "entry_id", "reverses_id", "of")
    return {
        "account": asdict(account),
        "statement": [asdict(line) for line in reversed(lines)],
        "limits": [columns_of(row, leave_out=out) for row in changes],
    }


_BOOKS = "The books are never altered: what has to be another’s is taken back and posted again."


def openings(session: Session, bank: Bank, two: Two) -> Collection[int]:
    """What the account was opened with."""
    if two.rows is not None:
        return ()
    standing = queries.standing(session, bank, two.goes.account_id or 0)
    return {entry.id for entry in standing if entry.kind == "opening"}


MERGING = Merging(
    leaves={trace.column: _BOOKS for trace in TRACES},
    entries=openings,
)

"""Reading what a merge left behind to be undone by."""

from collections.abc import Sequence

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from timebank.banks.models import Bank
from timebank.merging.carrying import from_text
from timebank.merging.models import MergeChange, MergeEntry
from timebank.room import Change


def changes(session: Session, bank: Bank, merge_id: int) -> list[Change]:
    """Which rows the merge changed, in order."""
    statement = select(MergeChange).where(
        MergeChange.bank_id == bank.id, MergeChange.merge_id == merge_id
    )
    return [
        Change(row.of_table, from_text(row.row_key), from_text(row.before), from_text(row.after))
        for row in session.execute(statement.order_by(MergeChange.n)).scalars()
    ]


def entries(session: Session, bank: Bank, merge_id: int) -> Sequence[MergeEntry]:
    """The entries that the merge posted."""
    statement = select(MergeEntry).where(
        MergeEntry.bank_id == bank.id, MergeEntry.merge_id == merge_id
    )
    return session.execute(statement.order_by(MergeEntry.entry_id)).scalars().all()


def drop(session: Session, bank: Bank, merge_id: int) -> None:
    """Keep nothing any more by which the merge could be undone."""
    for table in (MergeChange, MergeEntry):
        own = (table.bank_id == bank.id, table.merge_id == merge_id)
        session.execute(delete(table).where(*own))

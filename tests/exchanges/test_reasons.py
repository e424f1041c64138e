"""Hours out of the chest and the end of a dispute have their reason: the database takes neither
without one, whoever writes them."""

from collections.abc import Callable

import pytest
from sqlalchemy import ColumnElement, Table, insert, literal, select, text, update
from sqlalchemy.exc import DBAPIError

from tests.exchanges.conftest import Neighbours, account, by
from tests.factories import make_logged_exchange
from timebank.base import table_of
from timebank.exchanges import service
from timebank.exchanges.models import Gift, Step
from timebank.exchanges.rules import NewGift
from timebank.ledger import service as ledger_service
from timebank.ledger.rules import Leg, NewEntry, Provenance

GIFT, STEP = table_of(Gift), table_of(Step)


def copy(row: Neighbours, table: Table, **others: object) -> None:
    """Another row like the last one, with these columns otherwise."""
    columns = [column for column in table.c if column.name != "id"]
    values: list[ColumnElement[object]] = [
        literal(others[column.name], column.type) if column.name in others else column
        for column in columns
    ]
    last = select(*values).order_by(table.c.id.desc()).limit(1)
    row.session.execute(insert(table).from_select(columns, last))


def a_gift_with_its_entry(row: Neighbours) -> None:
    entry = out_of_the_chest(row)
    copy(row, GIFT, from_id=row.chest, to_id=account(row.ana), entry_id=entry)


def an_entry_for_a_gift(row: Neighbours) -> None:
    entry = out_of_the_chest(row)
    copy(row, GIFT, from_id=row.chest, to_id=account(row.ana), entry_id=None)
    row.session.execute(update(GIFT).where(GIFT.c.entry_id.is_(None)).values(entry_id=entry))


def out_of_the_chest(row: Neighbours) -> int:
    legs = [Leg(row.chest, account(row.ana), 15)]
    day = by(row.ana).now.date()
    new = NewEntry("past the service", "gift", day, legs, Provenance("system:attack"))
    return ledger_service.post(row.session, row.bank, new)


def settled(row: Neighbours) -> None:
    copy(row, STEP, step="settled", entry_id=out_of_the_chest(row))


def dismissed(row: Neighbours) -> None:
    copy(row, STEP, step="dismissed")


ATTACKS = {
    a_gift_with_its_entry: ("gift", "gift_granted_for_a_reason", "gift_brought_for_a_reason"),
    an_entry_for_a_gift: ("gift", "gift_granted_for_a_reason", "gift_granted_for_a_reason"),
    settled: ("exchange_step", *["exchange_settled_for_a_reason"] * 2),
    dismissed: ("exchange_step", *["exchange_settled_for_a_reason"] * 2),
}
"""What is tried, and the trigger that refuses it: its table, and its name on PostgreSQL and on
SQLite."""


@pytest.mark.parametrize("attack", ATTACKS)
def test_nothing_is_given_and_settled_without_a_reason(
    row: Neighbours, attack: Callable[[Neighbours], None]
) -> None:
    gift = NewGift(account(row.ana), row.chest, 30)
    service.give(row.session, row.bank, gift, by(row.ana))
    exchange = make_logged_exchange(row.session, row.bank, row.ana, row.ben)
    service.dispute(row.session, row.bank, exchange.id, by(row.ben), note="It was less.")
    with pytest.raises(DBAPIError, match="ledger_for_a_reason"), row.session.begin_nested():
        attack(row)
    # It is this guard alone that refuses it.
    table, *names = ATTACKS[attack]
    sqlite = row.session.connection().dialect.name == "sqlite"
    name = names[sqlite]
    row.session.execute(text(f"DROP TRIGGER {name}" + ("" if sqlite else f" ON {table}")))
    attack(row)

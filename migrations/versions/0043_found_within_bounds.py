"""A bank says in which town or district it is, and is found by that and by its name; who has helped
or been helped since a day is found by the day.

Revision 0043, after 0042.
"""

import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None

BY_DAY = "ix_exchange_bank_id_occurred_on"


def _folded(name: str) -> str:
    letters = unicodedata.normalize("NFKD", name).casefold()
    plain = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return " ".join(plain.replace("-", " ").replace("’", "").replace("'", "").split())[:240]


def upgrade() -> None:
    for name, longest in (("place", 120), ("search_key", 500)):
        column = sa.Column(name, sa.String(longest), nullable=False, server_default="")
        op.add_column("bank", column)
    bank = sa.table("bank", sa.column("id"), sa.column("name"), sa.column("search_key"))
    bind = op.get_bind()
    for row in bind.execute(sa.select(bank.c.id, bank.c.name)).all():
        key = sa.update(bank).where(bank.c.id == row.id).values(search_key=_folded(row.name))
        bind.execute(key)
    op.create_index(BY_DAY, "exchange", ["bank_id", "occurred_on"])


def downgrade() -> None:
    op.drop_index(BY_DAY, table_name="exchange")
    for name in ("search_key", "place"):
        op.drop_column("bank", name)

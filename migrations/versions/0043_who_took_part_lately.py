"""Who has helped or been helped since a day is found by the day.

Revision 0043, after 0042.
"""

from alembic import op

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None

NAME = "ix_exchange_bank_id_occurred_on"


def upgrade() -> None:
    op.create_index(NAME, "exchange", ["bank_id", "occurred_on"])


def downgrade() -> None:
    op.drop_index(NAME, table_name="exchange")

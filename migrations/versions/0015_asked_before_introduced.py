"""An introduction is asked of one after the other, and each says by what they may be reached.

Revision 0015, after 0014. Those under way were made when both were told at once, with everything.
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_MAY_HAVE = ("giver_phone", "giver_email", "receiver_phone", "receiver_email")


def upgrade() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    for name in _MAY_HAVE:
        plain = "BOOLEAN DEFAULT 0 NOT NULL" if sqlite else "BOOLEAN DEFAULT false NOT NULL"
        op.execute(f"ALTER TABLE introduction ADD COLUMN {name} {plain}")
    instant = "DATETIME" if sqlite else "TIMESTAMP WITH TIME ZONE"
    op.execute(f"ALTER TABLE introduction ADD COLUMN receiver_asked_at {instant}")
    told = sa.table(
        "introduction",
        sa.column("introduced_at"),
        sa.column("receiver_asked_at"),
        *(sa.column(name, sa.Boolean()) for name in _MAY_HAVE),
    )
    everything = {name: sa.true() for name in _MAY_HAVE}
    op.execute(sa.update(told).values(receiver_asked_at=told.c.introduced_at, **everything))


def downgrade() -> None:
    for name in ("receiver_asked_at", *reversed(_MAY_HAVE)):
        op.execute(f"ALTER TABLE introduction DROP COLUMN {name}")

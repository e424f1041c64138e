"""How often a session was moved or called off, by which calendars know what is newer.

Revision 0022, after 0021.
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE activity_session ADD COLUMN sequence INTEGER NOT NULL DEFAULT 0")
    rows = sa.table("activity_session", sa.column("sequence"), sa.column("cancelled_at"))
    op.execute(sa.update(rows).where(rows.c.cancelled_at.is_not(None)).values(sequence=1))


def downgrade() -> None:
    op.execute("ALTER TABLE activity_session DROP COLUMN sequence")

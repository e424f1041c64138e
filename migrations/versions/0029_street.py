"""What a bank shows to the street: a feed, frames on other sites, offers that may stand on the front
page; and when activities and sessions were last changed.

Revision 0029, after 0028. Nothing is shown that was not before.
"""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

LONG_AGO = "1970-01-01 00:00:00+00:00"


def upgrade() -> None:
    op.execute("ALTER TABLE bank ADD COLUMN feed BOOLEAN NOT NULL DEFAULT false")
    op.execute("ALTER TABLE bank ADD COLUMN embeds VARCHAR(600) NOT NULL DEFAULT ''")
    op.execute(
        "ALTER TABLE listing ADD COLUMN on_street BOOLEAN NOT NULL DEFAULT false"
        " CONSTRAINT ck_listing_on_street CHECK (NOT on_street OR kind = 'offer')"
    )
    for table in ("activity", "activity_session"):
        changed_at = sa.Column(
            "changed_at", sa.DateTime(timezone=True), nullable=False, server_default=LONG_AGO
        )
        op.add_column(table, changed_at)
    op.execute("UPDATE activity SET changed_at = created_at")
    op.execute(
        "UPDATE activity_session SET changed_at = coalesce(cancelled_at, (SELECT a.created_at"
        " FROM activity a WHERE a.id = activity_session.activity_id))"
    )


def downgrade() -> None:
    for table in ("activity_session", "activity"):
        op.execute(f"ALTER TABLE {table} DROP COLUMN changed_at")
    op.execute("ALTER TABLE listing DROP COLUMN on_street")
    op.execute("ALTER TABLE bank DROP COLUMN embeds")
    op.execute("ALTER TABLE bank DROP COLUMN feed")

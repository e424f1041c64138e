"""A file that is brought in keeps why its rows go in between two who are kept apart, until they are;
one that is taken back keeps since when, by whom, and what came of it.

Revision 0033, after 0032. No file is being taken back.
"""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

COLUMNS = (
    ("despite", sa.Text()),
    ("taking_back_at", sa.DateTime(timezone=True)),
    ("taken_back_by", sa.String(length=40)),
    ("back", sa.JSON()),
)


def upgrade() -> None:
    for name, kind in COLUMNS:
        op.add_column("upload", sa.Column(name, kind, nullable=True))


def downgrade() -> None:
    for name, _ in reversed(COLUMNS):
        op.execute(f"ALTER TABLE upload DROP COLUMN {name}")

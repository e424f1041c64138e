"""The language of a bank, those that may be chosen in it, a member's own, and that of a notice.

Revision 0010, after 0009.
"""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

ADDED = (
    ("bank", "language", "VARCHAR(20) DEFAULT 'en' NOT NULL"),
    ("bank", "languages", "VARCHAR(200) DEFAULT 'en' NOT NULL"),
    ("member", "language", "VARCHAR(20)"),
    ("notice", "language", "VARCHAR(20) DEFAULT 'en' NOT NULL"),
)


def upgrade() -> None:
    # Everything refers to these tables, so SQLite must not make them anew.
    for table, column, kind in ADDED:
        op.execute(f"ALTER TABLE {table} ADD COLUMN {column} {kind}")


def downgrade() -> None:
    for table, column, _ in reversed(ADDED):
        op.execute(f"ALTER TABLE {table} DROP COLUMN {column}")

"""How far a large file has come on its way in; for how long a bank keeps what, and what it says of
that itself.

Revision 0012, after 0011.
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

KEPT = {
    "keep_messages": 24,
    "keep_notes": 24,
    "keep_notices": 12,
    "keep_applications": 6,
    "keep_slips": 24,
}


def upgrade() -> None:
    op.add_column("upload", sa.Column("progress", sa.JSON(), nullable=True))
    # Everything refers to this table, so SQLite must not make it anew.
    op.execute("ALTER TABLE bank ADD COLUMN privacy TEXT DEFAULT '' NOT NULL")
    for name, months in KEPT.items():
        op.execute(
            f"ALTER TABLE bank ADD COLUMN {name} INTEGER DEFAULT {months} NOT NULL"
            f" CONSTRAINT ck_bank_{name} CHECK ({name} BETWEEN 1 AND 240)"
        )


def downgrade() -> None:
    for name in (*KEPT, "privacy"):
        op.drop_column("bank", name)
    op.drop_column("upload", "progress")

"""The figures of a large bank are counted by the worker and kept, no older than the bank says.

Revision 0049, after 0048.
"""

import sqlalchemy as sa
from alembic import op

revision = "0049"
down_revision = "0048"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "kept_figures",
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("looked_on", sa.Date(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_kept_figures_bank_id")),
        sa.PrimaryKeyConstraint("bank_id", "name", name=op.f("pk_kept_figures")),
    )
    op.execute(
        "ALTER TABLE bank ADD COLUMN figures_minutes INTEGER DEFAULT 60 NOT NULL"
        " CONSTRAINT ck_bank_figures_minutes CHECK (figures_minutes BETWEEN 0 AND 1440)"
    )


def downgrade() -> None:
    op.drop_column("bank", "figures_minutes")
    op.drop_table("kept_figures")

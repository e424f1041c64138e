"""Calls that nobody answered.

Revision 0034, after 0033.
"""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

OPEN = sa.text("done_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "call_try",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["bank_id", "member_id"],
            ["member.bank_id", "member.id"],
            name=op.f("fk_call_try_bank_id_member_id"),
        ),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_call_try_bank_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_try")),
    )
    op.create_index("ix_call_try_bank_id_member_id", "call_try", ["bank_id", "member_id", "id"])
    op.create_index(
        "ix_call_try_open",
        "call_try",
        ["bank_id", "at"],
        sqlite_where=OPEN,
        postgresql_where=OPEN,
    )


def downgrade() -> None:
    op.drop_table("call_try")

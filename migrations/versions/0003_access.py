"""Recovery codes for the second factor; one-time links know the browser that used them, and are
found by member.

Revision 0003, after 0002.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "recovery_code",
        sa.Column("member_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["bank_id", "member_id"],
            ["member.bank_id", "member.id"],
            name=op.f("fk_recovery_code_bank_id_member_id"),
        ),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_recovery_code_bank_id")),
        sa.PrimaryKeyConstraint("member_id", "code_hash", name=op.f("pk_recovery_code")),
    )
    op.add_column("sign_in_link", sa.Column("used_by", sa.String(length=64), nullable=True))
    op.create_index(
        "ix_sign_in_link_bank_id_member_id", "sign_in_link", ["bank_id", "member_id"], unique=False
    )


def downgrade() -> None:
    op.drop_index("ix_sign_in_link_bank_id_member_id", table_name="sign_in_link")
    op.drop_column("sign_in_link", "used_by")
    op.drop_table("recovery_code")

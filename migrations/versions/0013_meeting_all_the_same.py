"""Why the staff let two meet who are kept apart.

Revision 0013, after 0012.
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "despite_apart",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("other_id", sa.Integer(), nullable=False),
        sa.Column("what", sa.String(length=60), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.CheckConstraint("why <> ''", name=op.f("ck_despite_apart_says_why")),
        sa.ForeignKeyConstraint(
            ["bank_id", "member_id"],
            ["member.bank_id", "member.id"],
            name=op.f("fk_despite_apart_bank_id_member_id"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "other_id"],
            ["member.bank_id", "member.id"],
            name=op.f("fk_despite_apart_bank_id_other_id"),
        ),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_despite_apart_bank_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_despite_apart")),
    )
    for side in ("member_id", "other_id"):
        op.create_index(
            f"ix_despite_apart_bank_id_{side}", "despite_apart", ["bank_id", side], unique=False
        )


def downgrade() -> None:
    op.drop_table("despite_apart")

"""A member may have a page that all members open, and thanks are shown where both sides let them.

Revision 0021, after 0020. Nobody has a page before they say so, and no thanks are shown.
"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "member_page",
        sa.Column("member_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("bank_id", sa.Integer(), nullable=False),
        *(
            sa.Column(name, sa.Boolean(), nullable=False)
            for name in ("about", "languages", "helped", "thanks")
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "member_id"],
            ["member.bank_id", "member.id"],
            name=op.f("fk_member_page_bank_id_member_id"),
        ),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_member_page_bank_id")),
        sa.PrimaryKeyConstraint("member_id", name=op.f("pk_member_page")),
    )
    op.create_index("ix_member_page_bank_id", "member_page", ["bank_id"])
    op.create_table(
        "thanks",
        sa.Column("exchange_id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("thanked", sa.String(length=10), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("giver_at", INSTANT, nullable=True),
        sa.Column("receiver_at", INSTANT, nullable=True),
        sa.CheckConstraint("thanked IN ('giver', 'receiver')", name=op.f("ck_thanks_thanked")),
        sa.CheckConstraint("words <> ''", name=op.f("ck_thanks_words")),
        sa.CheckConstraint(
            "giver_at IS NOT NULL OR receiver_at IS NOT NULL", name=op.f("ck_thanks_said")
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "exchange_id"],
            ["exchange.bank_id", "exchange.id"],
            name=op.f("fk_thanks_bank_id_exchange_id"),
        ),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_thanks_bank_id")),
        sa.PrimaryKeyConstraint("exchange_id", name=op.f("pk_thanks")),
    )
    op.create_index("ix_thanks_bank_id_exchange_id", "thanks", ["bank_id", "exchange_id"])


def downgrade() -> None:
    op.drop_table("thanks")
    op.drop_table("member_page")

"""The board of all open requests, as the worker made it.

Revision 0039, after 0038.
"""

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "board",
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.Integer(), nullable=False),
        sa.Column("stamp", sa.String(length=500), nullable=False),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_board_bank_id")),
        sa.PrimaryKeyConstraint("bank_id", name=op.f("pk_board")),
    )
    op.create_table(
        "board_pair",
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("request_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("offer_id", sa.Integer(), nullable=False),
        sa.Column("giver_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["bank_id", "request_id"],
            ["listing.bank_id", "listing.id"],
            name=op.f("fk_board_pair_bank_id_request_id"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "offer_id"],
            ["listing.bank_id", "listing.id"],
            name=op.f("fk_board_pair_bank_id_offer_id"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "giver_id"],
            ["account.bank_id", "account.id"],
            name=op.f("fk_board_pair_bank_id_giver_id"),
        ),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_board_pair_bank_id")),
        sa.PrimaryKeyConstraint("bank_id", "request_id", name=op.f("pk_board_pair")),
    )


def downgrade() -> None:
    op.drop_table("board_pair")
    op.drop_table("board")

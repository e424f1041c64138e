"""Two members who are one person become one, and for a day that can be undone.

Revision 0046, after 0045.
"""

import sqlalchemy as sa
from alembic import op

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "member_merge",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("goes_id", sa.Integer(), nullable=False),
        sa.Column("stays_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_by", sa.String(length=40), nullable=True),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("forgotten_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("goes_id <> stays_id", name=op.f("ck_member_merge_two_rows")),
        sa.CheckConstraint("trim(why) <> ''", name=op.f("ck_member_merge_says_why")),
        sa.CheckConstraint(
            "(undone_at IS NULL) = (undone_by IS NULL)", name=op.f("ck_member_merge_undone")
        ),
        sa.CheckConstraint(
            "undone_at IS NULL OR forgotten_at IS NULL", name=op.f("ck_member_merge_one_end")
        ),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_member_merge_bank_id")),
        sa.ForeignKeyConstraint(
            ["bank_id", "goes_id"],
            ["member.bank_id", "member.id"],
            name=op.f("fk_member_merge_bank_id_goes_id"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "stays_id"],
            ["member.bank_id", "member.id"],
            name=op.f("fk_member_merge_bank_id_stays_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_member_merge")),
        sa.UniqueConstraint("bank_id", "id", name=op.f("uq_member_merge_bank_id_id")),
    )
    merged = sa.text("undone_at IS NULL")
    for name, columns in (
        ("uq_member_merge_goes_once", ["bank_id", "goes_id"]),
        ("uq_member_merge_number", ["bank_id", "number"]),
    ):
        op.create_index(
            name,
            "member_merge",
            columns,
            unique=True,
            sqlite_where=merged,
            postgresql_where=merged,
        )
    op.create_index("ix_member_merge_bank_id_stays_id", "member_merge", ["bank_id", "stays_id"])
    op.create_table(
        "merge_change",
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("merge_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("n", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("of_table", sa.String(length=40), nullable=False),
        sa.Column("row_key", sa.Text(), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("after", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_merge_change_bank_id")),
        sa.ForeignKeyConstraint(
            ["bank_id", "merge_id"],
            ["member_merge.bank_id", "member_merge.id"],
            name=op.f("fk_merge_change_bank_id_merge_id"),
        ),
        sa.PrimaryKeyConstraint("bank_id", "merge_id", "n", name=op.f("pk_merge_change")),
    )
    op.create_table(
        "merge_entry",
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("merge_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("entry_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("settles", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_merge_entry_bank_id")),
        sa.ForeignKeyConstraint(
            ["bank_id", "merge_id"],
            ["member_merge.bank_id", "member_merge.id"],
            name=op.f("fk_merge_entry_bank_id_merge_id"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "entry_id"],
            ["entry.bank_id", "entry.id"],
            name=op.f("fk_merge_entry_bank_id_entry_id"),
        ),
        sa.PrimaryKeyConstraint("bank_id", "merge_id", "entry_id", name=op.f("pk_merge_entry")),
    )


def downgrade() -> None:
    op.drop_table("merge_entry")
    op.drop_table("merge_change")
    op.drop_table("member_merge")

"""Groups of members with a shared account, and who decided on hours out of the chest.

Revision 0006, after 0005.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
IN_FORCE = sa.text("left_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "member_group",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("closed_at", INSTANT, nullable=True),
        sa.CheckConstraint("name <> ''", name=op.f("ck_member_group_name")),
        sa.ForeignKeyConstraint(
            ["bank_id", "account_id"],
            ["account.bank_id", "account.id"],
            name=op.f("fk_member_group_bank_id_account_id"),
        ),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_member_group_bank_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_member_group")),
        sa.UniqueConstraint("account_id", name=op.f("uq_member_group_account_id")),
        sa.UniqueConstraint("bank_id", "id", name=op.f("uq_member_group_bank_id_id")),
        sa.UniqueConstraint("bank_id", "name", name=op.f("uq_member_group_bank_id_name")),
    )
    op.create_table(
        "group_member",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("group_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("joined_at", INSTANT, nullable=False),
        sa.Column("left_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(
            ["bank_id", "group_id"],
            ["member_group.bank_id", "member_group.id"],
            name=op.f("fk_group_member_bank_id_group_id"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "member_id"],
            ["member.bank_id", "member.id"],
            name=op.f("fk_group_member_bank_id_member_id"),
        ),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_group_member_bank_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_group_member")),
    )
    op.create_index(
        "ix_group_member_bank_id_member_id", "group_member", ["bank_id", "member_id"], unique=False
    )
    op.create_index(
        "uq_group_member_in_force",
        "group_member",
        ["bank_id", "group_id", "member_id"],
        unique=True,
        sqlite_where=IN_FORCE,
        postgresql_where=IN_FORCE,
    )
    with op.batch_alter_table("gift") as gift:
        gift.add_column(sa.Column("decided_by", sa.String(length=120), nullable=True))
        gift.create_check_constraint(
            op.f("ck_gift_decided"), "decided_by IS NULL OR decided_by <> '' AND message <> ''"
        )


def downgrade() -> None:
    """Take it all away; the accounts of groups stay in the books, under their names."""
    with op.batch_alter_table("gift") as gift:
        gift.drop_constraint(op.f("ck_gift_decided"), type_="check")
        gift.drop_column("decided_by")
    op.drop_table("group_member")
    op.drop_table("member_group")

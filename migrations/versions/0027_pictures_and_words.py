"""Members may give a picture of themselves and say who sees it, show their whole name on their page,
let neighbours write to them, about nothing that is listed, and have those who act for them read
what they are told.

Revision 0027, after 0026. Nobody has a picture, and whoever has a page shows their first name.
"""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)

ABOUT_ONE = "(listing_id IS NULL) <> (exchange_id IS NULL)"
AT_MOST_ONE = "listing_id IS NULL OR exchange_id IS NULL"
ABOUT_NEITHER = sa.text("listing_id IS NULL AND exchange_id IS NULL")


def upgrade() -> None:
    op.create_table(
        "member_picture",
        sa.Column("member_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("mark", sa.String(length=16), nullable=False),
        sa.Column("shown_to", sa.String(length=10), nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("jpeg", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "shown_to IN ('members', 'known')", name=op.f("ck_member_picture_shown_to")
        ),
        sa.CheckConstraint("length(jpeg) > 0", name=op.f("ck_member_picture_jpeg")),
        sa.ForeignKeyConstraint(
            ["bank_id", "member_id"],
            ["member.bank_id", "member.id"],
            name=op.f("fk_member_picture_bank_id_member_id"),
        ),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_member_picture_bank_id")),
        sa.PrimaryKeyConstraint("member_id", name=op.f("pk_member_picture")),
    )
    op.create_index("ix_member_picture_bank_id", "member_picture", ["bank_id"])
    for name in ("surname", "write"):
        op.add_column(
            "member_page",
            sa.Column(name, sa.Boolean(), server_default=sa.false(), nullable=False),
        )
    op.add_column(
        "helper", sa.Column("notices", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    _conversations_are(ABOUT_ONE, AT_MOST_ONE)
    op.create_index(
        "uq_conversation_two",
        "conversation",
        ["bank_id", "first_id", "second_id"],
        unique=True,
        sqlite_where=ABOUT_NEITHER,
        postgresql_where=ABOUT_NEITHER,
    )


def downgrade() -> None:
    """What was written about nothing that is listed cannot be kept."""
    op.drop_index("uq_conversation_two", table_name="conversation")
    neither = "SELECT id FROM conversation WHERE listing_id IS NULL AND exchange_id IS NULL"
    messages = f"SELECT id FROM message WHERE conversation_id IN ({neither})"
    op.execute(f"DELETE FROM message_report WHERE message_id IN ({messages})")
    op.execute(f"DELETE FROM message WHERE conversation_id IN ({neither})")
    op.execute(f"DELETE FROM conversation_reading WHERE conversation_id IN ({neither})")
    op.execute("DELETE FROM conversation WHERE listing_id IS NULL AND exchange_id IS NULL")
    _conversations_are(AT_MOST_ONE, ABOUT_ONE)
    op.drop_column("helper", "notices")
    for name in ("write", "surname"):
        op.drop_column("member_page", name)
    op.drop_table("member_picture")


def _conversations_are(before: str, after: str) -> None:
    """SQLite changes no check of a table, and one that others refer to is not rebuilt: there the
    check is changed in what the table is declared as."""
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        op.drop_constraint(op.f("ck_conversation_about"), "conversation", type_="check")
        op.create_check_constraint(op.f("ck_conversation_about"), "conversation", after)
        return
    declared = connection.exec_driver_sql(
        "SELECT sql FROM sqlite_master WHERE type = 'table' AND name = 'conversation'"
    ).scalar_one()
    if before not in declared:
        raise RuntimeError(f"The table conversation is not declared as it was: {declared}")
    connection.exec_driver_sql("PRAGMA writable_schema = ON")
    connection.exec_driver_sql(
        "UPDATE sqlite_master SET sql = ? WHERE type = 'table' AND name = 'conversation'",
        (declared.replace(before, after),),
    )
    connection.exec_driver_sql("PRAGMA writable_schema = RESET")

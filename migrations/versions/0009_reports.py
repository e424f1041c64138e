"""Reports as they were made, schedules, commissioners, places in the drawing of the network, the
threshold of few.

Revision 0009, after 0008. A kept report is never changed or removed: triggers on both engines.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
NAMES = "name IN ('reciprocity', 'participation', 'activities')"
_KEPT = "a report that was made stays as it was made"


def upgrade() -> None:
    # Everything refers to this table, so SQLite must not make it anew.
    op.execute(
        "ALTER TABLE bank ADD COLUMN few INTEGER DEFAULT 8 NOT NULL CONSTRAINT ck_bank_few CHECK (few IN (5, 8, 10))"
    )
    op.create_table(
        "commissioner",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("organisation", sa.String(length=120), nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("invited_at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.Column("session_key", sa.String(length=64), nullable=False),
        sa.Column("link_hash", sa.String(length=64), nullable=True),
        sa.Column("link_expires_at", INSTANT, nullable=True),
        sa.Column("link_used_by", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_commissioner_bank_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commissioner")),
        sa.UniqueConstraint("bank_id", "id", name=op.f("uq_commissioner_bank_id_id")),
        sa.UniqueConstraint("link_hash", name=op.f("uq_commissioner_link_hash")),
    )
    op.create_index(
        "uq_commissioner_email",
        "commissioner",
        ["bank_id", "email"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "kept_report",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("stride", sa.String(length=10), nullable=False),
        sa.Column("as_of", INSTANT, nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("among", sa.String(length=20), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.CheckConstraint(NAMES, name=op.f("ck_kept_report_name")),
        sa.CheckConstraint(
            "stride IN ('', 'month', 'quarter', 'year')", name=op.f("ck_kept_report_stride")
        ),
        sa.CheckConstraint(
            "among IN ('people', 'without_staff', 'everybody')", name=op.f("ck_kept_report_among")
        ),
        sa.CheckConstraint("ends_on >= starts_on", name=op.f("ck_kept_report_range")),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_kept_report_bank_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kept_report")),
        sa.UniqueConstraint(
            "bank_id",
            "name",
            "starts_on",
            "ends_on",
            "stride",
            "as_of",
            "shared",
            "among",
            name="uq_kept_report",
        ),
    )
    op.create_table(
        "report_schedule",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("stride", sa.String(length=10), nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=True),
        sa.Column("commissioner_id", sa.Integer(), nullable=True),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("sent_to", sa.Date(), nullable=False),
        sa.CheckConstraint(NAMES, name=op.f("ck_report_schedule_name")),
        sa.CheckConstraint(
            "stride IN ('month', 'quarter', 'year')", name=op.f("ck_report_schedule_stride")
        ),
        sa.CheckConstraint(
            "(member_id IS NULL) <> (commissioner_id IS NULL)",
            name=op.f("ck_report_schedule_reader"),
        ),
        sa.CheckConstraint(
            "shared OR commissioner_id IS NULL", name=op.f("ck_report_schedule_shared")
        ),
        sa.CheckConstraint(
            "NOT shared OR stride <> 'month'", name=op.f("ck_report_schedule_windows")
        ),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_report_schedule_bank_id")),
        sa.ForeignKeyConstraint(
            ["bank_id", "member_id"],
            ["member.bank_id", "member.id"],
            name=op.f("fk_report_schedule_bank_id_member_id"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "commissioner_id"],
            ["commissioner.bank_id", "commissioner.id"],
            name=op.f("fk_report_schedule_bank_id_commissioner_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_schedule")),
    )
    op.create_index("ix_report_schedule_bank_id", "report_schedule", ["bank_id"])
    op.create_table(
        "network_place",
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("x", sa.Float(), nullable=False),
        sa.Column("y", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_network_place_bank_id")),
        sa.ForeignKeyConstraint(
            ["bank_id", "account_id"],
            ["account.bank_id", "account.id"],
            name=op.f("fk_network_place_bank_id_account_id"),
        ),
        sa.PrimaryKeyConstraint("bank_id", "account_id", name=op.f("pk_network_place")),
    )
    for statement in POSTGRESQL if op.get_bind().dialect.name == "postgresql" else SQLITE:
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("network_place")
    op.drop_table("report_schedule")
    op.drop_table("kept_report")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION kept_report_stays()")
    op.drop_table("commissioner")
    op.execute("ALTER TABLE bank DROP COLUMN few")


POSTGRESQL = (
    f"""
CREATE FUNCTION kept_report_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '{_KEPT}' USING ERRCODE = 'check_violation';
END $$
""",
    "CREATE TRIGGER kept_report_stays BEFORE UPDATE OR DELETE ON kept_report FOR EACH ROW EXECUTE FUNCTION kept_report_stays()",
    "CREATE TRIGGER kept_report_stays_whole BEFORE TRUNCATE ON kept_report "
    "FOR EACH STATEMENT EXECUTE FUNCTION kept_report_stays()",
)

SQLITE = (
    *(
        f"CREATE TRIGGER kept_report_stays_{verb.lower()} BEFORE {verb} ON kept_report BEGIN SELECT RAISE(ABORT, '{_KEPT}'); END"
        for verb in ("UPDATE", "DELETE")
    ),
    # INSERT OR REPLACE would remove a row without firing the trigger above.
    f"CREATE TRIGGER kept_report_new BEFORE INSERT ON kept_report BEGIN SELECT RAISE(ABORT, '{_KEPT}') WHERE EXISTS "
    "(SELECT 1 FROM kept_report WHERE id = NEW.id OR bank_id = NEW.bank_id AND name = NEW.name AND starts_on = NEW.starts_on "
    "AND ends_on = NEW.ends_on AND stride = NEW.stride AND as_of = NEW.as_of AND shared = NEW.shared AND among = NEW.among); END",
)

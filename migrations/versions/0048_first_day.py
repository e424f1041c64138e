"""A bank has a logo, a colour and a welcome of its own, and says whether its slips have numbers; it
knows when its settings were kept first, and that its first day is over. Copies are known to have
been taken. What one of the staff got done today is found by the day.

Revision 0048, after 0047. The first day of every bank that is there already is over: its list was
set aside on the day of this.
"""

import sqlalchemy as sa
from alembic import op

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None

COLUMNS = {
    "colour": (
        "VARCHAR(7) DEFAULT '' NOT NULL",
        "colour = '' OR (length(colour) = 7 AND substr(colour, 1, 1) = '#'"
        " AND ltrim(substr(colour, 2), '0123456789abcdef') = '')",
    ),
    "colour_dark": (
        "VARCHAR(7) DEFAULT '' NOT NULL",
        "colour_dark = '' OR (length(colour_dark) = 7 AND substr(colour_dark, 1, 1) = '#'"
        " AND ltrim(substr(colour_dark, 2), '0123456789abcdef') = '')",
    ),
    "welcome": ("TEXT DEFAULT '' NOT NULL", "length(welcome) <= 2000"),
    "slip_numbers": (
        "VARCHAR(10) DEFAULT 'optional' NOT NULL",
        "slip_numbers IN ('required', 'optional', 'none')",
    ),
}


def upgrade() -> None:
    for name, (kind, check) in COLUMNS.items():
        op.execute(
            f"ALTER TABLE bank ADD COLUMN {name} {kind} CONSTRAINT ck_bank_{name} CHECK ({check})"
        )
    for name in ("settled_at", "first_day_over_at"):
        op.add_column("bank", sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    op.execute(
        "UPDATE bank SET settled_at = CURRENT_TIMESTAMP, first_day_over_at = CURRENT_TIMESTAMP"
    )
    op.create_table(
        "bank_logo",
        sa.Column("bank_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("mark", sa.String(length=16), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("png", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("length(png) > 0", name=op.f("ck_bank_logo_png")),
        sa.CheckConstraint(
            "width BETWEEN 1 AND 480 AND height BETWEEN 1 AND 480", name=op.f("ck_bank_logo_size")
        ),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_bank_logo_bank_id")),
        sa.PrimaryKeyConstraint("bank_id", name=op.f("pk_bank_logo")),
    )
    op.create_table(
        "backup_taken",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revision", sa.String(length=20), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_backup_taken")),
    )
    op.create_index("ix_exchange_step_bank_id_by", "exchange_step", ["bank_id", "by", "at"])
    told = sa.text("told_by IS NOT NULL")
    op.create_index(
        "ix_notice_told_by",
        "notice",
        ["bank_id", "told_by", "sent_at"],
        sqlite_where=told,
        postgresql_where=told,
    )


def downgrade() -> None:
    op.drop_index("ix_notice_told_by", table_name="notice")
    op.drop_index("ix_exchange_step_bank_id_by", table_name="exchange_step")
    op.drop_table("backup_taken")
    op.drop_table("bank_logo")
    for name in ("first_day_over_at", "settled_at", *reversed(COLUMNS)):
        op.drop_column("bank", name)

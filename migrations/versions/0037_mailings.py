"""Letters to many, whom each goes to, and announcements; and who wishes for no such letters.

Revision 0037, after 0036. Everybody gets them until they say otherwise.
"""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE notice_preference ADD COLUMN letters BOOLEAN NOT NULL DEFAULT true")
    op.create_table(
        "mailing",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(length=120), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("calls", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('draft', 'sending', 'sent', 'stopped')", name=op.f("ck_mailing_state")
        ),
        sa.CheckConstraint("subject <> '' AND body <> ''", name=op.f("ck_mailing_words")),
        sa.CheckConstraint("(state = 'draft') = (sent_at IS NULL)", name=op.f("ck_mailing_sent")),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_mailing_bank_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mailing")),
        sa.UniqueConstraint("bank_id", "id", name=op.f("uq_mailing_bank_id_id")),
    )
    op.create_table(
        "mailing_to",
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("mailing_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("member_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("fate", sa.String(length=20), nullable=False),
        sa.Column("way", sa.String(length=20), nullable=True),
        sa.CheckConstraint(
            "fate IN ('waiting', 'written', 'wish', 'no_way', 'not_rung', 'gone')",
            name=op.f("ck_mailing_to_fate"),
        ),
        sa.CheckConstraint(
            "way IN ('email', 'text', 'letter', 'call', 'push')", name=op.f("ck_mailing_to_way")
        ),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_mailing_to_bank_id")),
        sa.ForeignKeyConstraint(
            ["bank_id", "mailing_id"],
            ["mailing.bank_id", "mailing.id"],
            name=op.f("fk_mailing_to_bank_id_mailing_id"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "member_id"],
            ["member.bank_id", "member.id"],
            name=op.f("fk_mailing_to_bank_id_member_id"),
        ),
        sa.PrimaryKeyConstraint("bank_id", "mailing_id", "member_id", name=op.f("pk_mailing_to")),
    )
    op.create_index("ix_mailing_to_bank_id_member_id", "mailing_to", ["bank_id", "member_id"])
    op.create_table(
        "announcement",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("starts_on <= ends_on", name=op.f("ck_announcement_days")),
        sa.CheckConstraint("title <> '' AND words <> ''", name=op.f("ck_announcement_words")),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_announcement_bank_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_announcement")),
        sa.UniqueConstraint("bank_id", "id", name=op.f("uq_announcement_bank_id_id")),
    )
    op.create_index("ix_announcement_bank_id_ends_on", "announcement", ["bank_id", "ends_on"])


def downgrade() -> None:
    for table in ("announcement", "mailing_to", "mailing"):
        op.drop_table(table)
    op.execute("ALTER TABLE notice_preference DROP COLUMN letters")

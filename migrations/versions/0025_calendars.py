"""A member's calendar may have an address, and who comes to a session is shown where they say so.

Revision 0025, after 0024. Nobody has an address, and nobody is shown.
"""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "calendar_address",
        sa.Column("member_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("key_hash", sa.String(length=64), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["bank_id", "member_id"],
            ["member.bank_id", "member.id"],
            name=op.f("fk_calendar_address_bank_id_member_id"),
        ),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_calendar_address_bank_id")),
        sa.PrimaryKeyConstraint("member_id", name=op.f("pk_calendar_address")),
        sa.UniqueConstraint(
            "bank_id", "key_hash", name=op.f("uq_calendar_address_bank_id_key_hash")
        ),
    )
    op.execute(
        "ALTER TABLE sign_up ADD COLUMN shown BOOLEAN NOT NULL DEFAULT false"
        " CONSTRAINT ck_sign_up_shown CHECK (NOT (shown AND status = 'withdrawn'))"
    )


def downgrade() -> None:
    op.execute("ALTER TABLE sign_up DROP COLUMN shown")
    op.drop_table("calendar_address")

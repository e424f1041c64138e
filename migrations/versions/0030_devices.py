"""Notices go to devices too, by web push.

Revision 0030, after 0029. Going back, who is told on a device is told as it suits.
"""

import re

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

BEFORE = "('email', 'text', 'letter', 'call')"
AFTER = "('email', 'text', 'letter', 'call', 'push')"


def upgrade() -> None:
    op.create_table(
        "push_device",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("addressee", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("endpoint", sa.String(length=1000), nullable=False),
        sa.Column("endpoint_hash", sa.String(length=64), nullable=False),
        sa.Column("p256dh", sa.String(length=100), nullable=False),
        sa.Column("auth", sa.String(length=40), nullable=False),
        sa.Column("server_key", sa.String(length=100), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_push_device_bank_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_push_device")),
        sa.UniqueConstraint(
            "bank_id", "endpoint_hash", name=op.f("uq_push_device_bank_id_endpoint_hash")
        ),
    )
    op.create_index("ix_push_device_bank_id_addressee", "push_device", ["bank_id", "addressee"])
    for table in ("notice", "notice_preference"):
        _allow(table, AFTER)


def downgrade() -> None:
    op.execute("UPDATE notice_preference SET channel = NULL WHERE channel = 'push'")
    # What a device took has been told; what it did not take has gone another way.
    op.execute(
        "UPDATE notice SET channel = 'call', address = NULL WHERE channel = 'push'"
        " AND sent_at IS NOT NULL AND NOT EXISTS (SELECT 1 FROM notice AS other"
        " WHERE other.bank_id = notice.bank_id AND other.addressee = notice.addressee"
        " AND other.cause = notice.cause AND other.channel = 'call')"
    )
    op.execute("DELETE FROM notice WHERE channel = 'push'")
    for table in ("notice", "notice_preference"):
        _allow(table, BEFORE)
    op.drop_table("push_device")


def _allow(table: str, channels: str) -> None:
    """Let these channels be. SQLite changes no check, and a table that others refer to is not
    rebuilt: the check is written anew in what the table is declared as."""
    name = f"ck_{table}_channel"
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        op.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        op.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK (channel IN {channels})")
        return
    declared = connection.exec_driver_sql(
        "SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ?", (table,)
    ).scalar_one()
    check = rf"(CONSTRAINT \"?{name}\"? CHECK \(channel IN )\([^)]*\)"
    allowed, changed = re.subn(check, lambda found: found.group(1) + channels, declared)
    if changed != 1:
        raise RuntimeError(f"{table} is not declared as it should be: {declared}")
    connection.exec_driver_sql("PRAGMA writable_schema = ON")
    connection.exec_driver_sql(
        "UPDATE sqlite_master SET sql = ? WHERE type = 'table' AND name = ?", (allowed, table)
    )
    connection.exec_driver_sql("PRAGMA writable_schema = RESET")

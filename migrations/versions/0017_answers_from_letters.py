"""Notices say what they ask, and carry a link by which it is answered once; a word can come by it.

Revision 0017, after 0016.
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

MEMBER = (["bank_id", "member_id"], ["member.bank_id", "member.id"])

BEFORE = ("web", "in_person", "phone", "paper", "text", "import", "waiting_time", "system")
AFTER = ("web", "in_person", "phone", "paper", "text", "link", "import", "waiting_time", "system")

_ONCE = "A link answers once."


def upgrade() -> None:
    engine = op.get_bind().dialect.name
    op.execute("ALTER TABLE notice ADD COLUMN asks VARCHAR(40)")
    op.execute(
        "ALTER TABLE notice ADD COLUMN about BIGINT"
        " CONSTRAINT ck_notice_asks CHECK ((asks IS NULL) = (about IS NULL))"
    )
    op.create_table(
        "reply_link",
        sa.Column(
            "notice_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("asks", sa.String(length=40), nullable=False),
        sa.Column("about", sa.BigInteger(), nullable=False),
        sa.Column("address", sa.String(length=500), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reply", sa.String(length=20), nullable=True),
        sa.ForeignKeyConstraint(
            ["notice_id"],
            ["notice.id"],
            name=op.f("fk_reply_link_notice_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(*MEMBER, name=op.f("fk_reply_link_bank_id_member_id")),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_reply_link_bank_id")),
        sa.PrimaryKeyConstraint("notice_id", name=op.f("pk_reply_link")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_reply_link_token_hash")),
        sa.CheckConstraint("(used_at IS NULL) = (reply IS NULL)", name=op.f("ck_reply_link_reply")),
        sa.CheckConstraint("expires_at > sent_at", name=op.f("ck_reply_link_expires_at")),
        sa.CheckConstraint(
            "used_at IS NULL OR used_at < expires_at", name=op.f("ck_reply_link_used_at")
        ),
    )
    for column in ("member_id", "expires_at"):
        op.create_index(
            f"ix_reply_link_bank_id_{column}", "reply_link", ["bank_id", column], unique=False
        )
    for statement in POSTGRESQL if engine == "postgresql" else SQLITE:
        op.execute(statement)
    _channels(AFTER)


def downgrade() -> None:
    """Take it all away. What was said by a link was said by its member, as on a page."""
    op.execute("UPDATE exchange_step SET channel = 'web' WHERE channel = 'link'")
    _channels(BEFORE)
    op.drop_table("reply_link")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION reply_link_once()")
    for column in ("about", "asks"):
        op.execute(f"ALTER TABLE notice DROP COLUMN {column}")


def _channels(channels: tuple[str, ...]) -> None:
    name = op.f("ck_exchange_step_channel")
    with op.batch_alter_table("exchange_step") as step:
        step.drop_constraint(name, type_="check")
        step.create_check_constraint(name, f"channel IN {channels}")


POSTGRESQL = (
    f"""
CREATE FUNCTION reply_link_once() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION '{_ONCE}' USING ERRCODE = 'check_violation'; END $$
""",
    "CREATE TRIGGER reply_link_once BEFORE UPDATE ON reply_link FOR EACH ROW"
    " WHEN (OLD.used_at IS NOT NULL) EXECUTE FUNCTION reply_link_once()",
)
SQLITE = (
    "CREATE TRIGGER reply_link_once BEFORE UPDATE ON reply_link WHEN OLD.used_at IS NOT NULL"
    f" BEGIN SELECT RAISE(ABORT, '{_ONCE}'); END",
)

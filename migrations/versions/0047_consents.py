"""What members agree to for those outside: a story that is told of them, and their address on a list.

Revision 0047, after 0046. A story that was agreed to stays as it was agreed to: it is taken back,
and never put into other words.
"""

import sqlalchemy as sa
from alembic import op

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None

WHY = "story: it was agreed to as it is"
# Whose it is may change alone: two members may turn out to be one.
_OTHER = " OR ".join(
    f"NEW.{column} <<>> OLD.{column}"
    for column in ("words", "called", "jpeg", "alt", "agreed_at", "agreed_by", "agreed_channel")
)
SQLITE = (
    "CREATE TRIGGER story_stays BEFORE UPDATE ON story WHEN OLD.agreed_at IS NOT NULL"
    f" AND ({_OTHER.replace('<<>>', 'IS NOT')})"
    f" BEGIN SELECT RAISE(ABORT, '{WHY}'); END",
)
POSTGRESQL = (
    f"""
CREATE FUNCTION story_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '{WHY}' USING ERRCODE = 'check_violation';
END $$
""",
    "CREATE TRIGGER story_stays BEFORE UPDATE ON story FOR EACH ROW"
    f" WHEN (OLD.agreed_at IS NOT NULL AND ({_OTHER.replace('<<>>', 'IS DISTINCT FROM')}))"
    " EXECUTE FUNCTION story_stays()",
)


def upgrade() -> None:
    op.create_table(
        "story",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("called", sa.String(length=80), nullable=False),
        sa.Column("jpeg", sa.LargeBinary(), nullable=True),
        sa.Column("alt", sa.String(length=200), nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("agreed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("agreed_by", sa.String(length=40), nullable=True),
        sa.Column("agreed_channel", sa.String(length=20), nullable=True),
        sa.CheckConstraint("words <> '' AND called <> ''", name=op.f("ck_story_words")),
        sa.CheckConstraint("(jpeg IS NULL) = (alt = '')", name=op.f("ck_story_alt")),
        sa.CheckConstraint(
            "(agreed_at IS NULL) = (agreed_by IS NULL)"
            " AND (agreed_at IS NULL) = (agreed_channel IS NULL)",
            name=op.f("ck_story_agreed"),
        ),
        sa.CheckConstraint(
            "agreed_channel IN ('web', 'in_person', 'phone', 'paper', 'text')",
            name=op.f("ck_story_agreed_channel"),
        ),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_story_bank_id")),
        sa.ForeignKeyConstraint(
            ["bank_id", "member_id"],
            ["member.bank_id", "member.id"],
            name=op.f("fk_story_bank_id_member_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_story")),
    )
    op.create_index("ix_story_bank_id_member_id", "story", ["bank_id", "member_id"])
    op.create_table(
        "address_consent",
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.CheckConstraint(
            "channel IN ('web', 'in_person', 'phone', 'paper', 'text')",
            name=op.f("ck_address_consent_channel"),
        ),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_address_consent_bank_id")),
        sa.ForeignKeyConstraint(
            ["bank_id", "member_id"],
            ["member.bank_id", "member.id"],
            name=op.f("fk_address_consent_bank_id_member_id"),
        ),
        sa.PrimaryKeyConstraint("bank_id", "member_id", name=op.f("pk_address_consent")),
    )
    sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in SQLITE if sqlite else POSTGRESQL:
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("address_consent")
    op.drop_table("story")
    if op.get_bind().dialect.name != "sqlite":
        op.execute("DROP FUNCTION story_stays()")

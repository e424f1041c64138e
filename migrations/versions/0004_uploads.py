"""Files handed in through a page, kept until they have been brought in.

Revision 0004, after 0003.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "upload",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("format", sa.String(length=20), nullable=True),
        sa.Column("encoding", sa.String(length=40), nullable=True),
        sa.Column("update", sa.Boolean(), nullable=False),
        sa.Column("good_rows", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("read", sa.BigInteger(), nullable=False),
        sa.Column("handed_in_by", sa.String(length=40), nullable=False),
        sa.Column("handed_in_at", INSTANT, nullable=False),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.Column("result", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("file", sa.LargeBinary(), nullable=True),
        sa.Column("posts", sa.LargeBinary(), nullable=True),
        sa.Column("bad_rows", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint(
            "state IN ('checking', 'checked', 'importing', 'done', 'refused')",
            name=op.f("ck_upload_state"),
        ),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_upload_bank_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_upload")),
    )
    op.create_index("ix_upload_bank_id", "upload", ["bank_id", "id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_upload_bank_id", table_name="upload")
    op.drop_table("upload")

"""How the columns of a file are read is kept with it, and remembered for the next of its shape;
what a file has brought in is kept, so that it can be taken back.

Revision 0026, after 0025.
"""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("upload", sa.Column("columns", sa.JSON(none_as_null=True), nullable=True))
    op.add_column("upload", sa.Column("answers", sa.JSON(none_as_null=True), nullable=True))
    op.add_column("upload", sa.Column("taken_back_at", INSTANT, nullable=True))
    op.create_table(
        "import_batch",
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("upload_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("first_id", sa.BigInteger(), nullable=False),
        sa.Column("last_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('member', 'exchange', 'gift', 'opening', 'listing')",
            name=op.f("ck_import_batch_kind"),
        ),
        sa.CheckConstraint("first_id <= last_id", name=op.f("ck_import_batch_range")),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_import_batch_bank_id")),
        sa.ForeignKeyConstraint(
            ["upload_id"],
            ["upload.id"],
            name=op.f("fk_import_batch_upload_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("upload_id", "kind", "first_id", name=op.f("pk_import_batch")),
    )
    op.create_index("ix_import_batch_bank_id", "import_batch", ["bank_id"])
    op.create_table(
        "file_shape",
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("shape", sa.String(length=64), nullable=False),
        sa.Column("columns", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("answers", sa.JSON(), nullable=False),
        sa.Column("used_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_file_shape_bank_id")),
        sa.PrimaryKeyConstraint("bank_id", "shape", name=op.f("pk_file_shape")),
    )


def downgrade() -> None:
    op.drop_table("file_shape")
    op.drop_table("import_batch")
    op.drop_column("upload", "taken_back_at")
    op.drop_column("upload", "answers")
    op.drop_column("upload", "columns")

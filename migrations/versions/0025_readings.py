"""How the columns of a file are read is kept with it, and remembered for the next of its shape.

Revision 0025, after 0024.
"""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("upload", sa.Column("columns", sa.JSON(none_as_null=True), nullable=True))
    op.add_column("upload", sa.Column("answers", sa.JSON(none_as_null=True), nullable=True))
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
    op.drop_column("upload", "answers")
    op.drop_column("upload", "columns")

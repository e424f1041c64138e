"""A bank may show a picture of its own on its front page.

Revision 0031, after 0030. No bank has one, and each shows the street that is drawn.
"""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "bank_picture",
        sa.Column("bank_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("mark", sa.String(length=16), nullable=False),
        sa.Column("alt", sa.String(length=200), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("jpeg", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("alt <> ''", name=op.f("ck_bank_picture_alt")),
        sa.CheckConstraint("length(jpeg) > 0", name=op.f("ck_bank_picture_jpeg")),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_bank_picture_bank_id")),
        sa.PrimaryKeyConstraint("bank_id", name=op.f("pk_bank_picture")),
    )


def downgrade() -> None:
    op.drop_table("bank_picture")

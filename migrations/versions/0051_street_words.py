"""Members may say a sentence for anybody to read, on their page and on the bank's front page.

Revision 0051, after 0050. Nobody says anything there yet.
"""

import sqlalchemy as sa
from alembic import op

revision = "0051"
down_revision = "0050"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "member_page",
        sa.Column("street", sa.String(length=200), server_default="", nullable=False),
    )


def downgrade() -> None:
    op.drop_column("member_page", "street")

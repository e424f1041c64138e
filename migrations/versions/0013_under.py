"""How far a large file has come on its way in.

Revision 0013, after 0010.
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("upload", sa.Column("progress", sa.JSON(), nullable=True))


def downgrade() -> None:
    op.drop_column("upload", "progress")

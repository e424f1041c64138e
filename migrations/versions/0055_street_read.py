"""What members say on the front page stands there once a broker has read it.

Revision 0055, after 0054. What stands there today has been read by everybody: it stays.
"""

import sqlalchemy as sa
from alembic import op

revision = "0055"
down_revision = "0054"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("member_page") as table:
        table.add_column(
            sa.Column("street_read", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
        table.create_check_constraint("street_read", "street <> '' OR NOT street_read")
    op.execute(sa.text("UPDATE member_page SET street_read = true WHERE street <> ''"))


def downgrade() -> None:
    with op.batch_alter_table("member_page") as table:
        table.drop_constraint(op.f("ck_member_page_street_read"), type_="check")
        table.drop_column("street_read")

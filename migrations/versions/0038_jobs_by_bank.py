"""What every bank has done for itself is a job of each bank, and what somebody waits for comes first.

Revision 0038, after 0037. What was waiting goes on as it is.
"""

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None

WAITING = sa.text("done_at IS NULL AND failed_at IS NULL")
UNSENT = sa.text("sent_at IS NULL AND failed_at IS NULL")


def upgrade() -> None:
    op.add_column(
        "job",
        sa.Column("rank", sa.Integer(), server_default="1", nullable=False),
    )
    with op.batch_alter_table("job") as job:
        job.add_column(sa.Column("bank_id", sa.Integer(), nullable=True))
        job.create_foreign_key(op.f("fk_job_bank_id"), "bank", ["bank_id"], ["id"])
        job.drop_index("ix_job_waiting")
    _waiting("ix_job_waiting", ["rank", "run_at"])
    _waiting("uq_job_bank_id_kind", ["bank_id", "kind"], unique=True)
    op.create_index(
        "ix_notice_unsent", "notice", ["bank_id"], sqlite_where=UNSENT, postgresql_where=UNSENT
    )


def downgrade() -> None:
    op.drop_index("ix_notice_unsent", "notice")
    op.drop_index("uq_job_bank_id_kind", "job")
    op.drop_index("ix_job_waiting", "job")
    # Every bank's is queued again when its time has come.
    op.execute("DELETE FROM job WHERE bank_id IS NOT NULL")
    with op.batch_alter_table("job") as job:
        job.drop_constraint(op.f("fk_job_bank_id"), type_="foreignkey")
        job.drop_column("bank_id")
        job.drop_column("rank")
    _waiting("ix_job_waiting", ["run_at"])


def _waiting(name, columns, **options) -> None:
    where = {"sqlite_where": WAITING, "postgresql_where": WAITING}
    op.create_index(name, "job", columns, **where, **options)

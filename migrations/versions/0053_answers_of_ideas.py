"""What matters that an idea of the fund answers.

Revision 0053, after 0052. An idea that comes from an option of a conversation answers what that
conversation is about, which stands there already; of other ideas nobody has said it yet. It is said
once, with the idea, and stays.
"""

import sqlalchemy as sa
from alembic import op

revision = "0053"
down_revision = "0052"
branch_labels = None
depends_on = None

STAYS = "fund_answer_stays: what an idea answers is said once"


def upgrade() -> None:
    op.create_table(
        "fund_answer",
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("proposal_id", sa.Integer(), nullable=False),
        sa.Column("priority_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_fund_answer_bank_id")),
        sa.ForeignKeyConstraint(
            ["bank_id", "proposal_id"],
            ["fund_proposal.bank_id", "fund_proposal.id"],
            name=op.f("fk_fund_answer_bank_id_proposal_id"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "priority_id"],
            ["priority.bank_id", "priority.id"],
            name=op.f("fk_fund_answer_bank_id_priority_id"),
        ),
        sa.PrimaryKeyConstraint("bank_id", "proposal_id", name=op.f("pk_fund_answer")),
    )
    op.create_index("ix_fund_answer_bank_id_priority_id", "fund_answer", ["bank_id", "priority_id"])
    sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in SQLITE if sqlite else POSTGRESQL:
        op.execute(statement)


def downgrade() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    op.drop_table("fund_answer")
    if not sqlite:
        op.execute("DROP FUNCTION fund_answer_stays()")


SQLITE = (
    f"CREATE TRIGGER fund_answer_stays BEFORE UPDATE ON fund_answer"
    f" BEGIN SELECT RAISE(ABORT, '{STAYS}'); END",
    f"CREATE TRIGGER fund_answer_stays_delete BEFORE DELETE ON fund_answer"
    f" BEGIN SELECT RAISE(ABORT, '{STAYS}'); END",
    # INSERT OR REPLACE would remove it without the trigger that refuses to delete.
    f"CREATE TRIGGER fund_answer_new BEFORE INSERT ON fund_answer"
    f" BEGIN SELECT RAISE(ABORT, '{STAYS}') WHERE EXISTS (SELECT 1 FROM fund_answer a"
    f" WHERE a.bank_id = NEW.bank_id AND a.proposal_id = NEW.proposal_id); END",
)
POSTGRESQL = (
    f"""
CREATE FUNCTION fund_answer_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '{STAYS}' USING ERRCODE = 'check_violation';
END $$
""",
    "CREATE TRIGGER fund_answer_stays BEFORE UPDATE OR DELETE ON fund_answer"
    " FOR EACH ROW EXECUTE FUNCTION fund_answer_stays()",
)

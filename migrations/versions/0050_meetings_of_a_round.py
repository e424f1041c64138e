"""Meetings of a round of the fund; the moment at which an evaluation closed; and evidence, kept as
it was first made.

Revision 0050, after 0049. Of evaluations that had closed before, the day alone is known: they
closed as it began, where the bank is. Of kept evidence only the words are changed, when the name of
somebody who leaves is taken out of them. What empties the log of SQLite is a job of the jobs
themselves. Each rule is written once and made into a trigger of either engine.
"""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from alembic import op

revision = "0050"
down_revision = "0049"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "fund_meeting",
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("session_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_fund_meeting_bank_id")),
        sa.ForeignKeyConstraint(
            ["bank_id", "round_id"],
            ["fund_round.bank_id", "fund_round.id"],
            name=op.f("fk_fund_meeting_bank_id_round_id"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "session_id"],
            ["activity_session.bank_id", "activity_session.id"],
            name=op.f("fk_fund_meeting_bank_id_session_id"),
        ),
        sa.PrimaryKeyConstraint("bank_id", "round_id", "session_id", name=op.f("pk_fund_meeting")),
    )
    op.create_index("ix_fund_meeting_bank_id_session_id", "fund_meeting", ["bank_id", "session_id"])
    op.create_table(
        "kept_evidence",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("ends_on >= starts_on", name=op.f("ck_kept_evidence_range")),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_kept_evidence_bank_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kept_evidence")),
        sa.UniqueConstraint("bank_id", "starts_on", "ends_on", "as_of", name="uq_kept_evidence"),
    )
    op.add_column("evaluation", sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True))
    _say_when_they_closed()
    op.execute("UPDATE job SET kind = 'jobs.wipe' WHERE kind = 'leaving.wipe'")
    sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in SQLITE if sqlite else POSTGRESQL:
        op.execute(statement)


def _say_when_they_closed() -> None:
    evaluation = sa.table(
        "evaluation",
        sa.column("id", sa.Integer),
        sa.column("bank_id", sa.Integer),
        sa.column("closed_on", sa.Date),
        sa.column("closed_at", sa.DateTime(timezone=True)),
    )
    bank = sa.table("bank", sa.column("id", sa.Integer), sa.column("timezone", sa.String))
    closed = (
        sa.select(evaluation.c.id, evaluation.c.closed_on, bank.c.timezone)
        .join(bank, bank.c.id == evaluation.c.bank_id)
        .where(evaluation.c.closed_on.is_not(None))
    )
    for id_, day, zone in op.get_bind().execute(closed).all():
        began = datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)
        op.execute(evaluation.update().where(evaluation.c.id == id_).values(closed_at=began))


def downgrade() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    for name, table, *_ in RULES:
        op.execute(f"DROP TRIGGER {name}" + ("" if sqlite else f" ON {table}"))
        if not sqlite:
            op.execute(f"DROP FUNCTION {name}()")
    op.execute("UPDATE job SET kind = 'leaving.wipe' WHERE kind = 'jobs.wipe'")
    op.drop_column("evaluation", "closed_at")
    op.drop_table("kept_evidence")
    op.drop_table("fund_meeting")


MOMENT = "evaluation_moment: what has closed says when, and stays so"
KEPT = "kept_evidence_stays: evidence stays as it was first made"

_TOGETHER = "(NEW.closed_on IS NULL) <> (NEW.closed_at IS NULL)"
_OF_EVIDENCE = ("id", "bank_id", "starts_on", "ends_on", "as_of", "made_at")

RULES = (
    # name, table, verb, what is wrong, why
    ("evaluation_moment_insert", "evaluation", "INSERT", _TOGETHER, MOMENT),
    (
        "evaluation_moment",
        "evaluation",
        "UPDATE",
        f"{_TOGETHER} OR OLD.closed_at IS NOT NULL AND NEW.closed_at <> OLD.closed_at",
        MOMENT,
    ),
    (
        "kept_evidence_stays",
        "kept_evidence",
        "UPDATE",
        " OR ".join(f"NEW.{column} <> OLD.{column}" for column in _OF_EVIDENCE),
        KEPT,
    ),
    ("kept_evidence_stays_delete", "kept_evidence", "DELETE", "TRUE", KEPT),
    (
        # INSERT OR REPLACE would remove it without the trigger that refuses to delete.
        "kept_evidence_new",
        "kept_evidence",
        "INSERT",
        "EXISTS (SELECT 1 FROM kept_evidence k WHERE k.id = NEW.id)",
        KEPT,
    ),
)

SQLITE = tuple(
    f"CREATE TRIGGER {name} BEFORE {verb} ON {table}"
    f" BEGIN SELECT RAISE(ABORT, '{why}') WHERE {wrong}; END"
    for name, table, verb, wrong, why in RULES
)
POSTGRESQL = tuple(
    statement
    for name, table, verb, wrong, why in RULES
    for statement in (
        f"""
CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF {wrong} THEN
    RAISE EXCEPTION '{why}' USING ERRCODE = 'check_violation';
  END IF;
  RETURN {"OLD" if verb == "DELETE" else "NEW"};
END $$
""",
        f"CREATE TRIGGER {name} BEFORE {verb} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()",
    )
)

"""A register names the application of a newcomer to the same bank, and of no other.

Revision 0041, after 0040. The key onto `member` lets go of an application that is deleted, and
knows no bank: SQLite cannot let go of a part of a key.
"""

from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None

WHY = "contribution_newcomer: a newcomer applied to the bank whose register names them"
WRONG = (
    "NEW.newcomer_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM member m"
    " WHERE m.id = NEW.newcomer_id AND m.bank_id = NEW.bank_id)"
)
VERBS = {"contribution_newcomer": "INSERT", "contribution_newcomer_changed": "UPDATE"}


SQLITE = tuple(
    f"CREATE TRIGGER {name} BEFORE {verb} ON contribution"
    f" BEGIN SELECT RAISE(ABORT, '{WHY}') WHERE {WRONG}; END"
    for name, verb in VERBS.items()
)
POSTGRESQL = (
    f"""
CREATE FUNCTION contribution_newcomer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF {WRONG} THEN
    RAISE EXCEPTION '{WHY}' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$
""",
    *(
        f"CREATE TRIGGER {name} BEFORE {verb} ON contribution"
        " FOR EACH ROW EXECUTE FUNCTION contribution_newcomer()"
        for name, verb in VERBS.items()
    ),
)


def upgrade() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in SQLITE if sqlite else POSTGRESQL:
        op.execute(statement)


def downgrade() -> None:
    on = "" if op.get_bind().dialect.name == "sqlite" else " ON contribution"
    for name in VERBS:
        op.execute(f"DROP TRIGGER {name}{on}")
    if on:
        op.execute("DROP FUNCTION contribution_newcomer()")

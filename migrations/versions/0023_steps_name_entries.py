"""Steps of an exchange name the entry by which hours moved or came back, so that one that was undone
can be confirmed again; whoever objects says how long it was.

Revision 0023, after 0022. Going back keeps what was undone meanwhile as it stands.
"""

from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

_MOVES = "('confirmed', 'accepted', 'settled', 'reversed', 'undone')"

_WRONG = f"""(NEW.entry_id IS NOT NULL) <> (NEW.step IN {_MOVES})
   OR NEW.entry_id IS NOT NULL
      AND NOT EXISTS (SELECT 1 FROM entry WHERE id = NEW.entry_id AND bank_id = NEW.bank_id)"""

SQLITE = (
    f"""
CREATE TRIGGER exchange_step_names_its_entry BEFORE INSERT ON exchange_step
WHEN {_WRONG} BEGIN
  SELECT RAISE(ABORT, 'ledger_named: a step that moves hours names its entry');
END
""",
)

POSTGRESQL = (
    f"""
CREATE FUNCTION exchange_step_names_its_entry() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF {_WRONG} THEN
    PERFORM ledger_refuse('ledger_named', 'a step that moves hours names its entry');
  END IF;
  RETURN NEW;
END $$
""",
    "CREATE TRIGGER exchange_step_names_its_entry BEFORE INSERT ON exchange_step "
    "FOR EACH ROW EXECUTE FUNCTION exchange_step_names_its_entry()",
)


def upgrade() -> None:
    op.execute("ALTER TABLE exchange_step ADD COLUMN entry_id BIGINT")
    op.execute(
        "ALTER TABLE exchange ADD COLUMN thought_minutes BIGINT CONSTRAINT ck_exchange_thought"
        " CHECK (thought_minutes IS NULL OR thought_minutes > 0 AND status = 'disputed')"
    )
    for column, kinds in (
        ("entry_id", "('confirmed', 'settled')"),
        ("reversal_id", "('reversed', 'undone')"),
    ):
        op.execute(
            f"UPDATE exchange_step SET entry_id = (SELECT e.{column} FROM exchange e"
            f" WHERE e.id = exchange_step.exchange_id) WHERE step IN {kinds}"
        )
    op.create_index("uq_exchange_step_entry_id", "exchange_step", ["entry_id"], unique=True)
    for statement in SQLITE if op.get_bind().dialect.name == "sqlite" else POSTGRESQL:
        op.execute(statement)


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER exchange_step_names_its_entry")
    else:
        op.execute("DROP FUNCTION exchange_step_names_its_entry CASCADE")
    op.drop_index("uq_exchange_step_entry_id", table_name="exchange_step")
    op.execute("ALTER TABLE exchange DROP COLUMN thought_minutes")
    op.execute("ALTER TABLE exchange_step DROP COLUMN entry_id")

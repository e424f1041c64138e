"""The fund: of the numbered papers that are printed, how many were given out stands apart.

Revision 0045, after 0044. It is written down as a vote closes, and stays: no more were given out
than were printed, and no fewer than came back and were spoilt. Of votes that had closed before,
what came back and was spoilt had been given out.
"""

from alembic import op

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None

PAPERS = "fund_round_papers: as a vote closes, the papers given out are accounted for, once"
_PRINTED = (
    "(SELECT count(*) FROM fund_elector e WHERE e.bank_id = {round}.bank_id"
    " AND e.round_id = {round}.id AND e.paper_number IS NOT NULL{and_so})"
)
_RETURNED = _PRINTED.replace("{and_so}", " AND e.voted")

RULES: tuple[tuple[str, str, str, str, str], ...] = (
    # name, table, verb, what is wrong, why
    (
        "fund_round_papers",
        "fund_round",
        "UPDATE",
        "OLD.state <> 'voting' AND (NEW.given_out <> OLD.given_out"
        " OR (NEW.given_out IS NULL) <> (OLD.given_out IS NULL))"
        " OR NEW.state = 'counted' AND OLD.state = 'voting' AND (NEW.given_out IS NULL"
        " OR NEW.spoilt IS NULL"
        f" OR NEW.given_out > {_PRINTED.format(round='NEW', and_so='')}"
        f" OR NEW.given_out < NEW.spoilt + {_RETURNED.format(round='NEW')})",
        PAPERS,
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
  RETURN NEW;
END $$
""",
        f"CREATE TRIGGER {name} BEFORE {verb} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()",
    )
)


def upgrade() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    op.execute(
        "ALTER TABLE fund_round ADD COLUMN given_out INTEGER"
        " CONSTRAINT ck_fund_round_given_out CHECK (given_out >= 0)"
    )
    # Nothing watches this column yet, so that rounds that have closed can be told it.
    op.execute(
        "UPDATE fund_round SET given_out = COALESCE(spoilt, 0)"
        f" + {_RETURNED.format(round='fund_round')}"
        " WHERE state IN ('counted', 'reporting', 'finished')"
    )
    for statement in SQLITE if sqlite else POSTGRESQL:
        op.execute(statement)


def downgrade() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    for name, table, *_ in RULES:
        op.execute(f"DROP TRIGGER {name}" + ("" if sqlite else f" ON {table}"))
        if not sqlite:
            op.execute(f"DROP FUNCTION {name}()")
    op.execute("ALTER TABLE fund_round DROP COLUMN given_out")

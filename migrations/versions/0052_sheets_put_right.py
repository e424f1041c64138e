"""A sheet of an audit can be taken out until the audit closes, alone or with the file it came in; an
answer can fit none of the themes; and whoever sorts can take their latest answer back.

Revision 0052, after 0051. Of sheets that are in, no file is known. `audit_sheet.stack` is the number
of a file within its audit, which no row holds more of: no day, no name. It is forgotten as the audit
closes. What has closed stays as it was.
"""

import sqlalchemy as sa
from alembic import op

revision = "0052"
down_revision = "0051"
branch_labels = None
depends_on = None


def upgrade() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    op.execute(
        "ALTER TABLE audit_sheet ADD COLUMN stack INTEGER"
        " CONSTRAINT ck_audit_sheet_stack CHECK (stack > 0)"
    )
    op.execute(
        "ALTER TABLE theme ADD COLUMN rest BOOLEAN DEFAULT FALSE NOT NULL"
        " CONSTRAINT ck_theme_rest CHECK (NOT rest OR joined_id IS NULL)"
    )
    op.create_index(
        "uq_theme_rest",
        "theme",
        ["bank_id", "audit_id"],
        unique=True,
        sqlite_where=sa.text("rest"),
        postgresql_where=sa.text("rest"),
    )
    op.execute("ALTER TABLE sorted_as ADD COLUMN latest BOOLEAN DEFAULT FALSE NOT NULL")
    op.create_index(
        "uq_sorted_as_latest",
        "sorted_as",
        ["bank_id", "audit_id", "sorter_id", "n"],
        unique=True,
        sqlite_where=sa.text("latest"),
        postgresql_where=sa.text("latest"),
    )
    _guard(sqlite, SQLITE if sqlite else POSTGRESQL)


def downgrade() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    _guard(sqlite, _made(BEFORE, sqlite=sqlite))
    op.drop_index("uq_sorted_as_latest", "sorted_as")
    op.drop_index("uq_theme_rest", "theme")
    for table, column in (("sorted_as", "latest"), ("theme", "rest"), ("audit_sheet", "stack")):
        # With the check that stands beside it: Alembic would leave that behind.
        op.execute(f"ALTER TABLE {table} DROP COLUMN {column}")


def _guard(sqlite: bool, statements: tuple[str, ...]) -> None:
    """Put these guards in the place of those of the same names."""
    for name, table, *_ in RULES:
        op.execute(f"DROP TRIGGER {name}" + ("" if sqlite else f" ON {table}"))
        if not sqlite:
            op.execute(f"DROP FUNCTION {name}()")
    for statement in statements:
        op.execute(statement)


SHEET = "audit_sheet_kept: a sheet and its answers stay as they were given"
_SAME = " OR ".join(
    f"NEW.{column} <<>> OLD.{column}"
    for column in ("bank_id", "audit_id", "way", "round_id", "age", "area", "part")
)
_CLOSED = (
    "EXISTS (SELECT 1 FROM audit t WHERE t.bank_id = OLD.bank_id AND t.id = OLD.audit_id"
    " AND t.closed_at IS NOT NULL)"
)
_LOCK = "PERFORM 1 FROM audit WHERE id = OLD.audit_id FOR SHARE;"

RULES: tuple[tuple[str, str, str, str], ...] = (
    # name, table, verb, what is wrong
    (
        "audit_sheet_kept",
        "audit_sheet",
        "UPDATE",
        f"{_SAME} OR NEW.stack <<>> OLD.stack AND NOT (NEW.stack IS NULL AND {_CLOSED})",
    ),
    ("audit_sheet_kept_delete", "audit_sheet", "DELETE", _CLOSED),
    ("audit_answer_kept_delete", "audit_answer", "DELETE", _CLOSED),
)
BEFORE = (
    ("audit_sheet_kept", "audit_sheet", "UPDATE", _SAME),
    ("audit_sheet_kept_delete", "audit_sheet", "DELETE", "TRUE"),
    ("audit_answer_kept_delete", "audit_answer", "DELETE", "TRUE"),
)
"""The same as they were."""


def _made(rules: tuple[tuple[str, str, str, str], ...], *, sqlite: bool) -> tuple[str, ...]:
    if sqlite:
        return tuple(
            f"CREATE TRIGGER {name} BEFORE {verb} ON {table} BEGIN SELECT RAISE(ABORT, '{SHEET}')"
            f" WHERE {wrong.replace('<<>>', 'IS NOT')}; END"
            for name, table, verb, wrong in rules
        )
    return tuple(
        statement
        for name, table, verb, wrong in rules
        for statement in (
            f"""
CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  {_LOCK if verb == "DELETE" else ""}
  IF {wrong.replace("<<>>", "IS DISTINCT FROM")} THEN
    RAISE EXCEPTION '{SHEET}' USING ERRCODE = 'check_violation';
  END IF;
  RETURN {"OLD" if verb == "DELETE" else "NEW"};
END $$
""",
            f"CREATE TRIGGER {name} BEFORE {verb} ON {table} FOR EACH ROW"
            f" EXECUTE FUNCTION {name}()",
        )
    )


SQLITE = _made(RULES, sqlite=True)
POSTGRESQL = _made(RULES, sqlite=False)

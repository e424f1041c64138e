"""What evidence is made of stays as it was: whose a promise was before it changed hands, and how
many people stood on the register when an evaluation closed.

Revision 0042, after 0041. Of promises that changed hands before, it is not known whose they were;
of evaluations that have closed, the registers are counted as they are now. Each rule is written
once and made into a trigger of either engine.
"""

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for column in ("from_kind", "from_part"):
        op.add_column("commitment_step", sa.Column(column, sa.String(length=20), nullable=True))
    op.add_column("evaluation", sa.Column("people", sa.Integer(), nullable=True))
    op.execute(f"UPDATE evaluation SET people = {_REGISTER} WHERE closed_on IS NOT NULL")
    sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in SQLITE if sqlite else POSTGRESQL:
        op.execute(statement)


def downgrade() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    for name, table, *_ in RULES:
        op.execute(f"DROP TRIGGER {name}" + ("" if sqlite else f" ON {table}"))
        if not sqlite:
            op.execute(f"DROP FUNCTION {name}()")
    op.drop_column("evaluation", "people")
    for column in ("from_part", "from_kind"):
        op.drop_column("commitment_step", column)


_PERSON = "count(DISTINCT COALESCE('m' || c.member_id, 'g' || c.guest_key))"
_REGISTER = f"""CASE
  WHEN session_id IS NOT NULL THEN (SELECT {_PERSON} FROM contribution c
    WHERE c.bank_id = evaluation.bank_id AND c.session_id = evaluation.session_id)
  WHEN dialogue_id IS NOT NULL THEN (SELECT {_PERSON} FROM contribution c
    JOIN dialogue_meeting d ON d.bank_id = c.bank_id AND d.session_id = c.session_id
    WHERE d.bank_id = evaluation.bank_id AND d.dialogue_id = evaluation.dialogue_id)
  ELSE (SELECT count(*) FROM audit_sheet s
    WHERE s.bank_id = evaluation.bank_id AND s.audit_id = evaluation.audit_id)
  END"""

HANDED = "commitment_step_handed: a step that hands a promise on says whose it was"
CLOSED = "evaluation_closed: what has closed stays so, with how many people were there"

_HERE = "NOT EXISTS (SELECT 1 FROM arriving v WHERE v.bank_id = NEW.bank_id)"
_OWNED_BEFORE = (
    "EXISTS (SELECT 1 FROM commitment c WHERE c.bank_id = NEW.bank_id"
    " AND c.id = NEW.commitment_id AND c.owner_kind = NEW.from_kind AND c.part = NEW.from_part)"
)

RULES = (
    # name, table, verb, what is wrong, why
    (
        "commitment_step_handed",
        "commitment_step",
        "INSERT",
        "NEW.kind <> 'handed' AND (NEW.from_kind IS NOT NULL OR NEW.from_part IS NOT NULL)"
        f" OR NEW.kind = 'handed' AND NOT {_OWNED_BEFORE} AND {_HERE}",
        HANDED,
    ),
    (
        "evaluation_closed_insert",
        "evaluation",
        "INSERT",
        "(NEW.closed_on IS NULL) <> (NEW.people IS NULL)",
        CLOSED,
    ),
    (
        "evaluation_closed",
        "evaluation",
        "UPDATE",
        "(NEW.closed_on IS NULL) <> (NEW.people IS NULL) OR OLD.closed_on IS NOT NULL"
        " AND (NEW.closed_on <<>> OLD.closed_on OR NEW.people <<>> OLD.people)",
        CLOSED,
    ),
)

SQLITE = tuple(
    f"CREATE TRIGGER {name} BEFORE {verb} ON {table} BEGIN SELECT RAISE(ABORT, '{why}')"
    f" WHERE {wrong.replace('<<>>', 'IS NOT')}; END"
    for name, table, verb, wrong, why in RULES
)
POSTGRESQL = tuple(
    statement
    for name, table, verb, wrong, why in RULES
    for statement in (
        f"""
CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF {wrong.replace("<<>>", "IS DISTINCT FROM")} THEN
    RAISE EXCEPTION '{why}' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$
""",
        f"CREATE TRIGGER {name} BEFORE {verb} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()",
    )
)

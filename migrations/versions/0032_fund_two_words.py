"""The fund asks both of two people for their own word: of those who look an idea over, and of those
who check a count; and nobody checks the count of a round in which they proposed something.

Revision 0032, after 0031. What was looked over before stands, and so does what was announced. As
for all promises of the fund, each rule is written once and made into a trigger of either engine.
"""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "fund_proposal",
        sa.Column("agreed", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.execute("UPDATE fund_proposal SET agreed = TRUE WHERE verdict IS NOT NULL")
    for column in ("same_1", "same_2"):
        op.add_column("fund_count", sa.Column(column, sa.String(length=40), nullable=True))
    sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in SQLITE if sqlite else POSTGRESQL:
        op.execute(statement)


def downgrade() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    for name, table, *_ in RULES:
        op.execute(f"DROP TRIGGER {name}" + ("" if sqlite else f" ON {table}"))
        if not sqlite:
            op.execute(f"DROP FUNCTION {name}()")
    for column in ("same_2", "same_1"):
        op.drop_column("fund_count", column)
    op.drop_column("fund_proposal", "agreed")


AGREED = "fund_proposal_agreed: an idea is on the ballot once both who looked it over say so"
APART = "fund_round_apart: nobody checks the count of a round in which they proposed something"
SAME = "fund_count_same: a count is announced once both who check it say that it is the same"

_BEFORE_VOTING = "('drafted', 'ideas', 'checking', 'talking')"
_IDS = {
    "sqlite": "SELECT value FROM json_each('[' || NEW.choices || ']')",
    "postgresql": "SELECT id::int AS value FROM unnest(string_to_array(NEW.choices, ',')) AS id",
}
_THEIRS = (
    "EXISTS (SELECT 1 FROM fund_proposal p JOIN member m ON m.bank_id = p.bank_id"
    " AND (m.account_id = p.party_id OR m.id = p.resident_lead_id OR 'member:' || m.id = p.\"by\")"
    " WHERE p.bank_id = NEW.bank_id AND p.round_id = NEW.id"
    " AND m.id IN (NEW.scrutineer_1, NEW.scrutineer_2))"
)
# Somebody who has left the bank is not waited for.
_WAITED_FOR = (
    "EXISTS (SELECT 1 FROM fund_round r WHERE r.bank_id = NEW.bank_id AND r.id = NEW.round_id"
    " AND (r.scrutineer_1 IS NOT NULL AND NEW.same_1 IS NULL"
    " OR r.scrutineer_2 IS NOT NULL AND NEW.same_2 IS NULL))"
)

RULES: tuple[tuple[str, str, str, str, str], ...] = (
    # name, table, verb, what is wrong, why
    (
        "fund_proposal_agreed",
        "fund_proposal",
        "UPDATE",
        "NEW.agreed AND NEW.verdict IS NULL OR NEW.agreed <> OLD.agreed AND NOT EXISTS (SELECT 1"
        " FROM fund_round r WHERE r.bank_id = OLD.bank_id AND r.id = OLD.round_id"
        f" AND r.state IN {_BEFORE_VOTING})",
        AGREED,
    ),
    (
        "fund_ballot_agreed",
        "fund_ballot",
        "INSERT",
        "EXISTS (SELECT 1 FROM fund_proposal p WHERE p.bank_id = NEW.bank_id"
        " AND p.round_id = NEW.round_id AND NOT p.agreed AND p.id IN (<<IDS>>))",
        AGREED,
    ),
    (
        "fund_round_apart",
        "fund_round",
        "UPDATE",
        f"NEW.state = 'voting' AND OLD.state <> 'voting' AND {_THEIRS}",
        APART,
    ),
    (
        "fund_count_same",
        "fund_count",
        "UPDATE",
        f"NEW.announced_at IS NOT NULL AND {_WAITED_FOR}",
        SAME,
    ),
)


SQLITE = tuple(
    f"CREATE TRIGGER {name} BEFORE {verb} ON {table} BEGIN SELECT RAISE(ABORT, '{why}')"
    f" WHERE {wrong.replace('<<IDS>>', _IDS['sqlite'])}; END"
    for name, table, verb, wrong, why in RULES
)
POSTGRESQL = tuple(
    statement
    for name, table, verb, wrong, why in RULES
    for statement in (
        f"""
CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF {wrong.replace("<<IDS>>", _IDS["postgresql"])} THEN
    RAISE EXCEPTION '{why}' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$
""",
        f"CREATE TRIGGER {name} BEFORE {verb} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()",
    )
)

"""The fund: small awards between rounds, each decided by a panel of two residents at least and one
other, within what was settled for them; and one of the staff does not write down the word of both
who check a count.

Revision 0040, after 0039. As for all promises of the fund, each rule is written once and made into
a trigger of either engine.
"""

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "fund_ceiling",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("unit", sa.String(length=10), nullable=False),
        sa.Column("at_once", sa.BigInteger(), nullable=False),
        sa.Column("a_year", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("unit IN ('minutes', 'pence')", name=op.f("ck_fund_ceiling_unit")),
        sa.CheckConstraint(
            "at_once >= 0 AND a_year >= at_once", name=op.f("ck_fund_ceiling_amounts")
        ),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_fund_ceiling_bank_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fund_ceiling")),
        sa.UniqueConstraint("bank_id", "id", name=op.f("uq_fund_ceiling_bank_id_id")),
    )
    op.create_table(
        "fund_panel",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("sat_on", sa.Date(), nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_fund_panel_bank_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fund_panel")),
        sa.UniqueConstraint("bank_id", "id", name=op.f("uq_fund_panel_bank_id_id")),
    )
    op.create_table(
        "fund_small_award",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("panel_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=80), nullable=False),
        sa.Column("unit", sa.String(length=10), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("party_id", sa.Integer(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("report_due_on", sa.Date(), nullable=False),
        sa.Column("entry_id", sa.BigInteger(), nullable=True),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(unit = 'minutes') = (entry_id IS NOT NULL)", name=op.f("ck_fund_small_award_hours")
        ),
        sa.CheckConstraint("title <> '' AND why <> ''", name=op.f("ck_fund_small_award_words")),
        sa.CheckConstraint("unit IN ('minutes', 'pence')", name=op.f("ck_fund_small_award_unit")),
        sa.CheckConstraint("amount > 0", name=op.f("ck_fund_small_award_amount")),
        sa.ForeignKeyConstraint(
            ["bank_id", "entry_id"],
            ["entry.bank_id", "entry.id"],
            name=op.f("fk_fund_small_award_bank_id_entry_id"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "panel_id"],
            ["fund_panel.bank_id", "fund_panel.id"],
            name=op.f("fk_fund_small_award_bank_id_panel_id"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "party_id"],
            ["account.bank_id", "account.id"],
            name=op.f("fk_fund_small_award_bank_id_party_id"),
        ),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_fund_small_award_bank_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fund_small_award")),
        sa.UniqueConstraint("bank_id", "id", name=op.f("uq_fund_small_award_bank_id_id")),
        sa.UniqueConstraint(
            "bank_id", "panel_id", name=op.f("uq_fund_small_award_bank_id_panel_id")
        ),
    )
    op.create_index(
        "ix_fund_small_award_bank_id_party_id",
        "fund_small_award",
        ["bank_id", "party_id"],
        unique=False,
    )
    op.create_table(
        "fund_panelist",
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("panel_id", sa.Integer(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=True),
        sa.Column("capacity", sa.String(length=20), nullable=False),
        sa.CheckConstraint(
            "capacity IN ('resident', 'practitioner', 'planner')",
            name=op.f("ck_fund_panelist_capacity"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "member_id"],
            ["member.bank_id", "member.id"],
            name=op.f("fk_fund_panelist_bank_id_member_id"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "panel_id"],
            ["fund_panel.bank_id", "fund_panel.id"],
            name=op.f("fk_fund_panelist_bank_id_panel_id"),
        ),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_fund_panelist_bank_id")),
        sa.PrimaryKeyConstraint("bank_id", "panel_id", "n", name=op.f("pk_fund_panelist")),
        sa.UniqueConstraint(
            "bank_id",
            "panel_id",
            "member_id",
            name=op.f("uq_fund_panelist_bank_id_panel_id_member_id"),
        ),
    )
    op.create_index(
        "ix_fund_panelist_bank_id_member_id",
        "fund_panelist",
        ["bank_id", "member_id"],
        unique=False,
    )
    op.create_table(
        "fund_small_report",
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("small_id", sa.Integer(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("spent", sa.BigInteger(), nullable=False),
        sa.Column("reached", sa.Integer(), nullable=False),
        sa.Column("lesson", sa.Text(), nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "channel IN ('web', 'in_person', 'phone', 'paper', 'text', 'link', 'import', 'waiting_time', 'system')",
            name=op.f("ck_fund_small_report_channel"),
        ),
        sa.CheckConstraint("words <> ''", name=op.f("ck_fund_small_report_words")),
        sa.CheckConstraint(
            "spent >= 0 AND reached >= 0", name=op.f("ck_fund_small_report_numbers")
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "small_id"],
            ["fund_small_award.bank_id", "fund_small_award.id"],
            name=op.f("fk_fund_small_report_bank_id_small_id"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_id"], ["bank.id"], name=op.f("fk_fund_small_report_bank_id")
        ),
        sa.PrimaryKeyConstraint("bank_id", "small_id", name=op.f("pk_fund_small_report")),
    )
    sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in SQLITE if sqlite else POSTGRESQL:
        op.execute(statement)


def downgrade() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    for name, table, *_ in RULES:
        op.execute(f"DROP TRIGGER {name}" + ("" if sqlite else f" ON {table}"))
        if not sqlite:
            op.execute(f"DROP FUNCTION {name}()")
    op.drop_table("fund_small_report")
    op.drop_index("ix_fund_panelist_bank_id_member_id", table_name="fund_panelist")
    op.drop_table("fund_panelist")
    op.drop_index("ix_fund_small_award_bank_id_party_id", table_name="fund_small_award")
    op.drop_table("fund_small_award")
    op.drop_table("fund_panel")
    op.drop_table("fund_ceiling")


CEILING = "fund_ceiling_kept: what a panel may give is only ever settled anew"
PANEL = "fund_panel_kept: who sat on a panel stays as it was"
SMALL = "fund_small_fits: a small award is decided by a panel, fits what was settled, and stays"
REPORTED = (
    "fund_small_report_kept: a report stays as it was given, and spends what was given at most"
)
TWO = "fund_count_two: nobody writes down the word of both who check a count"


def _other(*columns: str) -> str:
    return "(" + " OR ".join(f'NEW."{name}" <<>> OLD."{name}"' for name in columns) + ")"


def _there(table: str, *key: str) -> str:
    """INSERT OR REPLACE would remove it without firing the trigger that refuses to delete."""
    return (
        f"EXISTS (SELECT 1 FROM {table} WHERE " + " AND ".join(f"{c} = NEW.{c}" for c in key) + ")"
    )


def _sat(condition: str) -> str:
    """How many of those who sat on the panel are so."""
    return (
        "(SELECT count(*) FROM fund_panelist p WHERE p.bank_id = NEW.bank_id"
        f" AND p.panel_id = NEW.panel_id AND {condition})"
    )


# What a bank that has moved here gave was settled, and its panels sat, where it was then.
_HERE = "NOT EXISTS (SELECT 1 FROM arriving v WHERE v.bank_id = NEW.bank_id)"
_YEAR = "(SELECT <<YEAR>> FROM fund_panel f WHERE f.bank_id = NEW.bank_id AND f.id = NEW.panel_id)"
_GIVEN = (
    "(SELECT COALESCE(sum(a.amount), 0) FROM fund_small_award a JOIN fund_panel f"
    " ON f.bank_id = a.bank_id AND f.id = a.panel_id WHERE a.bank_id = NEW.bank_id"
    f" AND a.unit = NEW.unit AND <<YEAR>> = {_YEAR})"
)
_SETTLED = (
    "EXISTS (SELECT 1 FROM fund_ceiling c WHERE c.bank_id = NEW.bank_id AND c.unit = NEW.unit"
    " AND c.id = (SELECT max(l.id) FROM fund_ceiling l WHERE l.bank_id = NEW.bank_id"
    f" AND l.unit = NEW.unit) AND c.at_once >= NEW.amount AND c.a_year >= NEW.amount + {_GIVEN})"
)
_THEIRS = (
    "EXISTS (SELECT 1 FROM fund_panelist p JOIN member m ON m.bank_id = p.bank_id"
    " AND m.id = p.member_id WHERE p.bank_id = NEW.bank_id AND p.panel_id = NEW.panel_id"
    " AND m.account_id = NEW.party_id)"
)

LOCKS = {
    # What was given in a year has to hold until the end, whoever else gives meanwhile.
    "fund_small_fits": "PERFORM 1 FROM bank WHERE id = NEW.bank_id FOR NO KEY UPDATE;",
}

RULES: tuple[tuple[str, str, str, str, str], ...] = (
    # name, table, verb, what is wrong, why
    ("fund_ceiling_new", "fund_ceiling", "INSERT", _there("fund_ceiling", "id"), CEILING),
    ("fund_ceiling_kept", "fund_ceiling", "UPDATE", "TRUE", CEILING),
    ("fund_ceiling_kept_delete", "fund_ceiling", "DELETE", "TRUE", CEILING),
    ("fund_panel_new", "fund_panel", "INSERT", _there("fund_panel", "id"), PANEL),
    ("fund_panel_kept", "fund_panel", "UPDATE", "TRUE", PANEL),
    ("fund_panel_kept_delete", "fund_panel", "DELETE", "TRUE", PANEL),
    (
        "fund_panelist_sits",
        "fund_panelist",
        "INSERT",
        f"{_HERE} AND ({_there('fund_small_award', 'bank_id', 'panel_id')}"
        " OR NOT EXISTS (SELECT 1 FROM member m WHERE m.bank_id = NEW.bank_id"
        " AND m.id = NEW.member_id AND m.capacity = NEW.capacity))"
        f" OR {_there('fund_panelist', 'bank_id', 'panel_id', 'n')}"
        f" OR {_there('fund_panelist', 'bank_id', 'panel_id', 'member_id')}",
        PANEL,
    ),
    (
        "fund_panelist_kept",
        "fund_panelist",
        "UPDATE",
        f"{_other('bank_id', 'panel_id', 'n', 'capacity')}"
        f" OR NEW.member_id IS NOT NULL AND {_other('member_id')}",
        PANEL,
    ),
    ("fund_panelist_kept_delete", "fund_panelist", "DELETE", "TRUE", PANEL),
    (
        "fund_small_fits",
        "fund_small_award",
        "INSERT",
        f"""{_HERE} AND ({_sat("p.capacity = 'resident'")} < 2"""
        f""" OR {_sat("p.capacity <> 'resident'")} < 1"""
        f" OR NOT {_SETTLED} OR {_THEIRS}) OR {_there('fund_small_award', 'id')}"
        f" OR {_there('fund_small_award', 'bank_id', 'panel_id')}",
        SMALL,
    ),
    ("fund_small_kept", "fund_small_award", "UPDATE", "TRUE", SMALL),
    ("fund_small_kept_delete", "fund_small_award", "DELETE", "TRUE", SMALL),
    (
        "fund_small_report_fits",
        "fund_small_report",
        "INSERT",
        "NEW.spent > (SELECT a.amount FROM fund_small_award a WHERE a.bank_id = NEW.bank_id"
        f" AND a.id = NEW.small_id) OR {_there('fund_small_report', 'bank_id', 'small_id')}",
        REPORTED,
    ),
    ("fund_small_report_kept", "fund_small_report", "UPDATE", "TRUE", REPORTED),
    ("fund_small_report_kept_delete", "fund_small_report", "DELETE", "TRUE", REPORTED),
    ("fund_count_two", "fund_count", "UPDATE", "NEW.same_1 = NEW.same_2", TWO),
)


def _spelt(wrong: str, engine: str) -> str:
    differs, year = {
        "sqlite": ("IS NOT", "substr(f.sat_on, 1, 4)"),
        "postgresql": ("IS DISTINCT FROM", "extract(year FROM f.sat_on)"),
    }[engine]
    return wrong.replace("<<>>", differs).replace("<<YEAR>>", year)


SQLITE = tuple(
    f"CREATE TRIGGER {name} BEFORE {verb} ON {table} BEGIN SELECT RAISE(ABORT, '{why}')"
    f" WHERE {_spelt(wrong, 'sqlite')}; END"
    for name, table, verb, wrong, why in RULES
)
POSTGRESQL = tuple(
    statement
    for name, table, verb, wrong, why in RULES
    for statement in (
        f"""
CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  {LOCKS.get(name, "")}
  IF {_spelt(wrong, "postgresql")} THEN
    RAISE EXCEPTION '{why}' USING ERRCODE = 'check_violation';
  END IF;
  RETURN {"OLD" if verb == "DELETE" else "NEW"};
END $$
""",
        f"CREATE TRIGGER {name} BEFORE {verb} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()",
    )
)

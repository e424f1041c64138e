"""A bank moves whole: it arrives within one transaction, with what its books were sealed as.

Revision 0035, after 0034. Rules of how things come about one after another (a round of the fund is
drafted before anybody votes in it) were kept where a bank comes from, and what is left of its past
cannot be gone through again: people have left since. So these rules look away while a bank arrives.
A row of `arriving` says that it does: it is taken for a bank without accounts alone, and can never
be committed, since it refers to a bank that there never is. The ledger's own guards hold always.
"""

import re

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    op.create_table(
        "arriving",
        sa.Column("bank_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("never", sa.Integer(), server_default="0", nullable=False),
        sa.CheckConstraint("never = 0", name=op.f("ck_arriving_never")),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_arriving_bank_id")),
        sa.ForeignKeyConstraint(
            ["never"],
            ["bank.id"],
            name=op.f("fk_arriving_never"),
            deferrable=True,
            initially="DEFERRED",
        ),
        sa.PrimaryKeyConstraint("bank_id", name=op.f("pk_arriving")),
    )
    op.create_table(
        "arrival",
        sa.Column("bank_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("slug", sa.String(length=60), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("version", sa.String(length=40), nullable=False),
        sa.Column("exported_at", INSTANT, nullable=False),
        sa.Column("arrived_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_arrival_bank_id")),
        sa.PrimaryKeyConstraint("bank_id", name=op.f("pk_arrival")),
    )
    op.create_index("ix_arrival_sha256", "arrival", ["sha256"])
    op.create_table(
        "original",
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("what", sa.String(length=20), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("was_id", sa.BigInteger(), nullable=False),
        sa.Column("at", INSTANT, nullable=True),
        sa.Column("hash", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_original_bank_id")),
        sa.PrimaryKeyConstraint("bank_id", "what", "id", name=op.f("pk_original")),
    )
    op.create_table(
        "original_block",
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("home", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("n", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("first", sa.BigInteger(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("sealed_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_original_block_bank_id")),
        sa.PrimaryKeyConstraint("bank_id", "home", "n", name=op.f("pk_original_block")),
    )
    for statement in SQLITE if sqlite else POSTGRESQL:
        op.execute(statement)
    if sqlite:
        for name, made in _triggers():
            op.execute(f"DROP TRIGGER {name}")
            op.execute(_escaped(_looks_away_on_sqlite(made)))
    else:
        for made in _functions():
            op.execute(_escaped(made.replace(_LOOKS_AWAY[0], _LOOKS_AWAY[1], 1)))


def downgrade() -> None:
    """Take away where banks come from. The rules hold without exception again."""
    if op.get_bind().dialect.name == "sqlite":
        for name, made in _triggers():
            op.execute(f"DROP TRIGGER {name}")
            op.execute(
                _escaped(made.replace(f" WHEN {_NOT}", "", 1).replace(f" AND {_NOT}", "", 1))
            )
    else:
        for made in _functions():
            op.execute(_escaped(made.replace(_LOOKS_AWAY[1], _LOOKS_AWAY[0], 1)))
    for table in ("arriving", "arrival", "original_block", "original"):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION arriving_is_new()")
        op.execute("DROP FUNCTION arrival_stays()")


LOOKING_AWAY = {
    # The rules that look away, by their names on SQLite and on PostgreSQL.
    "sqlite": (
        *("audit_answer_open", "audit_question_kept_insert", "audit_sheet_open"),
        *("audit_wording_open_insert", "sorted_as_open_insert", "dialogue_begins"),
        *("dialogue_option_open", "dialogue_point_open", "sounding_open", "verdict_open"),
        *("commitment_step_confirmed", "milestone_two_words", "evaluation_sheet_register"),
        *("fund_award_fits", "fund_ballot_agreed", "fund_ballot_open", "fund_count_of_counted"),
        *("fund_elector_open", "fund_money_moves", "fund_point_open", "fund_pot_empty"),
        *("fund_proposal_open", "fund_round_begins", "survey_sheet_invited"),
        *("survey_item_kept_insert_new", "survey_chosen_kept_insert_new"),
        *("session_posting_made", "sponsorship_used_insert", "contribution_closed_insert"),
        *("exchange_step_happens", "gift_brought_happens", "listing_posted_happens"),
        *("member_event_happens", "session_planned_happens", "session_posted_happens"),
        "sign_up_happens",
    ),
    "postgresql": (
        *("audit_answer_open", "audit_question_kept_insert", "audit_sheet_open"),
        *("audit_wording_open_insert", "sorted_as_open_insert", "dialogue_begins"),
        *("dialogue_option_open", "dialogue_point_open", "sounding_open", "verdict_open"),
        *("commitment_step_confirmed", "milestone_two_words", "evaluation_sheet_register"),
        *("fund_award_fits", "fund_ballot_agreed", "fund_ballot_open", "fund_count_of_counted"),
        *("fund_elector_open", "fund_money_moves", "fund_point_open", "fund_pot_empty"),
        *("fund_proposal_open", "fund_round_begins", "survey_sheet_invited"),
        *("survey_item_kept", "survey_chosen_kept", "session_posting_checked"),
        *("sponsorship_checked", "contribution_checked"),
        *("exchange_step_happens", "gift_brought_happens", "listing_posted_happens"),
        *("member_event_happens", "session_planned_happens", "session_posted_happens"),
        "sign_up_happens",
    ),
}
_NOT = "NOT EXISTS (SELECT 1 FROM arriving WHERE bank_id = NEW.bank_id)"
_LOOKS_AWAY = (
    "\nBEGIN\n",
    "\nBEGIN\n  IF TG_OP = 'INSERT' THEN\n"
    "    IF EXISTS (SELECT FROM arriving WHERE bank_id = NEW.bank_id) THEN RETURN NEW; END IF;\n"
    "  END IF;\n",
)


def _triggers() -> list[tuple[str, str]]:
    """Each of these triggers of SQLite, and how it was made."""
    made = sa.text("SELECT sql FROM sqlite_master WHERE type = 'trigger' AND name = :name")
    connection = op.get_bind()
    return [
        (name, connection.execute(made, {"name": name}).scalar_one())
        for name in LOOKING_AWAY["sqlite"]
    ]


def _looks_away_on_sqlite(made: str) -> str:
    head, begin, body = re.split(r"(\sBEGIN\b)", made, maxsplit=1)
    return f"{head} {'AND' if ' WHEN ' in head else 'WHEN'} {_NOT}{begin}{body}"


def _functions() -> list[str]:
    """How each of these functions of PostgreSQL was made."""
    made = sa.text("SELECT pg_get_functiondef(CAST(:name AS regproc))")
    connection = op.get_bind()
    return [
        connection.execute(made, {"name": name}).scalar_one() for name in LOOKING_AWAY["postgresql"]
    ]


def _escaped(statement: str) -> str:
    """What looks like a parameter is none."""
    return statement.replace(":", r"\:")


NEW = "arriving: a bank arrives before there is anything of it"
STAYS = "arrival: where a bank comes from stays as it was written down"
_KEPT = ("arrival", "original", "original_block")

SQLITE = (
    "CREATE TRIGGER arriving_is_new BEFORE INSERT ON arriving BEGIN"
    f" SELECT RAISE(ABORT, '{NEW}')"
    " WHERE EXISTS (SELECT 1 FROM account WHERE bank_id = NEW.bank_id); END",
    *(
        f"CREATE TRIGGER {table}_stays_{verb.lower()} BEFORE {verb} ON {table} BEGIN"
        f" SELECT RAISE(ABORT, '{STAYS}'); END"
        for table in _KEPT
        for verb in ("UPDATE", "DELETE")
    ),
    # INSERT OR REPLACE deletes without firing what refuses to delete.
    *(
        f"CREATE TRIGGER {table}_stays_insert BEFORE INSERT ON {table} BEGIN"
        f" SELECT RAISE(ABORT, '{STAYS}') WHERE EXISTS (SELECT 1 FROM {table} WHERE {key}); END"
        for table, key in (
            ("arrival", "bank_id = NEW.bank_id"),
            ("original", "bank_id = NEW.bank_id AND what = NEW.what AND id = NEW.id"),
            ("original_block", "bank_id = NEW.bank_id AND home = NEW.home AND n = NEW.n"),
        )
    ),
)
POSTGRESQL = (
    f"""
CREATE FUNCTION arriving_is_new() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM account WHERE bank_id = NEW.bank_id) THEN
    RAISE EXCEPTION '{NEW}' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$
""",
    "CREATE TRIGGER arriving_is_new BEFORE INSERT ON arriving"
    " FOR EACH ROW EXECUTE FUNCTION arriving_is_new()",
    f"""
CREATE FUNCTION arrival_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '{STAYS}' USING ERRCODE = 'check_violation';
END $$
""",
    *(
        f"CREATE TRIGGER {table}_stays BEFORE UPDATE OR DELETE ON {table}"
        " FOR EACH ROW EXECUTE FUNCTION arrival_stays()"
        for table in _KEPT
    ),
    *(
        f"CREATE TRIGGER {table}_not_truncated BEFORE TRUNCATE ON {table}"
        " FOR EACH STATEMENT EXECUTE FUNCTION arrival_stays()"
        for table in _KEPT
    ),
)

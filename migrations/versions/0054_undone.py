"""What was done with offers, requests, introductions and checks is kept step by step, so that it can
be taken back; and days on which somebody brings the paper of a check.

Revision 0054, after 0053. Nothing of what was done before is known. A step is never altered, and is
undone once.
"""

import sqlalchemy as sa
from alembic import op

revision = "0054"
down_revision = "0053"
branch_labels = None
depends_on = None

TABLES = ("listing_step", "introduction_step", "check_undone")

_WHY = "undone: what was done is never altered"
SQLITE = tuple(
    statement
    for table in TABLES
    for statement in (
        f"CREATE TRIGGER {table}_stays BEFORE UPDATE ON {table}"
        f" BEGIN SELECT RAISE(ABORT, '{_WHY}'); END",
        # INSERT OR REPLACE would remove a row without an update.
        f"CREATE TRIGGER {table}_new BEFORE INSERT ON {table}"
        f" BEGIN SELECT RAISE(ABORT, '{_WHY}') WHERE EXISTS"
        f" (SELECT 1 FROM {table} WHERE id = NEW.id"
        f" OR bank_id = NEW.bank_id AND undoes_id = NEW.undoes_id); END",
    )
)
POSTGRESQL = (
    f"""
CREATE FUNCTION step_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '{_WHY}' USING ERRCODE = 'check_violation';
END $$
""",
    *(
        f"CREATE TRIGGER {table}_stays BEFORE UPDATE ON {table} FOR EACH ROW"
        " EXECUTE FUNCTION step_stays()"
        for table in TABLES
    ),
)


def upgrade() -> None:
    _steps(
        "listing",
        ("renewed", "withdrawn", "met"),
        sa.Column("was_until", sa.Date(), nullable=True),
        sa.Column("until", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "(step = 'renewed') = (was_until IS NOT NULL)"
            " AND (step = 'renewed') = (until IS NOT NULL)",
            name=op.f("ck_listing_step_days"),
        ),
    )
    _steps(
        "introduction",
        ("asked", "yes", "no", "put_off", "called_off", "done"),
        sa.Column("side", sa.String(length=8), nullable=True),
        sa.Column("was_on", sa.Date(), nullable=True),
        sa.CheckConstraint("side IN ('giver', 'receiver')", name=op.f("ck_introduction_step_side")),
        sa.CheckConstraint(
            "(step IN ('yes', 'no')) = (side IS NOT NULL)", name=op.f("ck_introduction_step_says")
        ),
    )
    op.create_table(
        "check_undone",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("undoes_id", sa.Integer(), nullable=False),
        sa.Column("instead_id", sa.Integer(), nullable=True),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("undoes_id <> instead_id", name=op.f("ck_check_undone_two")),
        *_keys("check_undone", undoes_id="held_check", instead_id="held_check"),
        sa.UniqueConstraint("bank_id", "undoes_id", name=op.f("uq_check_undone_bank_id_undoes_id")),
    )
    op.create_table(
        "check_day",
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("check_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("words", sa.String(length=200), nullable=False),
        sa.Column("moves", sa.Integer(), nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("moves >= 0", name=op.f("ck_check_day_moves")),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_check_day_bank_id")),
        sa.ForeignKeyConstraint(
            ["bank_id", "check_id"],
            ["held_check.bank_id", "held_check.id"],
            name=op.f("fk_check_day_bank_id_check_id"),
        ),
        sa.PrimaryKeyConstraint("bank_id", "check_id", name=op.f("pk_check_day")),
    )
    for statement in SQLITE if op.get_bind().dialect.name == "sqlite" else POSTGRESQL:
        op.execute(statement)


def _steps(of: str, steps: tuple[str, ...], *more: sa.Column | sa.CheckConstraint) -> None:
    """A table of the steps that are taken with something, the last of which may be undone."""
    table = f"{of}_step"
    every = ", ".join(f"'{step}'" for step in (*steps, "undone"))
    op.create_table(
        table,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column(f"{of}_id", sa.Integer(), nullable=False),
        sa.Column("step", sa.String(length=20), nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undoes_id", sa.Integer(), nullable=True),
        *more,
        sa.CheckConstraint(f"step IN ({every})", name=op.f(f"ck_{table}_step")),
        sa.CheckConstraint(
            "(step = 'undone') = (undoes_id IS NOT NULL)", name=op.f(f"ck_{table}_undone")
        ),
        *_keys(table, **{f"{of}_id": of, "undoes_id": table}),
        sa.UniqueConstraint("bank_id", "undoes_id", name=op.f(f"uq_{table}_bank_id_undoes_id")),
    )
    op.create_index(f"ix_{table}_bank_id_{of}_id", table, ["bank_id", f"{of}_id", "id"])
    op.create_index(f"ix_{table}_bank_id_by", table, ["bank_id", "by", "at"])


def _keys(table: str, **to: str) -> list[sa.Constraint]:
    return [
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f(f"fk_{table}_bank_id")),
        *(
            sa.ForeignKeyConstraint(
                ["bank_id", column],
                [f"{other}.bank_id", f"{other}.id"],
                name=op.f(f"fk_{table}_bank_id_{column}"),
            )
            for column, other in to.items()
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("bank_id", "id", name=op.f(f"uq_{table}_bank_id_id")),
    ]


def downgrade() -> None:
    op.drop_table("check_day")
    for table in reversed(TABLES):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION step_stays()")

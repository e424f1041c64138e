"""The safeguarding file: kinds of checks that are the bank's own, several of which a skill may need;
checks whose history is kept; reminders; whom to ring in need; concerns for coordinators.

Revision 0016, after 0015. The four kinds of before are kept by their codes, with what was written
down of them. Going down, what stands of those kinds is kept, a criminal record check as a care
check, so that nobody is introduced who was barred; other kinds and all history go.
"""

import re

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
STANDS = sa.text("ended_at IS NULL")

KINDS = {
    "care": "Care check",
    "children": "Check for being with children",
    "driving": "Driving licence and insurance",
    "home_visits": "Check for visits at home",
    "criminal_record": "Criminal record check",
    "references": "References taken up",
    "induction": "Induction",
    "first_aid": "First aid certificate",
}
BEFORE = {
    "care": "care",
    "criminal_record": "care",
    "children": "children",
    "driving": "driving",
    "home_visits": "home_visits",
}
"""The kinds that go down, the weightiest first, by what they are called there."""

_CODES = "('care', 'children', 'driving', 'home_visits')"
_KEPT_CHECK = (
    "Nothing of a check is changed but that it ended, once, and one that stands is not deleted."
)
_KEPT_CONCERN = "What was written down about a concern, and who read it, is never changed."
_SAME = " AND ".join(
    f'NEW."{name}" IS NOT DISTINCT FROM OLD."{name}"'
    for name in (
        "id",
        "bank_id",
        "member_id",
        "kind_id",
        "number",
        "seen_by_id",
        "held_since",
        "expires_on",
        "by",
        "at",
    )
)

POSTGRESQL = (
    f"""CREATE FUNCTION held_check_stays() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'DELETE' THEN
            IF OLD.ended_at IS NOT NULL THEN RETURN OLD; END IF;
        ELSIF TG_OP = 'UPDATE' THEN
            IF OLD.ended_at IS NULL AND NEW.ended_at IS NOT NULL AND {_SAME} THEN RETURN NEW; END IF;
        END IF;
        RAISE EXCEPTION '{_KEPT_CHECK}';
    END $$""",
    "CREATE TRIGGER held_check_stays BEFORE UPDATE OR DELETE ON held_check FOR EACH ROW EXECUTE FUNCTION held_check_stays()",
    "CREATE TRIGGER held_check_stays_whole BEFORE TRUNCATE ON held_check FOR EACH STATEMENT EXECUTE FUNCTION held_check_stays()",
    f"""CREATE FUNCTION concern_stays() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION '{_KEPT_CONCERN}'; END $$""",
    *(
        statement
        for table in ("concern", "concern_reading")
        for statement in (
            f"CREATE TRIGGER {table}_stays BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION concern_stays()",
            f"CREATE TRIGGER {table}_stays_whole BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION concern_stays()",
        )
    ),
)

SQLITE = (
    "CREATE TRIGGER held_check_stays_update BEFORE UPDATE ON held_check BEGIN "
    f"SELECT RAISE(ABORT, '{_KEPT_CHECK}') WHERE NOT (OLD.ended_at IS NULL AND NEW.ended_at IS NOT NULL "
    f"AND {_SAME.replace('IS NOT DISTINCT FROM', 'IS')}); END",
    "CREATE TRIGGER held_check_stays_delete BEFORE DELETE ON held_check BEGIN "
    f"SELECT RAISE(ABORT, '{_KEPT_CHECK}') WHERE OLD.ended_at IS NULL; END",
    # INSERT OR REPLACE would remove a row without firing the trigger above.
    f"CREATE TRIGGER held_check_new BEFORE INSERT ON held_check BEGIN SELECT RAISE(ABORT, '{_KEPT_CHECK}') WHERE EXISTS "
    "(SELECT 1 FROM held_check WHERE id = NEW.id OR bank_id = NEW.bank_id AND member_id = NEW.member_id "
    "AND kind_id = NEW.kind_id AND ended_at IS NULL AND NEW.ended_at IS NULL); END",
    *(
        statement
        for table in ("concern", "concern_reading")
        for statement in (
            f"CREATE TRIGGER {table}_stays BEFORE UPDATE ON {table} BEGIN SELECT RAISE(ABORT, '{_KEPT_CONCERN}'); END",
            f"CREATE TRIGGER {table}_new BEFORE INSERT ON {table} BEGIN SELECT RAISE(ABORT, '{_KEPT_CONCERN}') WHERE EXISTS "
            f"(SELECT 1 FROM {table} WHERE id = NEW.id); END",
        )
    ),
)


def upgrade() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    _tables()
    bank, kind = sa.table("bank", sa.column("id")), _of("check_kind", "bank_id", "code", "name")
    for code, name in KINDS.items():
        named = sa.select(bank.c.id, sa.literal(code), sa.literal(name))
        op.execute(sa.insert(kind).from_select(["bank_id", "code", "name"], named))
    op.execute(
        "INSERT INTO held_check (bank_id, member_id, kind_id, number, seen_by_id, held_since, expires_on, by, at, why) "
        "SELECT old.bank_id, old.member_id, check_kind.id, '', member.id, old.held_since, old.expires_on, old.by, old.at, '' "
        "FROM member_check AS old JOIN check_kind ON check_kind.bank_id = old.bank_id AND check_kind.code = old.kind "
        "LEFT JOIN member ON member.bank_id = old.bank_id AND 'member:' || member.id = old.by ORDER BY old.id"
    )
    op.drop_table("member_check")
    for table in ("skill", "listing"):
        op.execute(
            f"INSERT INTO {table}_need (bank_id, {table}_id, kind_id) SELECT old.bank_id, old.id, check_kind.id "
            f"FROM {table} AS old JOIN check_kind ON check_kind.bank_id = old.bank_id AND check_kind.code = old.needs_check"
        )
        if sqlite:
            _without_check(table)
        op.execute(f"ALTER TABLE {table} DROP COLUMN needs_check")
    for name, months in (("keep_checks", 12), ("keep_concerns", 72)):
        op.execute(
            f"ALTER TABLE bank ADD COLUMN {name} INTEGER DEFAULT {months} NOT NULL "
            f"CONSTRAINT ck_bank_{name} CHECK ({name} BETWEEN 1 AND 240)"
        )
    for statement in SQLITE if sqlite else POSTGRESQL:
        op.execute(statement)


def _of(table: str, *columns: str) -> sa.TableClause:
    return sa.table(table, *(sa.column(name) for name in columns))


def _without_check(table: str) -> None:
    """SQLite drops no column that a check of its table names, and a table that others refer to is
    not rebuilt: the check is taken out of what the table is declared as."""
    connection = op.get_bind()
    declared = connection.exec_driver_sql(
        "SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ?", (table,)
    ).scalar_one()
    check = rf",\s*CONSTRAINT ck_{table}_needs_check CHECK \(needs_check IN \([^)]*\)\)"
    connection.exec_driver_sql("PRAGMA writable_schema = ON")
    connection.exec_driver_sql(
        "UPDATE sqlite_master SET sql = ? WHERE type = 'table' AND name = ?",
        (re.sub(check, "", declared), table),
    )
    connection.exec_driver_sql("PRAGMA writable_schema = RESET")


def _tables() -> None:
    op.create_table(
        "check_kind",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("retired_at", INSTANT, nullable=True),
        sa.CheckConstraint("name <> ''", name=op.f("ck_check_kind_name")),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_check_kind_bank_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_check_kind")),
        sa.UniqueConstraint("bank_id", "code", name=op.f("uq_check_kind_bank_id_code")),
        sa.UniqueConstraint("bank_id", "id", name=op.f("uq_check_kind_bank_id_id")),
        sa.UniqueConstraint("bank_id", "name", name=op.f("uq_check_kind_bank_id_name")),
    )
    op.create_table(
        "held_check",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("kind_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=80), nullable=False),
        sa.Column("seen_by_id", sa.Integer(), nullable=True),
        sa.Column("held_since", sa.Date(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("ending", sa.String(length=20), nullable=True),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("ended_by", sa.String(length=40), nullable=True),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.CheckConstraint(
            "expires_on IS NULL OR expires_on >= held_since", name=op.f("ck_held_check_dates")
        ),
        sa.CheckConstraint(
            "ending IN ('renewed', 'not_needed', 'held_no_more', 'mistake', 'left')",
            name=op.f("ck_held_check_ending"),
        ),
        sa.CheckConstraint(
            "(ended_at IS NULL) = (ending IS NULL) AND (ended_at IS NULL) = (ended_by IS NULL)",
            name=op.f("ck_held_check_ended"),
        ),
        sa.CheckConstraint(
            "ending IS NULL OR ending IN ('renewed', 'left') OR why <> ''",
            name=op.f("ck_held_check_says_why"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "kind_id"],
            ["check_kind.bank_id", "check_kind.id"],
            name=op.f("fk_held_check_bank_id_kind_id"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "member_id"],
            ["member.bank_id", "member.id"],
            name=op.f("fk_held_check_bank_id_member_id"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "seen_by_id"],
            ["member.bank_id", "member.id"],
            name=op.f("fk_held_check_bank_id_seen_by_id"),
        ),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_held_check_bank_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_held_check")),
        sa.UniqueConstraint("bank_id", "id", name=op.f("uq_held_check_bank_id_id")),
    )
    for name in ("expires_on", "member_id"):
        op.create_index(
            f"ix_held_check_bank_id_{name}", "held_check", ["bank_id", name], unique=False
        )
    op.create_index(
        "uq_held_check_stands",
        "held_check",
        ["bank_id", "member_id", "kind_id"],
        unique=True,
        sqlite_where=STANDS,
        postgresql_where=STANDS,
    )
    op.create_table(
        "check_reminder",
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("check_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("days", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["bank_id", "check_id"],
            ["held_check.bank_id", "held_check.id"],
            name=op.f("fk_check_reminder_bank_id_check_id"),
        ),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_check_reminder_bank_id")),
        sa.PrimaryKeyConstraint("bank_id", "check_id", "days", name=op.f("pk_check_reminder")),
    )
    for table in ("skill", "listing"):
        op.create_table(
            f"{table}_need",
            sa.Column("bank_id", sa.Integer(), nullable=False),
            sa.Column(f"{table}_id", sa.Integer(), autoincrement=False, nullable=False),
            sa.Column("kind_id", sa.Integer(), autoincrement=False, nullable=False),
            sa.ForeignKeyConstraint(
                ["bank_id", f"{table}_id"],
                [f"{table}.bank_id", f"{table}.id"],
                name=op.f(f"fk_{table}_need_bank_id_{table}_id"),
            ),
            sa.ForeignKeyConstraint(
                ["bank_id", "kind_id"],
                ["check_kind.bank_id", "check_kind.id"],
                name=op.f(f"fk_{table}_need_bank_id_kind_id"),
            ),
            sa.ForeignKeyConstraint(
                ["bank_id"], ["bank.id"], name=op.f(f"fk_{table}_need_bank_id")
            ),
            sa.PrimaryKeyConstraint(
                "bank_id", f"{table}_id", "kind_id", name=op.f(f"pk_{table}_need")
            ),
        )
    op.create_table(
        "doorstep",
        sa.Column("member_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("contact_name", sa.String(length=120), nullable=False),
        sa.Column("contact_relation", sa.String(length=80), nullable=False),
        sa.Column("contact_phone", sa.String(length=40), nullable=False),
        sa.Column("no_answer", sa.Text(), nullable=False),
        sa.Column("on_visits", sa.Boolean(), nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.CheckConstraint(
            "(contact_name = '') = (contact_phone = '')", name=op.f("ck_doorstep_contact")
        ),
        sa.CheckConstraint(
            "contact_name <> '' OR no_answer <> ''", name=op.f("ck_doorstep_says_something")
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "member_id"],
            ["member.bank_id", "member.id"],
            name=op.f("fk_doorstep_bank_id_member_id"),
        ),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_doorstep_bank_id")),
        sa.PrimaryKeyConstraint("member_id", name=op.f("pk_doorstep")),
    )
    op.create_table(
        "concern",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("about_id", sa.Integer(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.CheckConstraint("words <> ''", name=op.f("ck_concern_words")),
        sa.ForeignKeyConstraint(
            ["bank_id", "about_id"],
            ["member.bank_id", "member.id"],
            name=op.f("fk_concern_bank_id_about_id"),
        ),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_concern_bank_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_concern")),
        sa.UniqueConstraint("bank_id", "id", name=op.f("uq_concern_bank_id_id")),
    )
    for name in ("about_id", "by"):
        op.create_index(f"ix_concern_bank_id_{name}", "concern", ["bank_id", name], unique=False)
    op.create_table(
        "concern_reading",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("concern_id", sa.Integer(), nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["bank_id", "concern_id"],
            ["concern.bank_id", "concern.id"],
            name=op.f("fk_concern_reading_bank_id_concern_id"),
        ),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_concern_reading_bank_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_concern_reading")),
    )
    op.create_index(
        "ix_concern_reading_bank_id_concern_id",
        "concern_reading",
        ["bank_id", "concern_id", "id"],
        unique=False,
    )


def downgrade() -> None:
    for name in ("keep_concerns", "keep_checks"):
        op.execute(f"ALTER TABLE bank DROP COLUMN {name}")
    op.create_table(
        "member_check",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("held_since", sa.Date(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.CheckConstraint(f"kind IN {_CODES}", name=op.f("ck_member_check_kind")),
        sa.CheckConstraint(
            "expires_on IS NULL OR expires_on >= held_since", name=op.f("ck_member_check_dates")
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "member_id"],
            ["member.bank_id", "member.id"],
            name=op.f("fk_member_check_bank_id_member_id"),
        ),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_member_check_bank_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_member_check")),
        sa.UniqueConstraint(
            "bank_id", "member_id", "kind", name=op.f("uq_member_check_bank_id_member_id_kind")
        ),
    )
    op.create_index(
        "ix_member_check_bank_id_expires_on",
        "member_check",
        ["bank_id", "expires_on"],
        unique=False,
    )
    for table in ("skill", "listing"):
        op.execute(
            f"ALTER TABLE {table} ADD COLUMN needs_check VARCHAR(20) "
            f"CONSTRAINT ck_{table}_needs_check CHECK (needs_check IN {_CODES})"
        )
    for code, before in BEFORE.items():
        op.execute(
            "INSERT INTO member_check (bank_id, member_id, kind, held_since, expires_on, by, at) "
            f"SELECT held.bank_id, held.member_id, '{before}', held.held_since, held.expires_on, held.by, held.at "
            "FROM held_check AS held JOIN check_kind ON check_kind.bank_id = held.bank_id AND check_kind.id = held.kind_id "
            f"WHERE check_kind.code = '{code}' AND held.ended_at IS NULL AND NOT EXISTS (SELECT 1 FROM member_check AS old "
            f"WHERE old.bank_id = held.bank_id AND old.member_id = held.member_id AND old.kind = '{before}') ORDER BY held.id"
        )
        for table in ("skill", "listing"):
            op.execute(
                f"UPDATE {table} SET needs_check = '{before}' WHERE needs_check IS NULL AND EXISTS (SELECT 1 "
                f"FROM {table}_need AS need JOIN check_kind ON check_kind.bank_id = need.bank_id AND check_kind.id = need.kind_id "
                f"WHERE need.bank_id = {table}.bank_id AND need.{table}_id = {table}.id AND check_kind.code = '{code}')"
            )
    for table in (
        "concern_reading",
        "concern",
        "doorstep",
        "listing_need",
        "skill_need",
        "check_reminder",
        "held_check",
        "check_kind",
    ):
        # Triggers go with their tables.
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION held_check_stays()")
        op.execute("DROP FUNCTION concern_stays()")

"""Why something was done to the books, and what happens in the bank, in the order in which it can
be told.

Revision 0018, after 0017. An `intervention` is what is done to the books besides posting, with its
reason: the books take no reversal and no changed limit without one, and nobody takes it away. An
`event` is written by the tables in which things happen, in the transaction in which they do; it is
given its number after that has been committed (`timebank/events`).
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)
KINDS = (
    "reversal",
    "correction",
    "grant",
    "limits",
    "default_limits",
    "log_range",
    "override",
    "undo",
    "import",
)


def upgrade() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    recorded = sa.text("(strftime('%Y-%m-%d %H:%M:%f000', 'now'))") if sqlite else sa.func.now()
    op.create_table(
        "intervention",
        sa.Column("id", BIG_ID, sa.Identity(), nullable=False),
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("of", sa.String(length=60), nullable=False),
        sa.Column("why", sa.Text(), nullable=True),
        sa.Column("entry_id", sa.BigInteger(), nullable=True),
        sa.Column("reverses_id", sa.BigInteger(), nullable=True),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        *(
            sa.Column(f"{limit}_{when}", sa.BigInteger(), nullable=True)
            for limit in ("floor", "ceiling")
            for when in ("before", "after")
        ),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("at", INSTANT, nullable=False, server_default=recorded),
        sa.Column("unnamed_at", INSTANT, nullable=True),
        sa.CheckConstraint(f"kind IN {KINDS}", name=op.f("ck_intervention_kind")),
        sa.CheckConstraint(
            "(kind IN ('undo', 'import')) = (why IS NULL)", name=op.f("ck_intervention_says_why")
        ),
        sa.CheckConstraint("trim(why) <> ''", name=op.f("ck_intervention_why")),
        sa.CheckConstraint(
            "kind NOT IN ('reversal', 'undo') OR reverses_id IS NOT NULL",
            name=op.f("ck_intervention_reverses"),
        ),
        sa.CheckConstraint(
            "kind <> 'grant' OR entry_id IS NOT NULL", name=op.f("ck_intervention_grants")
        ),
        sa.CheckConstraint(
            "kind <> 'limits' OR account_id IS NOT NULL", name=op.f("ck_intervention_limits")
        ),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_intervention_bank_id")),
        sa.ForeignKeyConstraint(
            ["bank_id", "entry_id"],
            ["entry.bank_id", "entry.id"],
            name=op.f("fk_intervention_bank_id_entry_id"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "reverses_id"],
            ["entry.bank_id", "entry.id"],
            name=op.f("fk_intervention_bank_id_reverses_id"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "account_id"],
            ["account.bank_id", "account.id"],
            name=op.f("fk_intervention_bank_id_account_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_intervention")),
        sa.UniqueConstraint("reverses_id", name=op.f("uq_intervention_reverses_id")),
    )
    op.create_index("ix_intervention_bank_id_at", "intervention", ["bank_id", "at", "id"])
    op.create_index("ix_intervention_bank_id_of", "intervention", ["bank_id", "of"])
    op.create_index("ix_intervention_account_id", "intervention", ["account_id", "id"])
    op.create_index("ix_intervention_entry_id", "intervention", ["entry_id"])
    op.create_table(
        "event",
        sa.Column("id", BIG_ID, sa.Identity(), nullable=False),
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=True),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("of", sa.String(length=60), nullable=False),
        sa.Column("audience", sa.String(length=20), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("other_id", sa.BigInteger(), nullable=True),
        sa.Column("by", sa.String(length=40), nullable=True),
        sa.Column("at", INSTANT, nullable=False, server_default=recorded),
        sa.CheckConstraint(
            "audience IN ('sides', 'members', 'coordinators')", name=op.f("ck_event_audience")
        ),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_event_bank_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event")),
        sa.UniqueConstraint("bank_id", "number", name=op.f("uq_event_bank_id_number")),
    )
    unnumbered = sa.text("number IS NULL")
    op.create_index(
        "ix_event_unnumbered",
        "event",
        ["bank_id", "id"],
        sqlite_where=unnumbered,
        postgresql_where=unnumbered,
    )
    op.create_index("ix_event_bank_id_at", "event", ["bank_id", "at"])
    op.execute(EARLIER)
    for statement in SQLITE if sqlite else POSTGRESQL:
        # Drivers take a single % for a parameter.
        op.get_bind().exec_driver_sql(statement if sqlite else statement.replace("%", "%%"))


def downgrade() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    for trigger, table in TRIGGERS_ON_OTHERS["sqlite" if sqlite else "postgresql"]:
        op.execute(f"DROP TRIGGER {trigger}" + ("" if sqlite else f" ON {table}"))
    op.drop_table("event")
    op.drop_table("intervention")
    if not sqlite:
        for function in FUNCTIONS:
            op.execute(f"DROP FUNCTION {function}")


# What was taken back before has its reason in the exchange's step.
EARLIER = """
INSERT INTO intervention (bank_id, kind, of, why, reverses_id, by, at)
SELECT e.bank_id, 'reversal', 'exchange:' || e.id, s.note, e.entry_id, s.by, s.at
  FROM exchange e
  JOIN exchange_step s ON s.id = (
       SELECT max(t.id) FROM exchange_step t WHERE t.exchange_id = e.id AND t.step = 'reversed')
 WHERE e.reversal_id IS NOT NULL AND trim(s.note) <> ''
"""

# ---- What keeps the reasons ----

_REASONS_ON_POSTGRESQL = (
    # Nothing is changed or taken away but a name in the words of a reason, and when that was done
    # is seen.
    """
CREATE FUNCTION intervention_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND NEW.unnamed_at IS NOT NULL AND NEW.unnamed_at IS DISTINCT FROM OLD.unnamed_at
     AND to_jsonb(NEW) - 'why' - 'unnamed_at' = to_jsonb(OLD) - 'why' - 'unnamed_at' THEN
    RETURN NEW;
  END IF;
  PERFORM ledger_refuse('ledger_append_only', 'rows of intervention are never changed or removed');
  RETURN NULL;
END $$
""",
    "CREATE TRIGGER intervention_stays BEFORE UPDATE OR DELETE ON intervention "
    "FOR EACH ROW EXECUTE FUNCTION intervention_stays()",
    "CREATE TRIGGER intervention_not_truncated BEFORE TRUNCATE ON intervention "
    "FOR EACH STATEMENT EXECUTE FUNCTION ledger_append_only()",
    """
CREATE FUNCTION intervention_recorded() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.at <> now() THEN
    PERFORM ledger_refuse('ledger_dated', 'an intervention is dated by the database');
  END IF;
  NEW.at := clock_timestamp();
  RETURN NEW;
END $$
""",
    "CREATE TRIGGER intervention_recorded BEFORE INSERT ON intervention "
    "FOR EACH ROW EXECUTE FUNCTION intervention_recorded()",
    """
CREATE FUNCTION entry_reversed_for_a_reason() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM intervention i WHERE i.reverses_id = NEW.reverses_id AND i.bank_id = NEW.bank_id) THEN
    PERFORM ledger_refuse('ledger_for_a_reason', 'a reversal has its reason');
  END IF;
  RETURN NEW;
END $$
""",
    "CREATE TRIGGER entry_reversed_for_a_reason BEFORE INSERT ON entry FOR EACH ROW "
    "WHEN (NEW.reverses_id IS NOT NULL) EXECUTE FUNCTION entry_reversed_for_a_reason()",
    # The last intervention with the account says just this change, so no reason serves twice.
    """
CREATE FUNCTION account_limited_for_a_reason() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (
       SELECT FROM (SELECT * FROM intervention i WHERE i.account_id = NEW.id ORDER BY i.id DESC LIMIT 1) last
        WHERE last.floor_before IS NOT DISTINCT FROM OLD.floor AND last.floor_after IS NOT DISTINCT FROM NEW.floor
          AND last.ceiling_before IS NOT DISTINCT FROM OLD.ceiling AND last.ceiling_after IS NOT DISTINCT FROM NEW.ceiling) THEN
    PERFORM ledger_refuse('ledger_for_a_reason', 'changed limits have their reason');
  END IF;
  RETURN NEW;
END $$
""",
    "CREATE TRIGGER account_limited_for_a_reason BEFORE UPDATE OF floor, ceiling ON account FOR EACH ROW "
    "WHEN (NEW.floor IS DISTINCT FROM OLD.floor OR NEW.ceiling IS DISTINCT FROM OLD.ceiling) "
    "EXECUTE FUNCTION account_limited_for_a_reason()",
    """
CREATE FUNCTION bank_limited_for_a_reason() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.member_floor <> OLD.member_floor OR NEW.member_ceiling IS DISTINCT FROM OLD.member_ceiling) AND NOT EXISTS (
       SELECT FROM (SELECT * FROM intervention i WHERE i.bank_id = NEW.id AND i.of = 'bank' AND i.kind = 'default_limits'
                     ORDER BY i.id DESC LIMIT 1) last
        WHERE last.floor_before = OLD.member_floor AND last.floor_after = NEW.member_floor
          AND last.ceiling_before IS NOT DISTINCT FROM OLD.member_ceiling
          AND last.ceiling_after IS NOT DISTINCT FROM NEW.member_ceiling)
     OR (NEW.smallest_log <> OLD.smallest_log OR NEW.largest_log <> OLD.largest_log) AND NOT EXISTS (
       SELECT FROM (SELECT * FROM intervention i WHERE i.bank_id = NEW.id AND i.of = 'bank' AND i.kind = 'log_range'
                     ORDER BY i.id DESC LIMIT 1) last
        WHERE last.floor_before = OLD.smallest_log AND last.floor_after = NEW.smallest_log
          AND last.ceiling_before = OLD.largest_log AND last.ceiling_after = NEW.largest_log)
     OR NEW.chest_floor <> OLD.chest_floor AND NOT EXISTS (
       SELECT FROM account a WHERE a.bank_id = NEW.id AND a.kind = 'chest' AND a.floor = NEW.chest_floor) THEN
    PERFORM ledger_refuse('ledger_for_a_reason', 'changed limits have their reason');
  END IF;
  RETURN NEW;
END $$
""",
    "CREATE TRIGGER bank_limited_for_a_reason "
    "BEFORE UPDATE OF member_floor, member_ceiling, smallest_log, largest_log, chest_floor ON bank "
    "FOR EACH ROW EXECUTE FUNCTION bank_limited_for_a_reason()",
    """
CREATE FUNCTION gift_granted_for_a_reason() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM account a WHERE a.id = NEW.from_id AND a.kind = 'chest')
     AND NOT EXISTS (SELECT FROM intervention i WHERE i.entry_id = NEW.entry_id AND i.kind IN ('grant', 'import')) THEN
    PERFORM ledger_refuse('ledger_for_a_reason', 'hours out of the chest are given for a reason');
  END IF;
  RETURN NEW;
END $$
""",
    "CREATE TRIGGER gift_granted_for_a_reason BEFORE INSERT OR UPDATE OF entry_id ON gift FOR EACH ROW "
    "WHEN (NEW.entry_id IS NOT NULL) EXECUTE FUNCTION gift_granted_for_a_reason()",
    """
CREATE FUNCTION exchange_settled_for_a_reason() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (
       SELECT FROM intervention i
        WHERE i.bank_id = NEW.bank_id AND i.of = 'exchange:' || NEW.exchange_id AND i.kind = 'correction') THEN
    PERFORM ledger_refuse('ledger_for_a_reason', 'a dispute is settled for a reason');
  END IF;
  RETURN NEW;
END $$
""",
    "CREATE TRIGGER exchange_settled_for_a_reason BEFORE INSERT ON exchange_step FOR EACH ROW "
    "WHEN (NEW.step IN ('settled', 'dismissed')) EXECUTE FUNCTION exchange_settled_for_a_reason()",
)

_THE_SAME = " AND ".join(
    f"NEW.{column} IS OLD.{column}"
    for column in (
        "id",
        "bank_id",
        "kind",
        "of",
        "entry_id",
        "reverses_id",
        "account_id",
        "floor_before",
        "floor_after",
        "ceiling_before",
        "ceiling_after",
        "by",
        "at",
    )
)

_REASONS_ON_SQLITE = (
    "CREATE TRIGGER intervention_not_deleted BEFORE DELETE ON intervention BEGIN "
    "SELECT RAISE(ABORT, 'ledger_append_only: rows of intervention are never removed'); END",
    f"""
CREATE TRIGGER intervention_stays BEFORE UPDATE ON intervention
WHEN NOT (NEW.unnamed_at IS NOT NULL AND NEW.unnamed_at IS NOT OLD.unnamed_at AND {_THE_SAME}) BEGIN
  SELECT RAISE(ABORT, 'ledger_append_only: rows of intervention are never changed');
END
""",
    """
CREATE TRIGGER intervention_recorded BEFORE INSERT ON intervention BEGIN
  SELECT RAISE(ABORT, 'ledger_append_only: the intervention exists')
   WHERE EXISTS (SELECT 1 FROM intervention WHERE id = NEW.id)
      OR EXISTS (SELECT 1 FROM intervention WHERE reverses_id = NEW.reverses_id);
  SELECT RAISE(ABORT, 'ledger_dated: an intervention is dated by the database')
   WHERE NEW.at IS NOT strftime('%Y-%m-%d %H:%M:%f000', 'now');
END
""",
    """
CREATE TRIGGER entry_reversed_for_a_reason BEFORE INSERT ON entry
WHEN NEW.reverses_id IS NOT NULL BEGIN
  SELECT RAISE(ABORT, 'ledger_for_a_reason: a reversal has its reason')
   WHERE NOT EXISTS (SELECT 1 FROM intervention WHERE reverses_id = NEW.reverses_id AND bank_id = NEW.bank_id);
END
""",
    """
CREATE TRIGGER account_limited_for_a_reason BEFORE UPDATE OF floor, ceiling ON account
WHEN NEW.floor IS NOT OLD.floor OR NEW.ceiling IS NOT OLD.ceiling BEGIN
  SELECT RAISE(ABORT, 'ledger_for_a_reason: changed limits have their reason')
   WHERE NOT EXISTS (
     SELECT 1 FROM intervention i
      WHERE i.id = (SELECT max(id) FROM intervention WHERE account_id = NEW.id)
        AND i.floor_before IS OLD.floor AND i.floor_after IS NEW.floor
        AND i.ceiling_before IS OLD.ceiling AND i.ceiling_after IS NEW.ceiling);
END
""",
    """
CREATE TRIGGER bank_limited_for_a_reason
BEFORE UPDATE OF member_floor, member_ceiling, smallest_log, largest_log, chest_floor ON bank BEGIN
  SELECT RAISE(ABORT, 'ledger_for_a_reason: changed limits have their reason')
   WHERE (NEW.member_floor IS NOT OLD.member_floor OR NEW.member_ceiling IS NOT OLD.member_ceiling)
     AND NOT EXISTS (
     SELECT 1 FROM intervention i
      WHERE i.id = (SELECT max(id) FROM intervention WHERE bank_id = NEW.id AND of = 'bank' AND kind = 'default_limits')
        AND i.floor_before IS OLD.member_floor AND i.floor_after IS NEW.member_floor
        AND i.ceiling_before IS OLD.member_ceiling AND i.ceiling_after IS NEW.member_ceiling);
  SELECT RAISE(ABORT, 'ledger_for_a_reason: changed limits have their reason')
   WHERE (NEW.smallest_log IS NOT OLD.smallest_log OR NEW.largest_log IS NOT OLD.largest_log)
     AND NOT EXISTS (
     SELECT 1 FROM intervention i
      WHERE i.id = (SELECT max(id) FROM intervention WHERE bank_id = NEW.id AND of = 'bank' AND kind = 'log_range')
        AND i.floor_before IS OLD.smallest_log AND i.floor_after IS NEW.smallest_log
        AND i.ceiling_before IS OLD.largest_log AND i.ceiling_after IS NEW.largest_log);
  SELECT RAISE(ABORT, 'ledger_for_a_reason: changed limits have their reason')
   WHERE NEW.chest_floor IS NOT OLD.chest_floor
     AND NOT EXISTS (SELECT 1 FROM account WHERE bank_id = NEW.id AND kind = 'chest' AND floor IS NEW.chest_floor);
END
""",
    *(
        f"""
CREATE TRIGGER gift_{name}_for_a_reason BEFORE {when} ON gift
WHEN NEW.entry_id IS NOT NULL BEGIN
  SELECT RAISE(ABORT, 'ledger_for_a_reason: hours out of the chest are given for a reason')
   WHERE EXISTS (SELECT 1 FROM account WHERE id = NEW.from_id AND kind = 'chest')
     AND NOT EXISTS (SELECT 1 FROM intervention WHERE entry_id = NEW.entry_id AND kind IN ('grant', 'import'));
END
"""
        for name, when in (("brought", "INSERT"), ("granted", "UPDATE OF entry_id"))
    ),
    """
CREATE TRIGGER exchange_settled_for_a_reason BEFORE INSERT ON exchange_step
WHEN NEW.step IN ('settled', 'dismissed') BEGIN
  SELECT RAISE(ABORT, 'ledger_for_a_reason: a dispute is settled for a reason')
   WHERE NOT EXISTS (
     SELECT 1 FROM intervention
      WHERE bank_id = NEW.bank_id AND of = 'exchange:' || NEW.exchange_id AND kind = 'correction');
END
""",
)

# ---- What writes events ----

# By table: the name of what happens, when, under which condition, and what is told of it. Both
# engines read the same.
HAPPENS = (
    (
        "exchange_step_happens",
        "exchange_step",
        "INSERT",
        "",
        "SELECT NEW.bank_id, 'exchange.' || NEW.step, 'exchange:' || e.id, 'sides', e.giver_id, e.receiver_id, NEW.\"by\""
        "  FROM exchange e WHERE e.id = NEW.exchange_id",
    ),
    (
        "gift_brought_happens",
        "gift",
        "INSERT",
        "NEW.entry_id IS NOT NULL",
        "SELECT NEW.bank_id, 'gift.given', 'gift:' || NEW.id, 'sides', NEW.from_id, NEW.to_id, NEW.\"by\"",
    ),
    (
        "gift_given_happens",
        "gift",
        "UPDATE OF entry_id",
        "NEW.entry_id IS NOT NULL AND OLD.entry_id IS NULL",
        "SELECT NEW.bank_id, 'gift.given', 'gift:' || NEW.id, 'sides', NEW.from_id, NEW.to_id, NEW.\"by\"",
    ),
    (
        "gift_taken_back_happens",
        "gift",
        "UPDATE OF reversal_id",
        "NEW.reversal_id IS NOT NULL AND OLD.reversal_id IS NULL",
        "SELECT NEW.bank_id, 'gift.taken_back', 'gift:' || NEW.id, 'sides', NEW.from_id, NEW.to_id, e.recorded_by"
        "  FROM entry e WHERE e.id = NEW.reversal_id",
    ),
    (
        "member_event_happens",
        "member_event",
        "INSERT",
        "",
        "SELECT NEW.bank_id, 'member.' || NEW.kind, 'member:' || m.id, 'sides', m.account_id, NULL, NEW.\"by\""
        "  FROM member m WHERE m.id = NEW.member_id",
    ),
    (
        "session_planned_happens",
        "activity_session",
        "INSERT",
        "",
        "SELECT NEW.bank_id, 'session.planned', 'session:' || NEW.id, 'members', NULL, NULL, NULL",
    ),
    (
        "session_called_off_happens",
        "activity_session",
        "UPDATE OF cancelled_at",
        "NEW.cancelled_at IS NOT NULL AND OLD.cancelled_at IS NULL",
        "SELECT NEW.bank_id, 'session.called_off', 'session:' || NEW.id, 'members', NULL, NULL, NULL",
    ),
    (
        "sign_up_happens",
        "sign_up",
        "INSERT",
        "",
        "SELECT NEW.bank_id, 'sign_up.' || NEW.status, 'session:' || NEW.session_id, 'sides', m.account_id, NULL, NEW.\"by\""
        "  FROM member m WHERE m.id = NEW.member_id",
    ),
    (
        "sign_up_changed_happens",
        "sign_up",
        "UPDATE OF status",
        "NEW.status <> OLD.status",
        "SELECT NEW.bank_id, 'sign_up.' || NEW.status, 'session:' || NEW.session_id, 'sides', m.account_id, NULL, NEW.\"by\""
        "  FROM member m WHERE m.id = NEW.member_id",
    ),
    (
        "session_posted_happens",
        "session_posting",
        "INSERT",
        "NEW.entry_id IS NOT NULL",
        "SELECT NEW.bank_id, 'session.posted', 'session:' || NEW.session_id, 'sides', s.account_id, NULL, NEW.\"by\""
        "  FROM (SELECT payer_id AS account_id FROM posting WHERE entry_id = NEW.entry_id"
        "        UNION SELECT payee_id FROM posting WHERE entry_id = NEW.entry_id) s ORDER BY s.account_id",
    ),
    (
        "session_taken_back_happens",
        "session_posting",
        "UPDATE OF reversal_id",
        "NEW.reversal_id IS NOT NULL AND OLD.reversal_id IS NULL",
        "SELECT NEW.bank_id, 'session.taken_back', 'session:' || NEW.session_id, 'sides', s.account_id, NULL, NEW.undone_by"
        "  FROM (SELECT payer_id AS account_id FROM posting WHERE entry_id = NEW.reversal_id"
        "        UNION SELECT payee_id FROM posting WHERE entry_id = NEW.reversal_id) s ORDER BY s.account_id",
    ),
    (
        "intervention_happens",
        "intervention",
        "INSERT",
        "NEW.kind IN ('limits', 'default_limits', 'log_range')",
        "SELECT NEW.bank_id, NEW.kind || '.changed', NEW.of, 'coordinators', NEW.account_id, NULL, NEW.\"by\"",
    ),
)

_EVENT = "INSERT INTO event (bank_id, kind, of, audience, account_id, other_id, by)"

_HAPPENS_ON_SQLITE = (
    *(
        f"CREATE TRIGGER {name} AFTER {when} ON {table} {f'WHEN {condition}' if condition else ''} BEGIN {_EVENT} {told}; END"
        for name, table, when, condition, told in HAPPENS
    ),
    # Only a number is given, once, and only what is old is taken away.
    """
CREATE TRIGGER event_stays BEFORE UPDATE ON event
WHEN OLD.number IS NOT NULL OR NEW.number IS NULL
  OR NEW.id IS NOT OLD.id OR NEW.bank_id IS NOT OLD.bank_id OR NEW.kind IS NOT OLD.kind OR NEW.of IS NOT OLD.of
  OR NEW.audience IS NOT OLD.audience OR NEW.account_id IS NOT OLD.account_id OR NEW.other_id IS NOT OLD.other_id
  OR NEW.by IS NOT OLD.by OR NEW.at IS NOT OLD.at BEGIN
  SELECT RAISE(ABORT, 'event_stays: what happened is not changed');
END
""",
    """
CREATE TRIGGER event_kept BEFORE DELETE ON event
WHEN OLD.number IS NULL OR OLD.number = (SELECT max(number) FROM event WHERE bank_id = OLD.bank_id) BEGIN
  SELECT RAISE(ABORT, 'event_kept: the last that was told stays');
END
""",
)

_HAPPENS_ON_POSTGRESQL = (
    *(
        statement
        for name, table, when, condition, told in HAPPENS
        for statement in (
            f"""
CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  {_EVENT} {told};
  RETURN NULL;
END $$
""",
            f"CREATE TRIGGER {name} AFTER {when} ON {table} FOR EACH ROW "
            f"{f'WHEN ({condition})' if condition else ''} EXECUTE FUNCTION {name}()",
        )
    ),
    """
CREATE FUNCTION event_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.number IS NOT NULL OR NEW.number IS NULL OR to_jsonb(NEW) - 'number' <> to_jsonb(OLD) - 'number' THEN
    RAISE EXCEPTION 'event_stays: what happened is not changed' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$
""",
    "CREATE TRIGGER event_stays BEFORE UPDATE ON event FOR EACH ROW EXECUTE FUNCTION event_stays()",
    """
CREATE FUNCTION event_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.number IS NULL OR OLD.number = (SELECT max(e.number) FROM event e WHERE e.bank_id = OLD.bank_id) THEN
    RAISE EXCEPTION 'event_kept: the last that was told stays' USING ERRCODE = 'check_violation';
  END IF;
  RETURN OLD;
END $$
""",
    "CREATE TRIGGER event_kept BEFORE DELETE ON event FOR EACH ROW EXECUTE FUNCTION event_kept()",
)

POSTGRESQL = (*_REASONS_ON_POSTGRESQL, *_HAPPENS_ON_POSTGRESQL)
SQLITE = (*_REASONS_ON_SQLITE, *_HAPPENS_ON_SQLITE)

_GUARDS_ON_OTHERS = (
    ("entry_reversed_for_a_reason", "entry"),
    ("account_limited_for_a_reason", "account"),
    ("bank_limited_for_a_reason", "bank"),
    ("gift_granted_for_a_reason", "gift"),
    ("exchange_settled_for_a_reason", "exchange_step"),
    *((name, table) for name, table, *_ in HAPPENS if table != "intervention"),
)
TRIGGERS_ON_OTHERS = {
    "postgresql": _GUARDS_ON_OTHERS,
    "sqlite": (*_GUARDS_ON_OTHERS, ("gift_brought_for_a_reason", "gift")),
}
FUNCTIONS = (
    "intervention_stays",
    "intervention_recorded",
    "event_stays",
    "event_kept",
    *(name for name, table in _GUARDS_ON_OTHERS),
    "intervention_happens",
)

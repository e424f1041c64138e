"""Banks and the hour ledger, with the triggers that keep the ledger's promises.

Every rule is written twice, side by side: once in PL/pgSQL and once as SQLite triggers. A refusal
carries the rule's name (`ledger_…`), which the application turns into words. Nothing here relies on
the application to behave.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    op.create_table(
        "bank",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("slug", sa.String(60), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("timezone", sa.String(60), nullable=False),
        sa.Column("contact_name", sa.String(120), nullable=False),
        sa.Column("contact_phone", sa.String(40), nullable=False),
        sa.Column("contact_email", sa.String(254), nullable=False),
        sa.Column("joining_open", sa.Boolean(), nullable=False),
        sa.Column("rounding", sa.Integer(), nullable=False),
        sa.Column("smallest_log", sa.Integer(), nullable=False),
        sa.Column("largest_log", sa.Integer(), nullable=False),
        sa.Column("member_floor", sa.BigInteger(), nullable=False),
        sa.Column("member_ceiling", sa.BigInteger()),
        sa.Column("chest_floor", sa.BigInteger(), nullable=False),
        sa.Column("waiting_days", sa.Integer(), nullable=False),
        sa.Column("confirm_automatically", sa.Boolean(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.UniqueConstraint("slug", name="uq_bank_slug"),
        sa.CheckConstraint("rounding BETWEEN 1 AND 60", name=op.f("ck_bank_rounding")),
        sa.CheckConstraint(
            "smallest_log > 0 AND largest_log >= smallest_log", name=op.f("ck_bank_log_range")
        ),
        sa.CheckConstraint("member_floor <= 0", name=op.f("ck_bank_member_floor")),
        sa.CheckConstraint("waiting_days BETWEEN 1 AND 365", name=op.f("ck_bank_waiting_days")),
    )
    op.create_table(
        "account",
        sa.Column("id", BIG_ID, sa.Identity(), primary_key=True),
        sa.Column(
            "bank_id",
            sa.Integer(),
            sa.ForeignKey("bank.id", name="fk_account_bank_id"),
            nullable=False,
        ),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("label", sa.String(120), nullable=False),
        sa.Column("balance", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("seq", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("floor", sa.BigInteger()),
        sa.Column("ceiling", sa.BigInteger()),
        sa.Column("opened_at", INSTANT, nullable=False),
        sa.Column("closed_at", INSTANT),
        sa.UniqueConstraint("bank_id", "id", name="uq_account_bank_id_id"),
        sa.CheckConstraint("floor IS NULL OR balance >= floor", name=op.f("ck_account_floor")),
        sa.CheckConstraint(
            "ceiling IS NULL OR balance <= ceiling", name=op.f("ck_account_ceiling")
        ),
    )
    one_each = sa.text("kind IN ('chest', 'opening')")
    op.create_index(
        "uq_account_one_of_its_kind",
        "account",
        ["bank_id", "kind"],
        unique=True,
        sqlite_where=one_each,
        postgresql_where=one_each,
    )
    # SQLite cannot add a key later, and lets one name a table that is still to come; PostgreSQL is
    # the other way round.
    complete = sa.ForeignKeyConstraint(
        ["id", "legs"],
        ["posting.entry_id", "posting.leg"],
        name="fk_entry_complete",
        deferrable=True,
        initially="DEFERRED",
    )
    recorded_at = sa.text("(strftime('%Y-%m-%d %H:%M:%f000', 'now'))") if sqlite else sa.func.now()
    op.create_table(
        "entry",
        sa.Column("id", BIG_ID, primary_key=True, autoincrement=False),
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("cause", sa.String(200), nullable=False),
        sa.Column("request_hash", sa.String(64), nullable=False),
        sa.Column("legs", sa.Integer(), nullable=False),
        sa.Column("occurred_on", sa.Date(), nullable=False),
        sa.Column("recorded_at", INSTANT, nullable=False, server_default=recorded_at),
        sa.Column("recorded_by", sa.String(40), nullable=False),
        sa.Column("on_word_of", sa.String(40)),
        sa.Column("channel", sa.String(20), nullable=False),
        sa.Column("reverses_id", sa.BigInteger()),
        sa.UniqueConstraint("bank_id", "id", name="uq_entry_bank_id_id"),
        # The bank comes second here, where it comes first everywhere else: with two indexes that
        # begin with it, PostgreSQL takes the wrong one for "this bank's entry number so-and-so"
        # until it has statistics, and a first import has none.
        sa.UniqueConstraint("cause", "bank_id", name="uq_entry_cause_bank_id"),
        sa.ForeignKeyConstraint(
            ["bank_id", "reverses_id"],
            ["entry.bank_id", "entry.id"],
            name="fk_entry_bank_id_reverses_id",
        ),
        sa.CheckConstraint("legs > 0", name=op.f("ck_entry_legs")),
        *([complete] if sqlite else []),
    )
    op.create_table(
        "posting",
        sa.Column("entry_id", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("leg", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("payer_id", sa.BigInteger(), nullable=False),
        sa.Column("payee_id", sa.BigInteger(), nullable=False),
        sa.Column("minutes", sa.BigInteger(), nullable=False),
        sa.Column("payer_seq", sa.BigInteger(), nullable=False),
        sa.Column("payer_balance", sa.BigInteger(), nullable=False),
        sa.Column("payee_seq", sa.BigInteger(), nullable=False),
        sa.Column("payee_balance", sa.BigInteger(), nullable=False),
        sa.UniqueConstraint("payer_id", "payer_seq", name="uq_posting_payer_id_payer_seq"),
        sa.UniqueConstraint("payee_id", "payee_seq", name="uq_posting_payee_id_payee_seq"),
        sa.ForeignKeyConstraint(
            ["bank_id", "entry_id"],
            ["entry.bank_id", "entry.id"],
            name="fk_posting_bank_id_entry_id",
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "payer_id"],
            ["account.bank_id", "account.id"],
            name="fk_posting_bank_id_payer_id",
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "payee_id"],
            ["account.bank_id", "account.id"],
            name="fk_posting_bank_id_payee_id",
        ),
        sa.CheckConstraint("minutes > 0", name=op.f("ck_posting_minutes")),
        sa.CheckConstraint("payer_id <> payee_id", name=op.f("ck_posting_two_accounts")),
    )
    reversing = sa.text("reverses_id IS NOT NULL")
    op.create_index(
        "uq_entry_reverses_id",
        "entry",
        ["reverses_id"],
        unique=True,
        sqlite_where=reversing,
        postgresql_where=reversing,
    )
    if not sqlite:
        op.create_foreign_key(
            "fk_entry_complete",
            "entry",
            "posting",
            ["id", "legs"],
            ["entry_id", "leg"],
            deferrable=True,
            initially="DEFERRED",
        )
        op.execute("CREATE SEQUENCE entry_id_seq OWNED BY entry.id")
    op.create_table(
        "block",
        sa.Column(
            "bank_id",
            sa.Integer(),
            sa.ForeignKey("bank.id", name="fk_block_bank_id"),
            primary_key=True,
        ),
        sa.Column("n", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("first", sa.BigInteger(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("sealed_at", INSTANT, nullable=False),
        sa.CheckConstraint("entries > 0 AND last >= first", name=op.f("ck_block_run")),
    )
    for statement in [ACCOUNT_LINE, *(SQLITE if sqlite else POSTGRESQL)]:
        # Drivers take a single % for a parameter.
        op.get_bind().exec_driver_sql(statement if sqlite else statement.replace("%", "%%"))


def downgrade() -> None:
    """Take the books away, and everything in them."""
    sqlite = op.get_bind().dialect.name == "sqlite"
    op.execute("DROP VIEW account_line")
    op.drop_table("block")
    if sqlite:
        # Entries and postings refer to each other, so neither table can go while there are rows in
        # the other.
        op.execute("DROP TRIGGER entry_not_deleted")
        op.execute("DROP TRIGGER posting_not_deleted")
        op.execute("DELETE FROM posting")
        op.execute("DELETE FROM entry")
    else:
        op.drop_constraint("fk_entry_complete", "entry", type_="foreignkey")
    for table in ("posting", "entry", "account", "bank"):
        op.drop_table(table)
    if not sqlite:
        for function in FUNCTIONS:
            op.execute(f"DROP FUNCTION {function}")


# Each account's lines in one column: minutes added are positive, minutes taken off negative.
ACCOUNT_LINE = """
CREATE VIEW account_line AS
SELECT bank_id, payer_id AS account_id, payer_seq AS seq, -minutes AS minutes, payer_balance AS balance,
       payee_id AS other_id, entry_id, leg
  FROM posting
UNION ALL
SELECT bank_id, payee_id, payee_seq, minutes, payee_balance, payer_id, entry_id, leg
  FROM posting
"""

FUNCTIONS = (
    "ledger_post",
    "ledger_post_many",
    "ledger_settled",
    "posting_moves_minutes",
    "ledger_not_moved",
    "entry_recorded",
    "block_follows",
    "account_moved_by_postings",
    "account_refused",
    "ledger_append_only",
    "ledger_refuse",
)

POSTGRESQL = (
    """
CREATE FUNCTION ledger_refuse(rule text, message text, facts json DEFAULT NULL) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '%', message USING ERRCODE = 'check_violation', CONSTRAINT = rule, DETAIL = coalesce(facts::text, '');
END $$
""",
    # Append-only.
    """
CREATE FUNCTION ledger_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM ledger_refuse('ledger_append_only', format('rows of %s are never changed or removed', TG_TABLE_NAME));
  RETURN NULL;
END $$
""",
    *(
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION ledger_append_only()"
        for table in ("entry", "posting", "block")
    ),
    "CREATE TRIGGER account_kept BEFORE DELETE ON account FOR EACH ROW EXECUTE FUNCTION ledger_append_only()",
    *(
        f"CREATE TRIGGER {table}_not_truncated BEFORE TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION ledger_append_only()"
        for table in ("account", "entry", "posting", "block")
    ),
    # Accounts start empty, stay what they are, and are moved by postings alone. (PostgreSQL reads a
    # WHEN or a CHECK anew for each statement that meets it, so what postings meet has few.)
    """
CREATE FUNCTION account_refused() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM ledger_refuse(TG_ARGV[0], TG_ARGV[1]);
  RETURN NULL;
END $$
""",
    """
CREATE TRIGGER account_starts_empty BEFORE INSERT ON account FOR EACH ROW
WHEN (NEW.balance <> 0 OR NEW.seq <> 0)
EXECUTE FUNCTION account_refused('ledger_account_starts_empty', 'an account starts empty')
""",
    """
CREATE TRIGGER account_kind BEFORE INSERT ON account FOR EACH ROW
WHEN (NEW.kind NOT IN ('member', 'organisation', 'group', 'chest', 'clearing', 'opening'))
EXECUTE FUNCTION account_refused('ledger_account_kind', 'there is no such kind of account')
""",
    """
CREATE TRIGGER account_identity BEFORE UPDATE OF id, bank_id, kind ON account FOR EACH ROW
WHEN (NEW.id <> OLD.id OR NEW.bank_id <> OLD.bank_id OR NEW.kind <> OLD.kind)
EXECUTE FUNCTION account_refused('ledger_account_identity', 'an account keeps its number, bank and kind')
""",
    # The depth counts this trigger itself: 1 for a statement the application sends, 2 for the
    # posting trigger's own.
    """
CREATE FUNCTION account_moved_by_postings() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF pg_trigger_depth() = 1 AND (NEW.balance <> OLD.balance OR NEW.seq <> OLD.seq) THEN
    PERFORM ledger_refuse('ledger_moved_by_postings', 'a balance is moved by postings alone');
  END IF;
  RETURN NEW;
END $$
""",
    """
CREATE TRIGGER account_moved_by_postings BEFORE UPDATE OF balance, seq ON account
FOR EACH ROW EXECUTE FUNCTION account_moved_by_postings()
""",
    # An entry is numbered and dated by the database; a reversal mirrors an entry that is no
    # reversal itself. The number is drawn here, where the table is locked for writing, so that
    # `ledger_settled` can tell which numbers are still out; and the clock is read here, not at the
    # transaction's beginning, so that what is settled is settled by time too.
    """
CREATE FUNCTION entry_recorded() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.id IS NOT NULL THEN
    PERFORM ledger_refuse('ledger_append_only', 'entries are numbered by the database');
  END IF;
  IF NEW.reverses_id IS NOT NULL THEN
    IF NEW.kind <> 'reversal' OR NOT EXISTS (
         SELECT FROM entry o
          WHERE o.id = NEW.reverses_id AND o.bank_id = NEW.bank_id AND o.legs = NEW.legs AND o.reverses_id IS NULL) THEN
      PERFORM ledger_refuse('ledger_exact_reversal', 'a reversal mirrors one whole entry that is no reversal itself');
    END IF;
  ELSIF NEW.kind = 'reversal' THEN
    PERFORM ledger_refuse('ledger_exact_reversal', 'a reversal says what it reverses');
  END IF;
  NEW.id := nextval('entry_id_seq');
  NEW.recorded_at := clock_timestamp();
  RETURN NEW;
END $$
""",
    "CREATE TRIGGER entry_recorded BEFORE INSERT ON entry FOR EACH ROW EXECUTE FUNCTION entry_recorded()",
    # Why an account did not move.
    """
CREATE FUNCTION ledger_not_moved(p_bank integer, p_account bigint, p_change bigint, p_entry bigint) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  facts json;
  closed boolean;
BEGIN
  SELECT a.closed_at IS NOT NULL, json_build_object('account', a.id, 'balance', a.balance, 'floor', a.floor,
         'ceiling', a.ceiling, 'minutes', abs(p_change), 'cause', (SELECT e.cause FROM entry e WHERE e.id = p_entry))
    INTO closed, facts
    FROM account a WHERE a.id = p_account AND a.bank_id = p_bank;
  IF NOT FOUND THEN
    PERFORM ledger_refuse('ledger_same_bank', 'both accounts and the entry belong to one bank');
  ELSIF closed THEN
    PERFORM ledger_refuse('ledger_account_closed', 'the account is closed', facts);
  ELSIF p_change < 0 THEN
    PERFORM ledger_refuse('ledger_below_floor', 'below the floor', facts);
  ELSE
    PERFORM ledger_refuse('ledger_above_ceiling', 'above the ceiling', facts);
  END IF;
END $$
""",
    """
CREATE FUNCTION posting_moves_minutes() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  bank integer;
  declared integer;
  reversed bigint;
  last_leg integer;
BEGIN
  SELECT e.bank_id, e.legs, e.reverses_id,
         (SELECT p.leg FROM posting p WHERE p.entry_id = e.id ORDER BY p.leg DESC LIMIT 1)
    INTO bank, declared, reversed, last_leg
    FROM entry e WHERE e.id = NEW.entry_id;
  IF bank IS DISTINCT FROM NEW.bank_id THEN
    PERFORM ledger_refuse('ledger_same_bank', 'both accounts and the entry belong to one bank');
  END IF;
  -- Said here and not left to the key: ON CONFLICT DO NOTHING would keep what this trigger moves and drop the row.
  IF NEW.leg > declared OR NEW.leg IS DISTINCT FROM coalesce(last_leg, 0) + 1 THEN
    PERFORM ledger_refuse('ledger_entry_closed', 'an entry takes the postings it declares, in order');
  END IF;
  IF num_nonnulls(NEW.payer_seq, NEW.payer_balance, NEW.payee_seq, NEW.payee_balance) > 0 THEN
    PERFORM ledger_refuse('ledger_moved_by_postings', 'balances are worked out by the database, not handed to it');
  END IF;
  IF reversed IS NOT NULL AND NOT EXISTS (
       SELECT FROM posting o
        WHERE o.entry_id = reversed AND o.leg = NEW.leg
          AND o.minutes = NEW.minutes AND o.payer_id = NEW.payee_id AND o.payee_id = NEW.payer_id) THEN
    PERFORM ledger_refuse('ledger_exact_reversal', 'a reversal has the same minutes with the two accounts swapped');
  END IF;
  -- The lower account number first, always: two postings the same two ways round never wait for each other.
  IF NEW.payer_id > NEW.payee_id THEN
    UPDATE account a SET balance = a.balance + NEW.minutes, seq = a.seq + 1
     WHERE a.id = NEW.payee_id AND a.bank_id = bank AND a.closed_at IS NULL
       AND (a.ceiling IS NULL OR a.balance + NEW.minutes <= a.ceiling)
    RETURNING a.seq, a.balance INTO NEW.payee_seq, NEW.payee_balance;
    IF NOT FOUND THEN
      PERFORM ledger_not_moved(bank, NEW.payee_id, NEW.minutes, NEW.entry_id);
    END IF;
  END IF;
  UPDATE account a SET balance = a.balance - NEW.minutes, seq = a.seq + 1
   WHERE a.id = NEW.payer_id AND a.bank_id = bank AND a.closed_at IS NULL
     AND (a.floor IS NULL OR a.balance - NEW.minutes >= a.floor)
  RETURNING a.seq, a.balance INTO NEW.payer_seq, NEW.payer_balance;
  IF NOT FOUND THEN
    PERFORM ledger_not_moved(bank, NEW.payer_id, -NEW.minutes, NEW.entry_id);
  END IF;
  IF NEW.payer_id < NEW.payee_id THEN
    UPDATE account a SET balance = a.balance + NEW.minutes, seq = a.seq + 1
     WHERE a.id = NEW.payee_id AND a.bank_id = bank AND a.closed_at IS NULL
       AND (a.ceiling IS NULL OR a.balance + NEW.minutes <= a.ceiling)
    RETURNING a.seq, a.balance INTO NEW.payee_seq, NEW.payee_balance;
    IF NOT FOUND THEN
      PERFORM ledger_not_moved(bank, NEW.payee_id, NEW.minutes, NEW.entry_id);
    END IF;
  END IF;
  RETURN NEW;
END $$
""",
    "CREATE TRIGGER posting_moves_minutes BEFORE INSERT ON posting FOR EACH ROW EXECUTE FUNCTION posting_moves_minutes()",
    """
CREATE FUNCTION block_follows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.n > 1 AND NOT EXISTS (
       SELECT FROM block b
        WHERE b.bank_id = NEW.bank_id AND b.n = NEW.n - 1 AND b.last < NEW.first AND b.total = NEW.total - NEW.entries)
     OR NEW.n = 1 AND NEW.total <> NEW.entries OR NEW.n < 1 THEN
    PERFORM ledger_refuse('ledger_block_follows', 'a block follows the one before it');
  END IF;
  RETURN NEW;
END $$
""",
    "CREATE TRIGGER block_follows BEFORE INSERT ON block FOR EACH ROW EXECUTE FUNCTION block_follows()",
    # A whole entry in one round trip. It holds no guarantee of its own: the triggers do. The
    # accounts of several legs are locked in order of their numbers before any is moved, so that
    # entries never wait for each other in a circle.
    """
CREATE FUNCTION ledger_post(
  p_bank integer, p_kind text, p_cause text, p_hash text, p_on date, p_by text, p_word text, p_channel text,
  p_reverses bigint, p_payers bigint[], p_payees bigint[], p_minutes bigint[]) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
  number bigint;
  earlier text;
BEGIN
  INSERT INTO entry (bank_id, kind, cause, request_hash, legs, occurred_on, recorded_by, on_word_of, channel, reverses_id)
  VALUES (p_bank, p_kind, p_cause, p_hash, cardinality(p_payers), p_on, p_by, p_word, p_channel, p_reverses)
  ON CONFLICT (cause, bank_id) DO NOTHING
  RETURNING id INTO number;
  IF number IS NULL THEN
    SELECT e.id, e.request_hash INTO number, earlier FROM entry e WHERE e.bank_id = p_bank AND e.cause = p_cause;
    IF earlier <> p_hash THEN
      PERFORM ledger_refuse('ledger_once', 'this cause has another entry', json_build_object('cause', p_cause));
    END IF;
  ELSIF cardinality(p_payers) = 1 THEN
    INSERT INTO posting (bank_id, entry_id, leg, payer_id, payee_id, minutes)
    VALUES (p_bank, number, 1, p_payers[1], p_payees[1], p_minutes[1]);
  ELSE
    PERFORM FROM account WHERE id = ANY (p_payers || p_payees) ORDER BY id FOR NO KEY UPDATE;
    INSERT INTO posting (bank_id, entry_id, leg, payer_id, payee_id, minutes)
    SELECT p_bank, number, leg, payer, payee, minutes
      FROM unnest(p_payers, p_payees, p_minutes) WITH ORDINALITY AS t (payer, payee, minutes, leg)
     ORDER BY leg;
  END IF;
  RETURN number;
END $$
""",
    # Many entries in one round trip, under the same guarantees. A cause comes once in `p_entries`.
    """
CREATE FUNCTION ledger_post_many(p_bank integer, p_entries json) RETURNS TABLE (number bigint) LANGUAGE plpgsql AS $$
DECLARE
  numbers bigint[];
  causes text[];
  other text;
BEGIN
  PERFORM FROM account
    WHERE id IN (SELECT side FROM json_to_recordset(p_entries) AS w (payers bigint[], payees bigint[]), unnest(payers || payees) AS side)
    ORDER BY id FOR NO KEY UPDATE;
  WITH fresh AS (
    INSERT INTO entry (bank_id, kind, cause, request_hash, legs, occurred_on, recorded_by, on_word_of, channel)
    SELECT p_bank, w.kind, w.cause, w.hash, cardinality(w.payers), w.occurred_on, w.recorded_by, w.on_word_of, w.channel
      FROM json_to_recordset(p_entries) AS w (
           cause text, kind text, hash text, occurred_on date, recorded_by text, on_word_of text, channel text, payers bigint[])
        ON CONFLICT (cause, bank_id) DO NOTHING
    RETURNING entry.id, entry.cause)
  SELECT array_agg(f.id), array_agg(f.cause) INTO numbers, causes FROM fresh f;
  INSERT INTO posting (bank_id, entry_id, leg, payer_id, payee_id, minutes)
  SELECT p_bank, f.id, l.leg, l.payer, l.payee, l.minutes
    FROM unnest(numbers, causes) AS f (id, cause)
    JOIN json_to_recordset(p_entries) AS w (cause text, payers bigint[], payees bigint[], minutes bigint[]) ON w.cause = f.cause
   CROSS JOIN unnest(w.payers, w.payees, w.minutes) WITH ORDINALITY AS l (payer, payee, minutes, leg)
   ORDER BY f.id, l.leg;
  SELECT w.cause INTO other
    FROM json_to_recordset(p_entries) AS w (cause text, hash text)
    JOIN entry e ON e.bank_id = p_bank AND e.cause = w.cause
   WHERE e.request_hash <> w.hash LIMIT 1;
  IF other IS NOT NULL THEN
    PERFORM ledger_refuse('ledger_once', 'this cause has another entry', json_build_object('cause', other));
  END IF;
  RETURN QUERY
  SELECT e.id FROM json_array_elements(p_entries) WITH ORDINALITY AS w (entry, place)
    JOIN entry e ON e.bank_id = p_bank AND e.cause = w.entry ->> 'cause'
   ORDER BY w.place;
END $$
""",
    # What can no longer change: every entry that will ever have a number up to `number`, or be
    # recorded by `instant`, is there to be read by the next statement. Both are drawn under a lock
    # on the table that a transaction holds to its end, so whoever may still bring an earlier one is
    # among those who hold that lock now. They are waited for, and hold up nobody else; when they
    # take longer than `p_patience`, both are null. What is read next must be seen as it is then,
    # not as it was at the beginning: the transaction has to be READ COMMITTED.
    """
CREATE FUNCTION ledger_settled(p_patience interval, OUT number bigint, OUT instant timestamptz) LANGUAGE plpgsql AS $$
DECLARE
  writers text[];
BEGIN
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    RAISE EXCEPTION 'what is settled can be told only by a transaction that is READ COMMITTED';
  END IF;
  instant := clock_timestamp();
  SELECT CASE WHEN is_called THEN last_value ELSE 0 END INTO number FROM entry_id_seq;
  SELECT array_agg(l.virtualtransaction) INTO writers FROM pg_locks l
   WHERE l.relation = 'entry'::regclass AND l.mode = 'RowExclusiveLock' AND l.granted AND l.pid IS DISTINCT FROM pg_backend_pid();
  WHILE EXISTS (
    SELECT FROM pg_locks l
     WHERE l.relation = 'entry'::regclass AND l.mode = 'RowExclusiveLock' AND l.virtualtransaction = ANY (writers)) LOOP
    IF clock_timestamp() > instant + p_patience THEN
      number := NULL;
      instant := NULL;
      RETURN;
    END IF;
    PERFORM pg_sleep(0.01);
  END LOOP;
END $$
""",
)

SQLITE = (
    # Append-only. INSERT OR REPLACE removes a row without firing DELETE triggers, so a key that
    # exists is refused up front.
    *(
        f"CREATE TRIGGER {table}_not_{verb.lower()}d BEFORE {verb} ON {table} BEGIN "
        f"SELECT RAISE(ABORT, 'ledger_append_only: rows of {table} are never changed or removed'); END"
        for table in ("entry", "posting", "block")
        for verb in ("UPDATE", "DELETE")
    ),
    "CREATE TRIGGER account_kept BEFORE DELETE ON account BEGIN "
    "SELECT RAISE(ABORT, 'ledger_append_only: rows of account are never removed'); END",
    # Accounts start empty, stay what they are, and are moved by postings alone.
    """
CREATE TRIGGER account_starts_empty BEFORE INSERT ON account BEGIN
  SELECT RAISE(ABORT, 'ledger_append_only: the account exists')
   WHERE EXISTS (SELECT 1 FROM account WHERE id = NEW.id)
      OR NEW.kind IN ('chest', 'opening')
     AND EXISTS (SELECT 1 FROM account WHERE bank_id = NEW.bank_id AND kind = NEW.kind);
  SELECT RAISE(ABORT, 'ledger_account_starts_empty: an account starts empty') WHERE NEW.balance IS NOT 0 OR NEW.seq IS NOT 0;
  SELECT RAISE(ABORT, 'ledger_account_kind: there is no such kind of account')
   WHERE NEW.kind NOT IN ('member', 'organisation', 'group', 'chest', 'clearing', 'opening');
  SELECT RAISE(ABORT, 'ledger_whole_minutes: limits are whole minutes')
   WHERE typeof(NEW.floor) NOT IN ('integer', 'null') OR typeof(NEW.ceiling) NOT IN ('integer', 'null');
END
""",
    """
CREATE TRIGGER account_identity BEFORE UPDATE OF id, bank_id, kind ON account
WHEN NEW.id IS NOT OLD.id OR NEW.bank_id IS NOT OLD.bank_id OR NEW.kind IS NOT OLD.kind BEGIN
  SELECT RAISE(ABORT, 'ledger_account_identity: an account keeps its number, bank and kind');
END
""",
    """
CREATE TRIGGER account_moved_by_postings BEFORE UPDATE OF balance, seq ON account
WHEN NEW.balance IS NOT OLD.balance OR NEW.seq IS NOT OLD.seq BEGIN
  SELECT RAISE(ABORT, 'ledger_moved_by_postings: a balance is moved by postings alone')
   WHERE NEW.seq IS NOT OLD.seq + 1 OR NOT EXISTS (
     SELECT 1 FROM posting WHERE payer_id = NEW.id AND payer_seq = NEW.seq AND payer_balance = NEW.balance
     UNION ALL
     SELECT 1 FROM posting WHERE payee_id = NEW.id AND payee_seq = NEW.seq AND payee_balance = NEW.balance);
END
""",
    # The outer statement's OR IGNORE would silence a CHECK, but not a RAISE.
    """
CREATE TRIGGER account_within_limits BEFORE UPDATE OF balance, floor, ceiling ON account BEGIN
  SELECT RAISE(ABORT, 'ledger_whole_minutes: limits are whole minutes')
   WHERE typeof(NEW.floor) NOT IN ('integer', 'null') OR typeof(NEW.ceiling) NOT IN ('integer', 'null');
  SELECT RAISE(ABORT, 'ledger_below_floor: below the floor') WHERE NEW.balance < NEW.floor;
  SELECT RAISE(ABORT, 'ledger_above_ceiling: above the ceiling') WHERE NEW.balance > NEW.ceiling;
END
""",
    # An entry is numbered and dated by the database (within a statement 'now' stands still); a
    # reversal mirrors an entry that is no reversal itself. Numbers run without a gap: a forged one
    # would let later ones come before those already sealed.
    """
CREATE TRIGGER entry_recorded BEFORE INSERT ON entry BEGIN
  SELECT RAISE(ABORT, 'ledger_append_only: the entry exists') WHERE EXISTS (SELECT 1 FROM entry WHERE id = NEW.id);
  SELECT RAISE(ABORT, 'ledger_once: this cause has its entry')
   WHERE EXISTS (SELECT 1 FROM entry WHERE bank_id = NEW.bank_id AND cause = NEW.cause);
  SELECT RAISE(ABORT, 'ledger_reversed_once: the entry is reversed already')
   WHERE EXISTS (SELECT 1 FROM entry WHERE reverses_id = NEW.reverses_id);
  SELECT RAISE(ABORT, 'ledger_dated: an entry says when it happened and is dated by the database')
   WHERE NEW.recorded_at IS NOT strftime('%Y-%m-%d %H:%M:%f000', 'now') OR NEW.occurred_on IS NOT date(NEW.occurred_on, '+0 days');
  SELECT RAISE(ABORT, 'ledger_exact_reversal: a reversal mirrors one whole entry that is no reversal itself')
   WHERE (NEW.kind = 'reversal') <> (NEW.reverses_id IS NOT NULL) OR NEW.reverses_id IS NOT NULL AND NOT EXISTS (
     SELECT 1 FROM entry o
      WHERE o.id = NEW.reverses_id AND o.bank_id = NEW.bank_id AND o.legs = NEW.legs AND o.reverses_id IS NULL);
END
""",
    """
CREATE TRIGGER entry_numbered AFTER INSERT ON entry
WHEN NEW.id <> 1 AND NOT EXISTS (SELECT 1 FROM entry WHERE id = NEW.id - 1) BEGIN
  SELECT RAISE(ABORT, 'ledger_append_only: entries are numbered by the database');
END
""",
    """
CREATE TRIGGER posting_checked BEFORE INSERT ON posting BEGIN
  SELECT RAISE(ABORT, 'ledger_whole_minutes: minutes are whole numbers above nothing')
   WHERE typeof(NEW.minutes) <> 'integer' OR NEW.minutes <= 0 OR typeof(NEW.leg) <> 'integer';
  SELECT RAISE(ABORT, 'ledger_same_bank: both accounts and the entry belong to one bank')
   WHERE NOT EXISTS (SELECT 1 FROM entry WHERE id = NEW.entry_id AND bank_id = NEW.bank_id)
      OR NOT EXISTS (SELECT 1 FROM account WHERE id = NEW.payer_id AND bank_id = NEW.bank_id)
      OR NOT EXISTS (SELECT 1 FROM account WHERE id = NEW.payee_id AND bank_id = NEW.bank_id);
  SELECT RAISE(ABORT, 'ledger_entry_closed: an entry takes the postings it declares, in order')
   WHERE NEW.leg > (SELECT legs FROM entry WHERE id = NEW.entry_id)
      OR NEW.leg <> 1 + coalesce((SELECT max(leg) FROM posting WHERE entry_id = NEW.entry_id), 0);
  SELECT RAISE(ABORT, 'ledger_exact_reversal: a reversal has the same minutes with the two accounts swapped')
    FROM entry e
   WHERE e.id = NEW.entry_id AND e.reverses_id IS NOT NULL AND NOT EXISTS (
     SELECT 1 FROM posting o
      WHERE o.entry_id = e.reverses_id AND o.leg = NEW.leg
        AND o.minutes = NEW.minutes AND o.payer_id = NEW.payee_id AND o.payee_id = NEW.payer_id);
  SELECT RAISE(ABORT, 'ledger_account_closed: the account is closed')
   WHERE EXISTS (SELECT 1 FROM account WHERE id IN (NEW.payer_id, NEW.payee_id) AND closed_at IS NOT NULL);
  SELECT RAISE(ABORT, 'ledger_moved_by_postings: the balances after a posting follow from those before it')
   WHERE NOT EXISTS (SELECT 1 FROM account
                      WHERE id = NEW.payer_id AND seq + 1 = NEW.payer_seq AND balance - NEW.minutes = NEW.payer_balance)
      OR NOT EXISTS (SELECT 1 FROM account
                      WHERE id = NEW.payee_id AND seq + 1 = NEW.payee_seq AND balance + NEW.minutes = NEW.payee_balance);
END
""",
    """
CREATE TRIGGER posting_moves_minutes AFTER INSERT ON posting BEGIN
  UPDATE account SET balance = NEW.payer_balance, seq = NEW.payer_seq WHERE id = NEW.payer_id;
  UPDATE account SET balance = NEW.payee_balance, seq = NEW.payee_seq WHERE id = NEW.payee_id;
  SELECT RAISE(ABORT, 'ledger_moved_by_postings: the accounts did not move')
   WHERE NOT EXISTS (SELECT 1 FROM account WHERE id = NEW.payer_id AND seq = NEW.payer_seq AND balance = NEW.payer_balance)
      OR NOT EXISTS (SELECT 1 FROM account WHERE id = NEW.payee_id AND seq = NEW.payee_seq AND balance = NEW.payee_balance);
END
""",
    """
CREATE TRIGGER block_follows BEFORE INSERT ON block BEGIN
  SELECT RAISE(ABORT, 'ledger_append_only: the block exists')
   WHERE EXISTS (SELECT 1 FROM block WHERE bank_id = NEW.bank_id AND n = NEW.n);
  SELECT RAISE(ABORT, 'ledger_block_follows: a block follows the one before it')
   WHERE NEW.n < 1 OR NEW.n = 1 AND NEW.total <> NEW.entries OR NEW.n > 1 AND NOT EXISTS (
     SELECT 1 FROM block b
      WHERE b.bank_id = NEW.bank_id AND b.n = NEW.n - 1 AND b.last < NEW.first AND b.total = NEW.total - NEW.entries);
END
""",
)

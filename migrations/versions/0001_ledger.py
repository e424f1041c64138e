"""Banks and the hour ledger, with the triggers that keep the ledger's promises.

Every rule is written twice, side by side: once in PL/pgSQL and once as SQLite triggers. A refusal carries the rule's name
(`ledger_…`), which the application turns into words. Nothing here relies on the application to behave.
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
        sa.CheckConstraint("rounding BETWEEN 1 AND 60", name="ck_bank_rounding"),
        sa.CheckConstraint("smallest_log > 0 AND largest_log >= smallest_log", name="ck_bank_log_range"),
        sa.CheckConstraint("member_floor <= 0", name="ck_bank_member_floor"),
        sa.CheckConstraint("waiting_days BETWEEN 1 AND 365", name="ck_bank_waiting_days"),
    )
    op.create_table(
        "account",
        sa.Column("id", BIG_ID, sa.Identity(), primary_key=True),
        sa.Column("bank_id", sa.Integer(), sa.ForeignKey("bank.id", name="fk_account_bank_id"), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("label", sa.String(120), nullable=False),
        sa.Column("balance", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("seq", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("floor", sa.BigInteger()),
        sa.Column("ceiling", sa.BigInteger()),
        sa.Column("opened_at", INSTANT, nullable=False),
        sa.Column("closed_at", INSTANT),
        sa.UniqueConstraint("bank_id", "id", name="uq_account_bank_id_id"),
        sa.CheckConstraint("floor IS NULL OR balance >= floor", name="ck_account_floor"),
        sa.CheckConstraint("ceiling IS NULL OR balance <= ceiling", name="ck_account_ceiling"),
        sa.CheckConstraint(
            "kind IN ('member', 'organisation', 'group', 'chest', 'clearing', 'opening')", name="ck_account_kind"
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
    sqlite = op.get_bind().dialect.name == "sqlite"
    # SQLite cannot add a key later, and lets one name a table that is still to come; PostgreSQL is the other way round.
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
        sa.Column("id", BIG_ID, sa.Identity(), primary_key=True),
        sa.Column("bank_id", sa.Integer(), sa.ForeignKey("bank.id", name="fk_entry_bank_id"), nullable=False),
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
        sa.UniqueConstraint("bank_id", "cause", name="uq_entry_bank_id_cause"),
        sa.ForeignKeyConstraint(["bank_id", "reverses_id"], ["entry.bank_id", "entry.id"], name="fk_entry_bank_id_reverses_id"),
        sa.CheckConstraint("legs > 0", name="ck_entry_legs"),
        *([complete] if sqlite else []),
    )
    op.create_table(
        "posting",
        sa.Column("id", BIG_ID, sa.Identity(), primary_key=True),
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("entry_id", sa.BigInteger(), nullable=False),
        sa.Column("leg", sa.Integer(), nullable=False),
        sa.Column("payer_id", sa.BigInteger(), nullable=False),
        sa.Column("payee_id", sa.BigInteger(), nullable=False),
        sa.Column("minutes", sa.BigInteger(), nullable=False),
        sa.Column("payer_seq", sa.BigInteger(), nullable=False),
        sa.Column("payer_balance", sa.BigInteger(), nullable=False),
        sa.Column("payee_seq", sa.BigInteger(), nullable=False),
        sa.Column("payee_balance", sa.BigInteger(), nullable=False),
        sa.Column("reverses_id", sa.BigInteger()),
        sa.UniqueConstraint("entry_id", "leg", name="uq_posting_entry_id_leg"),
        sa.UniqueConstraint("payer_id", "payer_seq", name="uq_posting_payer_id_payer_seq"),
        sa.UniqueConstraint("payee_id", "payee_seq", name="uq_posting_payee_id_payee_seq"),
        sa.ForeignKeyConstraint(["bank_id", "entry_id"], ["entry.bank_id", "entry.id"], name="fk_posting_bank_id_entry_id"),
        sa.ForeignKeyConstraint(["bank_id", "payer_id"], ["account.bank_id", "account.id"], name="fk_posting_bank_id_payer_id"),
        sa.ForeignKeyConstraint(["bank_id", "payee_id"], ["account.bank_id", "account.id"], name="fk_posting_bank_id_payee_id"),
        sa.ForeignKeyConstraint(["reverses_id"], ["posting.id"], name="fk_posting_reverses_id"),
        sa.CheckConstraint("minutes > 0", name="ck_posting_minutes"),
        sa.CheckConstraint("payer_id <> payee_id", name="ck_posting_two_accounts"),
        sa.CheckConstraint("leg > 0", name="ck_posting_leg"),
    )
    reversing = sa.text("reverses_id IS NOT NULL")
    for table in ("entry", "posting"):
        op.create_index(
            f"uq_{table}_reverses_id",
            table,
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
    op.create_table(
        "block",
        sa.Column("bank_id", sa.Integer(), sa.ForeignKey("bank.id", name="fk_block_bank_id"), primary_key=True),
        sa.Column("n", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("first", sa.BigInteger(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("sealed_at", INSTANT, nullable=False),
        sa.CheckConstraint("entries > 0 AND last >= first", name="ck_block_run"),
    )
    for statement in [ACCOUNT_LINE, *(SQLITE if sqlite else POSTGRESQL)]:
        # Drivers take a single % for a parameter.
        op.get_bind().exec_driver_sql(statement if sqlite else statement.replace("%", "%%"))


def downgrade() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    op.execute("DROP VIEW account_line")
    op.drop_table("block")
    if not sqlite:
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
       payee_id AS other_id, entry_id, id AS posting_id
  FROM posting
UNION ALL
SELECT bank_id, payee_id, payee_seq, minutes, payee_balance, payer_id, entry_id, id
  FROM posting
"""

FUNCTIONS = (
    "ledger_post",
    "ledger_settled_up_to",
    "posting_moves_minutes",
    "ledger_move",
    "entry_recorded",
    "block_follows",
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
    # Accounts start empty, stay what they are, and are moved by postings alone.
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
CREATE TRIGGER account_identity BEFORE UPDATE ON account FOR EACH ROW
WHEN (NEW.id <> OLD.id OR NEW.bank_id <> OLD.bank_id OR NEW.kind <> OLD.kind)
EXECUTE FUNCTION account_refused('ledger_account_identity', 'an account keeps its number, bank and kind')
""",
    # The depth is that of the statement: 0 for one the application sends, 1 for the posting trigger's own.
    """
CREATE TRIGGER account_moved_by_postings BEFORE UPDATE ON account FOR EACH ROW
WHEN (pg_trigger_depth() = 0 AND (NEW.balance <> OLD.balance OR NEW.seq <> OLD.seq))
EXECUTE FUNCTION account_refused('ledger_moved_by_postings', 'a balance is moved by postings alone')
""",
    # An entry is dated by the database's clock; a reversal mirrors an entry that is no reversal itself.
    """
CREATE FUNCTION entry_recorded() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.recorded_at := now();
  IF (NEW.kind = 'reversal') <> (NEW.reverses_id IS NOT NULL) OR NEW.reverses_id IS NOT NULL AND NOT EXISTS (
       SELECT FROM entry o
        WHERE o.id = NEW.reverses_id AND o.bank_id = NEW.bank_id AND o.legs = NEW.legs AND o.reverses_id IS NULL) THEN
    PERFORM ledger_refuse('ledger_exact_reversal', 'a reversal mirrors one whole entry that is no reversal itself');
  END IF;
  RETURN NEW;
END $$
""",
    "CREATE TRIGGER entry_recorded BEFORE INSERT ON entry FOR EACH ROW EXECUTE FUNCTION entry_recorded()",
    # One side of a posting: the row that is checked is the row that is locked.
    """
CREATE FUNCTION ledger_move(bank integer, account bigint, change bigint, OUT seq bigint, OUT balance bigint)
LANGUAGE plpgsql AS $$
DECLARE
  a record;
BEGIN
  UPDATE account AS t SET balance = t.balance + change, seq = t.seq + 1
   WHERE t.id = account AND t.bank_id = bank AND t.closed_at IS NULL
     AND (t.floor IS NULL OR t.balance + change >= t.floor)
     AND (t.ceiling IS NULL OR t.balance + change <= t.ceiling)
  RETURNING t.seq, t.balance INTO ledger_move.seq, ledger_move.balance;
  IF FOUND THEN
    RETURN;
  END IF;
  SELECT t.id AS account, t.balance, t.floor, t.ceiling, t.closed_at, change INTO a
    FROM account AS t WHERE t.id = ledger_move.account AND t.bank_id = bank;
  IF NOT FOUND THEN
    PERFORM ledger_refuse('ledger_same_bank', 'both accounts and the entry belong to one bank');
  ELSIF a.closed_at IS NOT NULL THEN
    PERFORM ledger_refuse('ledger_account_closed', 'the account is closed', row_to_json(a));
  ELSIF change < 0 THEN
    PERFORM ledger_refuse('ledger_below_floor', 'below the floor', row_to_json(a));
  ELSE
    PERFORM ledger_refuse('ledger_above_ceiling', 'above the ceiling', row_to_json(a));
  END IF;
END $$
""",
    """
CREATE FUNCTION posting_moves_minutes() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  e record;
  payer record;
  payee record;
BEGIN
  SELECT legs, reverses_id INTO e FROM entry WHERE id = NEW.entry_id AND bank_id = NEW.bank_id;
  IF NOT FOUND THEN
    PERFORM ledger_refuse('ledger_same_bank', 'both accounts and the entry belong to one bank');
  END IF;
  -- ON CONFLICT DO NOTHING would keep what this trigger moves and drop the row, so no key may be left to conflict on.
  IF NEW.id <> currval('posting_id_seq') OR EXISTS (SELECT FROM posting WHERE id = NEW.id) THEN
    PERFORM ledger_refuse('ledger_append_only', 'postings are numbered by the database');
  END IF;
  IF NEW.leg > e.legs OR NEW.leg <> coalesce((SELECT max(leg) FROM posting WHERE entry_id = NEW.entry_id), 0) + 1 THEN
    PERFORM ledger_refuse('ledger_entry_closed', 'an entry takes the postings it declares, in order');
  END IF;
  IF e.reverses_id IS NULL AND NEW.reverses_id IS NOT NULL OR e.reverses_id IS NOT NULL AND NOT EXISTS (
       SELECT FROM posting o
        WHERE o.id = NEW.reverses_id AND o.entry_id = e.reverses_id AND o.leg = NEW.leg
          AND o.minutes = NEW.minutes AND o.payer_id = NEW.payee_id AND o.payee_id = NEW.payer_id) THEN
    PERFORM ledger_refuse('ledger_exact_reversal', 'a reversal has the same minutes with the two accounts swapped');
  END IF;
  -- The lower account number first, always: two postings the same two ways round never wait for each other.
  IF NEW.payer_id < NEW.payee_id THEN
    payer := ledger_move(NEW.bank_id, NEW.payer_id, -NEW.minutes);
    payee := ledger_move(NEW.bank_id, NEW.payee_id, NEW.minutes);
  ELSE
    payee := ledger_move(NEW.bank_id, NEW.payee_id, NEW.minutes);
    payer := ledger_move(NEW.bank_id, NEW.payer_id, -NEW.minutes);
  END IF;
  IF coalesce(NEW.payer_seq, payer.seq) <> payer.seq OR coalesce(NEW.payer_balance, payer.balance) <> payer.balance
     OR coalesce(NEW.payee_seq, payee.seq) <> payee.seq OR coalesce(NEW.payee_balance, payee.balance) <> payee.balance THEN
    PERFORM ledger_refuse('ledger_moved_by_postings', 'balances are worked out by the database, not handed to it');
  END IF;
  NEW.payer_seq := payer.seq;
  NEW.payer_balance := payer.balance;
  NEW.payee_seq := payee.seq;
  NEW.payee_balance := payee.balance;
  RETURN NEW;
END $$
""",
    "CREATE TRIGGER posting_moves_minutes BEFORE INSERT ON posting FOR EACH ROW EXECUTE FUNCTION posting_moves_minutes()",
    """
CREATE FUNCTION block_follows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.n > 1 AND NOT EXISTS (
       SELECT FROM block b WHERE b.bank_id = NEW.bank_id AND b.n = NEW.n - 1 AND b.last < NEW.first) OR NEW.n < 1 THEN
    PERFORM ledger_refuse('ledger_block_follows', 'a block follows the one before it');
  END IF;
  RETURN NEW;
END $$
""",
    "CREATE TRIGGER block_follows BEFORE INSERT ON block FOR EACH ROW EXECUTE FUNCTION block_follows()",
    # A whole entry in one round trip. It holds no guarantee of its own: the triggers do. More than two accounts are locked
    # in order of their numbers before any is moved, so that entries never wait for each other in a circle.
    """
CREATE FUNCTION ledger_post(
  p_bank integer, p_kind text, p_cause text, p_hash text, p_on date, p_by text, p_word text, p_channel text,
  p_reverses bigint, p_payers bigint[], p_payees bigint[], p_minutes bigint[], p_reversed bigint[],
  OUT entry_id bigint, OUT fresh boolean, OUT earlier_hash text)
LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO entry (bank_id, kind, cause, request_hash, legs, occurred_on, recorded_by, on_word_of, channel, reverses_id)
  VALUES (p_bank, p_kind, p_cause, p_hash, cardinality(p_payers), p_on, p_by, p_word, p_channel, p_reverses)
  ON CONFLICT (bank_id, cause) DO NOTHING
  RETURNING id INTO entry_id;
  fresh := FOUND;
  IF NOT fresh THEN
    SELECT e.id, e.request_hash INTO entry_id, earlier_hash FROM entry e WHERE e.bank_id = p_bank AND e.cause = p_cause;
    RETURN;
  END IF;
  IF cardinality(p_payers) > 1 THEN
    PERFORM FROM account WHERE id = ANY (p_payers || p_payees) AND bank_id = p_bank ORDER BY id FOR NO KEY UPDATE;
  END IF;
  INSERT INTO posting (bank_id, entry_id, leg, payer_id, payee_id, minutes, reverses_id)
  SELECT p_bank, ledger_post.entry_id, leg, payer, payee, minutes, reversed
    FROM unnest(p_payers, p_payees, p_minutes, p_reversed) WITH ORDINALITY AS t (payer, payee, minutes, reversed, leg)
   ORDER BY leg;
END $$
""",
    # The last entry of a bank such that no smaller number can still appear. The lock waits for those who are writing, and
    # numbers are given out only to those who hold the lock it conflicts with. The caller's transaction must end at once.
    """
CREATE FUNCTION ledger_settled_up_to(p_bank integer) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT AS $$
BEGIN
  LOCK TABLE entry IN SHARE MODE;
  RETURN coalesce((SELECT max(id) FROM entry WHERE bank_id = p_bank), 0);
END $$
""",
)

SQLITE = (
    # Append-only. INSERT OR REPLACE removes a row without firing DELETE triggers, so a key that exists is refused up front.
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
END
""",
    """
CREATE TRIGGER account_identity BEFORE UPDATE ON account
WHEN NEW.id IS NOT OLD.id OR NEW.bank_id IS NOT OLD.bank_id OR NEW.kind IS NOT OLD.kind BEGIN
  SELECT RAISE(ABORT, 'ledger_account_identity: an account keeps its number, bank and kind');
END
""",
    """
CREATE TRIGGER account_moved_by_postings BEFORE UPDATE ON account
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
CREATE TRIGGER account_within_limits BEFORE UPDATE ON account
WHEN NEW.balance < NEW.floor OR NEW.balance > NEW.ceiling BEGIN
  SELECT RAISE(ABORT, 'ledger_below_floor: below the floor') WHERE NEW.balance < NEW.floor;
  SELECT RAISE(ABORT, 'ledger_above_ceiling: above the ceiling');
END
""",
    # An entry is dated by the database's clock ('now' stands still within a statement); a reversal mirrors an entry that is
    # no reversal itself.
    """
CREATE TRIGGER entry_recorded BEFORE INSERT ON entry BEGIN
  SELECT RAISE(ABORT, 'ledger_append_only: the entry exists') WHERE EXISTS (SELECT 1 FROM entry WHERE id = NEW.id);
  SELECT RAISE(ABORT, 'ledger_once: this cause has its entry')
   WHERE EXISTS (SELECT 1 FROM entry WHERE bank_id = NEW.bank_id AND cause = NEW.cause);
  SELECT RAISE(ABORT, 'ledger_reversed_once: the entry is reversed already')
   WHERE EXISTS (SELECT 1 FROM entry WHERE reverses_id = NEW.reverses_id);
  SELECT RAISE(ABORT, 'ledger_recorded_at: an entry is dated by the database')
   WHERE NEW.recorded_at IS NOT strftime('%Y-%m-%d %H:%M:%f000', 'now');
  SELECT RAISE(ABORT, 'ledger_exact_reversal: a reversal mirrors one whole entry that is no reversal itself')
   WHERE (NEW.kind = 'reversal') <> (NEW.reverses_id IS NOT NULL) OR NEW.reverses_id IS NOT NULL AND NOT EXISTS (
     SELECT 1 FROM entry o
      WHERE o.id = NEW.reverses_id AND o.bank_id = NEW.bank_id AND o.legs = NEW.legs AND o.reverses_id IS NULL);
END
""",
    """
CREATE TRIGGER posting_checked BEFORE INSERT ON posting BEGIN
  SELECT RAISE(ABORT, 'ledger_append_only: the posting exists')
   WHERE EXISTS (SELECT 1 FROM posting WHERE id = NEW.id)
      OR EXISTS (SELECT 1 FROM posting WHERE entry_id = NEW.entry_id AND leg = NEW.leg);
  SELECT RAISE(ABORT, 'ledger_reversed_once: the posting is reversed already')
   WHERE EXISTS (SELECT 1 FROM posting WHERE reverses_id = NEW.reverses_id);
  SELECT RAISE(ABORT, 'ledger_whole_minutes: minutes are whole numbers')
   WHERE typeof(NEW.minutes) <> 'integer' OR typeof(NEW.leg) <> 'integer';
  SELECT RAISE(ABORT, 'ledger_same_bank: both accounts and the entry belong to one bank')
   WHERE NOT EXISTS (SELECT 1 FROM entry WHERE id = NEW.entry_id AND bank_id = NEW.bank_id)
      OR NOT EXISTS (SELECT 1 FROM account WHERE id = NEW.payer_id AND bank_id = NEW.bank_id)
      OR NOT EXISTS (SELECT 1 FROM account WHERE id = NEW.payee_id AND bank_id = NEW.bank_id);
  SELECT RAISE(ABORT, 'ledger_entry_closed: an entry takes the postings it declares, in order')
   WHERE NEW.leg > (SELECT legs FROM entry WHERE id = NEW.entry_id)
      OR NEW.leg > 1 AND NOT EXISTS (SELECT 1 FROM posting WHERE entry_id = NEW.entry_id AND leg = NEW.leg - 1);
  SELECT RAISE(ABORT, 'ledger_exact_reversal: a reversal has the same minutes with the two accounts swapped')
    FROM entry e
   WHERE e.id = NEW.entry_id
     AND (e.reverses_id IS NULL AND NEW.reverses_id IS NOT NULL OR e.reverses_id IS NOT NULL AND NOT EXISTS (
       SELECT 1 FROM posting o
        WHERE o.id = NEW.reverses_id AND o.entry_id = e.reverses_id AND o.leg = NEW.leg
          AND o.minutes = NEW.minutes AND o.payer_id = NEW.payee_id AND o.payee_id = NEW.payer_id));
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
   WHERE NEW.n < 1 OR NEW.n > 1 AND NOT EXISTS (
     SELECT 1 FROM block b WHERE b.bank_id = NEW.bank_id AND b.n = NEW.n - 1 AND b.last < NEW.first);
END
""",
)

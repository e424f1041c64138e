"""Whether what keeps the ledger's promises is all there: triggers, functions, constraints, indexes,
and settings.

A table that is rebuilt in SQLite loses its triggers, whoever owns a database can drop or alter
anything, and a restore can leave things out. So each guard is compared, by a digest of its
definition, with what the migrations make. A test holds the list to that, and shows the new digests
when a migration changes a guard.
"""

import hashlib
import re
from collections.abc import Iterator

from sqlalchemy import Connection
from sqlalchemy.orm import Session

TABLES = ("account", "entry", "posting", "block", "intervention")

EXPECTED: dict[str, dict[str, str]] = {
    "sqlite": {
        "constraint ck_account_ceiling": "0d3aad12d4af",
        "constraint ck_account_floor": "652a326aa8b2",
        "constraint ck_block_run": "147146db8d66",
        "constraint ck_entry_legs": "88608b91056e",
        "constraint ck_intervention_grants": "52fb7a4e73ab",
        "constraint ck_intervention_kind": "996135df0d7a",
        "constraint ck_intervention_limits": "781c1b46a6ea",
        "constraint ck_intervention_reverses": "9d88610e11d4",
        "constraint ck_intervention_says_why": "71d1c902cec3",
        "constraint ck_intervention_why": "f842308f4dc8",
        "constraint ck_posting_minutes": "746b8ddfc4b4",
        "constraint ck_posting_two_accounts": "3455758d7ecd",
        "constraint fk_account_bank_id": "b9d27e25fa2c",
        "constraint fk_block_bank_id": "b9d27e25fa2c",
        "constraint fk_entry_bank_id_reverses_id": "dc62f7696709",
        "constraint fk_entry_complete": "8e813b2175f9",
        "constraint fk_intervention_bank_id": "b9d27e25fa2c",
        "constraint fk_intervention_bank_id_account_id": "3e0c182ba348",
        "constraint fk_intervention_bank_id_entry_id": "f4ab25e3f2f1",
        "constraint fk_intervention_bank_id_reverses_id": "dc62f7696709",
        "constraint fk_posting_bank_id_entry_id": "f4ab25e3f2f1",
        "constraint fk_posting_bank_id_payee_id": "25d7b7f11aad",
        "constraint fk_posting_bank_id_payer_id": "ea4c8a8cc783",
        "constraint pk_account": "8c8464f42472",
        "constraint pk_block": "8fb0d8564742",
        "constraint pk_entry": "8c8464f42472",
        "constraint pk_intervention": "8c8464f42472",
        "constraint pk_posting": "ea0c75357e05",
        "constraint uq_account_bank_id_id": "12de604c0933",
        "constraint uq_entry_bank_id_id": "12de604c0933",
        "constraint uq_entry_cause_bank_id": "7cf374b0dcb8",
        "constraint uq_intervention_reverses_id": "3786bcc85849",
        "constraint uq_posting_payee_id_payee_seq": "6f446bd3c92a",
        "constraint uq_posting_payer_id_payer_seq": "cc6ef27e2d5c",
        "index ix_intervention_account_id": "6fd9aabbd61c",
        "index ix_intervention_bank_id_at": "1c755d642772",
        "index ix_intervention_bank_id_of": "8f1b4e0d2ad8",
        "index ix_intervention_entry_id": "241d0fad1fa3",
        "index uq_account_one_of_its_kind": "6904e62ccee1",
        "index uq_entry_reverses_id": "53e5544fe1d6",
        "trigger account_identity": "9341e840c741",
        "trigger account_kept": "96a434d9788e",
        "trigger account_limited_for_a_reason": "eb5e52353048",
        "trigger account_moved_by_postings": "11428232b70b",
        "trigger account_starts_empty": "6fbf84f42531",
        "trigger account_within_limits": "db6afa5fe66b",
        "trigger block_follows": "f1082ccd0ae3",
        "trigger block_not_deleted": "a861ec2ff726",
        "trigger block_not_updated": "9b0ff12444c1",
        "trigger entry_not_deleted": "3d4505667138",
        "trigger entry_not_updated": "7e5c2a058e59",
        "trigger entry_numbered": "535b7029ef28",
        "trigger entry_recorded": "2b6e51fb4149",
        "trigger entry_reversed_for_a_reason": "e2ad527ede99",
        "trigger intervention_happens": "6f82cca15271",
        "trigger intervention_not_deleted": "a6db2241db95",
        "trigger intervention_recorded": "f7d1d2039eb3",
        "trigger intervention_stays": "1cd52890a457",
        "trigger posting_checked": "5a3089e9cf9d",
        "trigger posting_moves_minutes": "e32e2bb8cfbf",
        "trigger posting_not_deleted": "be569e41c0d4",
        "trigger posting_not_updated": "4d5b1fd5516b",
        "view account_line": "0485f7b77dde",
    },
    "postgresql": {
        "constraint ck_account_ceiling": "9a7a499bbbea",
        "constraint ck_account_floor": "2c113b4c9341",
        "constraint ck_block_run": "d6c4864c571c",
        "constraint ck_entry_legs": "930f49c9444c",
        "constraint ck_intervention_grants": "5a3e02c67648",
        "constraint ck_intervention_kind": "da5c9e8cde1c",
        "constraint ck_intervention_limits": "ee22799882fa",
        "constraint ck_intervention_reverses": "9c5527944d98",
        "constraint ck_intervention_says_why": "f5dcc9727581",
        "constraint ck_intervention_why": "bb4c0635f1c5",
        "constraint ck_posting_minutes": "6d942fc8cc9f",
        "constraint ck_posting_two_accounts": "9d947df46c49",
        "constraint fk_account_bank_id": "f5fb8d279f51",
        "constraint fk_block_bank_id": "f5fb8d279f51",
        "constraint fk_entry_bank_id_reverses_id": "aba5968ddf61",
        "constraint fk_entry_complete": "93a24d1d75d5",
        "constraint fk_intervention_bank_id": "f5fb8d279f51",
        "constraint fk_intervention_bank_id_account_id": "7d3ca921e9c5",
        "constraint fk_intervention_bank_id_entry_id": "6ae7d041d735",
        "constraint fk_intervention_bank_id_reverses_id": "aba5968ddf61",
        "constraint fk_posting_bank_id_entry_id": "6ae7d041d735",
        "constraint fk_posting_bank_id_payee_id": "967c07fface0",
        "constraint fk_posting_bank_id_payer_id": "672e3718f1aa",
        "constraint pk_account": "8c8464f42472",
        "constraint pk_block": "8fb0d8564742",
        "constraint pk_entry": "8c8464f42472",
        "constraint pk_intervention": "8c8464f42472",
        "constraint pk_posting": "ea0c75357e05",
        "constraint uq_account_bank_id_id": "12de604c0933",
        "constraint uq_entry_bank_id_id": "12de604c0933",
        "constraint uq_entry_cause_bank_id": "7cf374b0dcb8",
        "constraint uq_intervention_reverses_id": "3786bcc85849",
        "constraint uq_posting_payee_id_payee_seq": "6f446bd3c92a",
        "constraint uq_posting_payer_id_payer_seq": "cc6ef27e2d5c",
        "function account_limited_for_a_reason": "23205730d89b",
        "function account_moved_by_postings": "417d9ee2cd3f",
        "function account_refused": "bd389c85f4ae",
        "function block_follows": "f3a1496dbbab",
        "function entry_recorded": "20b53ebf7158",
        "function entry_reversed_for_a_reason": "d2b5b973c519",
        "function intervention_happens": "43e08de4da3d",
        "function intervention_recorded": "5327254d607a",
        "function intervention_stays": "4bf9971ffd6f",
        "function ledger_append_only": "efaad4f1204e",
        "function ledger_not_moved": "260c7e2334e8",
        "function ledger_post": "03a61e40cea6",
        "function ledger_post_many": "568aa4a1685d",
        "function ledger_refuse": "bc2fc967fe3e",
        "function ledger_settled": "c6d35196f9b6",
        "function posting_moves_minutes": "cb142d508704",
        "index pk_account": "34d1b3b0a0f9",
        "index pk_block": "3fd626138c27",
        "index pk_entry": "a9de3da6be6d",
        "index pk_intervention": "1fbe2ab733c8",
        "index pk_posting": "541a9d2ac8cd",
        "index uq_account_bank_id_id": "cbe36730d1f9",
        "index uq_account_one_of_its_kind": "f7ee36b2df00",
        "index uq_entry_bank_id_id": "cd816d2526ce",
        "index uq_entry_cause_bank_id": "5651bf6368d8",
        "index uq_entry_reverses_id": "ced4f5b40ffb",
        "index uq_intervention_reverses_id": "b2e1cf68a1d2",
        "index uq_posting_payee_id_payee_seq": "5a653458e9bc",
        "index uq_posting_payer_id_payer_seq": "30fbe741b852",
        "sequence entry_id_seq": "9c96a86f94f8",
        "trigger account_identity": "b40dfa8f9bd3",
        "trigger account_kept": "1046c393c21b",
        "trigger account_kind": "5bea008d9d1c",
        "trigger account_limited_for_a_reason": "613582799197",
        "trigger account_moved_by_postings": "04395344636e",
        "trigger account_not_truncated": "8f2abafe9c59",
        "trigger account_starts_empty": "cb2c1097a4c7",
        "trigger block_append_only": "9247002c0f36",
        "trigger block_follows": "39d7a08c1e6b",
        "trigger block_not_truncated": "989a063ef42c",
        "trigger entry_append_only": "e64bec739046",
        "trigger entry_not_truncated": "065f76404c94",
        "trigger entry_recorded": "d45ec2502fcf",
        "trigger entry_reversed_for_a_reason": "b6402d8c63b5",
        "trigger intervention_happens": "ac17474695f7",
        "trigger intervention_not_truncated": "0c5911248e61",
        "trigger intervention_recorded": "6588e60e1d8b",
        "trigger intervention_stays": "86ec693e97d5",
        "trigger posting_append_only": "2ca6531a6e57",
        "trigger posting_moves_minutes": "ecf4c7b01629",
        "trigger posting_not_truncated": "6eb465a954c2",
        "view account_line": "96a927bc9c5a",
    },
}


def missing_guards(session: Session) -> list[str]:
    """What is wrong with the guards of the ledger in this database and on this connection, in
    words. Empty: nothing."""
    connection = session.connection()
    expected, actual = EXPECTED[connection.dialect.name], digests(session)
    return [
        *(f"the {name} is missing" for name in expected if name not in actual),
        *(
            f"the {name} is not as it was made"
            for name in expected
            if actual.get(name, expected[name]) != expected[name]
        ),
        *(f"the {name} does not belong here" for name in actual if name not in expected),
        *_switched_off(connection),
    ]


def digests(session: Session) -> dict[str, str]:
    """Every guard in the database, with a digest of its definition."""
    connection = session.connection()
    definitions = (
        _on_sqlite(connection)
        if connection.dialect.name == "sqlite"
        else _on_postgresql(connection)
    )
    return {
        name: hashlib.sha256(" ".join(text.split()).encode()).hexdigest()[:12]
        for name, text in sorted(definitions)
    }


def _on_sqlite(connection: Connection) -> Iterator[tuple[str, str]]:
    rows = connection.exec_driver_sql(
        "SELECT type, name, sql FROM sqlite_master"
        " WHERE sql IS NOT NULL AND tbl_name IN (?, ?, ?, ?, ?, 'account_line')",
        TABLES,
    )
    for kind, name, sql in rows.all():
        if kind != "table":
            yield f"{kind} {name}", sql
            continue
        for constraint, definition in re.findall(r"CONSTRAINT (\w+) ([^\n]*?),? *(?:\n|$)", sql):
            yield f"constraint {constraint}", definition


_POSTGRESQL = """
WITH tables AS (
  SELECT oid FROM pg_class
   WHERE oid = ANY (ARRAY['account', 'entry', 'posting', 'block', 'intervention']::regclass[]))
SELECT 'trigger ' || t.tgname,
       pg_get_triggerdef(t.oid, true)
       || CASE WHEN t.tgenabled IN ('O', 'A') THEN '' ELSE ' OFF' END
  FROM pg_trigger t WHERE t.tgrelid IN (SELECT oid FROM tables) AND NOT t.tgisinternal
UNION ALL
SELECT 'function ' || p.proname, p.prosrc FROM pg_proc p
 WHERE p.pronamespace = (SELECT relnamespace FROM pg_class WHERE oid = 'entry'::regclass)
   AND (p.proname LIKE 'ledger\\_%%' OR p.oid IN (
     SELECT t.tgfoid FROM pg_trigger t
      WHERE t.tgrelid IN (SELECT oid FROM tables) AND NOT t.tgisinternal))
UNION ALL
SELECT 'constraint ' || c.conname,
       pg_get_constraintdef(c.oid)
       || CASE WHEN EXISTS (
            SELECT FROM pg_trigger t
             WHERE t.tgconstraint = c.oid AND t.tgenabled NOT IN ('O', 'A'))
          THEN ' OFF' ELSE '' END
  FROM pg_constraint c WHERE c.conrelid IN (SELECT oid FROM tables) AND c.contype <> 'n'
UNION ALL
SELECT 'index ' || i.relname,
       regexp_replace(pg_get_indexdef(i.oid), ' ON \\S+ ', ' ON ')
       || CASE WHEN x.indisvalid THEN '' ELSE ' OFF' END
  FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid
 WHERE x.indrelid IN (SELECT oid FROM tables) AND x.indisunique
UNION ALL
SELECT 'view account_line', pg_get_viewdef('account_line'::regclass)
UNION ALL
SELECT 'sequence entry_id_seq',
       format('by %%s, cache %%s, cycle %%s', seqincrement, seqcache, seqcycle)
  FROM pg_sequence WHERE seqrelid = 'entry_id_seq'::regclass
"""


def _on_postgresql(connection: Connection) -> Iterator[tuple[str, str]]:
    for name, definition in connection.exec_driver_sql(_POSTGRESQL):
        # After a dump and restore PostgreSQL writes a list of words with other casts and brackets,
        # and means the same.
        plain = (
            re.sub(r"::text|::character varying|\[\]|[()]", "", definition)
            if "ARRAY[" in definition
            else definition
        )
        yield str(name), str(plain)


def _switched_off(connection: Connection) -> Iterator[str]:
    if connection.dialect.name == "postgresql":
        if connection.exec_driver_sql("SHOW session_replication_role").scalar_one() != "origin":
            yield "this connection has triggers switched off (session_replication_role)"
        return
    if not connection.exec_driver_sql("PRAGMA foreign_keys").scalar_one():
        yield "this connection has foreign keys switched off (PRAGMA foreign_keys)"
    if connection.exec_driver_sql("PRAGMA ignore_check_constraints").scalar_one():
        yield "this connection has checks switched off (PRAGMA ignore_check_constraints)"

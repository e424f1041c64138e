-- A role for the application that does not own the ledger's tables: it can post, and can neither change what was posted nor
-- take the guards away. Run it as the owner of the database after each `timebank` migration (migrations run as the owner):
--
--     psql -v ON_ERROR_STOP=1 -v role=timebank_app -f deploy/postgresql-roles.sql "$OWNER_DATABASE_URL"
--
-- Give the role a password of its own (ALTER ROLE timebank_app PASSWORD '…'), and put that into TIMEBANK_DATABASE_URL.
-- Running it again changes nothing. What a superuser or the owner could still do, `timebank ledger check` finds.

BEGIN;

SELECT format('CREATE ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE', :'role')
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'role') \gexec

-- Nobody but the owner makes tables, functions or triggers here, temporary ones included: a trigger of one's own is the one
-- way in which an UPDATE of a balance would look as if a posting had sent it.
REVOKE CREATE ON SCHEMA public FROM PUBLIC, :"role";
SELECT format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database()) \gexec
GRANT USAGE ON SCHEMA public TO :"role";

-- Everything that is not the ledger.
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO :"role";
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO :"role";
REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM :"role";

-- Counting what stands in the tables is the owner's; the application has it done, and nobody else has.
REVOKE EXECUTE ON FUNCTION take_stock() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION take_stock() TO :"role";

-- The ledger: postings move balances by an UPDATE of the account, which its trigger allows to postings alone.
REVOKE UPDATE, DELETE, TRUNCATE, TRIGGER, REFERENCES ON entry, posting, block FROM :"role";
REVOKE UPDATE, DELETE, TRUNCATE, TRIGGER, REFERENCES ON account FROM :"role";
REVOKE UPDATE, DELETE, TRUNCATE, TRIGGER, REFERENCES ON intervention FROM :"role";
GRANT UPDATE (why, unnamed_at) ON intervention TO :"role";
GRANT UPDATE (label, balance, seq, floor, ceiling, closed_at) ON account TO :"role";

COMMIT;

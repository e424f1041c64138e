"""The application has PostgreSQL count what stands in the tables, which are their owner's to count.

Revision 0044, after 0043. SQLite asks nobody for leave.
"""

from alembic import op

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None

POSTGRESQL = """
CREATE FUNCTION take_stock() RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  ours regclass;
BEGIN
  FOR ours IN SELECT oid FROM pg_class
    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY oid
  LOOP
    EXECUTE 'ANALYZE ' || ours::text;
  END LOOP;
END $$
"""


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(POSTGRESQL)


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION take_stock()")

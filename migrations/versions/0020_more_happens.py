"""What happens is told of sessions whose hours are posted for everybody on their register, also where
no hours move, and of offers and requests; keys that were cut end with no space.

Revision 0020, after 0019.
"""

import contextlib

import sqlalchemy as sa
from alembic import op
from sqlalchemy.exc import DBAPIError

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_KEYS = (
    ("member", "name_key"),
    ("member", "address_key"),
    ("member", "area_key"),
    ("contribution", "guest_key"),
)


def upgrade() -> None:
    _trim()
    _drop(BEFORE)
    _make(NOW)


def downgrade() -> None:
    """The keys stay: they are as the code has made them all along."""
    _drop(NOW)
    _make(BEFORE)


def _trim() -> None:
    bind = op.get_bind()
    for table, key in _KEYS:
        rows = sa.table(table, sa.column("id"), sa.column(key))
        cut = sa.select(rows.c.id, rows.c[key]).where(rows.c[key].like("% "))
        for row in bind.execute(cut).all():
            anew = sa.update(rows).where(rows.c.id == row.id).values({key: row[1].rstrip()})
            # A register that is in the books stays as it is, and so does a guest beside whom another
            # would now be called alike.
            with contextlib.suppress(DBAPIError), bind.begin_nested():
                bind.execute(anew)


# By table: the name of what happens, when, under which condition, and what is told of it. Both
# engines read the same.
_OF_LEGS = """
SELECT NEW.bank_id, '{kind}', 'session:' || NEW.session_id, 'sides', s.account_id, NULL, NEW.{by}
  FROM (SELECT payer_id AS account_id FROM posting WHERE entry_id = NEW.{entry}
        UNION SELECT payee_id FROM posting WHERE entry_id = NEW.{entry}) s ORDER BY s.account_id"""

# Where nobody has an account, the staff alone are told.
_OF_EVERYBODY = """
SELECT NEW.bank_id, '{kind}', 'session:' || NEW.session_id, 'sides', s.account_id, NULL, NEW.{by}
  FROM (SELECT 1 AS there) once LEFT JOIN
       (SELECT payer_id AS account_id FROM posting WHERE entry_id = NEW.{entry}
        UNION SELECT payee_id FROM posting WHERE entry_id = NEW.{entry}
        UNION SELECT m.account_id FROM contribution c JOIN member m ON m.id = c.member_id
               WHERE c.session_id = NEW.session_id AND m.account_id IS NOT NULL) s ON 1 = 1
 ORDER BY s.account_id"""

_POSTED = {"kind": "session.posted", "by": '"by"', "entry": "entry_id"}
_TAKEN_BACK = {"kind": "session.taken_back", "by": "undone_by", "entry": "reversal_id"}

BEFORE = (
    (
        "session_posted_happens",
        "session_posting",
        "INSERT",
        "NEW.entry_id IS NOT NULL",
        _OF_LEGS.format(**_POSTED),
    ),
    (
        "session_taken_back_happens",
        "session_posting",
        "UPDATE OF reversal_id",
        "NEW.reversal_id IS NOT NULL AND OLD.reversal_id IS NULL",
        _OF_LEGS.format(**_TAKEN_BACK),
    ),
)

# What an offer or a request says.
_SAID = ("title", "description", "place", "frequency", "times", "ends_on")
_SAID_PERHAPS = ("skill_id", "area", "minutes", "starts_on")

NOW = (
    ("session_posted_happens", "session_posting", "INSERT", "", _OF_EVERYBODY.format(**_POSTED)),
    (
        "session_taken_back_happens",
        "session_posting",
        "UPDATE OF undone_at",
        "NEW.undone_at IS NOT NULL AND OLD.undone_at IS NULL",
        _OF_EVERYBODY.format(**_TAKEN_BACK),
    ),
    (
        "listing_posted_happens",
        "listing",
        "INSERT",
        "NEW.status = 'open'",
        "SELECT NEW.bank_id, NEW.kind || '.posted', NEW.kind || ':' || NEW.id, 'members', NEW.account_id, NULL, NEW.\"by\"",
    ),
    (
        "listing_changed_happens",
        "listing",
        f"UPDATE OF {', '.join((*_SAID, *_SAID_PERHAPS))}",
        " OR ".join(
            (
                *(f"NEW.{column} <> OLD.{column}" for column in _SAID),
                *(
                    f"coalesce(CAST(NEW.{column} AS TEXT), '') <> coalesce(CAST(OLD.{column} AS TEXT), '')"
                    for column in _SAID_PERHAPS
                ),
            )
        ),
        "SELECT NEW.bank_id, NEW.kind || '.changed', NEW.kind || ':' || NEW.id, 'members', NEW.account_id, NULL, NULL",
    ),
    (
        "listing_closed_happens",
        "listing",
        "UPDATE OF status",
        "NEW.status <> OLD.status",
        "SELECT NEW.bank_id, NEW.kind || '.' || NEW.status, NEW.kind || ':' || NEW.id, 'sides', NEW.account_id, NULL, NULL",
    ),
)

_EVENT = "INSERT INTO event (bank_id, kind, of, audience, account_id, other_id, by)"
Happens = tuple[tuple[str, str, str, str, str], ...]


def _on_sqlite(happens: Happens) -> tuple[str, ...]:
    return tuple(
        f"CREATE TRIGGER {name} AFTER {when} ON {table} {f'WHEN {condition}' if condition else ''}"
        f" BEGIN {_EVENT} {told}; END"
        for name, table, when, condition, told in happens
    )


def _on_postgresql(happens: Happens) -> tuple[str, ...]:
    return tuple(
        statement
        for name, table, when, condition, told in happens
        for statement in (
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$\n"
            f"BEGIN\n  {_EVENT} {told};\n  RETURN NULL;\nEND $$",
            f"CREATE TRIGGER {name} AFTER {when} ON {table} FOR EACH ROW"
            f" {f'WHEN ({condition})' if condition else ''} EXECUTE FUNCTION {name}()",
        )
    )


SQLITE, POSTGRESQL = _on_sqlite(NOW), _on_postgresql(NOW)


def _make(happens: Happens) -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in (_on_sqlite if sqlite else _on_postgresql)(happens):
        op.execute(statement)


def _drop(happens: Happens) -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    for name, table, *_ in happens:
        op.execute(f"DROP TRIGGER {name}" + ("" if sqlite else f" ON {table}"))
        if not sqlite:
            op.execute(f"DROP FUNCTION {name}")

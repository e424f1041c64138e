"""One working list: tags, fields of the bank's own, lists that are saved, and what is done to many at
once, line by line; and surnames to sort by.

Revision 0036, after 0035. Nobody has a tag.
"""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE member ADD COLUMN surname_key VARCHAR(240) NOT NULL DEFAULT ''")
    _fill_surnames()
    op.create_index("ix_member_bank_id_surname_key", "member", ["bank_id", "surname_key"])
    _words()
    _runs()


def _fill_surnames() -> None:
    """The last word of the folded name first. A key has single spaces and none at its ends."""
    connection = op.get_bind()
    rows = connection.execute(sa.text("SELECT id, name_key FROM member")).all()
    keys = [
        {"id": row.id, "key": " ".join([*words[-1:], *words[:-1]])}
        for row in rows
        for words in [row.name_key.split()]
    ]
    if keys:
        connection.execute(sa.text("UPDATE member SET surname_key = :key WHERE id = :id"), keys)


def _to(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["bank_id", column],
        [f"{other}.bank_id", f"{other}.id"],
        name=op.f(f"fk_{table}_bank_id_{column}"),
    )


def _bank(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f(f"fk_{table}_bank_id"))


def _words() -> None:
    for table, longest in (("tag", 40), ("own_field", 60)):
        op.create_table(
            table,
            sa.Column("id", sa.Integer(), nullable=False),
            sa.Column("bank_id", sa.Integer(), nullable=False),
            sa.Column("name", sa.String(length=longest), nullable=False),
            sa.Column("name_key", sa.String(length=240), nullable=False),
            sa.CheckConstraint("name <> ''", name=op.f(f"ck_{table}_name")),
            _bank(table),
            sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
            sa.UniqueConstraint("bank_id", "id", name=op.f(f"uq_{table}_bank_id_id")),
            sa.UniqueConstraint("bank_id", "name_key", name=op.f(f"uq_{table}_bank_id_name_key")),
        )
    op.create_table(
        "member_tag",
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("tag_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        _bank("member_tag"),
        _to("member_tag", "member_id", "member"),
        _to("member_tag", "tag_id", "tag"),
        sa.PrimaryKeyConstraint("bank_id", "member_id", "tag_id", name=op.f("pk_member_tag")),
    )
    op.create_index("ix_member_tag_bank_id_tag_id", "member_tag", ["bank_id", "tag_id"])
    op.create_table(
        "field_value",
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("field_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("words", sa.String(length=200), nullable=False),
        sa.CheckConstraint("words <> ''", name=op.f("ck_field_value_words")),
        _bank("field_value"),
        _to("field_value", "member_id", "member"),
        _to("field_value", "field_id", "own_field"),
        sa.PrimaryKeyConstraint("bank_id", "member_id", "field_id", name=op.f("pk_field_value")),
    )


def _runs() -> None:
    kinds = "('members', 'offers', 'requests', 'endings', 'exchanges', 'checks')"
    op.create_table(
        "saved_list",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("name_key", sa.String(length=240), nullable=False),
        sa.Column("wanted", sa.Text(), nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(f"kind IN {kinds}", name=op.f("ck_saved_list_kind")),
        sa.CheckConstraint("name <> ''", name=op.f("ck_saved_list_name")),
        _bank("saved_list"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_list")),
        sa.UniqueConstraint("bank_id", "id", name=op.f("uq_saved_list_bank_id_id")),
        sa.UniqueConstraint("bank_id", "name_key", name=op.f("uq_saved_list_bank_id_name_key")),
    )
    op.create_table(
        "list_run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("verb", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("tag_id", sa.Integer(), nullable=True),
        sa.Column("broker_id", sa.Integer(), nullable=True),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_by", sa.String(length=40), nullable=True),
        sa.CheckConstraint(f"kind IN {kinds}", name=op.f("ck_list_run_kind")),
        sa.CheckConstraint(
            "verb IN ('tag', 'untag', 'broker', 'pause', 'resume', 'renew', 'take_out', 'remind',"
            " 'write', 'labels', 'export')",
            name=op.f("ck_list_run_verb"),
        ),
        sa.CheckConstraint(
            "state IN ('asked', 'running', 'done', 'undoing', 'undone')",
            name=op.f("ck_list_run_state"),
        ),
        sa.CheckConstraint(
            "(state = 'asked') = (began_at IS NULL)", name=op.f("ck_list_run_began")
        ),
        _bank("list_run"),
        _to("list_run", "tag_id", "tag"),
        _to("list_run", "broker_id", "member"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_list_run")),
        sa.UniqueConstraint("bank_id", "id", name=op.f("uq_list_run_bank_id_id")),
    )
    op.create_table(
        "run_line",
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("subject_id", sa.BigInteger(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("was", sa.String(length=40), nullable=False, server_default=""),
        sa.Column("why", sa.Text(), nullable=False, server_default=""),
        sa.CheckConstraint(
            "state IN ('waiting', 'done', 'refused', 'undone', 'stays')",
            name=op.f("ck_run_line_state"),
        ),
        _bank("run_line"),
        _to("run_line", "run_id", "list_run"),
        _to("run_line", "member_id", "member"),
        sa.PrimaryKeyConstraint("bank_id", "run_id", "place", name=op.f("pk_run_line")),
    )
    op.create_index("ix_run_line_bank_id_member_id", "run_line", ["bank_id", "member_id"])


def downgrade() -> None:
    for table in (
        *("run_line", "list_run", "saved_list", "field_value", "member_tag"),
        *("own_field", "tag"),
    ):
        op.drop_table(table)
    op.drop_index("ix_member_bank_id_surname_key", "member")
    op.execute("ALTER TABLE member DROP COLUMN surname_key")

"""Ways in: sessions and devices on the server, links and codes that are made when they are sent,
keys that end, passkeys, proved addresses, sealed seeds.

Everybody is signed out by it, for what a cookie held before says nothing any more. Links on paper go
on working, and those under way in the outbox have to be asked for again. Keys for programs have a
year from now, and those of the staff are made again after a second factor. Seeds of second factors
are sealed by the first worker that runs.

Revision 0011, after 0010.
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

MEMBER = (["bank_id", "member_id"], ["member.bank_id", "member.id"])

_IN_A_YEAR = {
    "postgresql": "CURRENT_TIMESTAMP + INTERVAL '365 days'",
    "sqlite": "strftime('%Y-%m-%d %H:%M:%S.000000', 'now', '+365 days')",
}
_NOW = {
    "postgresql": "CURRENT_TIMESTAMP",
    "sqlite": "strftime('%Y-%m-%d %H:%M:%f000', 'now')",
}
_ANY_KEY = {
    "postgresql": "md5(random()::text) || md5(random()::text)",
    "sqlite": "lower(hex(randomblob(32)))",
}

POSTGRESQL = (
    f"""
    CREATE FUNCTION token_falls_with_the_role() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      UPDATE token SET revoked_at = {_NOW["postgresql"]}, ended_because = 'role'
        WHERE bank_id = NEW.bank_id AND member_id = NEW.id AND revoked_at IS NULL;
      RETURN NULL;
    END $$
    """,
    """
    CREATE TRIGGER token_falls_with_the_role AFTER UPDATE OF role ON member
      FOR EACH ROW WHEN (OLD.role IS DISTINCT FROM NEW.role)
      EXECUTE FUNCTION token_falls_with_the_role()
    """,
)
SQLITE = (
    f"""
    CREATE TRIGGER token_falls_with_the_role AFTER UPDATE OF role ON member
      WHEN OLD.role IS NOT NEW.role
    BEGIN
      UPDATE token SET revoked_at = {_NOW["sqlite"]}, ended_because = 'role'
        WHERE bank_id = NEW.bank_id AND member_id = NEW.id AND revoked_at IS NULL;
    END
    """,
)


def upgrade() -> None:
    engine = op.get_bind().dialect.name
    op.execute("ALTER TABLE notice ADD COLUMN secret VARCHAR(40)")
    # Letters with a link in them do not stay as they were written.
    op.execute(
        "UPDATE notice SET body = '' WHERE cause LIKE 'link:%' OR body LIKE '%/sign-in/link/%'"
    )
    _credentials(engine)
    _links()
    _keys(engine)
    _sessions()
    _passkeys()
    op.create_table(
        "own_address",
        sa.Column("member_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("proved_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(*MEMBER, name=op.f("fk_own_address_bank_id_member_id")),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_own_address_bank_id")),
        sa.PrimaryKeyConstraint("member_id", "kind", name=op.f("pk_own_address")),
        sa.CheckConstraint("kind IN ('email', 'phone')", name=op.f("ck_own_address_kind")),
    )
    for statement in POSTGRESQL if engine == "postgresql" else SQLITE:
        op.execute(statement)


def _credentials(engine: str) -> None:
    op.execute("ALTER TABLE credential ADD COLUMN totp_seed TEXT")
    op.execute("UPDATE credential SET totp_seed = totp_secret")
    op.execute("ALTER TABLE credential DROP COLUMN totp_secret")
    op.execute("ALTER TABLE credential DROP COLUMN session_key")
    op.execute("ALTER TABLE commissioner DROP COLUMN session_key")


def _links() -> None:
    op.rename_table("sign_in_link", "link_before")
    op.drop_index("ix_sign_in_link_bank_id_member_id", table_name="link_before")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE link_before RENAME CONSTRAINT pk_sign_in_link TO pk_link_before")
    op.create_table(
        "sign_in_link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.String(length=10), nullable=False),
        sa.Column("made_by", sa.String(length=40), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=True),
        sa.Column("digits_hash", sa.String(length=64), nullable=True),
        sa.Column("guesses", sa.Integer(), nullable=False),
        sa.Column("asked_by", sa.String(length=64), nullable=True),
        sa.Column("address", sa.String(length=254), nullable=True),
        sa.Column("wanted", sa.String(length=500), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("used_by", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(*MEMBER, name=op.f("fk_sign_in_link_bank_id_member_id")),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_sign_in_link_bank_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_link")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_sign_in_link_token_hash")),
        sa.CheckConstraint(
            "purpose IN ('sign_in', 'address')", name=op.f("ck_sign_in_link_purpose")
        ),
    )
    op.create_index(
        "ix_sign_in_link_bank_id_member_id", "sign_in_link", ["bank_id", "member_id"], unique=False
    )
    op.create_index("ix_sign_in_link_asked_by", "sign_in_link", ["asked_by"], unique=False)
    op.execute(
        "INSERT INTO sign_in_link (bank_id, member_id, purpose, made_by, token_hash, guesses,"
        " expires_at, used_at, used_by) SELECT bank_id, member_id, 'sign_in', made_by, token_hash,"
        " 0, expires_at, used_at, used_by FROM link_before WHERE made_by <> 'system:sign-in'"
    )
    op.drop_table("link_before")
    op.create_table(
        "link_request",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=254), nullable=False),
        sa.Column("asked_by", sa.String(length=64), nullable=False),
        sa.Column("wanted", sa.String(length=500), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_link_request_bank_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_link_request")),
    )


def _keys(engine: str) -> None:
    with op.batch_alter_table("token") as token:
        token.add_column(sa.Column("staff", sa.Boolean(), nullable=True))
        token.add_column(sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True))
        token.add_column(sa.Column("ended_because", sa.String(length=20), nullable=True))
    op.execute(f"UPDATE token SET staff = FALSE, expires_at = {_IN_A_YEAR[engine]}")
    with op.batch_alter_table("token") as token:
        token.alter_column("staff", existing_type=sa.Boolean(), nullable=False)
        token.alter_column("expires_at", existing_type=sa.DateTime(timezone=True), nullable=False)
        token.create_check_constraint(op.f("ck_token_expires_at"), "expires_at > created_at")
        token.create_check_constraint(
            op.f("ck_token_ended_because"),
            "ended_because IN ('owner', 'coordinator', 'password', 'second_factor', 'everywhere',"
            " 'role')",
        )


def _sessions() -> None:
    op.create_table(
        "browser_session",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=True),
        sa.Column("commissioner_id", sa.Integer(), nullable=True),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("device", sa.String(length=300), nullable=False),
        sa.Column("how", sa.String(length=10), nullable=False),
        sa.Column("stays", sa.Boolean(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("proved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("second_factor_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("pending_seed", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(*MEMBER, name=op.f("fk_browser_session_bank_id_member_id")),
        sa.ForeignKeyConstraint(
            ["bank_id", "commissioner_id"],
            ["commissioner.bank_id", "commissioner.id"],
            name=op.f("fk_browser_session_bank_id_commissioner_id"),
        ),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_browser_session_bank_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_browser_session")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_browser_session_token_hash")),
        sa.CheckConstraint(
            "(member_id IS NULL) <> (commissioner_id IS NULL)",
            name=op.f("ck_browser_session_one_person"),
        ),
        sa.CheckConstraint(
            "how IN ('password', 'link', 'passkey')", name=op.f("ck_browser_session_how")
        ),
    )
    for column in ("member_id", "commissioner_id"):
        op.create_index(
            f"ix_browser_session_bank_id_{column}",
            "browser_session",
            ["bank_id", column],
            unique=False,
        )
    op.create_table(
        "device",
        sa.Column("member_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(*MEMBER, name=op.f("fk_device_bank_id_member_id")),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_device_bank_id")),
        sa.PrimaryKeyConstraint("member_id", "token_hash", name=op.f("pk_device")),
    )


def _passkeys() -> None:
    op.create_table(
        "passkey",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("credential_id", sa.String(length=1400), nullable=False),
        sa.Column("public_key", sa.Text(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(*MEMBER, name=op.f("fk_passkey_bank_id_member_id")),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_passkey_bank_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passkey")),
        sa.UniqueConstraint("credential_id", name=op.f("uq_passkey_credential_id")),
    )
    op.create_index(
        "ix_passkey_bank_id_member_id", "passkey", ["bank_id", "member_id"], unique=False
    )
    op.create_table(
        "passkey_challenge",
        sa.Column("challenge_hash", sa.String(length=64), nullable=False),
        sa.Column("asked_by", sa.String(length=64), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("challenge_hash", name=op.f("pk_passkey_challenge")),
    )


def downgrade() -> None:
    engine = op.get_bind().dialect.name
    if engine == "postgresql":
        op.execute("DROP TRIGGER token_falls_with_the_role ON member")
        op.execute("DROP FUNCTION token_falls_with_the_role()")
    else:
        op.execute("DROP TRIGGER token_falls_with_the_role")
    for table in ("own_address", "passkey_challenge", "passkey", "device", "browser_session"):
        op.drop_table(table)
    with op.batch_alter_table("token") as token:
        token.drop_constraint(op.f("ck_token_ended_because"), type_="check")
        token.drop_constraint(op.f("ck_token_expires_at"), type_="check")
        for column in ("staff", "expires_at", "ended_because"):
            token.drop_column(column)
    op.drop_table("link_request")
    _links_as_before()
    op.execute("ALTER TABLE credential ADD COLUMN totp_secret VARCHAR(64)")
    # What is sealed cannot be read here: whoever has such a seed sets up a second factor again.
    op.execute("UPDATE credential SET totp_secret = totp_seed WHERE length(totp_seed) <= 64")
    op.execute("UPDATE credential SET totp_confirmed_at = NULL WHERE totp_secret IS NULL")
    op.execute("ALTER TABLE credential DROP COLUMN totp_seed")
    for table in ("credential", "commissioner"):
        # A default that is nobody's key stands in until each row has one of its own.
        op.execute(f"ALTER TABLE {table} ADD COLUMN session_key VARCHAR(64)")
        op.execute(f"UPDATE {table} SET session_key = {_ANY_KEY[engine]}")
        with op.batch_alter_table(table) as changed:
            changed.alter_column("session_key", existing_type=sa.String(64), nullable=False)
    op.execute("ALTER TABLE notice DROP COLUMN secret")


def _links_as_before() -> None:
    op.rename_table("sign_in_link", "link_after")
    for index in ("ix_sign_in_link_bank_id_member_id", "ix_sign_in_link_asked_by"):
        op.drop_index(index, table_name="link_after")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE link_after RENAME CONSTRAINT pk_sign_in_link TO pk_link_after")
    op.create_table(
        "sign_in_link",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("made_by", sa.String(length=40), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("used_by", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(*MEMBER, name=op.f("fk_sign_in_link_bank_id_member_id")),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_sign_in_link_bank_id")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_sign_in_link")),
    )
    op.create_index(
        "ix_sign_in_link_bank_id_member_id", "sign_in_link", ["bank_id", "member_id"], unique=False
    )
    op.execute(
        "INSERT INTO sign_in_link (token_hash, bank_id, member_id, made_by, expires_at, used_at,"
        " used_by) SELECT token_hash, bank_id, member_id, made_by, expires_at, used_at, used_by"
        " FROM link_after WHERE token_hash IS NOT NULL AND purpose = 'sign_in'"
    )
    op.drop_table("link_after")

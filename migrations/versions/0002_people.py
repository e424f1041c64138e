"""Jobs, notices, people and organisations, sign-in, exchanges and gifts, requests answered once.

Revision 0002, after 0001.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)
SLIP_COUNTS = sa.text("slip IS NOT NULL AND status NOT IN ('declined', 'cancelled', 'reversed')")


def upgrade() -> None:
    op.create_table(
        "failed_sign_in",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("counted", sa.String(length=64), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_failed_sign_in")),
    )
    op.create_index(
        "ix_failed_sign_in_counted_at", "failed_sign_in", ["counted", "at"], unique=False
    )
    op.create_table(
        "job",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("key", sa.String(length=120), nullable=True),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("run_at", INSTANT, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("leased_by", sa.String(length=80), nullable=True),
        sa.Column("leased_until", INSTANT, nullable=True),
        sa.Column("done_at", INSTANT, nullable=True),
        sa.Column("failed_at", INSTANT, nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job")),
        sa.UniqueConstraint("kind", "key", name=op.f("uq_job_kind_key")),
    )
    op.create_index(
        "ix_job_waiting",
        "job",
        ["run_at"],
        unique=False,
        sqlite_where=sa.text("done_at IS NULL AND failed_at IS NULL"),
        postgresql_where=sa.text("done_at IS NULL AND failed_at IS NULL"),
    )
    op.create_table(
        "request_once",
        sa.Column("owner", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=128), nullable=False),
        sa.Column("request_hash", sa.String(length=64), nullable=False),
        sa.Column("status", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("owner", "key", name=op.f("pk_request_once")),
    )
    op.create_table(
        "worker_beat",
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_worker_beat")),
    )
    op.create_table(
        "notice",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("addressee", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=True),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("cause", sa.String(length=200), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("sent_at", INSTANT, nullable=True),
        sa.Column("told_by", sa.String(length=40), nullable=True),
        sa.Column("failed_at", INSTANT, nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "channel <> 'email' OR address IS NOT NULL", name=op.f("ck_notice_address")
        ),
        sa.CheckConstraint("channel IN ('email', 'call')", name=op.f("ck_notice_channel")),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_notice_bank_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
        sa.UniqueConstraint(
            "bank_id",
            "addressee",
            "cause",
            "channel",
            name=op.f("uq_notice_bank_id_addressee_cause_channel"),
        ),
    )
    op.create_index(
        "ix_notice_to_tell",
        "notice",
        ["bank_id", "created_at"],
        unique=False,
        sqlite_where=sa.text("channel = 'call' AND sent_at IS NULL"),
        postgresql_where=sa.text("channel = 'call' AND sent_at IS NULL"),
    )
    op.create_table(
        "exchange",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("giver_id", sa.BigInteger(), nullable=False),
        sa.Column("receiver_id", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("waiting_for", sa.String(length=10), nullable=True),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("skill", sa.String(length=80), nullable=True),
        sa.Column("activity", sa.String(length=120), nullable=True),
        sa.Column("planned_on", sa.Date(), nullable=True),
        sa.Column("occurred_on", sa.Date(), nullable=True),
        sa.Column("minutes", sa.BigInteger(), nullable=True),
        sa.Column("thanks", sa.Text(), nullable=False),
        sa.Column("reference", sa.String(length=120), nullable=True),
        sa.Column("slip", sa.String(length=40), nullable=True),
        sa.Column("proposed_at", INSTANT, nullable=False),
        sa.Column("logged_at", INSTANT, nullable=True),
        sa.Column("reminded_at", INSTANT, nullable=True),
        sa.Column("brokers_told_at", INSTANT, nullable=True),
        sa.Column("confirmed_at", INSTANT, nullable=True),
        sa.Column("entry_id", sa.BigInteger(), nullable=True),
        sa.Column("reversal_id", sa.BigInteger(), nullable=True),
        sa.Column("replaces_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "(status = 'reversed') = (reversal_id IS NOT NULL)", name=op.f("ck_exchange_taken_back")
        ),
        sa.CheckConstraint(
            "(status IN ('confirmed', 'reversed')) = (entry_id IS NOT NULL)",
            name=op.f("ck_exchange_posted"),
        ),
        sa.CheckConstraint(
            "status IN ('proposed', 'agreed', 'logged', 'disputed', 'confirmed', 'declined', 'cancelled', 'reversed')",
            name=op.f("ck_exchange_status"),
        ),
        sa.CheckConstraint(
            "status NOT IN ('logged', 'disputed', 'confirmed', 'reversed') OR minutes IS NOT NULL AND occurred_on IS NOT NULL AND logged_at IS NOT NULL",
            name=op.f("ck_exchange_logged"),
        ),
        sa.CheckConstraint(
            "waiting_for IN ('giver', 'receiver')", name=op.f("ck_exchange_waiting_for")
        ),
        sa.CheckConstraint(
            "(status IN ('proposed', 'logged', 'disputed')) = (waiting_for IS NOT NULL)",
            name=op.f("ck_exchange_awaited"),
        ),
        sa.CheckConstraint("giver_id <> receiver_id", name=op.f("ck_exchange_two_parties")),
        sa.CheckConstraint("minutes > 0", name=op.f("ck_exchange_minutes")),
        sa.ForeignKeyConstraint(
            ["bank_id", "entry_id"],
            ["entry.bank_id", "entry.id"],
            name=op.f("fk_exchange_bank_id_entry_id"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "giver_id"],
            ["account.bank_id", "account.id"],
            name=op.f("fk_exchange_bank_id_giver_id"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "receiver_id"],
            ["account.bank_id", "account.id"],
            name=op.f("fk_exchange_bank_id_receiver_id"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "replaces_id"],
            ["exchange.bank_id", "exchange.id"],
            name=op.f("fk_exchange_bank_id_replaces_id"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "reversal_id"],
            ["entry.bank_id", "entry.id"],
            name=op.f("fk_exchange_bank_id_reversal_id"),
        ),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_exchange_bank_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange")),
        sa.UniqueConstraint("bank_id", "id", name=op.f("uq_exchange_bank_id_id")),
        sa.UniqueConstraint("bank_id", "reference", name=op.f("uq_exchange_bank_id_reference")),
        sa.UniqueConstraint("entry_id", name=op.f("uq_exchange_entry_id")),
        sa.UniqueConstraint("replaces_id", name=op.f("uq_exchange_replaces_id")),
        sa.UniqueConstraint("reversal_id", name=op.f("uq_exchange_reversal_id")),
    )
    op.create_index(
        "ix_exchange_bank_id_giver_id", "exchange", ["bank_id", "giver_id", "id"], unique=False
    )
    op.create_index(
        "ix_exchange_bank_id_receiver_id",
        "exchange",
        ["bank_id", "receiver_id", "id"],
        unique=False,
    )
    op.create_index(
        "uq_exchange_slip",
        "exchange",
        ["bank_id", "slip"],
        unique=True,
        sqlite_where=SLIP_COUNTS,
        postgresql_where=SLIP_COUNTS,
    )
    op.create_index(
        "ix_exchange_bank_id_status", "exchange", ["bank_id", "status", "id"], unique=False
    )
    op.create_index(
        "ix_exchange_waiting",
        "exchange",
        ["logged_at"],
        unique=False,
        sqlite_where=sa.text("status = 'logged'"),
        postgresql_where=sa.text("status = 'logged'"),
    )
    op.create_table(
        "gift",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("from_id", sa.BigInteger(), nullable=False),
        sa.Column("to_id", sa.BigInteger(), nullable=False),
        sa.Column("minutes", sa.BigInteger(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("on_word_of", sa.String(length=40), nullable=True),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("given_at", INSTANT, nullable=False),
        sa.Column("entry_id", sa.BigInteger(), nullable=True),
        sa.Column("reversal_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "channel IN ('web', 'in_person', 'phone', 'paper', 'text', 'import', 'waiting_time', 'system')",
            name=op.f("ck_gift_channel"),
        ),
        sa.CheckConstraint("from_id <> to_id", name=op.f("ck_gift_two_parties")),
        sa.CheckConstraint("minutes > 0", name=op.f("ck_gift_minutes")),
        sa.ForeignKeyConstraint(
            ["bank_id", "entry_id"],
            ["entry.bank_id", "entry.id"],
            name=op.f("fk_gift_bank_id_entry_id"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "from_id"],
            ["account.bank_id", "account.id"],
            name=op.f("fk_gift_bank_id_from_id"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "reversal_id"],
            ["entry.bank_id", "entry.id"],
            name=op.f("fk_gift_bank_id_reversal_id"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "to_id"],
            ["account.bank_id", "account.id"],
            name=op.f("fk_gift_bank_id_to_id"),
        ),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_gift_bank_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gift")),
        sa.UniqueConstraint("bank_id", "id", name=op.f("uq_gift_bank_id_id")),
        sa.UniqueConstraint("entry_id", name=op.f("uq_gift_entry_id")),
        sa.UniqueConstraint("reversal_id", name=op.f("uq_gift_reversal_id")),
    )
    op.create_index("ix_gift_bank_id_from_id", "gift", ["bank_id", "from_id"], unique=False)
    op.create_index("ix_gift_bank_id_to_id", "gift", ["bank_id", "to_id"], unique=False)
    op.create_table(
        "member",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=True),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("name_key", sa.String(length=240), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("phone", sa.String(length=40), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("area", sa.String(length=80), nullable=True),
        sa.Column("date_of_birth", sa.Date(), nullable=True),
        sa.Column("about", sa.Text(), nullable=True),
        sa.Column("capacity", sa.String(length=20), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("joined_on", sa.Date(), nullable=True),
        sa.Column("left_on", sa.Date(), nullable=True),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.CheckConstraint(
            "capacity IN ('resident', 'practitioner', 'planner')", name=op.f("ck_member_capacity")
        ),
        sa.CheckConstraint(
            "role IN ('member', 'broker', 'coordinator')", name=op.f("ck_member_role")
        ),
        sa.CheckConstraint(
            "status = 'applied' OR account_id IS NOT NULL AND number IS NOT NULL",
            name=op.f("ck_member_account"),
        ),
        sa.CheckConstraint(
            "status IN ('applied', 'active', 'paused', 'left')", name=op.f("ck_member_status")
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "account_id"],
            ["account.bank_id", "account.id"],
            name=op.f("fk_member_bank_id_account_id"),
        ),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_member_bank_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_member")),
        sa.UniqueConstraint("account_id", name=op.f("uq_member_account_id")),
        sa.UniqueConstraint("bank_id", "id", name=op.f("uq_member_bank_id_id")),
        sa.UniqueConstraint("bank_id", "number", name=op.f("uq_member_bank_id_number")),
    )
    op.create_index("ix_member_bank_id_email", "member", ["bank_id", "email"], unique=False)
    op.create_index("ix_member_bank_id_name_key", "member", ["bank_id", "name_key"], unique=False)
    op.create_table(
        "organisation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("closed_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(
            ["bank_id", "account_id"],
            ["account.bank_id", "account.id"],
            name=op.f("fk_organisation_bank_id_account_id"),
        ),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_organisation_bank_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation")),
        sa.UniqueConstraint("account_id", name=op.f("uq_organisation_account_id")),
        sa.UniqueConstraint("bank_id", "id", name=op.f("uq_organisation_bank_id_id")),
        sa.UniqueConstraint("bank_id", "name", name=op.f("uq_organisation_bank_id_name")),
    )
    op.create_table(
        "contact",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("phone", sa.String(length=40), nullable=True),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.ForeignKeyConstraint(
            ["bank_id", "member_id"],
            ["member.bank_id", "member.id"],
            name=op.f("fk_contact_bank_id_member_id"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "organisation_id"],
            ["organisation.bank_id", "organisation.id"],
            name=op.f("fk_contact_bank_id_organisation_id"),
        ),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_contact_bank_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact")),
    )
    op.create_index(
        "ix_contact_bank_id_member_id", "contact", ["bank_id", "member_id"], unique=False
    )
    op.create_index(
        "ix_contact_bank_id_organisation_id",
        "contact",
        ["bank_id", "organisation_id"],
        unique=False,
    )
    op.create_table(
        "credential",
        sa.Column("member_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=True),
        sa.Column("totp_secret", sa.String(length=64), nullable=True),
        sa.Column("totp_confirmed_at", INSTANT, nullable=True),
        sa.Column("totp_last", sa.BigInteger(), nullable=False),
        sa.Column("session_key", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["bank_id", "member_id"],
            ["member.bank_id", "member.id"],
            name=op.f("fk_credential_bank_id_member_id"),
        ),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_credential_bank_id")),
        sa.PrimaryKeyConstraint("member_id", name=op.f("pk_credential")),
    )
    op.create_table(
        "exchange_step",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("exchange_id", sa.BigInteger(), nullable=False),
        sa.Column("step", sa.String(length=20), nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("on_word_of", sa.String(length=40), nullable=True),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("minutes", sa.BigInteger(), nullable=True),
        sa.Column("occurred_on", sa.Date(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.CheckConstraint(
            "channel IN ('web', 'in_person', 'phone', 'paper', 'text', 'import', 'waiting_time', 'system')",
            name=op.f("ck_exchange_step_channel"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "exchange_id"],
            ["exchange.bank_id", "exchange.id"],
            name=op.f("fk_exchange_step_bank_id_exchange_id"),
        ),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_exchange_step_bank_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange_step")),
    )
    op.create_index(
        "ix_exchange_step_bank_id_exchange_id",
        "exchange_step",
        ["bank_id", "exchange_id"],
        unique=False,
    )
    op.create_table(
        "helper",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("helper_id", sa.Integer(), nullable=False),
        sa.Column("relation", sa.String(length=80), nullable=False),
        sa.Column("granted_by", sa.String(length=40), nullable=False),
        sa.Column("granted_at", INSTANT, nullable=False),
        sa.Column("revoked_at", INSTANT, nullable=True),
        sa.CheckConstraint("member_id <> helper_id", name=op.f("ck_helper_two_people")),
        sa.ForeignKeyConstraint(
            ["bank_id", "helper_id"],
            ["member.bank_id", "member.id"],
            name=op.f("fk_helper_bank_id_helper_id"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "member_id"],
            ["member.bank_id", "member.id"],
            name=op.f("fk_helper_bank_id_member_id"),
        ),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_helper_bank_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_helper")),
    )
    op.create_index("ix_helper_bank_id_helper_id", "helper", ["bank_id", "helper_id"], unique=False)
    op.create_index(
        "uq_helper_in_force",
        "helper",
        ["bank_id", "member_id", "helper_id"],
        unique=True,
        sqlite_where=sa.text("revoked_at IS NULL"),
        postgresql_where=sa.text("revoked_at IS NULL"),
    )
    op.create_table(
        "member_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("detail", sa.String(length=200), nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["bank_id", "member_id"],
            ["member.bank_id", "member.id"],
            name=op.f("fk_member_event_bank_id_member_id"),
        ),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_member_event_bank_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_member_event")),
    )
    op.create_index(
        "ix_member_event_bank_id_member_id", "member_event", ["bank_id", "member_id"], unique=False
    )
    op.create_table(
        "sign_in_link",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("made_by", sa.String(length=40), nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("used_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(
            ["bank_id", "member_id"],
            ["member.bank_id", "member.id"],
            name=op.f("fk_sign_in_link_bank_id_member_id"),
        ),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_sign_in_link_bank_id")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_sign_in_link")),
    )
    op.create_table(
        "token",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("scope", sa.String(length=10), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("last_used_at", INSTANT, nullable=True),
        sa.Column("revoked_at", INSTANT, nullable=True),
        sa.CheckConstraint("scope IN ('read', 'write')", name=op.f("ck_token_scope")),
        sa.ForeignKeyConstraint(
            ["bank_id", "member_id"],
            ["member.bank_id", "member.id"],
            name=op.f("fk_token_bank_id_member_id"),
        ),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_token_bank_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_token")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_token_token_hash")),
    )
    op.create_index("ix_token_bank_id_member_id", "token", ["bank_id", "member_id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_token_bank_id_member_id", table_name="token")
    op.drop_table("token")
    op.drop_table("sign_in_link")
    op.drop_index("ix_member_event_bank_id_member_id", table_name="member_event")
    op.drop_table("member_event")
    op.drop_index(
        "uq_helper_in_force",
        table_name="helper",
        sqlite_where=sa.text("revoked_at IS NULL"),
        postgresql_where=sa.text("revoked_at IS NULL"),
    )
    op.drop_index("ix_helper_bank_id_helper_id", table_name="helper")
    op.drop_table("helper")
    op.drop_index("ix_exchange_step_bank_id_exchange_id", table_name="exchange_step")
    op.drop_table("exchange_step")
    op.drop_table("credential")
    op.drop_index("ix_contact_bank_id_organisation_id", table_name="contact")
    op.drop_index("ix_contact_bank_id_member_id", table_name="contact")
    op.drop_table("contact")
    op.drop_table("organisation")
    op.drop_index("ix_member_bank_id_name_key", table_name="member")
    op.drop_index("ix_member_bank_id_email", table_name="member")
    op.drop_table("member")
    op.drop_index("ix_gift_bank_id_to_id", table_name="gift")
    op.drop_index("ix_gift_bank_id_from_id", table_name="gift")
    op.drop_table("gift")
    op.drop_index(
        "ix_exchange_waiting",
        table_name="exchange",
        sqlite_where=sa.text("status = 'logged'"),
        postgresql_where=sa.text("status = 'logged'"),
    )
    op.drop_index("ix_exchange_bank_id_status", table_name="exchange")
    op.drop_index(
        "uq_exchange_slip",
        table_name="exchange",
        sqlite_where=SLIP_COUNTS,
        postgresql_where=SLIP_COUNTS,
    )
    op.drop_index("ix_exchange_bank_id_receiver_id", table_name="exchange")
    op.drop_index("ix_exchange_bank_id_giver_id", table_name="exchange")
    op.drop_table("exchange")
    op.drop_index(
        "ix_notice_to_tell",
        table_name="notice",
        sqlite_where=sa.text("channel = 'call' AND sent_at IS NULL"),
        postgresql_where=sa.text("channel = 'call' AND sent_at IS NULL"),
    )
    op.drop_table("notice")
    op.drop_table("worker_beat")
    op.drop_table("request_once")
    op.drop_index(
        "ix_job_waiting",
        table_name="job",
        sqlite_where=sa.text("done_at IS NULL AND failed_at IS NULL"),
        postgresql_where=sa.text("done_at IS NULL AND failed_at IS NULL"),
    )
    op.drop_table("job")
    op.drop_index("ix_failed_sign_in_counted_at", table_name="failed_sign_in")
    op.drop_table("failed_sign_in")

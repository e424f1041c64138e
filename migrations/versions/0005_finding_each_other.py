"""Finding each other: skills and listings, what helps to match people, introductions, notes of
calls, messages, ways of telling.

Revision 0005, after 0004.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
EVERY_CHANNEL = "channel IN ('email', 'text', 'letter', 'call')"
TO_TELL = sa.text("channel IN ('call', 'letter') AND sent_at IS NULL")
TO_CALL = sa.text("channel = 'call' AND sent_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "area_link",
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("area", sa.String(length=80), nullable=False),
        sa.Column("other", sa.String(length=80), nullable=False),
        sa.CheckConstraint("area < other", name=op.f("ck_area_link_order")),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_area_link_bank_id")),
        sa.PrimaryKeyConstraint("bank_id", "area", "other", name=op.f("pk_area_link")),
    )
    op.create_table(
        "category",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_category_bank_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_category")),
        sa.UniqueConstraint("bank_id", "id", name=op.f("uq_category_bank_id_id")),
        sa.UniqueConstraint("bank_id", "name", name=op.f("uq_category_bank_id_name")),
    )
    op.create_table(
        "match_weight",
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=20), nullable=False),
        sa.Column("weight", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "reason IN ('meaning', 'skill', 'near', 'times', 'language', 'fairness', 'known', 'hours')",
            name=op.f("ck_match_weight_reason"),
        ),
        sa.CheckConstraint("weight BETWEEN 0 AND 10", name=op.f("ck_match_weight_weight")),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_match_weight_bank_id")),
        sa.PrimaryKeyConstraint("bank_id", "reason", name=op.f("pk_match_weight")),
    )
    op.create_table(
        "notice_preference",
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("addressee", sa.String(length=40), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=True),
        sa.Column("quiet_from", sa.Integer(), nullable=True),
        sa.Column("quiet_until", sa.Integer(), nullable=True),
        sa.Column("digest", sa.Boolean(), nullable=False),
        sa.Column("digest_at", INSTANT, nullable=True),
        sa.CheckConstraint(
            "channel IN ('email', 'text', 'letter', 'call')",
            name=op.f("ck_notice_preference_channel"),
        ),
        sa.CheckConstraint(
            "(quiet_from IS NULL) = (quiet_until IS NULL)", name=op.f("ck_notice_preference_quiet")
        ),
        sa.CheckConstraint(
            "quiet_from BETWEEN 0 AND 1439 AND quiet_until BETWEEN 0 AND 1439",
            name=op.f("ck_notice_preference_quiet_range"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_id"], ["bank.id"], name=op.f("fk_notice_preference_bank_id")
        ),
        sa.PrimaryKeyConstraint("bank_id", "addressee", name=op.f("pk_notice_preference")),
    )
    op.create_table(
        "skill",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("category_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("synonyms", sa.Text(), nullable=False),
        sa.Column("needs_check", sa.String(length=20), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("retired_at", INSTANT, nullable=True),
        sa.CheckConstraint(
            "needs_check IN ('care', 'children', 'driving', 'home_visits')",
            name=op.f("ck_skill_needs_check"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "category_id"],
            ["category.bank_id", "category.id"],
            name=op.f("fk_skill_bank_id_category_id"),
        ),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_skill_bank_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_skill")),
        sa.UniqueConstraint("bank_id", "id", name=op.f("uq_skill_bank_id_id")),
        sa.UniqueConstraint("bank_id", "name", name=op.f("uq_skill_bank_id_name")),
    )
    op.create_table(
        "kept_apart",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("other_id", sa.Integer(), nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.CheckConstraint("member_id <> other_id", name=op.f("ck_kept_apart_two_people")),
        sa.ForeignKeyConstraint(
            ["bank_id", "member_id"],
            ["member.bank_id", "member.id"],
            name=op.f("fk_kept_apart_bank_id_member_id"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "other_id"],
            ["member.bank_id", "member.id"],
            name=op.f("fk_kept_apart_bank_id_other_id"),
        ),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_kept_apart_bank_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kept_apart")),
    )
    op.create_index(
        "ix_kept_apart_bank_id_other_id", "kept_apart", ["bank_id", "other_id"], unique=False
    )
    op.create_index(
        "uq_kept_apart",
        "kept_apart",
        ["bank_id", "member_id", "other_id"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "listing",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("skill_id", sa.Integer(), nullable=True),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("area", sa.String(length=80), nullable=True),
        sa.Column("place", sa.String(length=20), nullable=False),
        sa.Column("frequency", sa.String(length=20), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("minutes", sa.BigInteger(), nullable=True),
        sa.Column("needs_check", sa.String(length=20), nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("reference", sa.String(length=120), nullable=True),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("on_word_of", sa.String(length=40), nullable=True),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("broker_id", sa.Integer(), nullable=True),
        sa.Column("posted_at", INSTANT, nullable=False),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.Column("closed_at", INSTANT, nullable=True),
        sa.CheckConstraint(
            "(status = 'open') = (closed_at IS NULL)", name=op.f("ck_listing_closed")
        ),
        sa.CheckConstraint(
            "frequency IN ('as_needed', 'once', 'weekly', 'fortnightly', 'monthly')",
            name=op.f("ck_listing_frequency"),
        ),
        sa.CheckConstraint("kind IN ('offer', 'request')", name=op.f("ck_listing_kind")),
        sa.CheckConstraint(
            "needs_check IN ('care', 'children', 'driving', 'home_visits')",
            name=op.f("ck_listing_needs_check"),
        ),
        sa.CheckConstraint(
            "place IN ('any', 'receiver_home', 'giver_home', 'elsewhere', 'remote')",
            name=op.f("ck_listing_place"),
        ),
        sa.CheckConstraint(
            "status IN ('open', 'met', 'withdrawn')", name=op.f("ck_listing_status")
        ),
        sa.CheckConstraint("minutes > 0", name=op.f("ck_listing_minutes")),
        sa.CheckConstraint(
            "starts_on IS NULL OR starts_on <= ends_on", name=op.f("ck_listing_window")
        ),
        sa.CheckConstraint("times BETWEEN 0 AND 2097151", name=op.f("ck_listing_times")),
        sa.ForeignKeyConstraint(
            ["bank_id", "account_id"],
            ["account.bank_id", "account.id"],
            name=op.f("fk_listing_bank_id_account_id"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "broker_id"],
            ["member.bank_id", "member.id"],
            name=op.f("fk_listing_bank_id_broker_id"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "skill_id"],
            ["skill.bank_id", "skill.id"],
            name=op.f("fk_listing_bank_id_skill_id"),
        ),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_listing_bank_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_listing")),
        sa.UniqueConstraint("bank_id", "id", name=op.f("uq_listing_bank_id_id")),
        sa.UniqueConstraint("bank_id", "reference", name=op.f("uq_listing_bank_id_reference")),
    )
    op.create_index(
        "ix_listing_bank_id_account_id", "listing", ["bank_id", "account_id"], unique=False
    )
    op.create_index(
        "ix_listing_bank_id_changed_at", "listing", ["bank_id", "changed_at"], unique=False
    )
    op.create_index(
        "ix_listing_bank_id_kind", "listing", ["bank_id", "kind", "status", "ends_on"], unique=False
    )
    op.create_table(
        "member_check",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("held_since", sa.Date(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.CheckConstraint(
            "kind IN ('care', 'children', 'driving', 'home_visits')",
            name=op.f("ck_member_check_kind"),
        ),
        sa.CheckConstraint(
            "expires_on IS NULL OR expires_on >= held_since", name=op.f("ck_member_check_dates")
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "member_id"],
            ["member.bank_id", "member.id"],
            name=op.f("fk_member_check_bank_id_member_id"),
        ),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_member_check_bank_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_member_check")),
        sa.UniqueConstraint(
            "bank_id", "member_id", "kind", name=op.f("uq_member_check_bank_id_member_id_kind")
        ),
    )
    op.create_index(
        "ix_member_check_bank_id_expires_on",
        "member_check",
        ["bank_id", "expires_on"],
        unique=False,
    )
    op.create_table(
        "note_reading",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["bank_id", "member_id"],
            ["member.bank_id", "member.id"],
            name=op.f("fk_note_reading_bank_id_member_id"),
        ),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_note_reading_bank_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_note_reading")),
    )
    op.create_index(
        "ix_note_reading_bank_id_member_id",
        "note_reading",
        ["bank_id", "member_id", "id"],
        unique=False,
    )
    op.create_table(
        "profile",
        sa.Column("member_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("languages", sa.String(length=200), nullable=False),
        sa.Column("access_needs", sa.Text(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("broker_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["bank_id", "broker_id"],
            ["member.bank_id", "member.id"],
            name=op.f("fk_profile_bank_id_broker_id"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "member_id"],
            ["member.bank_id", "member.id"],
            name=op.f("fk_profile_bank_id_member_id"),
        ),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_profile_bank_id")),
        sa.PrimaryKeyConstraint("member_id", name=op.f("pk_profile")),
    )
    op.create_index(
        "ix_profile_bank_id_broker_id", "profile", ["bank_id", "broker_id"], unique=False
    )
    op.create_table(
        "conversation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("listing_id", sa.Integer(), nullable=True),
        sa.Column("exchange_id", sa.BigInteger(), nullable=True),
        sa.Column("first_id", sa.Integer(), nullable=False),
        sa.Column("second_id", sa.Integer(), nullable=False),
        sa.Column("begun_at", INSTANT, nullable=False),
        sa.CheckConstraint(
            "(listing_id IS NULL) <> (exchange_id IS NULL)", name=op.f("ck_conversation_about")
        ),
        sa.CheckConstraint("first_id < second_id", name=op.f("ck_conversation_two_people")),
        sa.ForeignKeyConstraint(
            ["bank_id", "exchange_id"],
            ["exchange.bank_id", "exchange.id"],
            name=op.f("fk_conversation_bank_id_exchange_id"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "first_id"],
            ["member.bank_id", "member.id"],
            name=op.f("fk_conversation_bank_id_first_id"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "listing_id"],
            ["listing.bank_id", "listing.id"],
            name=op.f("fk_conversation_bank_id_listing_id"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "second_id"],
            ["member.bank_id", "member.id"],
            name=op.f("fk_conversation_bank_id_second_id"),
        ),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_conversation_bank_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conversation")),
        sa.UniqueConstraint("bank_id", "id", name=op.f("uq_conversation_bank_id_id")),
    )
    op.create_index(
        "ix_conversation_bank_id_first_id", "conversation", ["bank_id", "first_id"], unique=False
    )
    op.create_index(
        "ix_conversation_bank_id_second_id", "conversation", ["bank_id", "second_id"], unique=False
    )
    op.create_index(
        "uq_conversation_exchange",
        "conversation",
        ["bank_id", "exchange_id", "first_id", "second_id"],
        unique=True,
        sqlite_where=sa.text("exchange_id IS NOT NULL"),
        postgresql_where=sa.text("exchange_id IS NOT NULL"),
    )
    op.create_index(
        "uq_conversation_listing",
        "conversation",
        ["bank_id", "listing_id", "first_id", "second_id"],
        unique=True,
        sqlite_where=sa.text("listing_id IS NOT NULL"),
        postgresql_where=sa.text("listing_id IS NOT NULL"),
    )
    op.create_table(
        "embedding",
        sa.Column("listing_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("model", sa.String(length=60), nullable=False),
        sa.Column("text_hash", sa.String(length=64), nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["bank_id", "listing_id"],
            ["listing.bank_id", "listing.id"],
            name=op.f("fk_embedding_bank_id_listing_id"),
        ),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_embedding_bank_id")),
        sa.PrimaryKeyConstraint("listing_id", name=op.f("pk_embedding")),
    )
    op.create_table(
        "introduction",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("request_id", sa.Integer(), nullable=False),
        sa.Column("offer_id", sa.Integer(), nullable=True),
        sa.Column("giver_id", sa.BigInteger(), nullable=False),
        sa.Column("receiver_id", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("giver_says", sa.String(length=3), nullable=True),
        sa.Column("receiver_says", sa.String(length=3), nullable=True),
        sa.Column("giver_said_by", sa.String(length=40), nullable=True),
        sa.Column("receiver_said_by", sa.String(length=40), nullable=True),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("introduced_at", INSTANT, nullable=False),
        sa.Column("follow_up_on", sa.Date(), nullable=True),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.Column("exchange_id", sa.BigInteger(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "channel IN ('web', 'in_person', 'phone', 'paper', 'text', 'import', 'waiting_time', 'system')",
            name=op.f("ck_introduction_channel"),
        ),
        sa.CheckConstraint("giver_says IN ('yes', 'no')", name=op.f("ck_introduction_giver_says")),
        sa.CheckConstraint(
            "receiver_says IN ('yes', 'no')", name=op.f("ck_introduction_receiver_says")
        ),
        sa.CheckConstraint(
            "status IN ('introduced', 'agreed', 'declined', 'withdrawn', 'done')",
            name=op.f("ck_introduction_status"),
        ),
        sa.CheckConstraint("giver_id <> receiver_id", name=op.f("ck_introduction_two_parties")),
        sa.ForeignKeyConstraint(
            ["bank_id", "exchange_id"],
            ["exchange.bank_id", "exchange.id"],
            name=op.f("fk_introduction_bank_id_exchange_id"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "giver_id"],
            ["account.bank_id", "account.id"],
            name=op.f("fk_introduction_bank_id_giver_id"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "offer_id"],
            ["listing.bank_id", "listing.id"],
            name=op.f("fk_introduction_bank_id_offer_id"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "receiver_id"],
            ["account.bank_id", "account.id"],
            name=op.f("fk_introduction_bank_id_receiver_id"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "request_id"],
            ["listing.bank_id", "listing.id"],
            name=op.f("fk_introduction_bank_id_request_id"),
        ),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_introduction_bank_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_introduction")),
        sa.UniqueConstraint("bank_id", "id", name=op.f("uq_introduction_bank_id_id")),
        sa.UniqueConstraint("exchange_id", name=op.f("uq_introduction_exchange_id")),
    )
    op.create_index(
        "ix_introduction_bank_id_giver_id", "introduction", ["bank_id", "giver_id"], unique=False
    )
    op.create_index(
        "ix_introduction_bank_id_receiver_id",
        "introduction",
        ["bank_id", "receiver_id"],
        unique=False,
    )
    op.create_index(
        "ix_introduction_bank_id_status",
        "introduction",
        ["bank_id", "status", "follow_up_on"],
        unique=False,
    )
    op.create_index(
        "uq_introduction_under_way",
        "introduction",
        ["bank_id", "request_id"],
        unique=True,
        sqlite_where=sa.text("status IN ('introduced', 'agreed')"),
        postgresql_where=sa.text("status IN ('introduced', 'agreed')"),
    )
    op.create_table(
        "call_note",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("next_on", sa.Date(), nullable=True),
        sa.Column("done_at", INSTANT, nullable=True),
        sa.Column("request_id", sa.Integer(), nullable=True),
        sa.Column("introduction_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["bank_id", "introduction_id"],
            ["introduction.bank_id", "introduction.id"],
            name=op.f("fk_call_note_bank_id_introduction_id"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "member_id"],
            ["member.bank_id", "member.id"],
            name=op.f("fk_call_note_bank_id_member_id"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "request_id"],
            ["listing.bank_id", "listing.id"],
            name=op.f("fk_call_note_bank_id_request_id"),
        ),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_call_note_bank_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_note")),
    )
    op.create_index(
        "ix_call_note_bank_id_member_id", "call_note", ["bank_id", "member_id", "id"], unique=False
    )
    op.create_index(
        "ix_call_note_to_do",
        "call_note",
        ["bank_id", "next_on"],
        unique=False,
        sqlite_where=sa.text("next_on IS NOT NULL AND done_at IS NULL"),
        postgresql_where=sa.text("next_on IS NOT NULL AND done_at IS NULL"),
    )
    op.create_table(
        "message",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("conversation_id", sa.Integer(), nullable=False),
        sa.Column("from_id", sa.Integer(), nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("sent_at", INSTANT, nullable=False),
        sa.Column("read_at", INSTANT, nullable=True),
        sa.CheckConstraint(
            "channel IN ('web', 'phone', 'in_person', 'paper', 'text')",
            name=op.f("ck_message_channel"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "conversation_id"],
            ["conversation.bank_id", "conversation.id"],
            name=op.f("fk_message_bank_id_conversation_id"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "from_id"],
            ["member.bank_id", "member.id"],
            name=op.f("fk_message_bank_id_from_id"),
        ),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_message_bank_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
        sa.UniqueConstraint("bank_id", "id", name=op.f("uq_message_bank_id_id")),
    )
    op.create_index(
        "ix_message_bank_id_conversation_id",
        "message",
        ["bank_id", "conversation_id", "id"],
        unique=False,
    )
    op.create_index(
        "ix_message_bank_id_from_id", "message", ["bank_id", "from_id", "sent_at"], unique=False
    )
    op.create_table(
        "message_report",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("settled_at", INSTANT, nullable=True),
        sa.Column("settled_by", sa.String(length=40), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["bank_id", "member_id"],
            ["member.bank_id", "member.id"],
            name=op.f("fk_message_report_bank_id_member_id"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "message_id"],
            ["message.bank_id", "message.id"],
            name=op.f("fk_message_report_bank_id_message_id"),
        ),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_message_report_bank_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message_report")),
        sa.UniqueConstraint(
            "bank_id",
            "message_id",
            "member_id",
            name=op.f("uq_message_report_bank_id_message_id_member_id"),
        ),
    )
    op.create_index(
        "ix_message_report_bank_id_settled_at",
        "message_report",
        ["bank_id", "settled_at"],
        unique=False,
    )
    op.create_table(
        "conversation_reading",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("conversation_id", sa.Integer(), nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["bank_id", "conversation_id"],
            ["conversation.bank_id", "conversation.id"],
            name=op.f("fk_conversation_reading_bank_id_conversation_id"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_id"], ["bank.id"], name=op.f("fk_conversation_reading_bank_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conversation_reading")),
    )
    op.create_index(
        "ix_conversation_reading_bank_id_conversation_id",
        "conversation_reading",
        ["bank_id", "conversation_id", "id"],
        unique=False,
    )
    op.drop_index("ix_notice_to_tell", table_name="notice")
    with op.batch_alter_table("notice") as notice:
        notice.alter_column(
            "address", existing_type=sa.String(254), type_=sa.String(500), existing_nullable=True
        )
        notice.drop_constraint(op.f("ck_notice_channel"), type_="check")
        notice.drop_constraint(op.f("ck_notice_address"), type_="check")
        notice.create_check_constraint(op.f("ck_notice_channel"), EVERY_CHANNEL)
        notice.create_check_constraint(
            op.f("ck_notice_address"), "channel NOT IN ('email', 'text') OR address IS NOT NULL"
        )
    op.create_index(
        "ix_notice_to_tell",
        "notice",
        ["bank_id", "created_at"],
        unique=False,
        sqlite_where=TO_TELL,
        postgresql_where=TO_TELL,
    )


def downgrade() -> None:
    """Take it all away; what was to go out by text or letter is left to be told by a call."""
    op.drop_index("ix_notice_to_tell", table_name="notice")
    told = "(SELECT 1 FROM notice c WHERE c.channel = 'call' AND c.bank_id = notice.bank_id AND c.addressee = notice.addressee"
    op.execute(
        f"DELETE FROM notice WHERE channel IN ('text', 'letter') AND EXISTS {told} AND c.cause = notice.cause)"
    )
    op.execute(
        "UPDATE notice SET channel = 'call', address = NULL WHERE channel IN ('text', 'letter')"
    )
    with op.batch_alter_table("notice") as notice:
        notice.alter_column(
            "address", existing_type=sa.String(500), type_=sa.String(254), existing_nullable=True
        )
        notice.drop_constraint(op.f("ck_notice_channel"), type_="check")
        notice.drop_constraint(op.f("ck_notice_address"), type_="check")
        notice.create_check_constraint(op.f("ck_notice_channel"), "channel IN ('email', 'call')")
        notice.create_check_constraint(
            op.f("ck_notice_address"), "channel <> 'email' OR address IS NOT NULL"
        )
    op.create_index(
        "ix_notice_to_tell",
        "notice",
        ["bank_id", "created_at"],
        unique=False,
        sqlite_where=TO_CALL,
        postgresql_where=TO_CALL,
    )
    for table in TABLES[::-1]:
        op.drop_table(table)


TABLES = (
    "area_link",
    "category",
    "match_weight",
    "notice_preference",
    "skill",
    "kept_apart",
    "listing",
    "member_check",
    "note_reading",
    "profile",
    "conversation",
    "embedding",
    "introduction",
    "call_note",
    "message",
    "message_report",
    "conversation_reading",
)
"""In the order in which they are made."""

"""Deciding together: partnerships and their milestones, audits with sheets that name nobody,
priorities, conversations, commitments and evaluations, with triggers that keep the promises.

Revision 0024, after 0023. Every rule stands once, in words both engines understand but for "differs
from", and becomes a trigger of each.
"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    # SQLite cannot add a key later, and lets one name a table that is still to come; PostgreSQL is
    # the other way round.
    promised = sa.ForeignKeyConstraint(
        ["bank_id", "id", "first_step"],
        ["commitment_step.bank_id", "commitment_step.commitment_id", "commitment_step.n"],
        name="fk_commitment_promised",
        deferrable=True,
        initially="DEFERRED",
    )
    op.create_table(
        "milestone_words",
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("words", sa.String(length=200), nullable=False),
        sa.CheckConstraint("words <> ''", name=op.f("ck_milestone_words_words")),
        sa.CheckConstraint("step BETWEEN 1 AND 12", name=op.f("ck_milestone_words_step")),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_milestone_words_bank_id")),
        sa.PrimaryKeyConstraint("bank_id", "step", name=op.f("pk_milestone_words")),
    )
    op.create_table(
        "partnership",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("place", sa.String(length=200), nullable=False),
        sa.Column("chair_id", sa.Integer(), nullable=True),
        sa.Column("formed_on", sa.Date(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.CheckConstraint("name <> ''", name=op.f("ck_partnership_name")),
        sa.CheckConstraint("ended_on >= formed_on", name=op.f("ck_partnership_days")),
        sa.ForeignKeyConstraint(
            ["bank_id", "chair_id"],
            ["member.bank_id", "member.id"],
            name=op.f("fk_partnership_bank_id_chair_id"),
        ),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_partnership_bank_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_partnership")),
        sa.UniqueConstraint("bank_id", "id", name=op.f("uq_partnership_bank_id_id")),
        sa.UniqueConstraint("bank_id", "name", name=op.f("uq_partnership_bank_id_name")),
    )
    op.create_table(
        "audit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("partnership_id", sa.Integer(), nullable=True),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("question", sa.String(length=300), nullable=False),
        sa.Column("assets", sa.String(length=300), nullable=False),
        sa.Column("opens_on", sa.Date(), nullable=False),
        sa.Column("closes_on", sa.Date(), nullable=False),
        sa.Column("target", sa.Integer(), nullable=True),
        sa.Column("link_key", sa.String(length=64), nullable=True),
        sa.Column("closed_at", INSTANT, nullable=True),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.CheckConstraint("question <> ''", name=op.f("ck_audit_question")),
        sa.CheckConstraint("title <> ''", name=op.f("ck_audit_title")),
        sa.CheckConstraint("closes_on >= opens_on", name=op.f("ck_audit_days")),
        sa.CheckConstraint("target > 0", name=op.f("ck_audit_target")),
        sa.ForeignKeyConstraint(
            ["bank_id", "partnership_id"],
            ["partnership.bank_id", "partnership.id"],
            name=op.f("fk_audit_bank_id_partnership_id"),
        ),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_audit_bank_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
        sa.UniqueConstraint("bank_id", "id", name=op.f("uq_audit_bank_id_id")),
        sa.UniqueConstraint("link_key", name=op.f("uq_audit_link_key")),
    )
    op.create_index(
        "ix_audit_bank_id_partnership_id", "audit", ["bank_id", "partnership_id"], unique=False
    )
    op.create_table(
        "partner",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("partnership_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=True),
        sa.Column("organisation_id", sa.Integer(), nullable=True),
        sa.Column("part", sa.String(length=20), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "member_id IS NOT NULL OR part <> 'resident'", name=op.f("ck_partner_resident")
        ),
        sa.CheckConstraint(
            "part IN ('resident', 'practitioner', 'planner')", name=op.f("ck_partner_part")
        ),
        sa.CheckConstraint(
            "(member_id IS NULL) = (organisation_id IS NOT NULL)", name=op.f("ck_partner_one")
        ),
        sa.CheckConstraint("until >= since", name=op.f("ck_partner_days")),
        sa.ForeignKeyConstraint(
            ["bank_id", "member_id"],
            ["member.bank_id", "member.id"],
            name=op.f("fk_partner_bank_id_member_id"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "organisation_id"],
            ["organisation.bank_id", "organisation.id"],
            name=op.f("fk_partner_bank_id_organisation_id"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "partnership_id"],
            ["partnership.bank_id", "partnership.id"],
            name=op.f("fk_partner_bank_id_partnership_id"),
        ),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_partner_bank_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_partner")),
    )
    op.create_index(
        "ix_partner_bank_id_member_id", "partner", ["bank_id", "member_id"], unique=False
    )
    op.create_index(
        "ix_partner_bank_id_organisation_id",
        "partner",
        ["bank_id", "organisation_id"],
        unique=False,
    )
    op.create_index(
        "uq_partner_member_id",
        "partner",
        ["bank_id", "partnership_id", "member_id"],
        unique=True,
        sqlite_where=sa.text("until IS NULL"),
        postgresql_where=sa.text("until IS NULL"),
    )
    op.create_index(
        "uq_partner_organisation_id",
        "partner",
        ["bank_id", "partnership_id", "organisation_id"],
        unique=True,
        sqlite_where=sa.text("until IS NULL"),
        postgresql_where=sa.text("until IS NULL"),
    )
    op.create_table(
        "audit_code",
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("audit_id", sa.Integer(), nullable=False),
        sa.Column("used", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["bank_id", "audit_id"],
            ["audit.bank_id", "audit.id"],
            name=op.f("fk_audit_code_bank_id_audit_id"),
        ),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_audit_code_bank_id")),
        sa.PrimaryKeyConstraint("bank_id", "code_hash", name=op.f("pk_audit_code")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "audit_group",
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("audit_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("words", sa.String(length=80), nullable=False),
        sa.Column("people", sa.Integer(), nullable=True),
        sa.CheckConstraint("kind IN ('age', 'area', 'part')", name=op.f("ck_audit_group_kind")),
        sa.CheckConstraint("words <> ''", name=op.f("ck_audit_group_words")),
        sa.CheckConstraint("people >= 0", name=op.f("ck_audit_group_people")),
        sa.ForeignKeyConstraint(
            ["bank_id", "audit_id"],
            ["audit.bank_id", "audit.id"],
            name=op.f("fk_audit_group_bank_id_audit_id"),
        ),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_audit_group_bank_id")),
        sa.PrimaryKeyConstraint("bank_id", "audit_id", "kind", "n", name=op.f("pk_audit_group")),
    )
    op.create_table(
        "audit_question",
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("audit_id", sa.Integer(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("words", sa.String(length=300), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("choices", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "(kind = 'choice') = (choices <> '')", name=op.f("ck_audit_question_choices")
        ),
        sa.CheckConstraint("kind IN ('choice', 'scale')", name=op.f("ck_audit_question_kind")),
        sa.CheckConstraint("words <> ''", name=op.f("ck_audit_question_words")),
        sa.CheckConstraint("n BETWEEN 1 AND 8", name=op.f("ck_audit_question_n")),
        sa.ForeignKeyConstraint(
            ["bank_id", "audit_id"],
            ["audit.bank_id", "audit.id"],
            name=op.f("fk_audit_question_bank_id_audit_id"),
        ),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_audit_question_bank_id")),
        sa.PrimaryKeyConstraint("bank_id", "audit_id", "n", name=op.f("pk_audit_question")),
    )
    op.create_table(
        "audit_round",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("audit_id", sa.Integer(), nullable=False),
        sa.Column("words", sa.String(length=80), nullable=False),
        sa.Column("collector_id", sa.Integer(), nullable=True),
        sa.Column("session_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("words <> ''", name=op.f("ck_audit_round_words")),
        sa.ForeignKeyConstraint(
            ["bank_id", "audit_id"],
            ["audit.bank_id", "audit.id"],
            name=op.f("fk_audit_round_bank_id_audit_id"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "collector_id"],
            ["member.bank_id", "member.id"],
            name=op.f("fk_audit_round_bank_id_collector_id"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "session_id"],
            ["activity_session.bank_id", "activity_session.id"],
            name=op.f("fk_audit_round_bank_id_session_id"),
        ),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_audit_round_bank_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_round")),
        sa.UniqueConstraint(
            "bank_id", "audit_id", "id", name=op.f("uq_audit_round_bank_id_audit_id_id")
        ),
        sa.UniqueConstraint("bank_id", "id", name=op.f("uq_audit_round_bank_id_id")),
    )
    op.create_index(
        "ix_audit_round_bank_id_collector_id",
        "audit_round",
        ["bank_id", "collector_id"],
        unique=False,
    )
    op.create_table(
        "contact_left",
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("audit_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("phone", sa.String(length=40), nullable=True),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("hear", sa.Boolean(), nullable=False),
        sa.Column("help", sa.Boolean(), nullable=False),
        sa.Column("join_us", sa.Boolean(), nullable=False),
        sa.Column("told_on", sa.Date(), nullable=True),
        sa.CheckConstraint("name <> ''", name=op.f("ck_contact_left_name")),
        sa.CheckConstraint("hear OR help OR join_us", name=op.f("ck_contact_left_what_for")),
        sa.CheckConstraint(
            "phone IS NOT NULL OR email IS NOT NULL OR address IS NOT NULL",
            name=op.f("ck_contact_left_reached"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "audit_id"],
            ["audit.bank_id", "audit.id"],
            name=op.f("fk_contact_left_bank_id_audit_id"),
        ),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_contact_left_bank_id")),
        sa.PrimaryKeyConstraint("bank_id", "audit_id", "key", name=op.f("pk_contact_left")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "theme",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("audit_id", sa.Integer(), nullable=False),
        sa.Column("words", sa.String(length=80), nullable=False),
        sa.Column("joined_id", sa.Integer(), nullable=True),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.CheckConstraint("words <> ''", name=op.f("ck_theme_words")),
        sa.CheckConstraint("joined_id <> id", name=op.f("ck_theme_joined")),
        sa.ForeignKeyConstraint(
            ["bank_id", "audit_id", "joined_id"],
            ["theme.bank_id", "theme.audit_id", "theme.id"],
            name=op.f("fk_theme_bank_id_audit_id_joined_id"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "audit_id"],
            ["audit.bank_id", "audit.id"],
            name=op.f("fk_theme_bank_id_audit_id"),
        ),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_theme_bank_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_theme")),
        sa.UniqueConstraint("bank_id", "audit_id", "id", name=op.f("uq_theme_bank_id_audit_id_id")),
        sa.UniqueConstraint(
            "bank_id", "audit_id", "words", name=op.f("uq_theme_bank_id_audit_id_words")
        ),
        sa.UniqueConstraint("bank_id", "id", name=op.f("uq_theme_bank_id_id")),
    )
    op.create_table(
        "audit_sheet",
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("audit_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("way", sa.String(length=20), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=True),
        sa.Column("age", sa.String(length=80), nullable=True),
        sa.Column("area", sa.String(length=80), nullable=True),
        sa.Column("part", sa.String(length=20), nullable=True),
        sa.CheckConstraint(
            "part IN ('resident', 'practitioner', 'planner')", name=op.f("ck_audit_sheet_part")
        ),
        sa.CheckConstraint(
            "way IN ('door', 'event', 'phone', 'paper', 'link')", name=op.f("ck_audit_sheet_way")
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "audit_id", "round_id"],
            ["audit_round.bank_id", "audit_round.audit_id", "audit_round.id"],
            name=op.f("fk_audit_sheet_bank_id_audit_id_round_id"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "audit_id"],
            ["audit.bank_id", "audit.id"],
            name=op.f("fk_audit_sheet_bank_id_audit_id"),
        ),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_audit_sheet_bank_id")),
        sa.PrimaryKeyConstraint("bank_id", "audit_id", "key", name=op.f("pk_audit_sheet")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "priority",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("partnership_id", sa.Integer(), nullable=True),
        sa.Column("audit_id", sa.Integer(), nullable=True),
        sa.Column("theme_id", sa.Integer(), nullable=True),
        sa.Column("session_id", sa.Integer(), nullable=True),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("words", sa.String(length=200), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("going_on", sa.Text(), nullable=False),
        sa.Column("touches", sa.Text(), nullable=False),
        sa.Column("set_on", sa.Date(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.CheckConstraint("words <> ''", name=op.f("ck_priority_words")),
        sa.CheckConstraint("ended_on >= set_on", name=op.f("ck_priority_days")),
        sa.CheckConstraint("place > 0", name=op.f("ck_priority_place")),
        sa.CheckConstraint(
            "theme_id IS NULL OR audit_id IS NOT NULL", name=op.f("ck_priority_theme")
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "audit_id"],
            ["audit.bank_id", "audit.id"],
            name=op.f("fk_priority_bank_id_audit_id"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "partnership_id"],
            ["partnership.bank_id", "partnership.id"],
            name=op.f("fk_priority_bank_id_partnership_id"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "session_id"],
            ["activity_session.bank_id", "activity_session.id"],
            name=op.f("fk_priority_bank_id_session_id"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "theme_id"],
            ["theme.bank_id", "theme.id"],
            name=op.f("fk_priority_bank_id_theme_id"),
        ),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_priority_bank_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_priority")),
        sa.UniqueConstraint("bank_id", "id", name=op.f("uq_priority_bank_id_id")),
    )
    op.create_index(
        "ix_priority_bank_id_partnership_id",
        "priority",
        ["bank_id", "partnership_id"],
        unique=False,
    )
    op.create_table(
        "audit_answer",
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("audit_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("question", sa.Integer(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("words", sa.Text(), nullable=True),
        sa.Column("value", sa.Integer(), nullable=True),
        sa.Column("shortened", sa.Boolean(), nullable=False),
        sa.CheckConstraint("words <> ''", name=op.f("ck_audit_answer_words")),
        sa.CheckConstraint(
            "(question IN (0, 9)) = (words IS NOT NULL) AND (value IS NULL) = (words IS NOT NULL)",
            name=op.f("ck_audit_answer_one"),
        ),
        sa.CheckConstraint("place BETWEEN 1 AND 3", name=op.f("ck_audit_answer_place")),
        sa.CheckConstraint("question BETWEEN 0 AND 9", name=op.f("ck_audit_answer_question")),
        sa.CheckConstraint("question IN (0, 9) OR place = 1", name=op.f("ck_audit_answer_closed")),
        sa.CheckConstraint("value BETWEEN 0 AND 100", name=op.f("ck_audit_answer_value")),
        sa.ForeignKeyConstraint(
            ["bank_id", "audit_id", "key"],
            ["audit_sheet.bank_id", "audit_sheet.audit_id", "audit_sheet.key"],
            name=op.f("fk_audit_answer_bank_id_audit_id_key"),
            onupdate="CASCADE",
        ),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_audit_answer_bank_id")),
        sa.PrimaryKeyConstraint(
            "bank_id", "audit_id", "key", "question", "place", name=op.f("pk_audit_answer")
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "dialogue",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("partnership_id", sa.Integer(), nullable=True),
        sa.Column("priority_id", sa.Integer(), nullable=True),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("can_change", sa.Text(), nullable=False),
        sa.Column("fixed", sa.Text(), nullable=False),
        sa.Column("decides", sa.String(length=200), nullable=False),
        sa.Column("decider_id", sa.Integer(), nullable=True),
        sa.Column("answers_on", sa.Date(), nullable=True),
        sa.Column("there_is", sa.Text(), nullable=False),
        sa.Column("there_limit", sa.Text(), nullable=False),
        sa.Column("last_year", sa.Text(), nullable=False),
        sa.Column("opened_at", INSTANT, nullable=True),
        sa.Column("closed_at", INSTANT, nullable=True),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.CheckConstraint(
            "opened_at IS NULL OR answers_on IS NOT NULL AND can_change <> '' AND fixed <> '' AND decides <> '' AND there_is <> '' AND there_limit <> '' AND last_year <> ''",
            name=op.f("ck_dialogue_framed"),
        ),
        sa.CheckConstraint("title <> ''", name=op.f("ck_dialogue_title")),
        sa.CheckConstraint(
            "closed_at IS NULL OR opened_at IS NOT NULL", name=op.f("ck_dialogue_closed")
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "decider_id"],
            ["member.bank_id", "member.id"],
            name=op.f("fk_dialogue_bank_id_decider_id"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "partnership_id"],
            ["partnership.bank_id", "partnership.id"],
            name=op.f("fk_dialogue_bank_id_partnership_id"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "priority_id"],
            ["priority.bank_id", "priority.id"],
            name=op.f("fk_dialogue_bank_id_priority_id"),
        ),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_dialogue_bank_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dialogue")),
        sa.UniqueConstraint("bank_id", "id", name=op.f("uq_dialogue_bank_id_id")),
    )
    op.create_index(
        "ix_dialogue_bank_id_partnership_id",
        "dialogue",
        ["bank_id", "partnership_id"],
        unique=False,
    )
    op.create_index(
        "ix_dialogue_bank_id_priority_id", "dialogue", ["bank_id", "priority_id"], unique=False
    )
    op.create_table(
        "audit_wording",
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("audit_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("question", sa.Integer(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.CheckConstraint("words <> ''", name=op.f("ck_audit_wording_words")),
        sa.ForeignKeyConstraint(
            ["bank_id", "audit_id", "key", "question", "place"],
            [
                "audit_answer.bank_id",
                "audit_answer.audit_id",
                "audit_answer.key",
                "audit_answer.question",
                "audit_answer.place",
            ],
            name=op.f("fk_audit_wording_bank_id_audit_id_key_question_place"),
            onupdate="CASCADE",
        ),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_audit_wording_bank_id")),
        sa.PrimaryKeyConstraint(
            "bank_id", "audit_id", "key", "question", "place", name=op.f("pk_audit_wording")
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "dialogue_meeting",
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("dialogue_id", sa.Integer(), nullable=False),
        sa.Column("session_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["bank_id", "dialogue_id"],
            ["dialogue.bank_id", "dialogue.id"],
            name=op.f("fk_dialogue_meeting_bank_id_dialogue_id"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "session_id"],
            ["activity_session.bank_id", "activity_session.id"],
            name=op.f("fk_dialogue_meeting_bank_id_session_id"),
        ),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_dialogue_meeting_bank_id")),
        sa.PrimaryKeyConstraint(
            "bank_id", "dialogue_id", "session_id", name=op.f("pk_dialogue_meeting")
        ),
    )
    op.create_index(
        "ix_dialogue_meeting_bank_id_session_id",
        "dialogue_meeting",
        ["bank_id", "session_id"],
        unique=False,
    )
    op.create_table(
        "dialogue_option",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("dialogue_id", sa.Integer(), nullable=False),
        sa.Column("words", sa.String(length=200), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=True),
        sa.Column("pence", sa.Integer(), nullable=True),
        sa.Column("from_residents", sa.Text(), nullable=False),
        sa.Column("from_practitioners", sa.Text(), nullable=False),
        sa.Column("from_planners", sa.Text(), nullable=False),
        sa.Column("gains", sa.Text(), nullable=False),
        sa.Column("loses", sa.Text(), nullable=False),
        sa.Column("given_up", sa.Text(), nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.CheckConstraint("words <> ''", name=op.f("ck_dialogue_option_words")),
        sa.CheckConstraint("minutes >= 0", name=op.f("ck_dialogue_option_minutes")),
        sa.CheckConstraint("pence >= 0", name=op.f("ck_dialogue_option_pence")),
        sa.ForeignKeyConstraint(
            ["bank_id", "dialogue_id"],
            ["dialogue.bank_id", "dialogue.id"],
            name=op.f("fk_dialogue_option_bank_id_dialogue_id"),
        ),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_dialogue_option_bank_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dialogue_option")),
        sa.UniqueConstraint(
            "bank_id", "dialogue_id", "id", name=op.f("uq_dialogue_option_bank_id_dialogue_id_id")
        ),
        sa.UniqueConstraint("bank_id", "id", name=op.f("uq_dialogue_option_bank_id_id")),
    )
    op.create_table(
        "evaluation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("session_id", sa.Integer(), nullable=True),
        sa.Column("audit_id", sa.Integer(), nullable=True),
        sa.Column("dialogue_id", sa.Integer(), nullable=True),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.CheckConstraint(
            "(CASE WHEN session_id IS NULL THEN 0 ELSE 1 END) + (CASE WHEN audit_id IS NULL THEN 0 ELSE 1 END) + (CASE WHEN dialogue_id IS NULL THEN 0 ELSE 1 END) = 1",
            name=op.f("ck_evaluation_one"),
        ),
        sa.CheckConstraint("closed_on >= opened_on", name=op.f("ck_evaluation_days")),
        sa.ForeignKeyConstraint(
            ["bank_id", "audit_id"],
            ["audit.bank_id", "audit.id"],
            name=op.f("fk_evaluation_bank_id_audit_id"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "dialogue_id"],
            ["dialogue.bank_id", "dialogue.id"],
            name=op.f("fk_evaluation_bank_id_dialogue_id"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "session_id"],
            ["activity_session.bank_id", "activity_session.id"],
            name=op.f("fk_evaluation_bank_id_session_id"),
        ),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_evaluation_bank_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evaluation")),
        sa.UniqueConstraint("bank_id", "audit_id", name=op.f("uq_evaluation_bank_id_audit_id")),
        sa.UniqueConstraint(
            "bank_id", "dialogue_id", name=op.f("uq_evaluation_bank_id_dialogue_id")
        ),
        sa.UniqueConstraint("bank_id", "id", name=op.f("uq_evaluation_bank_id_id")),
        sa.UniqueConstraint("bank_id", "session_id", name=op.f("uq_evaluation_bank_id_session_id")),
    )
    op.create_table(
        "sorted_as",
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("audit_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("question", sa.Integer(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("sorter_id", sa.Integer(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("theme_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("n IN (1, 2)", name=op.f("ck_sorted_as_n")),
        sa.CheckConstraint("question = 0", name=op.f("ck_sorted_as_question")),
        sa.ForeignKeyConstraint(
            ["bank_id", "audit_id", "key", "question", "place"],
            [
                "audit_answer.bank_id",
                "audit_answer.audit_id",
                "audit_answer.key",
                "audit_answer.question",
                "audit_answer.place",
            ],
            name=op.f("fk_sorted_as_bank_id_audit_id_key_question_place"),
            onupdate="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "audit_id", "theme_id"],
            ["theme.bank_id", "theme.audit_id", "theme.id"],
            name=op.f("fk_sorted_as_bank_id_audit_id_theme_id"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "sorter_id"],
            ["member.bank_id", "member.id"],
            name=op.f("fk_sorted_as_bank_id_sorter_id"),
        ),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_sorted_as_bank_id")),
        sa.PrimaryKeyConstraint(
            "bank_id",
            "audit_id",
            "key",
            "question",
            "place",
            "sorter_id",
            "n",
            name=op.f("pk_sorted_as"),
        ),
        sa.UniqueConstraint(
            "bank_id",
            "audit_id",
            "key",
            "question",
            "place",
            "sorter_id",
            "theme_id",
            name=op.f("uq_sorted_as_bank_id_audit_id_key_question_place_sorter_id_theme_id"),
        ),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_sorted_as_bank_id_sorter_id", "sorted_as", ["bank_id", "sorter_id"], unique=False
    )
    op.create_table(
        "commitment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("first_step", sa.Integer(), nullable=False),
        sa.Column("partnership_id", sa.Integer(), nullable=True),
        sa.Column("priority_id", sa.Integer(), nullable=True),
        sa.Column("option_id", sa.Integer(), nullable=True),
        sa.Column("words", sa.String(length=300), nullable=False),
        sa.Column("part", sa.String(length=20), nullable=False),
        sa.Column("answers_to", sa.String(length=200), nullable=False),
        sa.Column("owner_kind", sa.String(length=20), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=True),
        sa.Column("organisation_id", sa.Integer(), nullable=True),
        sa.Column("body", sa.String(length=120), nullable=False),
        sa.Column("contact_name", sa.String(length=120), nullable=False),
        sa.Column("contact_phone", sa.String(length=40), nullable=True),
        sa.Column("contact_email", sa.String(length=254), nullable=True),
        sa.Column("commissioner_id", sa.Integer(), nullable=True),
        sa.Column("shown", sa.Boolean(), nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.CheckConstraint(
            "(owner_kind = 'member') = (member_id IS NOT NULL) AND (owner_kind = 'organisation') = (organisation_id IS NOT NULL) AND (owner_kind = 'body') = (body <> '')",
            name=op.f("ck_commitment_owner"),
        ),
        sa.CheckConstraint(
            "commissioner_id IS NULL OR owner_kind = 'body'",
            name=op.f("ck_commitment_commissioner"),
        ),
        sa.CheckConstraint(
            "owner_kind <> 'body' OR contact_name <> ''", name=op.f("ck_commitment_contact")
        ),
        sa.CheckConstraint(
            "owner_kind IN ('member', 'organisation', 'body')",
            name=op.f("ck_commitment_owner_kind"),
        ),
        sa.CheckConstraint(
            "part IN ('resident', 'practitioner', 'planner')", name=op.f("ck_commitment_part")
        ),
        sa.CheckConstraint("words <> ''", name=op.f("ck_commitment_words")),
        sa.CheckConstraint("first_step = 1", name=op.f("ck_commitment_first_step")),
        sa.ForeignKeyConstraint(
            ["bank_id", "commissioner_id"],
            ["commissioner.bank_id", "commissioner.id"],
            name=op.f("fk_commitment_bank_id_commissioner_id"),
        ),
        *([promised] if sqlite else []),
        sa.ForeignKeyConstraint(
            ["bank_id", "member_id"],
            ["member.bank_id", "member.id"],
            name=op.f("fk_commitment_bank_id_member_id"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "option_id"],
            ["dialogue_option.bank_id", "dialogue_option.id"],
            name=op.f("fk_commitment_bank_id_option_id"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "organisation_id"],
            ["organisation.bank_id", "organisation.id"],
            name=op.f("fk_commitment_bank_id_organisation_id"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "partnership_id"],
            ["partnership.bank_id", "partnership.id"],
            name=op.f("fk_commitment_bank_id_partnership_id"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "priority_id"],
            ["priority.bank_id", "priority.id"],
            name=op.f("fk_commitment_bank_id_priority_id"),
        ),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_commitment_bank_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commitment")),
        sa.UniqueConstraint("bank_id", "id", name=op.f("uq_commitment_bank_id_id")),
    )
    op.create_index(
        "ix_commitment_bank_id_commissioner_id",
        "commitment",
        ["bank_id", "commissioner_id"],
        unique=False,
    )
    op.create_index(
        "ix_commitment_bank_id_member_id", "commitment", ["bank_id", "member_id"], unique=False
    )
    op.create_index(
        "ix_commitment_bank_id_option_id", "commitment", ["bank_id", "option_id"], unique=False
    )
    op.create_index(
        "ix_commitment_bank_id_organisation_id",
        "commitment",
        ["bank_id", "organisation_id"],
        unique=False,
    )
    op.create_index(
        "ix_commitment_bank_id_partnership_id",
        "commitment",
        ["bank_id", "partnership_id"],
        unique=False,
    )
    op.create_index(
        "ix_commitment_bank_id_priority_id", "commitment", ["bank_id", "priority_id"], unique=False
    )
    op.create_table(
        "dialogue_point",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("dialogue_id", sa.Integer(), nullable=False),
        sa.Column("option_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("part", sa.String(length=20), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=True),
        sa.Column("by", sa.String(length=40), nullable=True),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.CheckConstraint(
            "channel IN ('web', 'in_person', 'phone', 'paper', 'text', 'link', 'import', 'waiting_time', 'system')",
            name=op.f("ck_dialogue_point_channel"),
        ),
        sa.CheckConstraint(
            "kind IN ('for', 'against', 'only_if', 'question')", name=op.f("ck_dialogue_point_kind")
        ),
        sa.CheckConstraint(
            "part IN ('resident', 'practitioner', 'planner')", name=op.f("ck_dialogue_point_part")
        ),
        sa.CheckConstraint("words <> ''", name=op.f("ck_dialogue_point_words")),
        sa.ForeignKeyConstraint(
            ["bank_id", "dialogue_id", "option_id"],
            ["dialogue_option.bank_id", "dialogue_option.dialogue_id", "dialogue_option.id"],
            name=op.f("fk_dialogue_point_bank_id_dialogue_id_option_id"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "dialogue_id"],
            ["dialogue.bank_id", "dialogue.id"],
            name=op.f("fk_dialogue_point_bank_id_dialogue_id"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "member_id"],
            ["member.bank_id", "member.id"],
            name=op.f("fk_dialogue_point_bank_id_member_id"),
        ),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_dialogue_point_bank_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dialogue_point")),
    )
    op.create_index(
        "ix_dialogue_point_bank_id_dialogue_id",
        "dialogue_point",
        ["bank_id", "dialogue_id"],
        unique=False,
    )
    op.create_index(
        "ix_dialogue_point_bank_id_member_id",
        "dialogue_point",
        ["bank_id", "member_id"],
        unique=False,
    )
    op.create_table(
        "evaluated",
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("evaluation_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["bank_id", "evaluation_id"],
            ["evaluation.bank_id", "evaluation.id"],
            name=op.f("fk_evaluated_bank_id_evaluation_id"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "member_id"],
            ["member.bank_id", "member.id"],
            name=op.f("fk_evaluated_bank_id_member_id"),
        ),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_evaluated_bank_id")),
        sa.PrimaryKeyConstraint("bank_id", "evaluation_id", "member_id", name=op.f("pk_evaluated")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "evaluation_sheet",
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("evaluation_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["bank_id", "evaluation_id"],
            ["evaluation.bank_id", "evaluation.id"],
            name=op.f("fk_evaluation_sheet_bank_id_evaluation_id"),
        ),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_evaluation_sheet_bank_id")),
        sa.PrimaryKeyConstraint(
            "bank_id", "evaluation_id", "key", name=op.f("pk_evaluation_sheet")
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "sounding",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("option_id", sa.Integer(), nullable=False),
        sa.Column("answer", sa.String(length=20), nullable=False),
        sa.Column("part", sa.String(length=20), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=True),
        sa.Column("session_id", sa.Integer(), nullable=True),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("by", sa.String(length=40), nullable=True),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.CheckConstraint("answer IN ('yes', 'can_live', 'no')", name=op.f("ck_sounding_answer")),
        sa.CheckConstraint(
            "channel IN ('web', 'in_person', 'phone', 'paper', 'text', 'link', 'import', 'waiting_time', 'system')",
            name=op.f("ck_sounding_channel"),
        ),
        sa.CheckConstraint(
            "part IN ('resident', 'practitioner', 'planner')", name=op.f("ck_sounding_part")
        ),
        sa.CheckConstraint("people > 0", name=op.f("ck_sounding_people")),
        sa.CheckConstraint(
            "session_id IS NULL AND people = 1 OR session_id IS NOT NULL AND member_id IS NULL",
            name=op.f("ck_sounding_one"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "member_id"],
            ["member.bank_id", "member.id"],
            name=op.f("fk_sounding_bank_id_member_id"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "option_id"],
            ["dialogue_option.bank_id", "dialogue_option.id"],
            name=op.f("fk_sounding_bank_id_option_id"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "session_id"],
            ["activity_session.bank_id", "activity_session.id"],
            name=op.f("fk_sounding_bank_id_session_id"),
        ),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_sounding_bank_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sounding")),
    )
    op.create_index(
        "ix_sounding_bank_id_member_id", "sounding", ["bank_id", "member_id"], unique=False
    )
    op.create_index(
        "ix_sounding_bank_id_option_id", "sounding", ["bank_id", "option_id"], unique=False
    )
    op.create_index(
        "uq_sounding_hands",
        "sounding",
        ["bank_id", "option_id", "session_id", "part", "answer"],
        unique=True,
        sqlite_where=sa.text("session_id IS NOT NULL"),
        postgresql_where=sa.text("session_id IS NOT NULL"),
    )
    op.create_index(
        "uq_sounding_member",
        "sounding",
        ["bank_id", "option_id", "member_id"],
        unique=True,
        sqlite_where=sa.text("member_id IS NOT NULL"),
        postgresql_where=sa.text("member_id IS NOT NULL"),
    )
    op.create_table(
        "verdict",
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("option_id", sa.Integer(), nullable=False),
        sa.Column("answer", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("given_on", sa.Date(), nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.CheckConstraint(
            "answer IN ('agreed', 'agreed_if', 'not_now', 'no')", name=op.f("ck_verdict_answer")
        ),
        sa.CheckConstraint(
            "channel IN ('web', 'in_person', 'phone', 'paper', 'text', 'link', 'import', 'waiting_time', 'system')",
            name=op.f("ck_verdict_channel"),
        ),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_verdict_reason")),
        sa.ForeignKeyConstraint(
            ["bank_id", "option_id"],
            ["dialogue_option.bank_id", "dialogue_option.id"],
            name=op.f("fk_verdict_bank_id_option_id"),
        ),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_verdict_bank_id")),
        sa.PrimaryKeyConstraint("bank_id", "option_id", name=op.f("pk_verdict")),
    )
    op.create_table(
        "commitment_step",
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("commitment_id", sa.Integer(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("confirmed_id", sa.Integer(), nullable=True),
        sa.Column("shown", sa.Boolean(), nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("on_word_of", sa.String(length=40), nullable=True),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.CheckConstraint(
            "(kind = 'confirmed') = (confirmed_id IS NOT NULL)",
            name=op.f("ck_commitment_step_confirmed"),
        ),
        sa.CheckConstraint(
            "channel IN ('web', 'in_person', 'phone', 'paper', 'text', 'link', 'import', 'waiting_time', 'system')",
            name=op.f("ck_commitment_step_channel"),
        ),
        sa.CheckConstraint(
            "kind IN ('promised', 'moved', 'handed', 'done', 'confirmed', 'dropped', 'mistaken')",
            name=op.f("ck_commitment_step_kind"),
        ),
        sa.CheckConstraint(
            "kind NOT IN ('moved', 'done', 'dropped', 'mistaken') OR words <> ''",
            name=op.f("ck_commitment_step_words"),
        ),
        sa.CheckConstraint(
            "kind NOT IN ('promised', 'moved') OR due_on >= happened_on",
            name=op.f("ck_commitment_step_ahead"),
        ),
        sa.CheckConstraint("n > 0", name=op.f("ck_commitment_step_n")),
        sa.ForeignKeyConstraint(
            ["bank_id", "commitment_id"],
            ["commitment.bank_id", "commitment.id"],
            name=op.f("fk_commitment_step_bank_id_commitment_id"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "confirmed_id"],
            ["member.bank_id", "member.id"],
            name=op.f("fk_commitment_step_bank_id_confirmed_id"),
        ),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_commitment_step_bank_id")),
        sa.PrimaryKeyConstraint("bank_id", "commitment_id", "n", name=op.f("pk_commitment_step")),
    )
    op.create_index(
        "ix_commitment_step_bank_id_confirmed_id",
        "commitment_step",
        ["bank_id", "confirmed_id"],
        unique=False,
    )
    op.create_table(
        "evaluation_answer",
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("evaluation_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("item", sa.String(length=20), nullable=False),
        sa.Column("value", sa.Integer(), nullable=True),
        sa.Column("words", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(item IN ('better', 'health')) = (words IS NOT NULL) AND (value IS NULL) = (words IS NOT NULL)",
            name=op.f("ck_evaluation_answer_answer"),
        ),
        sa.CheckConstraint(
            "item IN ('knew_what_for', 'told_what_changes', 'had_what_needed', 'could_say', 'listened_to', 'different_people', 'something_comes', 'worth_my_time', 'ladder', 'better', 'health')",
            name=op.f("ck_evaluation_answer_item"),
        ),
        sa.CheckConstraint("value BETWEEN 1 AND 7", name=op.f("ck_evaluation_answer_value")),
        sa.ForeignKeyConstraint(
            ["bank_id", "evaluation_id", "key"],
            ["evaluation_sheet.bank_id", "evaluation_sheet.evaluation_id", "evaluation_sheet.key"],
            name=op.f("fk_evaluation_answer_bank_id_evaluation_id_key"),
            onupdate="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["bank_id"], ["bank.id"], name=op.f("fk_evaluation_answer_bank_id")
        ),
        sa.PrimaryKeyConstraint(
            "bank_id", "evaluation_id", "key", "item", name=op.f("pk_evaluation_answer")
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "milestone",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("partnership_id", sa.Integer(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("reached_on", sa.Date(), nullable=True),
        sa.Column("lost_on", sa.Date(), nullable=True),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("session_id", sa.Integer(), nullable=True),
        sa.Column("audit_id", sa.Integer(), nullable=True),
        sa.Column("commitment_id", sa.Integer(), nullable=True),
        sa.Column("resident_id", sa.Integer(), nullable=True),
        sa.Column("professional_id", sa.Integer(), nullable=True),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.CheckConstraint(
            "lost_on IS NOT NULL OR words <> '' OR session_id IS NOT NULL OR audit_id IS NOT NULL OR commitment_id IS NOT NULL",
            name=op.f("ck_milestone_evidence"),
        ),
        sa.CheckConstraint("lost_on IS NULL OR words <> ''", name=op.f("ck_milestone_why")),
        sa.CheckConstraint(
            "(reached_on IS NULL) = (lost_on IS NOT NULL)", name=op.f("ck_milestone_one")
        ),
        sa.CheckConstraint(
            "lost_on IS NOT NULL OR resident_id IS NOT NULL AND professional_id IS NOT NULL",
            name=op.f("ck_milestone_two_words"),
        ),
        sa.CheckConstraint("step BETWEEN 1 AND 12", name=op.f("ck_milestone_step")),
        sa.ForeignKeyConstraint(
            ["bank_id", "audit_id"],
            ["audit.bank_id", "audit.id"],
            name=op.f("fk_milestone_bank_id_audit_id"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "commitment_id"],
            ["commitment.bank_id", "commitment.id"],
            name=op.f("fk_milestone_bank_id_commitment_id"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "partnership_id"],
            ["partnership.bank_id", "partnership.id"],
            name=op.f("fk_milestone_bank_id_partnership_id"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "professional_id"],
            ["member.bank_id", "member.id"],
            name=op.f("fk_milestone_bank_id_professional_id"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "resident_id"],
            ["member.bank_id", "member.id"],
            name=op.f("fk_milestone_bank_id_resident_id"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "session_id"],
            ["activity_session.bank_id", "activity_session.id"],
            name=op.f("fk_milestone_bank_id_session_id"),
        ),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_milestone_bank_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_milestone")),
    )
    op.create_index(
        "ix_milestone_bank_id_partnership_id",
        "milestone",
        ["bank_id", "partnership_id", "step", "id"],
        unique=False,
    )
    if not sqlite:
        op.create_foreign_key(
            "fk_commitment_promised",
            "commitment",
            "commitment_step",
            ["bank_id", "id", "first_step"],
            ["bank_id", "commitment_id", "n"],
            deferrable=True,
            initially="DEFERRED",
        )
    for statement in SQLITE if sqlite else POSTGRESQL:
        op.execute(statement)


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint("fk_commitment_promised", "commitment", type_="foreignkey")
    for table in (
        "milestone",
        "evaluation_answer",
        "commitment_step",
        "verdict",
        "sounding",
        "evaluation_sheet",
        "evaluated",
        "dialogue_point",
        "commitment",
        "sorted_as",
        "evaluation",
        "dialogue_option",
        "dialogue_meeting",
        "audit_wording",
        "dialogue",
        "audit_answer",
        "priority",
        "audit_sheet",
        "theme",
        "contact_left",
        "audit_round",
        "audit_question",
        "audit_group",
        "audit_code",
        "partner",
        "audit",
        "partnership",
        "milestone_words",
    ):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        for name, *_ in RULES:
            op.execute(f"DROP FUNCTION {name}()")


FRAME = ("can_change", "fixed", "decides", "answers_on", "there_is", "there_limit", "last_year")
_FOLLOWS = (
    ">promised",
    *(
        f"{before}>{after}"
        for before in ("promised", "moved", "handed")
        for after in ("moved", "handed", "done", "dropped", "mistaken")
    ),
    *("done>moved", "done>confirmed", "done>mistaken"),
    *("confirmed>mistaken", "dropped>mistaken"),
)
"""Which step may come after which."""


def _other(*columns: str) -> str:
    """Whether any of these differs between OLD and NEW: `IS NOT` of SQLite, which PostgreSQL calls
    `IS DISTINCT FROM`. Names stand in quotes, for PL/pgSQL has a word `by` of its own."""
    return "(" + " OR ".join(f'NEW."{name}" <<>> OLD."{name}"' for name in columns) + ")"


def _of(table: str, row: str, column: str, condition: str) -> str:
    """Whether the row of a table that another row refers to is so."""
    return f"EXISTS (SELECT 1 FROM {table} t WHERE t.bank_id = {row}.bank_id AND t.id = {row}.{column} AND {condition})"


def _of_option(row: str, condition: str) -> str:
    """Whether the conversation of a row's option is so."""
    return (
        f"EXISTS (SELECT 1 FROM dialogue_option o JOIN dialogue t ON t.id = o.dialogue_id"
        f" WHERE o.bank_id = {row}.bank_id AND o.id = {row}.option_id AND {condition})"
    )


def _there(table: str, *key: str) -> str:
    """Whether such a row is there already: INSERT OR REPLACE would remove it without firing the
    trigger that refuses to delete."""
    return (
        f"EXISTS (SELECT 1 FROM {table} WHERE " + " AND ".join(f"{c} = NEW.{c}" for c in key) + ")"
    )


_LAST = (
    "(SELECT {} FROM commitment_step l WHERE l.bank_id = {}.bank_id AND l.commitment_id = {}.{}"
    " ORDER BY l.n DESC LIMIT 1)"
)
_LAST_KIND = _LAST.format("l.kind", "NEW", "NEW", "commitment_id")
_LAST_DUE = _LAST.format("l.due_on", "NEW", "NEW", "commitment_id")
_LAST_N = _LAST.format("l.n", "NEW", "NEW", "commitment_id")
_REACHED = (
    "COALESCE((SELECT m.reached_on IS NOT NULL FROM milestone m WHERE m.bank_id = NEW.bank_id"
    " AND m.partnership_id = NEW.partnership_id AND m.step = NEW.step ORDER BY m.id DESC LIMIT 1),"
    " FALSE)"
)


def _partner(member: str, parts: str, partnership: str = "NEW.partnership_id") -> str:
    return (
        f"EXISTS (SELECT 1 FROM partner p WHERE p.bank_id = NEW.bank_id AND p.partnership_id = {partnership}"
        f" AND p.member_id = {member} AND p.part {parts} AND p.until IS NULL)"
    )


_MAY_CONFIRM = f"""EXISTS (SELECT 1 FROM commitment c WHERE c.bank_id = NEW.bank_id AND c.id = NEW.commitment_id
  AND (c.member_id IS NULL OR c.member_id <> NEW.confirmed_id)
  AND NOT EXISTS (SELECT 1 FROM contact k WHERE k.bank_id = c.bank_id
    AND k.organisation_id = c.organisation_id AND k.member_id = NEW.confirmed_id)
  AND (c.partnership_id IS NOT NULL AND {_partner("NEW.confirmed_id", "= 'resident'", "c.partnership_id")}
    OR c.partnership_id IS NULL AND EXISTS (SELECT 1 FROM member m WHERE m.bank_id = NEW.bank_id
      AND m.id = NEW.confirmed_id AND m.capacity = 'resident' AND m.status = 'active')))"""
_OPEN = "t.opened_at IS NOT NULL AND t.closed_at IS NULL"
_PERSON = "count(DISTINCT COALESCE('m' || c.member_id, 'g' || c.guest_key))"
_REGISTER = f"""(SELECT CASE
  WHEN e.session_id IS NOT NULL THEN (SELECT {_PERSON} FROM contribution c
    WHERE c.bank_id = e.bank_id AND c.session_id = e.session_id)
  WHEN e.dialogue_id IS NOT NULL THEN (SELECT {_PERSON} FROM contribution c
    JOIN dialogue_meeting d ON d.bank_id = c.bank_id AND d.session_id = c.session_id
    WHERE d.bank_id = e.bank_id AND d.dialogue_id = e.dialogue_id)
  ELSE (SELECT count(*) FROM audit_sheet s WHERE s.bank_id = e.bank_id AND s.audit_id = e.audit_id)
  END FROM evaluation e WHERE e.bank_id = NEW.bank_id AND e.id = NEW.evaluation_id)"""
_SHEETS = (
    "(SELECT count(*) FROM evaluation_sheet s WHERE s.bank_id = NEW.bank_id"
    " AND s.evaluation_id = NEW.evaluation_id)"
)
_HAS_SHEETS = (
    "EXISTS (SELECT 1 FROM audit_sheet s WHERE s.bank_id = {0}.bank_id AND s.audit_id = {0}.{1})"
)
_REPLACED = (
    "NOT OLD.shortened AND NEW.shortened AND EXISTS (SELECT 1 FROM audit_wording w"
    " WHERE w.bank_id = NEW.bank_id AND w.audit_id = NEW.audit_id AND w.key = NEW.key"
    " AND w.question = NEW.question AND w.place = NEW.place AND w.words = NEW.words)"
    f" AND {_of('audit', 'NEW', 'audit_id', 't.closed_at IS NOT NULL')}"
)
_UNNAMED = "NOT (NEW.member_id IS NULL AND OLD.member_id IS NOT NULL AND NOT {})"
_CLOSED_AUDIT = _of("audit", "{}", "audit_id", "t.closed_at IS NOT NULL")

ADDED = "dialogue_added: {} are only ever added to"
MILESTONE = "milestone_follows: a step is reached once, and lost once it was reached"
TWO = "milestone_two_words: a step is reached on the word of a resident and a professional of it"
OWNED = "commitment_kept: a promise stays as it was made, and changes hands by a step that says so"
FOLLOWS = "commitment_follows: what follows the last step of a promise"
DUE = "commitment_due: the day changes when it is moved, and only then"
CONFIRMED = "commitment_confirmed: a resident of the partnership who is not the owner confirms"
FRAMED = "dialogue_framed: a conversation stays within the frame it opened with"
ANSWERED = "dialogue_answered: a conversation closes once every option has an answer"
CLOSED = "dialogue_closed: nothing is said in a conversation that is not open"
SHEET = "audit_sheet_kept: a sheet and its answers stay as they were given"
SHUT = "audit_closed: an audit that has closed takes no sheet and is not sorted"
ASKED = "audit_asked: what is asked stays as it is once somebody has answered"
CODE = "audit_code_once: a printed code is used once"
REGISTER = "evaluation_register: no more sheets than people on the register"
EVALUATED = "evaluation_kept: the answers of an evaluation stay as they were given"

LOCKS = {
    # What is looked at has to hold until the end, whoever else writes meanwhile.
    "dialogue_option_open": "PERFORM 1 FROM dialogue WHERE id = NEW.dialogue_id FOR SHARE;",
    "audit_sheet_open": "PERFORM 1 FROM audit WHERE id = NEW.audit_id FOR SHARE;",
    "evaluation_sheet_register": "PERFORM 1 FROM evaluation WHERE id = NEW.evaluation_id FOR UPDATE;",
    "commitment_step_follows": "PERFORM 1 FROM commitment WHERE id = NEW.commitment_id FOR UPDATE;",
    "milestone_follows": "PERFORM 1 FROM partnership WHERE id = NEW.partnership_id FOR UPDATE;",
}

RULES: tuple[tuple[str, str, str, str, str], ...] = (
    # name, table, verb, what is wrong, why
    ("milestone_kept_update", "milestone", "UPDATE", "TRUE", ADDED.format("milestones")),
    ("milestone_kept_delete", "milestone", "DELETE", "TRUE", ADDED.format("milestones")),
    (
        "milestone_kept",
        "milestone",
        "INSERT",
        _there("milestone", "id"),
        ADDED.format("milestones"),
    ),
    (
        "milestone_follows",
        "milestone",
        "INSERT",
        f"(NEW.reached_on IS NOT NULL) = {_REACHED}",
        MILESTONE,
    ),
    (
        "milestone_two_words",
        "milestone",
        "INSERT",
        f"""NEW.reached_on IS NOT NULL AND NOT ({_partner("NEW.resident_id", "= 'resident'")}
  AND {_partner("NEW.professional_id", "IN ('practitioner', 'planner')")})""",
        TWO,
    ),
    (
        "commitment_kept_update",
        "commitment",
        "UPDATE",
        _other(
            *("id", "bank_id", "first_step", "partnership_id", "priority_id", "option_id"),
            *("words", "answers_to", "by", "at"),
        )
        + f" OR {_other('owner_kind', 'member_id', 'organisation_id', 'body', 'part')} AND "
        + f"{_LAST.format('l.kind', 'NEW', 'NEW', 'id')} <> 'handed'",
        OWNED,
    ),
    ("commitment_kept_delete", "commitment", "DELETE", "TRUE", OWNED),
    ("commitment_kept", "commitment", "INSERT", _there("commitment", "id"), OWNED),
    ("commitment_step_kept_update", "commitment_step", "UPDATE", "TRUE", ADDED.format("steps")),
    ("commitment_step_kept_delete", "commitment_step", "DELETE", "TRUE", ADDED.format("steps")),
    (
        "commitment_step_follows",
        "commitment_step",
        "INSERT",
        f"NEW.n <> 1 + COALESCE({_LAST_N}, 0) OR COALESCE({_LAST_KIND}, '') || '>' || NEW.kind NOT IN {_FOLLOWS}",
        FOLLOWS,
    ),
    (
        "commitment_step_due",
        "commitment_step",
        "INSERT",
        f"NEW.n > 1 AND (NEW.kind = 'moved') = (NEW.due_on = {_LAST_DUE})",
        DUE,
    ),
    (
        "commitment_step_confirmed",
        "commitment_step",
        "INSERT",
        f"NEW.kind = 'confirmed' AND NOT {_MAY_CONFIRM}",
        CONFIRMED,
    ),
    (
        "dialogue_framed",
        "dialogue",
        "UPDATE",
        f"OLD.opened_at IS NOT NULL AND ({_other('opened_at', 'partnership_id', 'priority_id', *FRAME)}"
        f" OR NEW.decider_id IS NOT NULL AND {_other('decider_id')})"
        f" OR OLD.closed_at IS NOT NULL AND {_other('closed_at', 'title')}",
        FRAMED,
    ),
    (
        "dialogue_answered",
        "dialogue",
        "UPDATE",
        "OLD.closed_at IS NULL AND NEW.closed_at IS NOT NULL AND EXISTS (SELECT 1 FROM dialogue_option o"
        " WHERE o.bank_id = NEW.bank_id AND o.dialogue_id = NEW.id AND NOT EXISTS (SELECT 1 FROM verdict v"
        " WHERE v.bank_id = o.bank_id AND v.option_id = o.id))",
        ANSWERED,
    ),
    (
        "dialogue_begins",
        "dialogue",
        "INSERT",
        f"NEW.closed_at IS NOT NULL OR {_there('dialogue', 'id')}",
        ANSWERED,
    ),
    ("dialogue_kept_delete", "dialogue", "DELETE", "OLD.opened_at IS NOT NULL", FRAMED),
    (
        "dialogue_option_open",
        "dialogue_option",
        "INSERT",
        f"{_of('dialogue', 'NEW', 'dialogue_id', 't.closed_at IS NOT NULL')} OR {_there('dialogue_option', 'id')}",
        CLOSED,
    ),
    (
        "dialogue_option_open_update",
        "dialogue_option",
        "UPDATE",
        f"{_of('dialogue', 'OLD', 'dialogue_id', 't.closed_at IS NOT NULL')} OR {_other('id', 'bank_id', 'dialogue_id')}",
        CLOSED,
    ),
    ("dialogue_option_kept", "dialogue_option", "DELETE", "TRUE", CLOSED),
    (
        "dialogue_point_open",
        "dialogue_point",
        "INSERT",
        f"NOT {_of('dialogue', 'NEW', 'dialogue_id', _OPEN)} OR {_there('dialogue_point', 'id')}",
        CLOSED,
    ),
    (
        "dialogue_point_kept",
        "dialogue_point",
        "UPDATE",
        _UNNAMED.format(
            _other(
                "id",
                "bank_id",
                "dialogue_id",
                "option_id",
                "kind",
                "words",
                "part",
                "by",
                "channel",
                "at",
            )
        ),
        CLOSED,
    ),
    (
        "sounding_open",
        "sounding",
        "INSERT",
        f"NOT {_of_option('NEW', _OPEN)} OR {_there('sounding', 'id')}",
        CLOSED,
    ),
    (
        "sounding_open_update",
        "sounding",
        "UPDATE",
        f"{_other('id', 'bank_id', 'option_id', 'session_id')} OR NOT {_of_option('OLD', _OPEN)} AND "
        + _UNNAMED.format(_other("answer", "part", "people", "why", "by", "channel")),
        CLOSED,
    ),
    ("sounding_open_delete", "sounding", "DELETE", f"NOT {_of_option('OLD', _OPEN)}", CLOSED),
    ("verdict_open", "verdict", "INSERT", f"NOT {_of_option('NEW', _OPEN)}", CLOSED),
    (
        "verdict_open_update",
        "verdict",
        "UPDATE",
        f"NOT {_of_option('OLD', _OPEN)} OR {_other('bank_id', 'option_id')}",
        CLOSED,
    ),
    ("verdict_kept", "verdict", "DELETE", "TRUE", CLOSED),
    (
        "audit_kept",
        "audit",
        "UPDATE",
        f"OLD.closed_at IS NOT NULL AND {_other('closed_at', 'title', 'opens_on', 'closes_on', 'partnership_id')}"
        f" OR {_HAS_SHEETS.format('OLD', 'id')} AND {_other('id', 'bank_id', 'question', 'assets')}",
        ASKED,
    ),
    *(
        (
            f"audit_question_kept_{verb.lower()}",
            "audit_question",
            verb,
            _HAS_SHEETS.format(row, "audit_id"),
            ASKED,
        )
        for verb, row in (("INSERT", "NEW"), ("UPDATE", "OLD"), ("DELETE", "OLD"))
    ),
    (
        "audit_sheet_open",
        "audit_sheet",
        "INSERT",
        f"{_CLOSED_AUDIT.format('NEW', 'NEW')} OR {_there('audit_sheet', 'bank_id', 'audit_id', 'key')}",
        SHUT,
    ),
    (
        "audit_sheet_kept",
        "audit_sheet",
        "UPDATE",
        _other("bank_id", "audit_id", "way", "round_id", "age", "area", "part"),
        SHEET,
    ),
    ("audit_sheet_kept_delete", "audit_sheet", "DELETE", "TRUE", SHEET),
    (
        "audit_answer_open",
        "audit_answer",
        "INSERT",
        f"NEW.shortened OR {_CLOSED_AUDIT.format('NEW', 'NEW')} OR {_there('audit_answer', 'bank_id', 'audit_id', 'key', 'question', 'place')}",
        SHUT,
    ),
    (
        "audit_answer_kept",
        "audit_answer",
        "UPDATE",
        f"{_other('bank_id', 'audit_id', 'question', 'place', 'value')} OR {_other('words', 'shortened')} AND NOT ({_REPLACED})",
        SHEET,
    ),
    ("audit_answer_kept_delete", "audit_answer", "DELETE", "TRUE", SHEET),
    (
        "audit_code_once",
        "audit_code",
        "UPDATE",
        f"OLD.used OR {_other('bank_id', 'code_hash', 'audit_id')}",
        CODE,
    ),
    ("audit_code_once_delete", "audit_code", "DELETE", "OLD.used", CODE),
    (
        "audit_code_once_insert",
        "audit_code",
        "INSERT",
        _there("audit_code", "bank_id", "code_hash"),
        CODE,
    ),
    *(
        (f"{table}_open_{verb.lower()}", table, verb, wrong, SHUT)
        for table, columns in (
            ("sorted_as", ("theme_id", "sorter_id", "n", "place", "question")),
            ("audit_wording", ("words", "place", "question")),
        )
        for verb, wrong in (
            ("INSERT", _CLOSED_AUDIT.format("NEW", "NEW")),
            ("UPDATE", f"{_CLOSED_AUDIT.format('OLD', 'OLD')} AND {_other(*columns)}"),
        )
    ),
    ("sorted_as_open_delete", "sorted_as", "DELETE", _CLOSED_AUDIT.format("OLD", "OLD"), SHUT),
    (
        "evaluation_sheet_register",
        "evaluation_sheet",
        "INSERT",
        f"{_SHEETS} >= {_REGISTER} OR {_of('evaluation', 'NEW', 'evaluation_id', 't.closed_on IS NOT NULL')}",
        REGISTER,
    ),
    (
        "evaluation_sheet_kept",
        "evaluation_sheet",
        "UPDATE",
        _other("bank_id", "evaluation_id"),
        EVALUATED,
    ),
    ("evaluation_sheet_kept_delete", "evaluation_sheet", "DELETE", "TRUE", EVALUATED),
    (
        "evaluation_answer_kept",
        "evaluation_answer",
        "UPDATE",
        _other("bank_id", "evaluation_id", "item", "value", "words"),
        EVALUATED,
    ),
    ("evaluation_answer_kept_delete", "evaluation_answer", "DELETE", "TRUE", EVALUATED),
)

SQLITE = tuple(
    f"CREATE TRIGGER {name} BEFORE {verb} ON {table}"
    f" BEGIN SELECT RAISE(ABORT, '{why}') WHERE {wrong.replace('<<>>', 'IS NOT')}; END"
    for name, table, verb, wrong, why in RULES
)

POSTGRESQL = tuple(
    statement
    for name, table, verb, wrong, why in RULES
    for statement in (
        f"""
CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  {LOCKS.get(name, "")}
  IF {wrong.replace("<<>>", "IS DISTINCT FROM")} THEN
    RAISE EXCEPTION '{why}' USING ERRCODE = 'check_violation';
  END IF;
  RETURN {"OLD" if verb == "DELETE" else "NEW"};
END $$
""",
        f"CREATE TRIGGER {name} BEFORE {verb} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()",
    )
)

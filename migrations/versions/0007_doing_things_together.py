"""Doing things together: activities, sessions, registers, postings, sponsors and evidence, with
triggers that keep them true.

Revision 0007, after 0006. Every rule is written twice, side by side: in PL/pgSQL and as SQLite
triggers. While a session's hours stand posted its register is closed; nobody is in a session for
longer than it lasts; what a sponsor has paid is moved by postings alone.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "activity",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("stage", sa.String(length=20), nullable=False),
        sa.Column("place", sa.String(length=200), nullable=False),
        sa.Column("access_notes", sa.Text(), nullable=False),
        sa.Column("rule", sa.String(length=20), nullable=False),
        sa.Column("payer_id", sa.BigInteger(), nullable=True),
        sa.Column("percent", sa.Integer(), nullable=False),
        sa.Column("resident_lead_id", sa.Integer(), nullable=True),
        sa.Column("professional_lead_id", sa.Integer(), nullable=True),
        sa.Column("places", sa.Integer(), nullable=True),
        sa.Column("public", sa.Boolean(), nullable=False),
        sa.Column("lessons", sa.Text(), nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.CheckConstraint(
            "rule IN ('sponsored', 'attendees_pay', 'shared_cost', 'working_bee', 'none')",
            name=op.f("ck_activity_rule"),
        ),
        sa.CheckConstraint(
            "rule NOT IN ('sponsored', 'working_bee') OR payer_id IS NOT NULL",
            name=op.f("ck_activity_payer"),
        ),
        sa.CheckConstraint(
            "stage IN ('assess_needs', 'map_assets', 'agree_outcomes', 'plan_resources', 'design', 'deliver', 'evaluate')",
            name=op.f("ck_activity_stage"),
        ),
        sa.CheckConstraint("percent BETWEEN 0 AND 100", name=op.f("ck_activity_percent")),
        sa.CheckConstraint("places > 0", name=op.f("ck_activity_places")),
        sa.ForeignKeyConstraint(
            ["bank_id", "payer_id"],
            ["account.bank_id", "account.id"],
            name=op.f("fk_activity_bank_id_payer_id"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "professional_lead_id"],
            ["member.bank_id", "member.id"],
            name=op.f("fk_activity_bank_id_professional_lead_id"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "resident_lead_id"],
            ["member.bank_id", "member.id"],
            name=op.f("fk_activity_bank_id_resident_lead_id"),
        ),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_activity_bank_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activity")),
        sa.UniqueConstraint("bank_id", "id", name=op.f("uq_activity_bank_id_id")),
    )
    op.create_index(
        "ix_activity_bank_id_ended_at", "activity", ["bank_id", "ended_at"], unique=False
    )
    op.create_table(
        "activity_session",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("activity_id", sa.Integer(), nullable=False),
        sa.Column("starts_at", INSTANT, nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("stage", sa.String(length=20), nullable=True),
        sa.Column("place", sa.String(length=200), nullable=True),
        sa.Column("places", sa.Integer(), nullable=True),
        sa.Column("door_key", sa.String(length=20), nullable=False),
        sa.Column("done", sa.Text(), nullable=False),
        sa.Column("registered_by", sa.String(length=40), nullable=True),
        sa.Column("registered_at", INSTANT, nullable=True),
        sa.Column("cancelled_at", INSTANT, nullable=True),
        sa.Column("why_cancelled", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "stage IN ('assess_needs', 'map_assets', 'agree_outcomes', 'plan_resources', 'design', 'deliver', 'evaluate')",
            name=op.f("ck_activity_session_stage"),
        ),
        sa.CheckConstraint("minutes BETWEEN 1 AND 1440", name=op.f("ck_activity_session_minutes")),
        sa.CheckConstraint("places > 0", name=op.f("ck_activity_session_places")),
        sa.ForeignKeyConstraint(
            ["bank_id", "activity_id"],
            ["activity.bank_id", "activity.id"],
            name=op.f("fk_activity_session_bank_id_activity_id"),
        ),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_activity_session_bank_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activity_session")),
        sa.UniqueConstraint("bank_id", "id", name=op.f("uq_activity_session_bank_id_id")),
    )
    op.create_index(
        "ix_activity_session_bank_id_activity_id",
        "activity_session",
        ["bank_id", "activity_id", "starts_at"],
        unique=False,
    )
    op.create_index(
        "ix_activity_session_bank_id_starts_at",
        "activity_session",
        ["bank_id", "starts_at"],
        unique=False,
    )
    op.create_table(
        "outcome",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("activity_id", sa.Integer(), nullable=False),
        sa.Column("words", sa.String(length=500), nullable=False),
        sa.Column("partner", sa.String(length=120), nullable=False),
        sa.Column("target", sa.Integer(), nullable=True),
        sa.Column("agreed_on", sa.Date(), nullable=False),
        sa.Column("reached", sa.Integer(), nullable=True),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.CheckConstraint("reached >= 0", name=op.f("ck_outcome_reached")),
        sa.CheckConstraint("target > 0", name=op.f("ck_outcome_target")),
        sa.ForeignKeyConstraint(
            ["bank_id", "activity_id"],
            ["activity.bank_id", "activity.id"],
            name=op.f("fk_outcome_bank_id_activity_id"),
        ),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_outcome_bank_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outcome")),
    )
    op.create_index(
        "ix_outcome_bank_id_activity_id", "outcome", ["bank_id", "activity_id"], unique=False
    )
    op.create_table(
        "photo",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("activity_id", sa.Integer(), nullable=False),
        sa.Column("alt", sa.String(length=200), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("consent", sa.Boolean(), nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("jpeg", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint("consent", name=op.f("ck_photo_consent")),
        sa.ForeignKeyConstraint(
            ["bank_id", "activity_id"],
            ["activity.bank_id", "activity.id"],
            name=op.f("fk_photo_bank_id_activity_id"),
        ),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_photo_bank_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_photo")),
    )
    op.create_index(
        "ix_photo_bank_id_activity_id", "photo", ["bank_id", "activity_id"], unique=False
    )
    op.create_table(
        "quote",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("activity_id", sa.Integer(), nullable=False),
        sa.Column("words", sa.String(length=500), nullable=False),
        sa.Column("said_by", sa.String(length=120), nullable=False),
        sa.Column("consent", sa.Boolean(), nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.CheckConstraint("consent", name=op.f("ck_quote_consent")),
        sa.ForeignKeyConstraint(
            ["bank_id", "activity_id"],
            ["activity.bank_id", "activity.id"],
            name=op.f("fk_quote_bank_id_activity_id"),
        ),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_quote_bank_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quote")),
    )
    op.create_index(
        "ix_quote_bank_id_activity_id", "quote", ["bank_id", "activity_id"], unique=False
    )
    op.create_table(
        "sponsorship",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("activity_id", sa.Integer(), nullable=True),
        sa.Column("minutes", sa.BigInteger(), nullable=False),
        sa.Column("used", sa.BigInteger(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("terms", sa.String(length=500), nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.CheckConstraint("ends_on >= starts_on", name=op.f("ck_sponsorship_dates")),
        sa.CheckConstraint("minutes > 0", name=op.f("ck_sponsorship_minutes")),
        sa.CheckConstraint("used BETWEEN 0 AND minutes", name=op.f("ck_sponsorship_used")),
        sa.ForeignKeyConstraint(
            ["bank_id", "activity_id"],
            ["activity.bank_id", "activity.id"],
            name=op.f("fk_sponsorship_bank_id_activity_id"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "organisation_id"],
            ["organisation.bank_id", "organisation.id"],
            name=op.f("fk_sponsorship_bank_id_organisation_id"),
        ),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_sponsorship_bank_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sponsorship")),
        sa.UniqueConstraint("bank_id", "id", name=op.f("uq_sponsorship_bank_id_id")),
    )
    op.create_index(
        "ix_sponsorship_bank_id_organisation_id",
        "sponsorship",
        ["bank_id", "organisation_id"],
        unique=False,
    )
    op.create_table(
        "contribution",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("session_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=True),
        sa.Column("guest", sa.String(length=120), nullable=True),
        sa.Column("guest_key", sa.String(length=240), nullable=True),
        sa.Column("newcomer_id", sa.Integer(), nullable=True),
        sa.Column("capacity", sa.String(length=20), nullable=False),
        sa.Column("part", sa.String(length=20), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("without_hours", sa.Boolean(), nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.CheckConstraint(
            "capacity IN ('resident', 'practitioner', 'planner')",
            name=op.f("ck_contribution_capacity"),
        ),
        sa.CheckConstraint(
            "part IN ('led', 'co_led', 'prepared', 'helped', 'attended')",
            name=op.f("ck_contribution_part"),
        ),
        sa.CheckConstraint(
            "(guest IS NULL) = (guest_key IS NULL)", name=op.f("ck_contribution_guest_key")
        ),
        sa.CheckConstraint(
            "(member_id IS NULL) = (guest IS NOT NULL)", name=op.f("ck_contribution_somebody")
        ),
        sa.CheckConstraint("minutes BETWEEN 1 AND 1440", name=op.f("ck_contribution_minutes")),
        sa.CheckConstraint(
            "newcomer_id IS NULL OR guest IS NOT NULL", name=op.f("ck_contribution_newcomer")
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "member_id"],
            ["member.bank_id", "member.id"],
            name=op.f("fk_contribution_bank_id_member_id"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "session_id"],
            ["activity_session.bank_id", "activity_session.id"],
            name=op.f("fk_contribution_bank_id_session_id"),
        ),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_contribution_bank_id")),
        sa.ForeignKeyConstraint(
            ["newcomer_id"],
            ["member.id"],
            name=op.f("fk_contribution_newcomer_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contribution")),
    )
    op.create_index(
        "ix_contribution_bank_id_member_id", "contribution", ["bank_id", "member_id"], unique=False
    )
    op.create_index(
        "uq_contribution_guest_in_the_room",
        "contribution",
        ["bank_id", "session_id", "guest_key"],
        unique=True,
        sqlite_where=sa.text("part <> 'prepared'"),
        postgresql_where=sa.text("part <> 'prepared'"),
    )
    op.create_index(
        "uq_contribution_guest_prepared",
        "contribution",
        ["bank_id", "session_id", "guest_key"],
        unique=True,
        sqlite_where=sa.text("part = 'prepared'"),
        postgresql_where=sa.text("part = 'prepared'"),
    )
    op.create_index(
        "uq_contribution_member_in_the_room",
        "contribution",
        ["bank_id", "session_id", "member_id"],
        unique=True,
        sqlite_where=sa.text("part <> 'prepared'"),
        postgresql_where=sa.text("part <> 'prepared'"),
    )
    op.create_index(
        "uq_contribution_member_prepared",
        "contribution",
        ["bank_id", "session_id", "member_id"],
        unique=True,
        sqlite_where=sa.text("part = 'prepared'"),
        postgresql_where=sa.text("part = 'prepared'"),
    )
    op.create_table(
        "session_posting",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("session_id", sa.Integer(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("rule", sa.String(length=20), nullable=False),
        sa.Column("entry_id", sa.BigInteger(), nullable=True),
        sa.Column("sponsorship_id", sa.Integer(), nullable=True),
        sa.Column("sponsored", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("reversal_id", sa.BigInteger(), nullable=True),
        sa.Column("undone_by", sa.String(length=40), nullable=True),
        sa.Column("undone_at", INSTANT, nullable=True),
        sa.Column("why_undone", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "rule IN ('sponsored', 'attendees_pay', 'shared_cost', 'working_bee', 'none')",
            name=op.f("ck_session_posting_rule"),
        ),
        sa.CheckConstraint(
            "(reversal_id IS NOT NULL) = (entry_id IS NOT NULL AND undone_at IS NOT NULL)",
            name=op.f("ck_session_posting_reversal"),
        ),
        sa.CheckConstraint(
            "(sponsorship_id IS NULL) = (sponsored = 0)", name=op.f("ck_session_posting_sponsored")
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "entry_id"],
            ["entry.bank_id", "entry.id"],
            name=op.f("fk_session_posting_bank_id_entry_id"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "reversal_id"],
            ["entry.bank_id", "entry.id"],
            name=op.f("fk_session_posting_bank_id_reversal_id"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "session_id"],
            ["activity_session.bank_id", "activity_session.id"],
            name=op.f("fk_session_posting_bank_id_session_id"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "sponsorship_id"],
            ["sponsorship.bank_id", "sponsorship.id"],
            name=op.f("fk_session_posting_bank_id_sponsorship_id"),
        ),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_session_posting_bank_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_session_posting")),
        sa.UniqueConstraint(
            "bank_id", "session_id", "n", name=op.f("uq_session_posting_bank_id_session_id_n")
        ),
        sa.UniqueConstraint("entry_id", name=op.f("uq_session_posting_entry_id")),
        sa.UniqueConstraint("reversal_id", name=op.f("uq_session_posting_reversal_id")),
    )
    op.create_index(
        "uq_session_posting_stands",
        "session_posting",
        ["bank_id", "session_id"],
        unique=True,
        sqlite_where=sa.text("undone_at IS NULL"),
        postgresql_where=sa.text("undone_at IS NULL"),
    )
    op.create_table(
        "sign_up",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("session_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.CheckConstraint(
            "status IN ('coming', 'waiting', 'withdrawn')", name=op.f("ck_sign_up_status")
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "member_id"],
            ["member.bank_id", "member.id"],
            name=op.f("fk_sign_up_bank_id_member_id"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "session_id"],
            ["activity_session.bank_id", "activity_session.id"],
            name=op.f("fk_sign_up_bank_id_session_id"),
        ),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_sign_up_bank_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_up")),
        sa.UniqueConstraint(
            "bank_id",
            "session_id",
            "member_id",
            name=op.f("uq_sign_up_bank_id_session_id_member_id"),
        ),
    )
    op.create_index(
        "ix_sign_up_bank_id_member_id", "sign_up", ["bank_id", "member_id"], unique=False
    )

    sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in SQLITE if sqlite else POSTGRESQL:
        op.execute(statement)


def downgrade() -> None:

    op.drop_index("ix_sign_up_bank_id_member_id", table_name="sign_up")
    op.drop_table("sign_up")
    op.drop_index(
        "uq_session_posting_stands",
        table_name="session_posting",
        sqlite_where=sa.text("undone_at IS NULL"),
        postgresql_where=sa.text("undone_at IS NULL"),
    )
    op.drop_table("session_posting")
    op.drop_index(
        "uq_contribution_member_prepared",
        table_name="contribution",
        sqlite_where=sa.text("part = 'prepared'"),
        postgresql_where=sa.text("part = 'prepared'"),
    )
    op.drop_index(
        "uq_contribution_member_in_the_room",
        table_name="contribution",
        sqlite_where=sa.text("part <> 'prepared'"),
        postgresql_where=sa.text("part <> 'prepared'"),
    )
    op.drop_index(
        "uq_contribution_guest_prepared",
        table_name="contribution",
        sqlite_where=sa.text("part = 'prepared'"),
        postgresql_where=sa.text("part = 'prepared'"),
    )
    op.drop_index(
        "uq_contribution_guest_in_the_room",
        table_name="contribution",
        sqlite_where=sa.text("part <> 'prepared'"),
        postgresql_where=sa.text("part <> 'prepared'"),
    )
    op.drop_index("ix_contribution_bank_id_member_id", table_name="contribution")
    op.drop_table("contribution")
    op.drop_index("ix_sponsorship_bank_id_organisation_id", table_name="sponsorship")
    op.drop_table("sponsorship")
    op.drop_index("ix_quote_bank_id_activity_id", table_name="quote")
    op.drop_table("quote")
    op.drop_index("ix_photo_bank_id_activity_id", table_name="photo")
    op.drop_table("photo")
    op.drop_index("ix_outcome_bank_id_activity_id", table_name="outcome")
    op.drop_table("outcome")
    op.drop_index("ix_activity_session_bank_id_starts_at", table_name="activity_session")
    op.drop_index("ix_activity_session_bank_id_activity_id", table_name="activity_session")
    op.drop_table("activity_session")
    op.drop_index("ix_activity_bank_id_ended_at", table_name="activity")
    op.drop_table("activity")

    if op.get_bind().dialect.name == "postgresql":
        for function in (
            "contribution_checked",
            "activity_session_checked",
            "session_posting_checked",
            "sponsorship_checked",
        ):
            op.execute(f"DROP FUNCTION {function}()")


_STANDS = "EXISTS (SELECT 1 FROM session_posting WHERE session_id = {} AND undone_at IS NULL)"
_LASTED = "(SELECT minutes FROM activity_session WHERE id = NEW.session_id)"
_LONGEST = (
    "(SELECT max(minutes) FROM contribution WHERE session_id = NEW.id AND part <> 'prepared')"
)
_PAID = "(SELECT coalesce(sum(sponsored), 0) FROM session_posting WHERE sponsorship_id = NEW.id AND undone_at IS NULL)"
_CLOSED = "activities_register_closed: the hours of this session are posted"
_TOO_LONG = "activities_longer_than_session: nobody is in a session for longer than it lasts"
_KEPT = "activities_posting_kept: a posting is only ever taken back, once"
_USED = "activities_sponsored_by_postings: what a sponsor has paid is moved by postings alone"
_KEPT_COLUMNS = (
    "id",
    "bank_id",
    "session_id",
    "n",
    "rule",
    "entry_id",
    "sponsorship_id",
    "sponsored",
    '"by"',
    '"at"',
)
_UNDONE_COLUMNS = ("reversal_id", "undone_by", "undone_at")
# Of what counts, nothing changes; the name of a guest can still be forgotten.
_COUNTED = (
    "id",
    "bank_id",
    "session_id",
    "member_id",
    "capacity",
    "part",
    "minutes",
    "without_hours",
)
_SAME_ROW = (
    " AND ".join(f"NEW.{name} IS {{0}} OLD.{name}" for name in _COUNTED)
    + " AND (NEW.guest IS NULL) = (OLD.guest IS NULL)"
)

POSTGRESQL = (
    f"""
CREATE FUNCTION contribution_checked() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  -- Whoever writes in a register holds its session, so that nobody posts it meanwhile.
  PERFORM 1 FROM activity_session WHERE id IN (CASE WHEN TG_OP <> 'INSERT' THEN OLD.session_id END,
                                               CASE WHEN TG_OP <> 'DELETE' THEN NEW.session_id END) FOR SHARE;
  IF TG_OP = 'UPDATE' AND {_SAME_ROW.format("NOT DISTINCT FROM")} THEN
    RETURN NEW;
  END IF;
  IF TG_OP <> 'INSERT' AND {_STANDS.format("OLD.session_id")} OR TG_OP <> 'DELETE' AND {_STANDS.format("NEW.session_id")} THEN
    RAISE EXCEPTION '{_CLOSED}' USING ERRCODE = 'check_violation';
  END IF;
  IF TG_OP <> 'DELETE' AND NEW.part <> 'prepared' AND NEW.minutes > {_LASTED} THEN
    RAISE EXCEPTION '{_TOO_LONG}' USING ERRCODE = 'check_violation';
  END IF;
  RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$
""",
    "CREATE TRIGGER contribution_checked BEFORE INSERT OR UPDATE OR DELETE ON contribution "
    "FOR EACH ROW EXECUTE FUNCTION contribution_checked()",
    f"""
CREATE FUNCTION activity_session_checked() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF {_STANDS.format("OLD.id")} AND (NEW.id, NEW.bank_id, NEW.activity_id, NEW.starts_at, NEW.minutes)
       IS DISTINCT FROM (OLD.id, OLD.bank_id, OLD.activity_id, OLD.starts_at, OLD.minutes)
     OR {_STANDS.format("OLD.id")} AND NEW.cancelled_at IS NOT NULL THEN
    RAISE EXCEPTION '{_CLOSED}' USING ERRCODE = 'check_violation';
  END IF;
  IF NEW.minutes < {_LONGEST} THEN
    RAISE EXCEPTION '{_TOO_LONG}' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$
""",
    "CREATE TRIGGER activity_session_checked BEFORE UPDATE ON activity_session "
    "FOR EACH ROW EXECUTE FUNCTION activity_session_checked()",
    f"""
CREATE FUNCTION session_posting_checked() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION '{_KEPT}' USING ERRCODE = 'check_violation';
  END IF;
  IF TG_OP = 'INSERT' THEN
    IF NEW.undone_at IS NOT NULL THEN
      RAISE EXCEPTION '{_KEPT}' USING ERRCODE = 'check_violation';
    END IF;
    PERFORM 1 FROM activity_session WHERE id = NEW.session_id FOR UPDATE;
    UPDATE sponsorship SET used = used + NEW.sponsored WHERE id = NEW.sponsorship_id;
    RETURN NEW;
  END IF;
  IF NEW.undone_at IS NULL
     OR ({", ".join(f"NEW.{name}" for name in _KEPT_COLUMNS)})
        IS DISTINCT FROM ({", ".join(f"OLD.{name}" for name in _KEPT_COLUMNS)})
     OR OLD.undone_at IS NOT NULL AND ({", ".join(f"NEW.{name}" for name in _UNDONE_COLUMNS)})
        IS DISTINCT FROM ({", ".join(f"OLD.{name}" for name in _UNDONE_COLUMNS)}) THEN
    RAISE EXCEPTION '{_KEPT}' USING ERRCODE = 'check_violation';
  END IF;
  IF OLD.undone_at IS NULL THEN
    UPDATE sponsorship SET used = used - OLD.sponsored WHERE id = OLD.sponsorship_id;
  END IF;
  RETURN NEW;
END $$
""",
    "CREATE TRIGGER session_posting_checked AFTER INSERT OR UPDATE OR DELETE ON session_posting "
    "FOR EACH ROW EXECUTE FUNCTION session_posting_checked()",
    f"""
CREATE FUNCTION sponsorship_checked() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.used <> {_PAID} THEN
    RAISE EXCEPTION '{_USED}' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$
""",
    "CREATE TRIGGER sponsorship_checked AFTER INSERT OR UPDATE ON sponsorship "
    "FOR EACH ROW EXECUTE FUNCTION sponsorship_checked()",
)

SQLITE = (
    *(
        f"CREATE TRIGGER contribution_closed_{verb.lower()} BEFORE {verb} ON contribution BEGIN "
        f"SELECT RAISE(ABORT, '{_CLOSED}') WHERE ({' OR '.join(_STANDS.format(f'{row}.session_id') for row in rows)}){but}; END"
        for verb, rows, but in (
            ("INSERT", ("NEW",), ""),
            ("UPDATE", ("OLD", "NEW"), f" AND NOT ({_SAME_ROW.format('')})"),
            ("DELETE", ("OLD",), ""),
        )
    ),
    *(
        f"CREATE TRIGGER contribution_lasts_{verb.lower()} BEFORE {verb} ON contribution BEGIN "
        f"SELECT RAISE(ABORT, '{_TOO_LONG}') WHERE NEW.part <> 'prepared' AND NEW.minutes > {_LASTED}; END"
        for verb in ("INSERT", "UPDATE")
    ),
    f"""
CREATE TRIGGER activity_session_checked BEFORE UPDATE ON activity_session BEGIN
  SELECT RAISE(ABORT, '{_CLOSED}') WHERE {_STANDS.format("OLD.id")} AND (NEW.cancelled_at IS NOT NULL
    OR NEW.id IS NOT OLD.id OR NEW.bank_id IS NOT OLD.bank_id OR NEW.activity_id IS NOT OLD.activity_id
    OR NEW.starts_at IS NOT OLD.starts_at OR NEW.minutes IS NOT OLD.minutes);
  SELECT RAISE(ABORT, '{_TOO_LONG}') WHERE NEW.minutes < {_LONGEST};
END
""",
    f"""
CREATE TRIGGER session_posting_made AFTER INSERT ON session_posting BEGIN
  SELECT RAISE(ABORT, '{_KEPT}') WHERE NEW.undone_at IS NOT NULL;
  UPDATE sponsorship SET used = used + NEW.sponsored WHERE id = NEW.sponsorship_id;
END
""",
    f"""
CREATE TRIGGER session_posting_taken_back AFTER UPDATE ON session_posting BEGIN
  SELECT RAISE(ABORT, '{_KEPT}') WHERE NEW.undone_at IS NULL
    OR {" OR ".join(f"NEW.{name} IS NOT OLD.{name}" for name in _KEPT_COLUMNS)}
    OR OLD.undone_at IS NOT NULL AND ({" OR ".join(f"NEW.{name} IS NOT OLD.{name}" for name in _UNDONE_COLUMNS)});
  UPDATE sponsorship SET used = used - OLD.sponsored WHERE id = OLD.sponsorship_id AND OLD.undone_at IS NULL;
END
""",
    f"CREATE TRIGGER session_posting_kept BEFORE DELETE ON session_posting BEGIN SELECT RAISE(ABORT, '{_KEPT}'); END",
    # INSERT OR REPLACE would remove a row without firing the trigger above.
    f"CREATE TRIGGER session_posting_new BEFORE INSERT ON session_posting BEGIN SELECT RAISE(ABORT, '{_KEPT}') "
    "WHERE EXISTS (SELECT 1 FROM session_posting WHERE id = NEW.id OR bank_id = NEW.bank_id AND session_id = NEW.session_id "
    "AND (n = NEW.n OR undone_at IS NULL)); END",
    *(
        f"CREATE TRIGGER sponsorship_used_{verb.lower()} AFTER {verb} ON sponsorship BEGIN "
        f"SELECT RAISE(ABORT, '{_USED}') WHERE NEW.used <> {_PAID}; END"
        for verb in ("INSERT", "UPDATE")
    ),
)

"""Surveys: waves, invitations, answers apart from names, own scales, and equality data, with
triggers that keep the promises.

Revision 0008, after 0007. Every rule is written twice, side by side: in PL/pgSQL and as SQLite
triggers. An invitation is answered once, and there are never more sheets than answered invitations;
answers stay as they were given; a wave that has answers and a scale that is asked with stay as they
are. On SQLite the tables of answers have no row numbers, which would tell in which order people
answered.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "equality_area",
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("words", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_equality_area_bank_id")),
        sa.PrimaryKeyConstraint("bank_id", "words", name=op.f("pk_equality_area")),
    )
    op.create_table(
        "equality_asked",
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("question", sa.String(length=20), nullable=False),
        sa.CheckConstraint(
            "question IN ('age', 'sex', 'gender', 'ethnic', 'disability', 'carer', 'orientation', 'religion', 'area', 'deprivation')",
            name=op.f("ck_equality_asked_question"),
        ),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_equality_asked_bank_id")),
        sa.PrimaryKeyConstraint("bank_id", "question", name=op.f("pk_equality_asked")),
    )
    op.create_table(
        "equality_count",
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("counted_on", sa.Date(), nullable=False),
        sa.Column("quarter_on", sa.Date(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.CheckConstraint("quarter_on <= counted_on", name=op.f("ck_equality_count_day")),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_equality_count_bank_id")),
        sa.PrimaryKeyConstraint("bank_id", "counted_on", name=op.f("pk_equality_count")),
        sa.UniqueConstraint(
            "bank_id", "quarter_on", name=op.f("uq_equality_count_bank_id_quarter_on")
        ),
    )
    op.create_table(
        "survey_scale",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("licence", sa.String(length=300), nullable=False),
        sa.Column("lowest", sa.Integer(), nullable=False),
        sa.Column("highest", sa.Integer(), nullable=False),
        sa.Column("lowest_words", sa.String(length=60), nullable=False),
        sa.Column("highest_words", sa.String(length=60), nullable=False),
        sa.Column("scoring", sa.String(length=10), nullable=False),
        sa.Column("better", sa.String(length=10), nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("better IN ('higher', 'lower')", name=op.f("ck_survey_scale_better")),
        sa.CheckConstraint("licence <> ''", name=op.f("ck_survey_scale_licence")),
        sa.CheckConstraint("scoring IN ('mean', 'sum')", name=op.f("ck_survey_scale_scoring")),
        sa.CheckConstraint(
            "lowest >= 0 AND highest <= 100 AND highest > lowest", name=op.f("ck_survey_scale_ends")
        ),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_survey_scale_bank_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_survey_scale")),
        sa.UniqueConstraint("bank_id", "id", name=op.f("uq_survey_scale_bank_id_id")),
        sa.UniqueConstraint("bank_id", "title", name=op.f("uq_survey_scale_bank_id_title")),
    )
    op.create_table(
        "survey_wave",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("opens_on", sa.Date(), nullable=False),
        sa.Column("closes_on", sa.Date(), nullable=False),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("follows_id", sa.Integer(), nullable=True),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("closes_on >= opens_on", name=op.f("ck_survey_wave_days")),
        sa.CheckConstraint("follows_id <> id", name=op.f("ck_survey_wave_follows")),
        sa.ForeignKeyConstraint(
            ["bank_id", "follows_id"],
            ["survey_wave.bank_id", "survey_wave.id"],
            name=op.f("fk_survey_wave_bank_id_follows_id"),
        ),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_survey_wave_bank_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_survey_wave")),
        sa.UniqueConstraint("bank_id", "id", name=op.f("uq_survey_wave_bank_id_id")),
    )
    op.create_table(
        "survey_chosen",
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("wave_id", sa.Integer(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("embedded", sa.String(length=20), nullable=True),
        sa.Column("scale_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "embedded IN ('ons4', 'loneliness', 'neighbourhood', 'ladder')",
            name=op.f("ck_survey_chosen_embedded"),
        ),
        sa.CheckConstraint(
            "(embedded IS NULL) = (scale_id IS NOT NULL)", name=op.f("ck_survey_chosen_one")
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "scale_id"],
            ["survey_scale.bank_id", "survey_scale.id"],
            name=op.f("fk_survey_chosen_bank_id_scale_id"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "wave_id"],
            ["survey_wave.bank_id", "survey_wave.id"],
            name=op.f("fk_survey_chosen_bank_id_wave_id"),
        ),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_survey_chosen_bank_id")),
        sa.PrimaryKeyConstraint("bank_id", "wave_id", "n", name=op.f("pk_survey_chosen")),
        sa.UniqueConstraint(
            "bank_id", "wave_id", "embedded", name=op.f("uq_survey_chosen_bank_id_wave_id_embedded")
        ),
        sa.UniqueConstraint(
            "bank_id", "wave_id", "scale_id", name=op.f("uq_survey_chosen_bank_id_wave_id_scale_id")
        ),
    )
    op.create_table(
        "survey_scale_item",
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("scale_id", sa.Integer(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("words", sa.String(length=300), nullable=False),
        sa.ForeignKeyConstraint(
            ["bank_id", "scale_id"],
            ["survey_scale.bank_id", "survey_scale.id"],
            name=op.f("fk_survey_scale_item_bank_id_scale_id"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_id"], ["bank.id"], name=op.f("fk_survey_scale_item_bank_id")
        ),
        sa.PrimaryKeyConstraint("bank_id", "scale_id", "n", name=op.f("pk_survey_scale_item")),
    )
    op.create_table(
        "survey_sheet",
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("wave_id", sa.Integer(), nullable=False),
        sa.Column("respondent", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["bank_id", "wave_id"],
            ["survey_wave.bank_id", "survey_wave.id"],
            name=op.f("fk_survey_sheet_bank_id_wave_id"),
        ),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_survey_sheet_bank_id")),
        sa.PrimaryKeyConstraint("bank_id", "wave_id", "respondent", name=op.f("pk_survey_sheet")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "equality_link",
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("respondent", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["bank_id", "member_id"],
            ["member.bank_id", "member.id"],
            name=op.f("fk_equality_link_bank_id_member_id"),
        ),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_equality_link_bank_id")),
        sa.PrimaryKeyConstraint("bank_id", "member_id", name=op.f("pk_equality_link")),
        sa.UniqueConstraint(
            "bank_id", "respondent", name=op.f("uq_equality_link_bank_id_respondent")
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "survey_answer",
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("wave_id", sa.Integer(), nullable=False),
        sa.Column("respondent", sa.String(length=32), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("item", sa.Integer(), nullable=False),
        sa.Column("value", sa.Integer(), nullable=True),
        sa.Column("missing", sa.String(length=10), nullable=True),
        sa.CheckConstraint(
            "missing IN ('not_said', 'left_out')", name=op.f("ck_survey_answer_missing")
        ),
        sa.CheckConstraint(
            "(value IS NULL) = (missing IS NOT NULL)", name=op.f("ck_survey_answer_one")
        ),
        sa.CheckConstraint("value BETWEEN 0 AND 100", name=op.f("ck_survey_answer_value")),
        sa.ForeignKeyConstraint(
            ["bank_id", "wave_id", "n"],
            ["survey_chosen.bank_id", "survey_chosen.wave_id", "survey_chosen.n"],
            name=op.f("fk_survey_answer_bank_id_wave_id_n"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "wave_id", "respondent"],
            ["survey_sheet.bank_id", "survey_sheet.wave_id", "survey_sheet.respondent"],
            name=op.f("fk_survey_answer_bank_id_wave_id_respondent"),
            onupdate="CASCADE",
        ),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_survey_answer_bank_id")),
        sa.PrimaryKeyConstraint(
            "bank_id", "wave_id", "respondent", "n", "item", name=op.f("pk_survey_answer")
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "survey_invitation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("wave_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("answered", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["bank_id", "member_id"],
            ["member.bank_id", "member.id"],
            name=op.f("fk_survey_invitation_bank_id_member_id"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "wave_id"],
            ["survey_wave.bank_id", "survey_wave.id"],
            name=op.f("fk_survey_invitation_bank_id_wave_id"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_id"], ["bank.id"], name=op.f("fk_survey_invitation_bank_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_survey_invitation")),
        sa.UniqueConstraint("bank_id", "id", name=op.f("uq_survey_invitation_bank_id_id")),
        sa.UniqueConstraint(
            "bank_id",
            "wave_id",
            "member_id",
            name=op.f("uq_survey_invitation_bank_id_wave_id_member_id"),
        ),
    )
    op.create_index(
        "ix_survey_invitation_bank_id_member_id",
        "survey_invitation",
        ["bank_id", "member_id"],
        unique=False,
    )
    op.create_table(
        "survey_link",
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("respondent", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["bank_id", "member_id"],
            ["member.bank_id", "member.id"],
            name=op.f("fk_survey_link_bank_id_member_id"),
        ),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_survey_link_bank_id")),
        sa.PrimaryKeyConstraint("bank_id", "member_id", name=op.f("pk_survey_link")),
        sa.UniqueConstraint(
            "bank_id", "respondent", name=op.f("uq_survey_link_bank_id_respondent")
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "equality_answer",
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("respondent", sa.String(length=32), nullable=False),
        sa.Column("question", sa.String(length=20), nullable=False),
        sa.Column("choice", sa.String(length=80), nullable=True),
        sa.CheckConstraint(
            "question IN ('age', 'sex', 'gender', 'ethnic', 'disability', 'carer', 'orientation', 'religion', 'area', 'deprivation')",
            name=op.f("ck_equality_answer_question"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "respondent"],
            ["equality_link.bank_id", "equality_link.respondent"],
            name=op.f("fk_equality_answer_bank_id_respondent"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_equality_answer_bank_id")),
        sa.PrimaryKeyConstraint(
            "bank_id", "respondent", "question", name=op.f("pk_equality_answer")
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "survey_paper_code",
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("invitation_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["bank_id", "invitation_id"],
            ["survey_invitation.bank_id", "survey_invitation.id"],
            name=op.f("fk_survey_paper_code_bank_id_invitation_id"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_id"], ["bank.id"], name=op.f("fk_survey_paper_code_bank_id")
        ),
        sa.PrimaryKeyConstraint("bank_id", "code_hash", name=op.f("pk_survey_paper_code")),
    )
    sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in SQLITE if sqlite else POSTGRESQL:
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("survey_paper_code")
    op.drop_table("equality_answer")
    op.drop_table("survey_link")
    op.drop_index("ix_survey_invitation_bank_id_member_id", table_name="survey_invitation")
    op.drop_table("survey_invitation")
    op.drop_table("survey_answer")
    op.drop_table("equality_link")
    op.drop_table("survey_sheet")
    op.drop_table("survey_scale_item")
    op.drop_table("survey_chosen")
    op.drop_table("survey_wave")
    op.drop_table("survey_scale")
    op.drop_table("equality_count")
    op.drop_table("equality_asked")
    op.drop_table("equality_area")

    if op.get_bind().dialect.name == "postgresql":
        for function in FUNCTIONS:
            op.execute(f"DROP FUNCTION {function}()")


_HAS_SHEETS = (
    "EXISTS (SELECT 1 FROM survey_sheet WHERE bank_id = {0}.bank_id AND wave_id = {0}.{1})"
)
_ASKED_WITH = (
    "EXISTS (SELECT 1 FROM survey_chosen WHERE bank_id = {0}.bank_id AND scale_id = {0}.{1})"
)
_SHEETS = (
    "(SELECT count(*) FROM survey_sheet WHERE bank_id = NEW.bank_id AND wave_id = NEW.wave_id)"
)
_ANSWERED = "(SELECT count(*) FROM survey_invitation WHERE bank_id = NEW.bank_id AND wave_id = NEW.wave_id AND answered)"
_ONCE = "survey_answered_once: an invitation is answered once, and stays answered"
_INVITED = "survey_invited_only: there is a sheet for each answered invitation, and no other"
_AS_GIVEN = "survey_answer_kept: an answer stays as it was given"
_WAVE = "survey_wave_kept: a wave that has answers stays as it is, but for its last day"
_SCALE = "survey_scale_kept: a scale that is asked with stays as it is"
_OF_WAVE = ("id", "bank_id", "title", "opens_on", "follows_id")
_OF_ANSWER = ("bank_id", "wave_id", "n", "item", "value", "missing")


def _other(columns: tuple[str, ...]) -> str:
    """Whether any of these differs between OLD and NEW, on PostgreSQL."""
    return f"({', '.join(f'NEW.{name}' for name in columns)}) IS DISTINCT FROM ({', '.join(f'OLD.{name}' for name in columns)})"


def _other_sqlite(columns: tuple[str, ...]) -> str:
    return "(" + " OR ".join(f"NEW.{name} IS NOT OLD.{name}" for name in columns) + ")"


def _guard(name: str, table: str, when: str, wrong: str, words: str) -> tuple[str, str]:
    """A PostgreSQL trigger that refuses with `words` what is `wrong`."""
    return (
        f"""
CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF {wrong} THEN
    RAISE EXCEPTION '{words}' USING ERRCODE = 'check_violation';
  END IF;
  RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$
""",
        f"CREATE TRIGGER {name} BEFORE {when} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()",
    )


def _guard_sqlite(name: str, table: str, when: str, wrong: str, words: str) -> str:
    return f"CREATE TRIGGER {name} BEFORE {when} ON {table} BEGIN SELECT RAISE(ABORT, '{words}') WHERE {wrong}; END"


def _either(condition: str, column: str) -> str:
    """The condition for the row as it was or as it is to be, whichever there is."""
    return f"TG_OP <> 'INSERT' AND {condition.format('OLD', column)} OR TG_OP <> 'DELETE' AND {condition.format('NEW', column)}"


_ANY = "INSERT OR UPDATE OR DELETE"
POSTGRESQL = (
    *_guard(
        "survey_invitation_once", "survey_invitation", "UPDATE OR DELETE", "OLD.answered", _ONCE
    ),
    *_guard(
        "survey_sheet_invited", "survey_sheet", "INSERT", f"{_SHEETS} >= {_ANSWERED}", _INVITED
    ),
    *_guard(
        "survey_answer_kept",
        "survey_answer",
        "UPDATE OR DELETE",
        f"TG_OP = 'DELETE' OR {_other(_OF_ANSWER)}",
        _AS_GIVEN,
    ),
    *_guard(
        "survey_wave_kept",
        "survey_wave",
        "UPDATE",
        f"{_HAS_SHEETS.format('OLD', 'id')} AND {_other(_OF_WAVE)}",
        _WAVE,
    ),
    *_guard("survey_chosen_kept", "survey_chosen", _ANY, _either(_HAS_SHEETS, "wave_id"), _WAVE),
    *_guard(
        "survey_scale_kept",
        "survey_scale",
        "UPDATE OR DELETE",
        _ASKED_WITH.format("OLD", "id"),
        _SCALE,
    ),
    *_guard(
        "survey_item_kept", "survey_scale_item", _ANY, _either(_ASKED_WITH, "scale_id"), _SCALE
    ),
)
FUNCTIONS = tuple(statement.split()[2].removesuffix("()") for statement in POSTGRESQL[::2])

SQLITE = (
    *(
        _guard_sqlite(
            f"survey_invitation_once_{verb.lower()}",
            "survey_invitation",
            verb,
            "OLD.answered",
            _ONCE,
        )
        for verb in ("UPDATE", "DELETE")
    ),
    _guard_sqlite(
        "survey_sheet_invited", "survey_sheet", "INSERT", f"{_SHEETS} >= {_ANSWERED}", _INVITED
    ),
    _guard_sqlite(
        "survey_answer_kept", "survey_answer", "UPDATE", _other_sqlite(_OF_ANSWER), _AS_GIVEN
    ),
    _guard_sqlite("survey_answer_kept_delete", "survey_answer", "DELETE", "TRUE", _AS_GIVEN),
    _guard_sqlite(
        "survey_wave_kept",
        "survey_wave",
        "UPDATE",
        f"{_HAS_SHEETS.format('OLD', 'id')} AND {_other_sqlite(_OF_WAVE)}",
        _WAVE,
    ),
    *(
        _guard_sqlite(
            f"{name}_{verb.lower()}_{row.lower()}",
            table,
            verb,
            condition.format(row, column),
            words,
        )
        for name, table, condition, column, words in (
            ("survey_chosen_kept", "survey_chosen", _HAS_SHEETS, "wave_id", _WAVE),
            ("survey_item_kept", "survey_scale_item", _ASKED_WITH, "scale_id", _SCALE),
        )
        for verb, row in (
            ("INSERT", "NEW"),
            ("UPDATE", "OLD"),
            ("UPDATE", "NEW"),
            ("DELETE", "OLD"),
        )
    ),
    *(
        _guard_sqlite(
            f"survey_scale_kept_{verb.lower()}",
            "survey_scale",
            verb,
            _ASKED_WITH.format("OLD", "id"),
            _SCALE,
        )
        for verb in ("UPDATE", "DELETE")
    ),
)

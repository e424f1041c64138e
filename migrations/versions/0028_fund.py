"""The fund: rounds, proposals, electors, ballots apart from them, counts, awards, and a small book
of money, with triggers that keep the promises.

Revision 0028, after 0027. Every rule is written once, in `RULES`, and made into a trigger of either
engine. There is one ballot for each who voted, as it was cast, while voting is open; a round and
what is voted on stay as they are from then on; awards fit the budget; a row of the book moves pence
between two pots, and nothing else does. On SQLite ballots have no row numbers, which would tell in
which order people voted.
"""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "fund_round",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=80), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("not_for", sa.Text(), nullable=False),
        sa.Column("unit", sa.String(length=10), nullable=False),
        sa.Column("budget", sa.BigInteger(), nullable=False),
        sa.Column("smallest", sa.BigInteger(), nullable=False),
        sa.Column("largest", sa.BigInteger(), nullable=False),
        sa.Column("method", sa.String(length=10), nullable=False),
        sa.Column("ideas_on", sa.Date(), nullable=False),
        sa.Column("checking_on", sa.Date(), nullable=False),
        sa.Column("talking_on", sa.Date(), nullable=False),
        sa.Column("voting_on", sa.Date(), nullable=False),
        sa.Column("closes_on", sa.Date(), nullable=False),
        sa.Column("reports_on", sa.Date(), nullable=False),
        sa.Column("publish_ballots", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("back_why", sa.Text(), nullable=False),
        sa.Column("off_why", sa.Text(), nullable=False),
        sa.Column("scrutineer_1", sa.Integer(), nullable=True),
        sa.Column("scrutineer_2", sa.Integer(), nullable=True),
        sa.Column("lot", sa.Text(), nullable=True),
        sa.Column("ballot_order", sa.Text(), nullable=True),
        sa.Column("spoilt", sa.Integer(), nullable=True),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(state = 'called_off') = (off_why <> '')", name=op.f("ck_fund_round_off_why")
        ),
        sa.CheckConstraint("method IN ('shares', 'votes')", name=op.f("ck_fund_round_method")),
        sa.CheckConstraint(
            "state IN ('drafted', 'ideas', 'checking', 'talking', 'voting', 'counted', 'reporting', 'finished', 'called_off')",
            name=op.f("ck_fund_round_state"),
        ),
        sa.CheckConstraint("title <> ''", name=op.f("ck_fund_round_title")),
        sa.CheckConstraint("unit IN ('minutes', 'pence')", name=op.f("ck_fund_round_unit")),
        sa.CheckConstraint(
            "ideas_on <= checking_on AND checking_on <= talking_on AND talking_on <= voting_on AND voting_on <= closes_on AND closes_on <= reports_on",
            name=op.f("ck_fund_round_days"),
        ),
        sa.CheckConstraint("scrutineer_1 <> scrutineer_2", name=op.f("ck_fund_round_scrutineers")),
        sa.CheckConstraint(
            "smallest > 0 AND largest >= smallest AND budget >= largest",
            name=op.f("ck_fund_round_amounts"),
        ),
        sa.CheckConstraint("spoilt >= 0", name=op.f("ck_fund_round_spoilt")),
        sa.ForeignKeyConstraint(
            ["bank_id", "scrutineer_1"],
            ["member.bank_id", "member.id"],
            name=op.f("fk_fund_round_bank_id_scrutineer_1"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "scrutineer_2"],
            ["member.bank_id", "member.id"],
            name=op.f("fk_fund_round_bank_id_scrutineer_2"),
        ),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_fund_round_bank_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fund_round")),
        sa.UniqueConstraint("bank_id", "id", name=op.f("uq_fund_round_bank_id_id")),
    )
    op.create_table(
        "fund_ballot",
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("choices", sa.Text(), nullable=False),
        sa.Column("receipt_hash", sa.String(length=64), nullable=False),
        sa.Column("replaces", sa.String(length=64), nullable=True),
        sa.CheckConstraint("replaces <> receipt_hash", name=op.f("ck_fund_ballot_replaces_other")),
        sa.ForeignKeyConstraint(
            ["bank_id", "round_id", "replaces"],
            ["fund_ballot.bank_id", "fund_ballot.round_id", "fund_ballot.receipt_hash"],
            name=op.f("fk_fund_ballot_bank_id_round_id_replaces"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "round_id"],
            ["fund_round.bank_id", "fund_round.id"],
            name=op.f("fk_fund_ballot_bank_id_round_id"),
        ),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_fund_ballot_bank_id")),
        sa.PrimaryKeyConstraint("bank_id", "round_id", "key", name=op.f("pk_fund_ballot")),
        sa.UniqueConstraint(
            "bank_id",
            "round_id",
            "receipt_hash",
            name=op.f("uq_fund_ballot_bank_id_round_id_receipt_hash"),
        ),
        sa.UniqueConstraint(
            "bank_id", "round_id", "replaces", name=op.f("uq_fund_ballot_bank_id_round_id_replaces")
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "fund_count",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("announced_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refused_why", sa.Text(), nullable=True),
        sa.Column("told_by", sa.String(length=40), nullable=True),
        sa.CheckConstraint("refused_why <> ''", name=op.f("ck_fund_count_refused_why")),
        sa.CheckConstraint(
            "announced_at IS NULL OR refused_why IS NULL", name=op.f("ck_fund_count_one")
        ),
        sa.CheckConstraint("n > 0", name=op.f("ck_fund_count_n")),
        sa.ForeignKeyConstraint(
            ["bank_id", "round_id"],
            ["fund_round.bank_id", "fund_round.id"],
            name=op.f("fk_fund_count_bank_id_round_id"),
        ),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_fund_count_bank_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fund_count")),
        sa.UniqueConstraint("bank_id", "id", name=op.f("uq_fund_count_bank_id_id")),
        sa.UniqueConstraint(
            "bank_id", "round_id", "n", name=op.f("uq_fund_count_bank_id_round_id_n")
        ),
    )
    op.create_table(
        "fund_elector",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=True),
        sa.Column("paper_number", sa.Integer(), nullable=True),
        sa.Column("voted", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "member_id IS NULL OR paper_number IS NULL", name=op.f("ck_fund_elector_one")
        ),
        sa.CheckConstraint("paper_number > 0", name=op.f("ck_fund_elector_paper_number")),
        sa.ForeignKeyConstraint(
            ["bank_id", "member_id"],
            ["member.bank_id", "member.id"],
            name=op.f("fk_fund_elector_bank_id_member_id"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "round_id"],
            ["fund_round.bank_id", "fund_round.id"],
            name=op.f("fk_fund_elector_bank_id_round_id"),
        ),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_fund_elector_bank_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fund_elector")),
        sa.UniqueConstraint("bank_id", "id", name=op.f("uq_fund_elector_bank_id_id")),
        sa.UniqueConstraint(
            "bank_id",
            "round_id",
            "member_id",
            name=op.f("uq_fund_elector_bank_id_round_id_member_id"),
        ),
        sa.UniqueConstraint(
            "bank_id",
            "round_id",
            "paper_number",
            name=op.f("uq_fund_elector_bank_id_round_id_paper_number"),
        ),
    )
    op.create_index(
        "ix_fund_elector_bank_id_member_id", "fund_elector", ["bank_id", "member_id"], unique=False
    )
    op.create_table(
        "fund_pot",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=True),
        sa.Column("round_id", sa.Integer(), nullable=True),
        sa.Column("balance", sa.BigInteger(), nullable=False),
        sa.Column("last_id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(kind = 'source') = (organisation_id IS NOT NULL)", name=op.f("ck_fund_pot_source")
        ),
        sa.CheckConstraint("kind = 'source' OR balance >= 0", name=op.f("ck_fund_pot_balance")),
        sa.CheckConstraint(
            "kind IN ('source', 'available', 'promised', 'paid', 'spent')",
            name=op.f("ck_fund_pot_kind"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "organisation_id"],
            ["organisation.bank_id", "organisation.id"],
            name=op.f("fk_fund_pot_bank_id_organisation_id"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "round_id"],
            ["fund_round.bank_id", "fund_round.id"],
            name=op.f("fk_fund_pot_bank_id_round_id"),
        ),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_fund_pot_bank_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fund_pot")),
        sa.UniqueConstraint("bank_id", "id", name=op.f("uq_fund_pot_bank_id_id")),
    )
    op.create_index(
        "uq_fund_pot_bank",
        "fund_pot",
        ["bank_id", "kind"],
        unique=True,
        sqlite_where=sa.text("organisation_id IS NULL AND round_id IS NULL"),
        postgresql_where=sa.text("organisation_id IS NULL AND round_id IS NULL"),
    )
    op.create_index(
        "uq_fund_pot_organisation",
        "fund_pot",
        ["bank_id", "organisation_id"],
        unique=True,
        sqlite_where=sa.text("organisation_id IS NOT NULL"),
        postgresql_where=sa.text("organisation_id IS NOT NULL"),
    )
    op.create_index(
        "uq_fund_pot_round",
        "fund_pot",
        ["bank_id", "kind", "round_id"],
        unique=True,
        sqlite_where=sa.text("round_id IS NOT NULL"),
        postgresql_where=sa.text("round_id IS NOT NULL"),
    )
    op.create_table(
        "fund_money",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("from_pot", sa.Integer(), nullable=False),
        sa.Column("to_pot", sa.Integer(), nullable=False),
        sa.Column("pence", sa.BigInteger(), nullable=False),
        sa.Column("cause", sa.String(length=80), nullable=False),
        sa.Column("occurred_on", sa.Date(), nullable=False),
        sa.Column("memo", sa.Text(), nullable=False),
        sa.Column("reverses_id", sa.Integer(), nullable=True),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("from_pot <> to_pot", name=op.f("ck_fund_money_two_pots")),
        sa.CheckConstraint("pence > 0", name=op.f("ck_fund_money_pence")),
        sa.ForeignKeyConstraint(
            ["bank_id", "from_pot"],
            ["fund_pot.bank_id", "fund_pot.id"],
            name=op.f("fk_fund_money_bank_id_from_pot"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "reverses_id"],
            ["fund_money.bank_id", "fund_money.id"],
            name=op.f("fk_fund_money_bank_id_reverses_id"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "to_pot"],
            ["fund_pot.bank_id", "fund_pot.id"],
            name=op.f("fk_fund_money_bank_id_to_pot"),
        ),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_fund_money_bank_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fund_money")),
        sa.UniqueConstraint("bank_id", "cause", name=op.f("uq_fund_money_bank_id_cause")),
        sa.UniqueConstraint("bank_id", "id", name=op.f("uq_fund_money_bank_id_id")),
    )
    op.create_index(
        "uq_fund_money_reverses_id",
        "fund_money",
        ["bank_id", "reverses_id"],
        unique=True,
        sqlite_where=sa.text("reverses_id IS NOT NULL"),
        postgresql_where=sa.text("reverses_id IS NOT NULL"),
    )
    op.create_table(
        "fund_paper_code",
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("elector_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["bank_id", "elector_id"],
            ["fund_elector.bank_id", "fund_elector.id"],
            name=op.f("fk_fund_paper_code_bank_id_elector_id"),
        ),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_fund_paper_code_bank_id")),
        sa.PrimaryKeyConstraint("bank_id", "code_hash", name=op.f("pk_fund_paper_code")),
    )
    op.create_table(
        "fund_proposal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=80), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("whom", sa.Text(), nullable=False),
        sa.Column("place", sa.String(length=200), nullable=False),
        sa.Column("cost", sa.BigInteger(), nullable=False),
        sa.Column("brings", sa.Text(), nullable=False),
        sa.Column("party_id", sa.Integer(), nullable=True),
        sa.Column("resident_lead_id", sa.Integer(), nullable=True),
        sa.Column("option_id", sa.Integer(), nullable=True),
        sa.Column("checked_by_resident", sa.Integer(), nullable=True),
        sa.Column("checked_by_professional", sa.Integer(), nullable=True),
        sa.Column("verdict", sa.String(length=10), nullable=True),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("joined_into", sa.Integer(), nullable=True),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(verdict IS NOT NULL AND verdict = 'joined') = (joined_into IS NOT NULL)",
            name=op.f("ck_fund_proposal_joined"),
        ),
        sa.CheckConstraint(
            "channel IN ('web', 'in_person', 'phone', 'paper', 'text', 'link', 'import', 'waiting_time', 'system')",
            name=op.f("ck_fund_proposal_channel"),
        ),
        sa.CheckConstraint("title <> '' AND what <> ''", name=op.f("ck_fund_proposal_words")),
        sa.CheckConstraint("verdict <> 'cannot' OR why <> ''", name=op.f("ck_fund_proposal_why")),
        sa.CheckConstraint(
            "verdict IN ('can', 'can_if', 'joined', 'cannot')",
            name=op.f("ck_fund_proposal_verdict"),
        ),
        sa.CheckConstraint(
            "checked_by_resident <> checked_by_professional", name=op.f("ck_fund_proposal_two")
        ),
        sa.CheckConstraint("cost > 0", name=op.f("ck_fund_proposal_cost")),
        sa.CheckConstraint("joined_into <> id", name=op.f("ck_fund_proposal_joined_other")),
        sa.ForeignKeyConstraint(
            ["bank_id", "checked_by_professional"],
            ["member.bank_id", "member.id"],
            name=op.f("fk_fund_proposal_bank_id_checked_by_professional"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "checked_by_resident"],
            ["member.bank_id", "member.id"],
            name=op.f("fk_fund_proposal_bank_id_checked_by_resident"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "option_id"],
            ["dialogue_option.bank_id", "dialogue_option.id"],
            name=op.f("fk_fund_proposal_bank_id_option_id"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "party_id"],
            ["account.bank_id", "account.id"],
            name=op.f("fk_fund_proposal_bank_id_party_id"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "resident_lead_id"],
            ["member.bank_id", "member.id"],
            name=op.f("fk_fund_proposal_bank_id_resident_lead_id"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "round_id", "joined_into"],
            ["fund_proposal.bank_id", "fund_proposal.round_id", "fund_proposal.id"],
            name=op.f("fk_fund_proposal_bank_id_round_id_joined_into"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "round_id"],
            ["fund_round.bank_id", "fund_round.id"],
            name=op.f("fk_fund_proposal_bank_id_round_id"),
        ),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_fund_proposal_bank_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fund_proposal")),
        sa.UniqueConstraint("bank_id", "id", name=op.f("uq_fund_proposal_bank_id_id")),
        sa.UniqueConstraint(
            "bank_id", "round_id", "id", name=op.f("uq_fund_proposal_bank_id_round_id_id")
        ),
    )
    op.create_index(
        "ix_fund_proposal_bank_id_party_id", "fund_proposal", ["bank_id", "party_id"], unique=False
    )
    op.create_index(
        "ix_fund_proposal_bank_id_round_id", "fund_proposal", ["bank_id", "round_id"], unique=False
    )
    op.create_table(
        "fund_award",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("proposal_id", sa.Integer(), nullable=False),
        sa.Column("count_id", sa.Integer(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("conditions", sa.Text(), nullable=False),
        sa.Column("report_due_on", sa.Date(), nullable=False),
        sa.Column("entry_id", sa.BigInteger(), nullable=True),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_fund_award_amount")),
        sa.ForeignKeyConstraint(
            ["bank_id", "count_id"],
            ["fund_count.bank_id", "fund_count.id"],
            name=op.f("fk_fund_award_bank_id_count_id"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "entry_id"],
            ["entry.bank_id", "entry.id"],
            name=op.f("fk_fund_award_bank_id_entry_id"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "round_id", "proposal_id"],
            ["fund_proposal.bank_id", "fund_proposal.round_id", "fund_proposal.id"],
            name=op.f("fk_fund_award_bank_id_round_id_proposal_id"),
        ),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_fund_award_bank_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fund_award")),
        sa.UniqueConstraint("bank_id", "id", name=op.f("uq_fund_award_bank_id_id")),
        sa.UniqueConstraint(
            "bank_id", "proposal_id", name=op.f("uq_fund_award_bank_id_proposal_id")
        ),
    )
    op.create_index(
        "ix_fund_award_bank_id_round_id", "fund_award", ["bank_id", "round_id"], unique=False
    )
    op.create_table(
        "fund_point",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("proposal_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("capacity", sa.String(length=20), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=True),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("answered_by", sa.String(length=40), nullable=True),
        sa.Column("hidden_why", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "answer IS NULL OR kind = 'question' AND answer <> ''",
            name=op.f("ck_fund_point_answer"),
        ),
        sa.CheckConstraint(
            "capacity IN ('resident', 'practitioner', 'planner')",
            name=op.f("ck_fund_point_capacity"),
        ),
        sa.CheckConstraint(
            "channel IN ('web', 'in_person', 'phone', 'paper', 'text', 'link', 'import', 'waiting_time', 'system')",
            name=op.f("ck_fund_point_channel"),
        ),
        sa.CheckConstraint(
            "kind IN ('for', 'against', 'only_if', 'question')", name=op.f("ck_fund_point_kind")
        ),
        sa.CheckConstraint("words <> ''", name=op.f("ck_fund_point_words")),
        sa.ForeignKeyConstraint(
            ["bank_id", "member_id"],
            ["member.bank_id", "member.id"],
            name=op.f("fk_fund_point_bank_id_member_id"),
        ),
        sa.ForeignKeyConstraint(
            ["bank_id", "proposal_id"],
            ["fund_proposal.bank_id", "fund_proposal.id"],
            name=op.f("fk_fund_point_bank_id_proposal_id"),
        ),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_fund_point_bank_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fund_point")),
        sa.UniqueConstraint("bank_id", "id", name=op.f("uq_fund_point_bank_id_id")),
    )
    op.create_index(
        "ix_fund_point_bank_id_member_id", "fund_point", ["bank_id", "member_id"], unique=False
    )
    op.create_index(
        "ix_fund_point_bank_id_proposal_id", "fund_point", ["bank_id", "proposal_id"], unique=False
    )
    op.create_table(
        "fund_report",
        sa.Column("bank_id", sa.Integer(), nullable=False),
        sa.Column("award_id", sa.Integer(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("spent", sa.BigInteger(), nullable=False),
        sa.Column("reached", sa.Integer(), nullable=False),
        sa.Column("lesson", sa.Text(), nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "channel IN ('web', 'in_person', 'phone', 'paper', 'text', 'link', 'import', 'waiting_time', 'system')",
            name=op.f("ck_fund_report_channel"),
        ),
        sa.CheckConstraint("words <> ''", name=op.f("ck_fund_report_words")),
        sa.CheckConstraint("spent >= 0 AND reached >= 0", name=op.f("ck_fund_report_numbers")),
        sa.ForeignKeyConstraint(
            ["bank_id", "award_id"],
            ["fund_award.bank_id", "fund_award.id"],
            name=op.f("fk_fund_report_bank_id_award_id"),
        ),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_fund_report_bank_id")),
        sa.PrimaryKeyConstraint("bank_id", "award_id", name=op.f("pk_fund_report")),
    )
    sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in SQLITE if sqlite else POSTGRESQL:
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("fund_report")
    op.drop_index("ix_fund_point_bank_id_proposal_id", table_name="fund_point")
    op.drop_index("ix_fund_point_bank_id_member_id", table_name="fund_point")
    op.drop_table("fund_point")
    op.drop_index("ix_fund_award_bank_id_round_id", table_name="fund_award")
    op.drop_table("fund_award")
    op.drop_index("ix_fund_proposal_bank_id_round_id", table_name="fund_proposal")
    op.drop_index("ix_fund_proposal_bank_id_party_id", table_name="fund_proposal")
    op.drop_table("fund_proposal")
    op.drop_table("fund_paper_code")
    op.drop_index("uq_fund_money_reverses_id", table_name="fund_money")
    op.drop_table("fund_money")
    op.drop_index("uq_fund_pot_round", table_name="fund_pot")
    op.drop_index("uq_fund_pot_organisation", table_name="fund_pot")
    op.drop_index("uq_fund_pot_bank", table_name="fund_pot")
    op.drop_table("fund_pot")
    op.drop_index("ix_fund_elector_bank_id_member_id", table_name="fund_elector")
    op.drop_table("fund_elector")
    op.drop_table("fund_count")
    op.drop_table("fund_ballot")
    op.drop_table("fund_round")
    if op.get_bind().dialect.name == "postgresql":
        for name in (*(name for name, *_ in RULES), "fund_money_moves"):
            op.execute(f"DROP FUNCTION {name}()")


BEFORE_VOTING = "('drafted', 'ideas', 'checking', 'talking')"
_STEPS = (
    "drafted>ideas",
    "ideas>checking",
    "checking>talking",
    "checking>ideas",
    "talking>voting",
    "talking>checking",
    "voting>counted",
    "counted>reporting",
    "reporting>finished",
    *(f"{state}>called_off" for state in ("drafted", "ideas", "checking", "talking", "voting")),
)
"""Which state may come after which."""


def _other(*columns: str) -> str:
    """Whether any of these differs between OLD and NEW: `IS NOT` of SQLite, which PostgreSQL calls
    `IS DISTINCT FROM`. PL/pgSQL finds no column `by` without the quotes."""
    return "(" + " OR ".join(f'NEW."{name}" <<>> OLD."{name}"' for name in columns) + ")"


def _round(row: str, condition: str) -> str:
    """Whether the round of a row is so."""
    return f"EXISTS (SELECT 1 FROM fund_round r WHERE r.bank_id = {row}.bank_id AND r.id = {row}.round_id AND r.{condition})"


def _round_of_proposal(row: str, condition: str) -> str:
    return (
        "EXISTS (SELECT 1 FROM fund_proposal p JOIN fund_round r ON r.bank_id = p.bank_id AND r.id = p.round_id"
        f" WHERE p.bank_id = {row}.bank_id AND p.id = {row}.proposal_id AND r.{condition})"
    )


def _there(table: str, *key: str) -> str:
    """Whether such a row is there already: INSERT OR REPLACE would remove it without firing the
    trigger that refuses to delete."""
    return (
        f"EXISTS (SELECT 1 FROM {table} WHERE " + " AND ".join(f"{c} = NEW.{c}" for c in key) + ")"
    )


_CHOICES = {
    # The ids of a ballot, each once and sorted, as it has to have them; and those not on it.
    "sqlite": (
        "(SELECT COALESCE(group_concat(value, ','), '') FROM (SELECT DISTINCT value FROM"
        " json_each('[' || NEW.choices || ']') ORDER BY value))",
        "SELECT value FROM json_each('[' || NEW.choices || ']')",
    ),
    "postgresql": (
        "(SELECT COALESCE(string_agg(one::text, ',' ORDER BY one), '') FROM (SELECT DISTINCT"
        " id::int AS one FROM unnest(string_to_array(NEW.choices, ','))"
        " AS id) ids)",
        "SELECT id::int AS value FROM unnest(string_to_array(NEW.choices, ',')) AS id",
    ),
}
_ON_BALLOT = (
    "SELECT p.id FROM fund_proposal p WHERE p.bank_id = NEW.bank_id AND p.round_id = NEW.round_id"
    " AND p.verdict IN ('can', 'can_if')"
)
_FIRST = (
    "(SELECT count(*) FROM fund_ballot WHERE bank_id = NEW.bank_id AND round_id = NEW.round_id"
    " AND replaces IS NULL)"
)
_VOTED = (
    "(SELECT count(*) FROM fund_elector WHERE bank_id = NEW.bank_id AND round_id = NEW.round_id"
    " AND voted)"
)
_AWARDED = (
    "(SELECT COALESCE(sum(a.amount), 0) FROM fund_award a WHERE a.bank_id = NEW.bank_id"
    " AND a.round_id = NEW.round_id)"
)
_BUDGET = (
    "(SELECT r.budget FROM fund_round r WHERE r.bank_id = NEW.bank_id AND r.id = NEW.round_id)"
)
_EXPLAINED = (
    "EXISTS (SELECT 1 FROM fund_money m WHERE m.bank_id = NEW.bank_id AND m.id = NEW.last_id"
    " AND m.id > OLD.last_id AND (m.from_pot = NEW.id AND NEW.balance = OLD.balance - m.pence"
    " OR m.to_pot = NEW.id AND NEW.balance = OLD.balance + m.pence))"
)
_EXACT = (
    "EXISTS (SELECT 1 FROM fund_money m WHERE m.bank_id = NEW.bank_id AND m.id = NEW.reverses_id"
    " AND m.reverses_id IS NULL AND m.from_pot = NEW.to_pot AND m.to_pot = NEW.from_pot"
    " AND m.pence = NEW.pence)"
)

STEP = "fund_round_step: the steps of a round follow one another"
FROZEN = "fund_frozen: from voting on a round and what is voted on stay as they are"
READY = "fund_round_ready: voting opens with a lot, an order and two scrutineers"
PLACE = "fund_proposal_open: ideas are taken while they are asked for"
POINT = "fund_point_open: what was said stays, and is said before voting"
ONCE = "fund_voted_once: an elector votes once, while voting is open, and stays counted"
CAST = "fund_ballot_kept: a ballot stays as it was cast"
OPEN = "fund_ballot_open: ballots are cast while voting is open"
LISTED = "fund_ballot_listed: a ballot ticks what is on it, each once"
ENTITLED = "fund_ballot_entitled: one ballot for each who voted"
CODE = "fund_code_kept: a code is of one elector"
COUNTED = "fund_count_kept: a count stays as it was made, and is announced or refused once"
AWARDED = "fund_award_fits: awards fit the budget, and stay as they were made"
REPORTED = "fund_report_kept: a report stays as it was given, and spends what was awarded at most"
BOOK = "fund_money_kept: the book of money is only ever added to"
REVERSED = "fund_money_reversed: a movement is taken back exactly, and once"
MOVED = "fund_pot_moved: a pot is moved by the book alone"

LOCKS = {
    # What is looked at has to hold until the end, whoever else writes meanwhile.
    "fund_elector_open": "PERFORM 1 FROM fund_round WHERE id = NEW.round_id FOR SHARE;",
    "fund_elector_once": "PERFORM 1 FROM fund_round WHERE id = NEW.round_id FOR SHARE;",
    "fund_ballot_open": "PERFORM 1 FROM fund_round WHERE id = NEW.round_id FOR SHARE;",
    "fund_ballot_entitled": (
        "PERFORM pg_advisory_xact_lock(hashtext('fund_ballot'), NEW.round_id);"
    ),
    "fund_proposal_open": "PERFORM 1 FROM fund_round WHERE id = NEW.round_id FOR SHARE;",
    "fund_award_fits": "PERFORM 1 FROM fund_round WHERE id = NEW.round_id FOR UPDATE;",
    "fund_money_adds": (
        "PERFORM 1 FROM fund_pot WHERE id IN (NEW.from_pot, NEW.to_pot) ORDER BY id FOR UPDATE;"
    ),
}

_OF_PROPOSAL = ("title", "what", "whom", "place", "cost", "brings", "party_id", "verdict", "why")
RULES: tuple[tuple[str, str, str, str, str], ...] = (
    # name, table, verb, what is wrong, why
    (
        "fund_round_step",
        "fund_round",
        "UPDATE",
        f"NEW.state <> OLD.state AND OLD.state || '>' || NEW.state NOT IN {_STEPS}",
        STEP,
    ),
    (
        "fund_round_begins",
        "fund_round",
        "INSERT",
        f"NEW.state <> 'drafted' OR {_there('fund_round', 'id')}",
        STEP,
    ),
    ("fund_round_kept", "fund_round", "DELETE", "TRUE", STEP),
    (
        "fund_round_frozen",
        "fund_round",
        "UPDATE",
        f"{_other('id', 'bank_id', 'unit', 'by', 'at')} OR OLD.state NOT IN {BEFORE_VOTING} AND ("
        + _other(
            *("title", "purpose", "not_for", "budget", "smallest", "largest", "method", "lot"),
            *("ballot_order", "publish_ballots", "ideas_on", "checking_on", "talking_on"),
            *("voting_on", "closes_on", "reports_on"),
        )
        + " OR NEW.scrutineer_1 IS NOT NULL AND NEW.scrutineer_1 <<>> OLD.scrutineer_1"
        + " OR NEW.scrutineer_2 IS NOT NULL AND NEW.scrutineer_2 <<>> OLD.scrutineer_2"
        + f" OR OLD.state <> 'voting' AND {_other('spoilt')})",
        FROZEN,
    ),
    (
        "fund_round_ready",
        "fund_round",
        "UPDATE",
        "NEW.state = 'voting' AND OLD.state <> 'voting' AND (NEW.lot IS NULL OR NEW.ballot_order IS NULL"
        " OR NEW.scrutineer_1 IS NULL OR NEW.scrutineer_2 IS NULL)",
        READY,
    ),
    (
        "fund_proposal_open",
        "fund_proposal",
        "INSERT",
        f"NOT {_round('NEW', '''state IN ('ideas', 'checking')''')} OR {_there('fund_proposal', 'id')}",
        PLACE,
    ),
    (
        "fund_proposal_frozen",
        "fund_proposal",
        "UPDATE",
        f"{_other('id', 'bank_id', 'round_id', 'by', 'channel', 'at')}"
        f" OR NOT {_round('OLD', f'state IN {BEFORE_VOTING}')} AND {_other(*_OF_PROPOSAL, 'joined_into')}",
        FROZEN,
    ),
    ("fund_proposal_kept", "fund_proposal", "DELETE", "TRUE", FROZEN),
    (
        "fund_point_open",
        "fund_point",
        "INSERT",
        f"NOT {_round_of_proposal('NEW', f'state IN {BEFORE_VOTING}')} OR {_there('fund_point', 'id')}",
        POINT,
    ),
    (
        "fund_point_kept",
        "fund_point",
        "UPDATE",
        f"{_other('id', 'bank_id', 'proposal_id', 'kind', 'words', 'capacity', 'channel', 'at')}"
        f" OR NEW.member_id IS NOT NULL AND {_other('member_id')}",
        POINT,
    ),
    ("fund_point_kept_delete", "fund_point", "DELETE", "TRUE", POINT),
    (
        "fund_elector_open",
        "fund_elector",
        "INSERT",
        f"NEW.voted OR NOT {_round('NEW', '''state = 'voting' ''')} OR {_there('fund_elector', 'id')}",
        ONCE,
    ),
    (
        "fund_elector_once",
        "fund_elector",
        "UPDATE",
        f"{_other('id', 'bank_id', 'round_id', 'paper_number')} OR NEW.member_id IS NOT NULL AND {_other('member_id')}"
        f" OR {_other('voted')} AND (OLD.voted OR NOT {_round('NEW', '''state = 'voting' ''')})",
        ONCE,
    ),
    ("fund_elector_kept", "fund_elector", "DELETE", "TRUE", ONCE),
    ("fund_code_kept", "fund_paper_code", "UPDATE", "TRUE", CODE),
    (
        "fund_code_new",
        "fund_paper_code",
        "INSERT",
        _there("fund_paper_code", "bank_id", "code_hash"),
        CODE,
    ),
    (
        "fund_ballot_open",
        "fund_ballot",
        "INSERT",
        f"NOT {_round('NEW', '''state = 'voting' ''')}",
        OPEN,
    ),
    (
        "fund_ballot_new",
        "fund_ballot",
        "INSERT",
        " OR ".join(
            _there("fund_ballot", "bank_id", "round_id", column)
            for column in ("key", "receipt_hash", "replaces")
        ),
        CAST,
    ),
    (
        "fund_ballot_entitled",
        "fund_ballot",
        "INSERT",
        f"NEW.replaces IS NULL AND {_FIRST} >= {_VOTED}",
        ENTITLED,
    ),
    (
        "fund_ballot_listed",
        "fund_ballot",
        "INSERT",
        f"NEW.choices <<>> <<SORTED>> OR EXISTS (SELECT 1 FROM (<<IDS>>) c WHERE c.value NOT IN ({_ON_BALLOT}))",
        LISTED,
    ),
    (
        "fund_ballot_kept",
        "fund_ballot",
        "UPDATE",
        f"{_other('bank_id', 'round_id', 'choices', 'receipt_hash', 'replaces')} OR NOT {_round('NEW', '''state = 'voting' ''')}",
        CAST,
    ),
    ("fund_ballot_kept_delete", "fund_ballot", "DELETE", "TRUE", CAST),
    (
        "fund_count_of_counted",
        "fund_count",
        "INSERT",
        f"NOT {_round('NEW', '''state = 'counted' ''')} OR NEW.announced_at IS NOT NULL OR NEW.refused_why IS NOT NULL"
        f" OR {_there('fund_count', 'id')} OR {_there('fund_count', 'bank_id', 'round_id', 'n')}",
        COUNTED,
    ),
    (
        "fund_count_kept",
        "fund_count",
        "UPDATE",
        f"{_other('id', 'bank_id', 'round_id', 'n', 'content', 'sha256', 'made_at')}"
        " OR OLD.announced_at IS NOT NULL OR OLD.refused_why IS NOT NULL",
        COUNTED,
    ),
    ("fund_count_kept_delete", "fund_count", "DELETE", "TRUE", COUNTED),
    (
        "fund_award_fits",
        "fund_award",
        "INSERT",
        f"{_AWARDED} + NEW.amount > {_BUDGET} OR NOT {_round('NEW', '''state = 'reporting' ''')}"
        f" OR {_there('fund_award', 'id')} OR {_there('fund_award', 'bank_id', 'proposal_id')}",
        AWARDED,
    ),
    ("fund_award_kept", "fund_award", "UPDATE", "TRUE", AWARDED),
    ("fund_award_kept_delete", "fund_award", "DELETE", "TRUE", AWARDED),
    (
        "fund_report_fits",
        "fund_report",
        "INSERT",
        "NEW.spent > (SELECT a.amount FROM fund_award a WHERE a.bank_id = NEW.bank_id AND a.id = NEW.award_id)"
        f" OR {_there('fund_report', 'bank_id', 'award_id')}",
        REPORTED,
    ),
    ("fund_report_kept", "fund_report", "UPDATE", "TRUE", REPORTED),
    ("fund_report_kept_delete", "fund_report", "DELETE", "TRUE", REPORTED),
    (
        "fund_money_adds",
        "fund_money",
        "INSERT",
        f"{_there('fund_money', 'id')} OR {_there('fund_money', 'bank_id', 'cause')}",
        BOOK,
    ),
    (
        "fund_money_reversed",
        "fund_money",
        "INSERT",
        f"NEW.reverses_id IS NOT NULL AND (NOT {_EXACT} OR {_there('fund_money', 'bank_id', 'reverses_id')})",
        REVERSED,
    ),
    ("fund_money_kept", "fund_money", "UPDATE", "TRUE", BOOK),
    ("fund_money_kept_delete", "fund_money", "DELETE", "TRUE", BOOK),
    (
        "fund_pot_empty",
        "fund_pot",
        "INSERT",
        f"NEW.balance <> 0 OR NEW.last_id <> 0 OR {_there('fund_pot', 'id')}",
        MOVED,
    ),
    (
        "fund_pot_moved",
        "fund_pot",
        "UPDATE",
        f"{_other('id', 'bank_id', 'kind', 'round_id', 'organisation_id')}"
        f" OR {_other('balance', 'last_id')} AND NOT {_EXPLAINED}",
        MOVED,
    ),
    ("fund_pot_kept", "fund_pot", "DELETE", "TRUE", MOVED),
)
_MOVES = tuple(
    f"UPDATE fund_pot SET balance = balance {sign} NEW.pence, last_id = NEW.id"
    f" WHERE bank_id = NEW.bank_id AND id = NEW.{pot};"
    for sign, pot in (("-", "from_pot"), ("+", "to_pot"))
)


def _spelt(wrong: str, engine: str) -> str:
    in_order, ids = _CHOICES[engine]
    differs = "IS NOT" if engine == "sqlite" else "IS DISTINCT FROM"
    return wrong.replace("<<SORTED>>", in_order).replace("<<IDS>>", ids).replace("<<>>", differs)


SQLITE = (
    *(
        f"CREATE TRIGGER {name} BEFORE {verb} ON {table}"
        f" BEGIN SELECT RAISE(ABORT, '{why}') WHERE {_spelt(wrong, 'sqlite')}; END"
        for name, table, verb, wrong, why in RULES
    ),
    f"CREATE TRIGGER fund_money_moves AFTER INSERT ON fund_money BEGIN {' '.join(_MOVES)} END",
)
POSTGRESQL = (
    *(
        statement
        for name, table, verb, wrong, why in RULES
        for statement in (
            f"""
CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  {LOCKS.get(name, "")}
  IF {_spelt(wrong, "postgresql")} THEN
    RAISE EXCEPTION '{why}' USING ERRCODE = 'check_violation';
  END IF;
  RETURN {"OLD" if verb == "DELETE" else "NEW"};
END $$
""",
            f"CREATE TRIGGER {name} BEFORE {verb} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()",
        )
    ),
    f"""
CREATE FUNCTION fund_money_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  {" ".join(_MOVES)}
  RETURN NULL;
END $$
""",
    "CREATE TRIGGER fund_money_moves AFTER INSERT ON fund_money FOR EACH ROW EXECUTE FUNCTION fund_money_moves()",
)

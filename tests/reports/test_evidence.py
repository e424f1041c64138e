"""Evidence: made again the same, as of a moment, and nothing of few; on its page in words."""

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from tests.dialogue.asking import TODAY, make_audit, make_broker, name_themes, sort_all, staff
from tests.dialogue.scene import make_scene
from tests.factories import NOW, make_bank, make_member
from timebank import clock
from timebank.activities.rules import Stage
from timebank.db import transaction
from timebank.dialogue import audits
from timebank.dialogue.audit_rules import NewSheet
from timebank.dialogue.rules import (
    OPEN_ITEMS,
    STEP_WORDS,
    Decision,
    EvaluationItem,
    OwnerKind,
    StepKind,
    Way,
)
from timebank.errors import Invalid
from timebank.fund.rules import FundUnit
from timebank.members.rules import Capacity
from timebank.reports import evidence, evidence_words
from timebank.reports.rules import Format
from timebank.say import Figure, Said

LATER = NOW + timedelta(days=2)


def asked_of_thirty_five(session, bank):
    maggie = make_broker(session, bank, "Maggie")
    audit = make_audit(session, bank)
    wishes = ["Debt"] * 20 + ["Benches"] * 12 + ["Young"] * 3
    sheets = [NewSheet(Way.DOOR, [words]) for words in wishes]
    audits.take_sheets(session, bank, audit.id, sheets, staff(bank))
    name_themes(session, bank, audit, "Debt", "Benches", "Young")
    sort_all(session, bank, audit, maggie)
    audits.close_audit(session, bank, audit.id, staff(bank))


def test_evidence_is_the_same_again_and_says_nothing_of_few(session):
    bank = make_bank(session)
    asked_of_thirty_five(session, bank)

    def made(as_of: str = ""):
        return evidence.evidence(session, bank, TODAY, TODAY, as_of, now=LATER)

    found = made(NOW.isoformat())
    blocks = {block.key: block for block in found.blocks}
    assert [block.number for block in found.blocks] == list(range(1, 14))
    themes = {row[1]: row[2] for row in blocks["themes"].rows}
    assert themes == {"Debt": 20, "Benches": 12, "Young": None}
    figures = {row[0]: row[1:3] for row in blocks["figures"].rows}
    assert figures["audit_reached"] == (35, None)
    assert figures["theme_share:Debt"] == (round(20 / 35, 6), 35)
    assert "theme_share:Young" not in figures
    assert figures["commitments_kept"] == (None, 0)
    for file_format in evidence.FORMATS:
        again = evidence.file(made(NOW.isoformat()), file_format)
        assert evidence.file(found, file_format) == again
    assert b"theme_share:Debt" in evidence.file(found, Format.CSV)
    before = made((NOW - timedelta(seconds=1)).isoformat())
    assert not before.blocks[0].rows
    with pytest.raises(Invalid, match="still to come"):
        made((LATER + timedelta(days=1)).isoformat())


def test_evidence_is_kept_as_it_was_first_made(session):
    bank = make_bank(session)
    asked_of_thirty_five(session, bank)

    def files(as_of: str, now: datetime = LATER) -> list[bytes]:
        found = evidence.kept(session, bank, TODAY, TODAY, as_of, now=now)
        assert found.as_of == NOW
        return [evidence.file(found, file_format) for file_format in evidence.FORMATS]

    first = files("", NOW)
    # What has no history is another thing now: here the threshold of few, and the bank's name.
    bank.few, bank.name = 5, "Renamed"
    session.flush()
    assert files(NOW.isoformat()) == first
    anew = evidence.evidence(session, bank, TODAY, TODAY, NOW.isoformat(), now=LATER)
    assert [evidence.file(anew, one) for one in evidence.FORMATS] != first
    with pytest.raises(Invalid, match="still to come"):
        files((LATER + timedelta(days=1)).isoformat())


@pytest.mark.parametrize(
    ("guard", "attack"),
    [
        ("kept_evidence_stays", "UPDATE kept_evidence SET ends_on = '2030-01-01'"),
        ("kept_evidence_stays_delete", "DELETE FROM kept_evidence"),
        ("kept_evidence_new", "INSERT OR REPLACE INTO kept_evidence SELECT * FROM kept_evidence"),
    ],
)
def test_kept_evidence_stays(session, guard, attack):
    bank = make_bank(session)
    evidence.kept(session, bank, TODAY, TODAY, "", now=NOW)
    sqlite = session.get_bind().dialect.name == "sqlite"
    if "REPLACE" in attack and not sqlite:
        attack = attack.replace(" OR REPLACE", "")
    with pytest.raises(DBAPIError, match="kept_evidence_stays"), session.begin_nested():
        session.execute(text(attack))
    if sqlite:
        session.execute(text(f"DROP TRIGGER {guard}"))
        session.execute(text(attack))


# ---- In words ----


def test_every_column_and_figure_has_words(session):
    found = evidence.evidence(session, make_bank(session), TODAY, TODAY, "", now=NOW)
    for block in found.blocks:
        assert len(evidence_words.headings(block.columns)) == len(block.columns)
    assert found.definitions.keys() == evidence_words.FIGURES.keys()


@pytest.mark.parametrize(
    ("column", "codes"),
    [
        ("answer", Decision),
        ("owner_kind", OwnerKind),
        ("part", Capacity),
        ("stage", Stage),
        ("state", StepKind),
        ("unit", FundUnit),
        ("way", Way),
        ("item", [item for item in EvaluationItem if item not in OPEN_ITEMS]),
    ],
)
def test_every_code_has_words(column, codes):
    for code in codes:
        assert isinstance(evidence_words.cell(column, str(code)), Said)


def test_cells_are_days_numbers_and_names():
    cell = evidence_words.cell
    assert cell("due_on", "2026-11-12") == date(2026, 11, 12)
    assert cell("share", 0.571429) == Figure(0.571429, 3)
    assert cell("value", 12.5) == Figure(12.5, 1)
    assert cell("value", 20.0) == Figure(20.0, 0)
    assert cell("people", None) == "[c]"
    assert str(cell("id", "theme_share:Debt")) == "Share who named a theme: Debt"
    assert (
        str(cell("id", "evaluation:worth_my_time")) == "How the asking was: It was worth my time."
    )
    assert str(cell("id", "fund_spent:pence")) == "Share that was spent: pence"


def test_steps_are_sentences_on_the_page_and_english_where_they_are_kept(session):
    bank = make_scene(session).bank
    asked = session, bank, TODAY, TODAY, NOW.isoformat()
    made, kept = evidence.evidence(*asked, now=LATER), evidence.kept(*asked, now=LATER)
    first, again = (
        next(block for block in found.blocks if block.key == "steps").rows[0]
        for found in (made, kept)
    )
    assert (first[2], again[2]) == (STEP_WORDS[1], str(STEP_WORDS[1]))
    assert evidence.as_json(made) == evidence.as_json(kept)


def test_the_page_opens_on_days_of_which_there_is_something_to_say_and_says_which(
    app, sign_in, monkeypatch
):
    monkeypatch.setattr(clock, "now", lambda: NOW)
    with app.app_context(), transaction() as session:
        bank = make_bank(session)
        owen = make_member(session, bank, "Owen", role="coordinator").id
        empty = f"/b/{bank.slug}/reports/evidence"
    browser = sign_in(owen)
    nothing = browser.get(empty).text
    assert "The last four whole quarters" in _said(nothing)
    with app.app_context(), transaction() as session:
        asked_of_thirty_five(session, session.merge(bank))
    # It was asked in this quarter, which has not ended.
    opened = browser.get(empty).text
    assert "So far this quarter" in _said(opened)
    assert "What would make life better" in opened or "Debt" in opened
    days = {"from": "2025-10-01", "to": "2026-09-30"}
    assert "The last four whole quarters" in _said(browser.get(empty, query_string=days).text)


def _said(html: str) -> str:
    """What stands above the blocks of the days that are shown."""
    return html.partition("<b>")[2].partition("</p>")[0]

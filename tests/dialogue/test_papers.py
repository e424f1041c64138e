"""What goes out on paper, and who is told how."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from tests.dialogue.asking import make_audit, make_broker, name_themes, sort_all, staff
from tests.dialogue.scene import make_scene
from tests.factories import NOW, actor, make_member
from timebank.act import Act
from timebank.activities import queries as activities
from timebank.activities.rules import Plan
from timebank.dialogue import (
    audit_papers,
    audits,
    contacts,
    conversation_queries,
    conversations,
    papers,
)
from timebank.dialogue import audit_queries as queries
from timebank.dialogue.audit_papers import Asks
from timebank.dialogue.audit_rules import NewDetails, NewSheet
from timebank.dialogue.errors import NotInThatState
from timebank.dialogue.rules import NewOption, Way
from timebank.errors import NotAllowed
from timebank.say import ENGLISH

PAGE = "https://timebank.example/b/fife/dialogue/audits/1"
LEFT = (
    NewDetails("Ida Lund", "01632 960701", "ida@example.org", "3 Canal Street", hear=True),
    NewDetails("Tariq Aziz", address="Flat 2\n9 Mill Lane", hear=True),
    NewDetails("Grace Obi", "01632 960702", hear=True),
    NewDetails("Only Helps", email="helps@example.org", help=True),
)


def closed(session, bank):
    """An audit of 40 that has closed, and four who left details."""
    audit = make_audit(session, bank)
    said = [NewSheet(Way.DOOR, [words]) for words in ["Debt"] * 22 + ["Benches"] * 18]
    audits.take_sheets(session, bank, audit.id, said, staff(bank))
    for left in LEFT:
        contacts.leave_details(session, bank, audit.id, left, now=NOW)
    with pytest.raises(NotInThatState):
        contacts.tell_by_mail(session, bank, audit.id, PAGE, staff(bank))
    name_themes(session, bank, audit, "Debt", "Benches")
    sort_all(session, bank, audit, make_broker(session, bank, "Maggie"))
    return audits.close_audit(session, bank, audit.id, staff(bank))


def test_those_who_left_an_e_mail_address_are_written_to_once_a_day(session, bank):
    audit = closed(session, bank)
    eve = make_broker(session, bank, "Eve")
    assert contacts.tell_by_mail(session, bank, audit.id, PAGE, Act(actor(eve), NOW)) == 1
    assert contacts.tell_by_mail(session, bank, audit.id, PAGE, staff(bank)) == 0
    later = Act(staff(bank).by, NOW + timedelta(days=90))
    assert contacts.tell_by_mail(session, bank, audit.id, PAGE, later) == 1
    written = session.execute(text("SELECT * FROM notice ORDER BY id")).all()
    assert [(row.address, row.channel) for row in written] == [("ida@example.org", "email")] * 2
    assert "- Debt: 22 people" in written[0].body
    assert PAGE in written[0].body
    (told,) = [one for one in queries.details(session, bank, audit.id) if one.told_on]
    assert (told.name, told.told_on) == ("Ida Lund", later.now.date())
    contacts.erase_details(session, bank, audit.id, told.key, later)
    assert "ida@" not in str(session.execute(text("SELECT * FROM notice")).all())
    with pytest.raises(NotAllowed):
        contacts.tell_by_mail(
            session, bank, audit.id, PAGE, Act(actor(make_member(session, bank, "Nell")), NOW)
        )


def test_everybody_who_would_like_to_hear_is_told_one_way(session, bank):
    left = queries.details(session, bank, closed(session, bank).id)
    today = NOW.date()
    ways = [contacts.by_mail(left, today), contacts.by_letter(left), contacts.by_call(left)]
    assert [[one.name for one in way] for way in ways] == [
        ["Ida Lund"],
        ["Tariq Aziz"],
        ["Grace Obi"],
    ]


def test_a_card_says_what_an_option_costs_and_who_carries_what_of_it(session, monkeypatch):
    scene = make_scene(session)
    full = NewOption(
        "Benches",
        120,
        25_000,
        about="Three of them.",
        from_residents="x" * 400,
        from_practitioners="A key.",
        gains="Walkers.",
    )
    talk, _ = scene.talk()
    by = scene.act()
    conversations.add_option(session, scene.bank, talk.id, full, by)
    options = conversation_queries.options(session, scene.bank, talk.id)
    assert papers.cards(scene.bank, talk, options, ENGLISH).startswith(b"%PDF")
    contents = _printed(monkeypatch)
    papers.cards(scene.bank, talk, options, ENGLISH)
    bare, card = contents[0]["cards"]
    assert [[str(cell) for cell in row] for row in card["cost"]] == [
        ["Hours", "2 hours"],
        ["Money", "£250.00"],
    ]
    facts = {str(name): str(words) for name, words in card["facts"]}
    assert facts["Practitioners carry"] == "A key."
    assert facts["Residents carry"].endswith("x…")
    assert len(facts["Residents carry"]) == 150
    assert facts["Planners carry"] == "Nothing that was said yet"
    assert str(bare["facts"][0][1]) == "Nothing that was said yet"


def test_a_register_of_hands_says_when_and_where_it_is_counted_or_asks(session, monkeypatch):
    scene = make_scene(session)
    talk, _ = scene.talk()
    starts_at = datetime(2026, 12, 3, 18, 30, tzinfo=UTC)
    plan = Plan(starts_at, 120, place="The hall")
    (row,) = conversations.plan_meeting(session, scene.bank, talk.id, plan, scene.act())
    meeting = activities.meeting(session, scene.bank, row.id)
    options = conversation_queries.options(session, scene.bank, talk.id)
    for of in (meeting, None):
        paper = papers.register(scene.bank, talk, options, of, ENGLISH)
        assert paper.startswith(b"%PDF")
    contents = _printed(monkeypatch)
    for of in (meeting, None):
        papers.register(scene.bank, talk, options, of, ENGLISH)
    with_meeting, without = contents
    assert "3 December 2026" in with_meeting["when"][0]
    assert with_meeting["when"][1] == "The hall"
    assert with_meeting["blanks"] == []
    assert [str(one) for one in without["blanks"]] == ["On which day?", "Where?"]


def _printed(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What is handed to the printer from now on."""
    contents: list[dict[str, Any]] = []
    monkeypatch.setattr(
        papers, "printed", lambda kind, bank, voice, content: contents.append(content) or b""
    )
    return contents


def test_paper_is_the_same_file_again_with_a_form_for_each_code(session, bank):
    audit = closed(session, bank)
    asks = Asks(audit, queries.questions(session, bank, audit.id), ["Under 25"], ["Canal Street"])
    news = contacts.news(session, bank, audit.id, today=NOW.date())
    people = contacts.by_letter(queries.details(session, bank, audit.id))
    papers = {
        "sheets": lambda: audit_papers.sheets(bank, asks, ["a-b", "c-d"], PAGE, ENGLISH),
        "script": lambda: audit_papers.script(bank, asks, ENGLISH),
        "poster": lambda: audit_papers.poster(bank, news.results, ENGLISH),
        "post": lambda: audit_papers.post(bank, people, news, PAGE, ENGLISH, today=NOW.date()),
    }
    for make in papers.values():
        paper = make()
        assert paper.startswith(b"%PDF")
        assert make() == paper

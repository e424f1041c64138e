"""What “You said, we did” says, on the page and on its poster; and what a meeting puts first beside
the count."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from tests.dialogue.asking import make_audit, make_broker, name_themes, sort_all, staff
from tests.dialogue.scene import TODAY, Scene, make_scene
from tests.factories import NOW
from tests.town import FRAME
from timebank import clock
from timebank.db import transaction
from timebank.dialogue import audit_queries, audits, commitments, conversations, partnerships
from timebank.dialogue.audit_rules import NewSheet
from timebank.dialogue.rules import (
    Decision,
    NewCommitment,
    NewOption,
    NewPriority,
    NewVerdict,
    Owner,
    Priorities,
    Way,
    out_of_order,
)
from timebank.errors import Invalid

HOME = "/b/fife-time-bank/dialogue"
COUNTED = {"Debt": 60, "Dentist": 26, "Benches": 24, "Young": 4}
"""Debt comes first; nobody can say which of the next two does; of the last few is told."""


def count(scene: Scene) -> dict[str, int]:
    """A closed audit; its id and those of its themes by what they are called."""
    session, bank = scene.session, scene.bank
    audit = make_audit(session, bank)
    said = [words for words, people in COUNTED.items() for _ in range(people)]
    sheets = [NewSheet(Way.DOOR, [words]) for words in said]
    audits.take_sheets(session, bank, audit.id, sheets, staff(bank))
    name_themes(session, bank, audit, *COUNTED)
    sort_all(session, bank, audit, make_broker(session, bank, "Owen"))
    audits.close_audit(session, bank, audit.id, staff(bank))
    themes = audit_queries.themes(session, bank, audit.id)
    return {"audit": audit.id, **{one.words: one.id for one in themes}}


def put_first(scene: Scene, at: dict[str, int], *rows: tuple[str, str]) -> list[Any]:
    """Themes of the audit, or other words, each with its reason."""
    priorities = [
        NewPriority("" if words in at else words, at.get(words), reason) for words, reason in rows
    ]
    return partnerships.set_priorities(
        *(scene.session, scene.bank, scene.place_id),
        Priorities(priorities, audit_id=at["audit"]),
        scene.act(),
    )


# ---- The order of a meeting, and that of the count ----


def test_another_order_than_the_count_needs_its_reason(scene: Scene) -> None:
    at = count(scene)
    # As it was counted, in whichever order of those that nobody can tell apart.
    put_first(scene, at, ("Debt", ""), ("Benches", ""), ("Dentist", ""), ("Ours", ""))
    # What few named has no number, and may be named all the same.
    assert [one.words for one in put_first(scene, at, ("Debt", ""), ("Young", ""))] == [
        *("Debt", "Young")
    ]
    for rows, missing in (
        ((("Benches", ""), ("Debt", "")), {"priorities.0.reason": "what more people named"}),
        # Leaving out what more people named is another order too.
        ((("Dentist", " "),), {"priorities.0.reason": "what more people named"}),
        (
            (("Young", ""), ("Ours", ""), ("Debt", "")),
            {
                "priorities.0.reason": "“Young” comes before what was counted",
                "priorities.1.reason": "“Ours” comes before what was counted",
            },
        ),
    ):
        with pytest.raises(Invalid) as refusal:
            put_first(scene, at, *rows)
        assert refusal.value.fields.keys() == missing.keys()
        for name, words in missing.items():
            assert words in str(refusal.value.fields[name])
        put_first(scene, at, *((words, "It cannot wait.") for words, _ in rows))


def test_where_nothing_is_counted_no_reason_is_asked_for(scene: Scene) -> None:
    asked = make_audit(scene.session, scene.bank)
    themes = name_themes(scene.session, scene.bank, asked, "Debt", "Benches")
    at = {"audit": asked.id, **{words: theme.id for words, theme in themes.items()}}
    put_first(scene, at, ("Benches", ""), ("Ours", ""), ("Debt", ""))


@given(st.lists(st.integers(1, 9), unique=True, max_size=9), st.data())
def test_the_order_of_the_count_is_never_out_of_order(themes: list[int], data: st.DataObject):
    cuts = sorted(data.draw(st.sets(st.integers(1, max(len(themes), 1)))) | {len(themes)})
    blocks = [
        themes[first:last] for first, last in zip([0, *cuts], cuts, strict=False) if last > first
    ]
    shuffled = [theme for block in blocks for theme in data.draw(st.permutations(block))]
    length = data.draw(st.integers(0, len(shuffled)))
    assert out_of_order(blocks, [*shuffled[:length], None, None]) == ([], [])
    # Whichever theme is left out, all of a later block stand too early.
    for number, block in enumerate(blocks):
        without = [theme for theme in shuffled if theme != block[0]]
        behind = {theme for later in blocks[number + 1 :] for theme in later}
        assert out_of_order(blocks, without)[0] == [
            index for index, theme in enumerate(without) if theme in behind
        ]


# ---- The page and the poster ----


@pytest.fixture
def printed(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What was handed over to be printed, in place of printing it."""
    import typst  # noqa: PLC0415  (heavy)

    papers: list[dict[str, Any]] = []

    def compile_(*_: Any, sys_inputs: dict[str, str], **__: Any) -> bytes:
        papers.append(json.loads(sys_inputs["page"]))
        return b"%PDF"

    monkeypatch.setattr(typst, "compile", compile_)
    return papers


@pytest.fixture
def made(app: Flask, monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """A meeting put first what few named; of it three options were answered, one as agreed and one
    as agreed if, and the third was looked at and is not done."""
    monkeypatch.setattr(clock, "now", lambda: NOW)
    with app.app_context(), transaction() as session:
        scene = make_scene(session)
        at = count(scene)
        first, _ = put_first(scene, at, ("Benches", "We can begin on it."), ("Debt", "Then this."))
        frame = replace(FRAME, title="Where to sit", answers_on=TODAY + timedelta(days=9))
        talk = conversations.plan(
            session, scene.bank, scene.place_id, frame, scene.act(), priority_id=first.id
        )
        conversations.open_conversation(session, scene.bank, talk.id, scene.act())
        for words, answer, reason in (
            ("Two benches", Decision.AGREED, "They cost little."),
            ("A shelter", Decision.AGREED_IF, "The council gives the ground."),
            ("A roof over it all", Decision.NO, "It would cost a year’s money."),
        ):
            option = conversations.add_option(
                session, scene.bank, talk.id, NewOption(words, 60, 0), scene.act()
            )
            given = NewVerdict(answer, reason)
            conversations.give_verdict(session, scene.bank, option.id, given, scene.act())
            if answer != Decision.NO:
                commitments.promise(
                    session,
                    scene.bank,
                    NewCommitment(
                        words, TODAY, Owner(member_id=scene.joan.id), option_id=option.id
                    ),
                    scene.act(heard="phone"),
                )
        conversations.close(session, scene.bank, talk.id, scene.act())
        return {**at, "place": scene.place_id, "maggie": scene.maggie.id}


def voices(page: str) -> dict[str, str]:
    """By the option that each is about, the words of an entry of the page."""
    entries = [" ".join(part.split()) for part in page.split('<article class="voice">')[1:]]
    return {
        option: next(words for words in entries if option in words)
        for option in ("Two benches", "A shelter", "A roof over it all")
    }


def test_what_was_refused_was_looked_at_and_agreed_if_says_so(app, made, sign_in):
    said = voices(sign_in().get(f"{HOME}/{made['place']}/said-done").text)
    for option in ("Two benches", "A shelter"):
        assert "We decided" in said[option]
        assert "We looked at" not in said[option]
    assert "Agreed, if" not in said["Two benches"]
    assert "<b>Agreed, if</b> The council gives the ground." in said["A shelter"]
    refused = said["A roof over it all"]
    assert "We looked at" in refused
    assert "We decided" not in refused
    assert "It would cost a year’s money." in refused
    for entry in said.values():
        assert "24 of 114 people named it." in entry or entry is refused
        assert "Why it comes here: We can begin on it." in entry


def test_the_poster_says_the_same(app, made, sign_in, printed):
    assert sign_in().get(f"{HOME}/{made['place']}/said-done.pdf").data == b"%PDF"
    (paper,) = printed
    assert paper["kind"] == "poster"
    entries = {entry["decided"]: entry for entry in paper["entries"]}
    assert {words: entry["about"] for words, entry in entries.items()} == {
        "Two benches": "We decided",
        "A shelter": "We decided",
        "A roof over it all": "We looked at",
    }
    assert {words: entry["why"] for words, entry in entries.items()} == {
        "Two benches": "They cost little.",
        "A shelter": "Agreed, if: The council gives the ground.",
        "A roof over it all": "It would cost a year’s money.",
    }
    assert entries["A roof over it all"]["became"] == "No"
    assert {entry["here"] for entry in entries.values()} == {
        "Why it comes here: We can begin on it."
    }


def test_the_page_of_priorities_asks_for_the_reason_in_its_row_and_offers_what_few_named(
    app, made, sign_in
):
    maggie, at = sign_in(made["maggie"]), f"{HOME}/{made['place']}/priorities"
    page = maggie.get(at).text
    assert "Young (without a number: so few named it, or all but so few)" in page
    # Row 1 is left empty: the error stands in the row in which it was written.
    sent = {"theme_id_2": made["Young"], "theme_id_3": made["Debt"]}
    refused = maggie.post(at, data=sent)
    assert refused.status_code == 422
    assert 'href="#reason_2"' in refused.text
    assert "Say why “Young” comes before what was counted." in refused.text
    assert maggie.post(at, data={**sent, "reason_2": "They are leaving."}).status_code == 303
    place = " ".join(sign_in().get(f"{HOME}/{made['place']}").text.split())
    assert "Why it stands here: They are leaving." in place
    assert "60 of 114 people named it." in place
    assert "4 of 114" not in place

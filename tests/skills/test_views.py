"""The coordinator's pages: the tree of skills, and areas next to each other."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from tests.browsers import Browser
from tests.factories import NOW, actor, make_bank, make_member, post_listing, system
from timebank import clock
from timebank.act import Act
from timebank.banks import queries as banks
from timebank.db import reading, transaction
from timebank.safeguarding import service as safeguarding_service
from timebank.skills import queries, service
from timebank.skills.queries import Branch
from timebank.skills.rules import NewCategory, SkillDetails

HOME = "/b/fife/skills"


@pytest.fixture(autouse=True)
def now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def people(app: Flask) -> dict[str, int]:
    """The bank `fife`: a coordinator, a broker, and Ana of Mill Lane."""
    with app.app_context(), transaction() as session:
        bank = make_bank(session, slug="fife")
        ana = make_member(session, bank, area="Mill Lane")
        make_member(session, bank, "Ben", area="Alder Row")
        owen, maggie = (
            make_member(session, bank, "Owen", "coordinator"),
            make_member(session, bank, "Maggie", "broker"),
        )
        return {"ana": ana.id, "owen": owen.id, "maggie": maggie.id}


@pytest.fixture
def coordinator(people: dict[str, int], sign_in: Callable[..., Browser]) -> Browser:
    return sign_in(people["owen"])


@pytest.fixture
def ids(app: Flask, people: dict[str, int]) -> dict[str, int]:
    """The categories Water, with the skill Taps, and Fire, without."""
    with app.app_context(), transaction() as session:
        bank = banks.by_slug(session, "fife")
        by = system(bank)
        safeguarding_service.plant_kinds(session, bank)
        water, fire = (
            service.add_category(session, bank, NewCategory(name), Act(by, clock.now()))
            for name in ("Water", "Fire")
        )
        taps = service.add_skill(
            session,
            bank,
            SkillDetails("Taps", water.id, synonyms="drip, leak"),
            Act(by, clock.now()),
        )
        return {"water": water.id, "fire": fire.id, "taps": taps.id}


def tree(app: Flask) -> list[Branch]:
    with app.app_context():
        return queries.tree(reading(), banks.by_slug(reading(), "fife"), retired=True, needs=True)


def outline(app: Flask) -> list[tuple[str, list[str]]]:
    return [(branch.category.name, [skill.name for skill in branch.skills]) for branch in tree(app)]


def written(category_id: int, **changes: Any) -> dict[str, Any]:
    """The form of a skill, with some answers changed."""
    return {
        "name": "Taps",
        "category_id": category_id,
        "synonyms": "drip, leak",
        **changes,
    }


def test_a_bank_without_skills_begins_with_the_usual_ones(app, coordinator):
    assert "There are no skills yet" in coordinator.get(HOME).text
    assert coordinator.post(f"{HOME}/plant").status_code == 303
    page = coordinator.get(HOME).text
    assert "Plumbing" in page
    assert "dripping" in page
    assert "There are no skills yet" not in page


def test_the_tree_shows_how_much_of_each_skill_stands_in_the_directory(
    app, coordinator, ids, people
):
    with app.app_context(), transaction() as session:
        bank = banks.by_slug(session, "fife")
        ana = make_member(session, bank, "Cy")
        for kind in ("offer", "request", "request"):
            given = {"holder_id": ana.account_id or 0, "title": "Taps", "skill_id": ids["taps"]}
            post_listing(session, bank, kind, Act(actor(ana), NOW), **given)
    page = coordinator.get(HOME).text
    assert re.findall(r'data-label="In the directory"[^>]*>\s*(\d[^<]+?)\s*<', page) == [
        "1 offered, 2 wanted"
    ]


def test_categories_are_added_renamed_moved_and_taken_out(app, coordinator, ids):
    coordinator.post(f"{HOME}/categories/new", data={"name": "Earth"})
    coordinator.post(
        f"{HOME}/categories/{ids['fire']}", data={"name": "Fire and heat", "position": "0"}
    )
    assert [name for name, _ in outline(app)] == ["Fire and heat", "Water", "Earth"]
    coordinator.post(f"{HOME}/categories/{ids['fire']}/remove")
    assert [name for name, _ in outline(app)] == ["Water", "Earth"]


def test_a_category_with_skills_in_it_stays(app, coordinator, ids):
    answer = coordinator.post(f"{HOME}/categories/{ids['water']}/remove")
    assert answer.status_code == 409
    assert "Move them to another category first." in answer.text
    assert 'value="Water"' in answer.text
    assert outline(app) == [("Water", ["Taps"]), ("Fire", [])]


def test_a_skill_is_added_and_changed(app, coordinator, ids):
    coordinator.post(
        f"{HOME}/new",
        data=written(ids["fire"], name="Stoves", needs_checks=["home_visits", "driving"]),
    )
    coordinator.post(
        f"{HOME}/{ids['taps']}",
        data=written(ids["fire"], name="Taps and pipes", synonyms="drip,\nburst pipe"),
    )
    (_, water), (_, fire) = ((branch.category.name, branch.skills) for branch in tree(app))
    assert water == []
    assert [(skill.name, skill.synonyms, skill.needs_checks) for skill in fire] == [
        ("Stoves", "drip, leak", ("driving", "home_visits")),
        ("Taps and pipes", "drip, burst pipe", ()),
    ]


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"name": " TAPS "}, "There is a skill called “TAPS” already."),
        ({"name": ""}, "Fill this in."),
        ({"name": "x" * 81}, "at most 80 characters"),
        ({"synonyms": "x" * 1001}, "at most 1,000 characters"),
        ({"needs_checks": "vetting"}, "Choose from the bank’s own checks: criminal_record"),
        ({"category_id": "99999"}, "no such category"),
        ({"category_id": ""}, "Fill this in."),
    ],
)
def test_what_cannot_be_is_refused_with_all_that_was_written(app, coordinator, ids, wrong, says):
    answer = coordinator.post(
        f"{HOME}/new", data=written(ids["fire"], name="Stoves", synonyms="aga") | wrong
    )
    assert answer.status_code in (404, 422)
    assert says in answer.text
    assert wrong.get("synonyms", "aga") in answer.text
    assert outline(app) == [("Water", ["Taps"]), ("Fire", [])]


def test_a_retired_skill_can_be_chosen_no_more_until_it_is_brought_back(app, coordinator, ids):
    ask = "/b/fife/directory/requests/new"
    coordinator.post(f"{HOME}/{ids['taps']}/retire")
    assert "Not in use" in coordinator.get(HOME).text
    assert ">Taps<" not in coordinator.get(ask).text
    coordinator.post(f"{HOME}/{ids['taps']}/bring-back")
    assert ">Taps<" in coordinator.get(ask).text


def test_areas_are_put_next_to_each_other_and_parted(app, coordinator):
    for _ in range(2):
        answer = coordinator.post(f"{HOME}/areas", data={"one": "Mill Lane", "other": "Alder Row"})
        assert answer.status_code == 303
    with app.app_context():
        found = queries.neighbourhood(reading(), banks.by_slug(reading(), "fife"))
        assert [(area.name, list(area.neighbours)) for area in found] == [
            ("Alder Row", ["Mill Lane"]),
            ("Mill Lane", ["Alder Row"]),
        ]
    coordinator.post(f"{HOME}/areas/part", data={"one": "Alder Row", "other": "Mill Lane"})
    assert coordinator.get(f"{HOME}/areas").text.count("Not said yet") == 2


def test_an_area_is_not_next_to_itself(coordinator):
    answer = coordinator.post(f"{HOME}/areas", data={"one": "Mill Lane", "other": "mill lane"})
    assert answer.status_code == 422
    assert "Choose two different areas." in answer.text


def test_brokers_and_members_do_not_change_the_tree(app, sign_in, people, ids):
    for who in ("ana", "maggie"):
        browser = sign_in(people[who])
        assert browser.get(HOME).status_code == 403
        assert browser.post(f"{HOME}/{ids['taps']}/retire").status_code == 403
    assert tree(app)[0].skills[0].retired_at is None

"""Two programs change two things of the same row at the same moment: what either left out stays as
the other made it."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event

from tests.factories import (
    make_activity,
    make_bank,
    make_group,
    make_member,
    make_organisation,
    post_listing,
    system,
)
from timebank.act import Act
from timebank.clock import now
from timebank.db import db, transaction
from timebank.safeguarding import service as safeguarding_service
from timebank.safeguarding.rules import KindDetails
from timebank.skills import service as skills_service
from timebank.skills.rules import NewCategory, SkillDetails

HEAD_START = 0.3
"""Seconds the second has to run into the first. More than it needs; with less the test would pass
without proving anything."""


@dataclass(frozen=True)
class Changes:
    """What two change, a column each, of the only row of `table` that has what `first` says."""

    table: str
    first: dict[str, Any]
    second: dict[str, Any]


PATCHES = {
    "api.members.change": Changes("member", {"about": "Bakes"}, {"area": "Harbour"}),
    "api.members.set_profile": Changes("profile", {"access_needs": "No stairs"}, {"times": [0, 3]}),
    "api.members.set_preference": Changes(
        "notice_preference", {"quiet_from": "21:00", "quiet_until": "8:00"}, {"digest": False}
    ),
    "api.organisations.change_partner": Changes(
        "organisation", {"name": "Clinic"}, {"about": "Care"}
    ),
    "api.groups.change_group": Changes("member_group", {"name": "Cooks"}, {"about": "Soup"}),
    "api.skills.change_skill": Changes("skill", {"name": "Baking"}, {"synonyms": "bread"}),
    "api.categories.change_category": Changes("category", {"name": "Food"}, {"position": 1}),
    "api.checks.change_kind": Changes("check_kind", {"name": "Hygiene"}, {"retired": True}),
    "api.offers.change": Changes("listing", {"title": "Loaves"}, {"description": "Rye"}),
    "api.requests.change_request": Changes("listing", {"title": "Loaves"}, {"description": "Rye"}),
    "api.activities.change": Changes("activity", {"title": "Choir"}, {"purpose": "To sing."}),
    "api.settings.change": Changes("bank", {"about": "Neighbours"}, {"contact_name": "Maggie"}),
}
ONE_THING = {"api.members.set_language", "api.members.set_told", "api.settings.set_aside"}
"""Those that change one thing, of which the last word stands."""


def test_every_change_in_part_is_tried(app: Flask) -> None:
    these = {rule.endpoint for rule in app.url_map.iter_rules() if "PATCH" in (rule.methods or ())}
    assert these == set(PATCHES) | ONE_THING


def _made(app: Flask) -> tuple[int, dict[str, int]]:
    """A coordinator, and the id of what each address names."""
    with app.app_context(), transaction() as session:
        bank = make_bank(session)
        owen = make_member(session, bank, "Owen", role="coordinator")
        act = Act(system(bank), now())
        category = skills_service.add_category(session, bank, NewCategory("Kitchen"), act)
        skills_service.add_category(session, bank, NewCategory("Garden"), act)
        skill = skills_service.add_skill(session, bank, SkillDetails("Cooking", category.id), act)
        kind = safeguarding_service.add_kind(session, bank, KindDetails("Food"), act)
        listings = {
            kind: post_listing(session, bank, kind, act, holder_id=owen.account_id, title="Bread")
            for kind in ("offer", "request")
        }
        return owen.id, {
            "members": owen.id,
            "organisations": make_organisation(session, bank).id,
            "groups": make_group(session, bank).id,
            "categories": category.id,
            "skills": skill.id,
            "checks": kind.id,
            "offers": listings["offer"].id,
            "requests": listings["request"].id,
            "activities": make_activity(session, bank).id,
            "settings": bank.id,
        }


@pytest.mark.parametrize("endpoint", PATCHES)
def test_of_two_changes_at_once_neither_is_lost(
    app: Flask, bearer: Callable[..., dict[str, str]], endpoint: str
) -> None:
    changes = PATCHES[endpoint]
    owen, ids = _made(app)
    headers = bearer(owen)
    with app.app_context():
        engine = db.engine
    (rule,) = app.url_map.iter_rules(endpoint)
    address = rule.build({name: ids[endpoint.split(".")[1]] for name in rule.arguments})
    assert address is not None
    answers: dict[str, int] = {}

    def change(which: str, values: dict[str, Any]) -> None:
        answers[which] = (
            app.test_client().patch(address[1], json=values, headers=headers).status_code
        )

    behind = threading.Thread(target=change, args=("second", changes.second))
    first = threading.current_thread()

    def begin(*executed: Any) -> None:
        """The first has read what there was, and is about to write."""
        words = executed[2].replace('"', "")
        writes = words.startswith((f"UPDATE {changes.table} ", f"INSERT INTO {changes.table} "))
        if writes and threading.current_thread() is first and behind.ident is None:
            behind.start()
            behind.join(HEAD_START)

    event.listen(engine, "before_cursor_execute", begin)
    try:
        change("first", changes.first)
        assert answers == {"first": 200}, answers
        behind.join()
    finally:
        event.remove(engine, "before_cursor_execute", begin)
    assert answers == {"first": 200, "second": 200}
    there = app.test_client().patch(address[1], json={}, headers=headers).json
    assert there is not None
    if changes.table == "category":
        # Its place among the others is told by them alone.
        tree = app.test_client().get("/api/v1/skills", headers=headers).json
        assert tree is not None
        there["position"] = [branch["id"] for branch in tree["items"]].index(there["id"])
    wanted = changes.first | changes.second
    assert {name: there[name] for name in wanted} == wanted

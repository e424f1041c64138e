"""A bank whose books can be asked for by everybody who may, and by those who may not."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import pytest
from flask import Flask

from tests.browsers import Browser
from tests.factories import (
    NOW,
    actor,
    change_details,
    make_bank,
    make_member,
    make_organisation,
    system,
)
from tests.statement.books import account_of, chest_of, help_given
from timebank.act import Act
from timebank.db import transaction
from timebank.members import helping, partners
from timebank.members.rules import NewContact

SignIn = Callable[..., Browser]
Bearer = Callable[..., dict[str, str]]


@dataclass
class Books:
    """Ids of members, and of accounts by whose they are."""

    people: dict[str, int]
    accounts: dict[str, int]


@pytest.fixture
def books(app: Flask) -> Books:
    """Tom helped Joan once. Hana helps Joan, and speaks for the surgery; Cy is a stranger; Eve is a
    broker of another bank."""
    with app.app_context(), transaction() as session:
        bank = make_bank(
            session,
            name="Fife",
            slug="fife",
            contact_name="Maggie Orr",
            contact_phone="01632 960 140",
        )
        other = make_bank(session, name="Leith", slug="leith")
        made = {name: make_member(session, bank, name) for name in ("Joan", "Tom", "Hana", "Cy")}
        made["Bo"] = make_member(session, bank, "Bo", role="broker")
        made["Eve"] = make_member(session, other, "Eve", role="broker")
        surgery = make_organisation(session, bank, "Surgery")
        change_details(
            session, bank, made["Joan"].id, Act(actor(made["Bo"]), NOW), address="4 Tannery Court"
        )
        helping.grant_helper(
            session, bank, made["Joan"].id, made["Hana"].id, Act(actor(made["Joan"]), NOW)
        )
        partners.add_contact(
            session,
            bank,
            surgery.id,
            NewContact("Hana", member_id=made["Hana"].id),
            Act(system(bank), NOW),
        )
        joan, tom = account_of(made["Joan"]), account_of(made["Tom"])
        help_given(session, bank, tom, joan, 90, on=date(2026, 11, 5), title="Put up a shelf")
        accounts = {
            "Joan": joan,
            "Tom": tom,
            "Surgery": surgery.account_id,
            "chest": chest_of(session, bank),
        }
        return Books({name: member.id for name, member in made.items()}, accounts)


MAY_SEE = [
    ("Joan", "Joan", True),
    ("Hana", "Joan", True),
    ("Bo", "Joan", True),
    ("Tom", "Joan", False),
    ("Cy", "Joan", False),
    ("Eve", "Joan", False),
    ("Hana", "Surgery", True),
    ("Joan", "Surgery", False),
    ("Cy", "chest", True),
    ("Eve", "chest", False),
]
"""Who asks, for whose account, and whether they may see it: owner, helper, broker, other party,
stranger, another bank."""

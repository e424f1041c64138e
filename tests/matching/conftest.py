"""A few people, a skill that needs a check, and what they offer and want."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy.orm import Session

from tests.factories import act_of, actor, make_bank, make_member, post_listing
from timebank.banks.models import Bank
from timebank.members.models import Member
from timebank.skills import queries as skills
from timebank.skills import service as skills_service
from timebank.skills.models import Listing


@dataclass
class Row:
    """A bank with Joan, who wants things, Ben and Cy, who can help, and Bo, a broker."""

    session: Session
    bank: Bank
    joan: Member
    ben: Member
    cy: Member
    bo: Member

    def skill(self, name: str) -> int:
        """The id of a skill of the tree."""
        branches = skills.tree(self.session, self.bank)
        return next(
            skill.id for branch in branches for skill in branch.skills if skill.name == name
        )

    def post(self, kind: str, holder: Member, title: str, **details: Any) -> Listing:
        """An offer or a request."""
        act = act_of(actor(holder), details)
        given = {"holder_id": holder.account_id, "title": title, "act": act, **details}
        return post_listing(self.session, self.bank, kind, **given)


def make_row(session: Session) -> Row:
    """Also for tests that need a database of their own."""
    bank = make_bank(session, name="Fife", slug="fife")
    if not skills.tree(session, bank):
        skills_service.plant_tree(session, bank)
    joan = make_member(
        session, bank, "Joan", area="Mill Lane", phone="01632 960 187", email="joan@example.org"
    )
    ben = make_member(
        session, bank, "Ben", area="Mill Lane", phone="01632 960 101", email="ben@example.org"
    )
    cy = make_member(session, bank, "Cy", area="Canal Street")
    return Row(session, bank, joan, ben, cy, make_member(session, bank, "Bo", role="broker"))


@pytest.fixture
def row(session: Session) -> Row:
    return make_row(session)


@pytest.fixture
def rows() -> Callable[[Session], Row]:
    return make_row

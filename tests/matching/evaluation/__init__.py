"""A bank of 200 offers, and what people say who need them, to judge the search by. See
README.md."""

import csv
import pathlib
from datetime import date, datetime

from sqlalchemy.orm import Session

from tests.factories import post_listing
from timebank.act import Act, Actor
from timebank.banks.models import Bank
from timebank.matching import search
from timebank.members import service as members_service
from timebank.members.rules import NewMember
from timebank.skills import queries as skills
from timebank.skills import service as skills_service

HERE = pathlib.Path(__file__).parent


def rows(name: str) -> list[dict[str, str]]:
    """The rows of "offers" (need, member, title, skill, description) or "sentences" (half, needs,
    sentence)."""
    with (HERE / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def post(session: Session, bank: Bank, *, now: datetime) -> dict[int, str]:
    """Put the offers into the directory, with the members whose they are, and return the need each
    listing answers to."""
    skills_service.plant_tree(session, bank)
    by = Actor.system(bank.id, "evaluation")
    skill_ids = {
        skill.name: skill.id for branch in skills.tree(session, bank) for skill in branch.skills
    }
    numbers = dict.fromkeys(row["member"] for row in rows("offers"))
    accounts = {
        one: members_service.enrol(
            session, bank, NewMember(f"Member {one}"), Act(by, now)
        ).account_id
        for one in numbers
    }
    needs: dict[int, str] = {}
    for row in rows("offers"):
        words = {name: row[name] for name in ("title", "description")}
        given = {
            "holder_id": accounts[row["member"]] or 0,
            "skill_id": skill_ids.get(row["skill"]),
            "act": Act(by, now),
        }
        needs[post_listing(session, bank, "offer", **words, **given).id] = row["need"]
    return needs


def found(
    session: Session, bank: Bank, needs: dict[int, str], sentence: str, *, on: date, limit: int = 3
) -> list[str]:
    """The needs of the offers that are suggested for a sentence, the likest first."""
    hits = search.find(session, bank, sentence, kind="offer", limit=limit, on=on).hits
    return [needs[hit.shown.listing.id] for hit in hits]

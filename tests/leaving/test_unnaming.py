"""Whoever has gone is named in nothing that others wrote: their name is planted in every text of
every table, found from the models, and looked for afterwards."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Column, String, Table, Text, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from tests.factories import NOW, actor, limit
from timebank import clock
from timebank.act import Act
from timebank.app import FEATURES
from timebank.banks.models import Bank
from timebank.base import Base, Coded
from timebank.leaving import service, unnaming
from timebank.leaving.rules import Farewell, Naming
from timebank.members.models import Contact, Member

NAMING = Naming(("Philomena O’Quirke", "Phil Quirke"), "P9")


def texts() -> Iterator[Column[str]]:
    """Every column of text of every table."""
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            if isinstance(column.type, String | Text) and not isinstance(column.type, Coded):
                yield column


def test_every_text_is_gone_through_or_left_for_a_reason() -> None:
    through = {str(column) for column in unnaming.columns()}
    named = {str(column) for column in texts()}
    assert set(unnaming.LEFT) <= named
    assert {column.name for column in texts()} >= unnaming.NO_WORDS
    assert all(unnaming.LEFT.values())
    assert through.isdisjoint(unnaming.LEFT)
    assert through >= {
        *("message.words", "call_note.words", "quote.words", "quote.said_by", "listing.title"),
        *("listing.description", "exchange.title", "exchange.thanks", "exchange_step.note"),
        *("activity_session.done", "gift.message", "intervention.why", "despite_apart.why"),
        *("introduction.note", "member.about", "bank.privacy", "notice.body", "helper.relation"),
    }


def plant(session: Session, words: str, *, others: Member) -> set[str]:
    """Write these words into every text of others, and say where they stand now."""
    planted: set[str] = set()
    for column in unnaming.columns():
        table = column.table
        assert isinstance(table, Table)
        assert isinstance(column.type, String)
        values = {column.name: words[: column.type.length]}
        if "unnamed_at" in table.columns:
            values["unnamed_at"] = NOW
        own = [table.columns["id"] == others.id] if table.name == "member" else []
        try:
            with session.begin_nested():
                change = update(table).where(*own).values(values)
                rows = session.execute(change.returning(*table.primary_key)).all()
        # What is unique can stand in one row alone; what is sealed in none.
        except DBAPIError:
            continue
        if rows and words in values.values():
            planted.add(str(column))
    session.expire_all()
    return planted


def standing(session: Session, words: str) -> set[str]:
    return {
        str(column)
        for column in texts()
        if session.execute(select(column).where(column.icontains(words, autoescape=True))).first()
    }


@pytest.mark.parametrize(
    "words",
    [
        "Ask Philomena Quirke.",
        "ask philomena  QUIRKE",
        "Mrs Quirke knows.",
        "Philomena P9, please",
        "Philomena (no. P9)",
        "Ring Phil Quirke",
    ],
)
def test_a_name_planted_everywhere_is_nowhere_afterwards(
    session: Session, bank: Bank, leaver: Member, words: str
) -> None:
    contact = session.execute(select(Contact).where(Contact.member_id == leaver.id)).scalar_one()
    contact.name = "Phil Quirke"
    ben = session.execute(select(Member).where(Member.name == "Ben")).scalar_one()
    limit(session, bank, ben.account_id or 0, floor=-1200)
    planted = plant(session, words, others=ben)
    assert planted >= {"message.words", "exchange.title", "intervention.why", "quote.words"}
    service.leave(session, bank, leaver.id, FEATURES, Farewell(), Act(actor(leaver), clock.now()))
    assert standing(session, words) == set()


@pytest.mark.parametrize(
    ("words", "after"),
    [
        ("Philomena OQuirke came", "Former member came"),
        ("Philomena O'Quirke came", "Former member came"),
        ("Philomena came", "Philomena came"),
        ("Philomena P90 came", "Philomena P90 came"),
        ("Philomena Quirkeson", "Philomena Quirkeson"),
        ("Philomena, member P9!", "Former member!"),
        ("Phil Quirke’s", "Former member’s"),
    ],
)
def test_who_is_named_is_taken_out_and_nobody_else(words: str, after: str) -> None:
    assert NAMING.taken_out(words) == after


def test_accents_are_typed_or_not() -> None:
    naming = Naming(("Zoë Núñez",), None)
    assert naming.taken_out("Zoe Nunez and Zoë Núñez") == "Former member and Former member"

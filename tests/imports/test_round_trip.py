"""A bank that goes out as files and comes into another is the same bank there."""

import csv
import io
import unicodedata
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from tests.factories import NOW, make_bank, make_group, make_member, make_organisation, system
from tests.imports.files import bring_in
from tests.reports import exports
from timebank.act import Act, Channel, Word
from timebank.banks.models import Bank
from timebank.db import WRITING
from timebank.exchanges import service as exchanges_service
from timebank.exchanges.rules import NewGift, NewLog
from timebank.ledger import queries as ledger
from timebank.reports import queries as reports
from timebank.text import guarded

KINDS = ("members", "hours", "gifts")
OF_THE_BOOKS = ("recorded_at", "recorded_by", "on_word_of", "entry")
"""Columns that say when and by whom a row came into these very books, and under which number."""

LINKS = ("reverses", "reversed_by")
"""Columns that name other entries: in other books there are others in their place."""

# A comma, a quote, a line break, whatever begins a formula, an accent in two parts, right to left,
# beyond the first plane.
_letters = "aZ7 ,;\"'=+-@\u00e9e\u0301ß\u05e9日🙂\u200b"
_line = st.text(_letters, min_size=1, max_size=12).filter(lambda text: bool(text.strip()))
_lines = st.text(_letters + "\n\t", min_size=1, max_size=16).filter(lambda text: bool(text.strip()))
# A name can be seen: it has a letter, a digit or a picture in it, and nothing that leaves no mark.
_name = st.text(_letters.replace("\u200b", ""), min_size=1, max_size=12).filter(
    lambda text: any(unicodedata.category(letter)[0] in "LNS" for letter in text)
)
_hours = st.integers(1, 8).map(lambda quarters: quarters * 15)


@dataclass(frozen=True)
class Given:
    """Help or a gift from one party to another, by their places among the parties; `back`: taken
    back afterwards."""

    giver: int
    receiver: int
    minutes: int
    days_ago: int
    title: str
    skill: str | None
    back: bool


@dataclass(frozen=True)
class Plan:
    """What a bank holds: the names of its members with their opening balances, its organisations,
    what was given."""

    people: list[tuple[str, int]]
    partners: list[str]
    help: list[Given]
    gifts: list[Given]


_given = st.builds(
    Given,
    st.integers(0, 9),
    st.integers(0, 9),
    _hours,
    st.integers(0, 400),
    _lines,
    st.none() | _lines,
    st.booleans(),
)
_plans = st.builds(
    Plan,
    st.lists(st.tuples(_name, st.sampled_from([0, 0, 45, -90, 2000])), min_size=2, max_size=4),
    st.lists(
        _name.map(lambda name: f"Shop {name}"),
        max_size=2,
        unique_by=lambda name: " ".join(name.split()).casefold(),
    ),
    st.lists(_given, max_size=5),
    st.lists(_given, max_size=4),
)


def build(session: Session, plan: Plan) -> Bank:
    """A bank as planned: people are taken in by hand, opening balances from a file, hours logged,
    confirmed and taken back."""
    bank = make_bank(session, slug="here", member_floor=-6000, chest_floor=-6000)
    by: dict[str, Any] = {"act": Act(system(bank), NOW)}
    partners = [make_organisation(session, bank, name).account_id for name in plan.partners]
    partners.append(make_group(session, bank, "Lunch club").account_id)
    people = [
        make_member(session, bank, name, number=number(place, name))
        for place, (name, _) in enumerate(plan.people)
    ]
    openings = [
        (guarded(one.number or ""), guarded(one.name), opening)
        for one, (_, opening) in zip(people, plan.people, strict=True)
    ]
    out = io.StringIO()
    csv.writer(out).writerows([("number", "name", "opening_balance"), *openings])
    bring_in(session, bank, out.getvalue(), "members", update=True)
    parties = [
        *partners,
        *(one.account_id for one in people),
        ledger.chest(session, bank).id,
    ]
    for one in plan.help:
        giver, receiver = (
            parties[one.giver % (len(parties) - 1)],
            parties[one.receiver % len(parties)],
        )
        if giver == receiver:
            continue
        figures = {"minutes": one.minutes, "occurred_on": NOW.date() - timedelta(days=one.days_ago)}
        words = {"title": one.title, "skill": one.skill}
        said, heard = Word(Channel.PHONE, giver), Word(Channel.PHONE, receiver)
        made = exchanges_service.log_new(
            session,
            bank,
            NewLog(giver_id=giver, receiver_id=receiver, **figures, **words),
            act=Act(system(bank), NOW, said),
        ).exchange
        exchanges_service.confirm(session, bank, made.id, Act(system(bank), NOW, heard))
        if one.back:
            exchanges_service.reverse(session, bank, made.id, note="Wrong", **by)
    for one in plan.gifts:
        giver, receiver = parties[one.giver % len(parties)], parties[one.receiver % len(parties)]
        if giver == receiver:
            continue
        words = (
            {"message": "A course", "decided_by": "The meeting"}
            if giver == parties[-1]
            else {"message": one.title}
        )
        gift = exchanges_service.give(
            session,
            bank,
            NewGift(from_id=giver, to_id=receiver, minutes=one.minutes, **words),
            **by,
        )
        if one.back:
            exchanges_service.take_back(session, bank, gift.id, undo_minutes=10, **by)
    return bank


def number(place: int, name: str) -> str:
    """A number for a member, as odd as plain letters can be and never that of another."""
    plain = "".join(letter for letter in name[:5] if letter.isascii() and letter.isprintable())
    return " ".join(f"{plain}{place}".split())


def said(session: Session, bank: Bank, kind: str) -> list[dict[str, Any]]:
    """What an export says, whatever the numbers of the entries, and in whichever order they were
    written."""
    rows = exports.rows(session, bank, kind)
    key = "number" if kind == "members" else "reference"
    told = [
        {
            name: bool(text) if name in LINKS else text
            for name, text in row.items()
            if name not in OF_THE_BOOKS
        }
        for row in rows
    ]
    return sorted(told, key=lambda row: row[key])


def balances(session: Session, bank: Bank) -> dict[str, int]:
    """Every balance, by what files call its holder."""
    names = reports.Names(session, bank)
    return {
        names.of_account(one.id): one.balance for one in reports.balances(session, bank).values()
    }


@given(plan=_plans)
@settings(
    max_examples=10,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
def test_a_bank_that_goes_out_as_files_is_the_same_where_it_comes_in(engine: Engine, plan: Plan):
    with Session(engine) as session:
        session.connection(execution_options=WRITING)
        here = build(session, plan)
        there = make_bank(session, slug="there", member_floor=0, member_ceiling=60, chest_floor=0)
        for name in plan.partners:
            make_organisation(session, there, name)
        make_group(session, there, "Lunch club")
        files = {kind: exports.text(session, here, kind) for kind in KINDS}
        files = {kind: text for kind, text in files.items() if text.count("\n") > 1}
        for kind, text in files.items():
            bring_in(session, there, text, kind)
        for kind in KINDS:
            assert said(session, there, kind) == said(session, here, kind)
        assert balances(session, there) == balances(session, here)
        before = {kind: exports.text(session, there, kind) for kind in KINDS}
        for kind, text in files.items():
            again = bring_in(session, there, text, kind)
            assert (again.new, again.updated, again.different, again.unchanged) == (
                0,
                0,
                0,
                again.rows,
            )
        assert {kind: exports.text(session, there, kind) for kind in KINDS} == before
        session.rollback()

"""What the privacy page says of who sees what: every page and every answer of the API is walked as
each who may look."""

import itertools
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from tests.browsers import Browser
from tests.copies import Rows
from tests.factories import (
    actor,
    make_bank,
    make_logged_exchange,
    make_member,
    post_listing,
    system,
)
from tests.pages import pages
from tests.town import EVERYTHING_SHOWN, Town, build, picture_file
from timebank import clock
from timebank.act import Act
from timebank.banks.models import Bank
from timebank.db import db, transaction
from timebank.exchanges import service as exchanges_service
from timebank.exchanges import thanks
from timebank.exchanges.rules import Side
from timebank.home.privacy import FIELDS, READERS, SEES, WHO_SEES, Reader, Sees
from timebank.http import access_of
from timebank.matching import service as matching_service
from timebank.matching.rules import Answer, NewIntroduction, Says
from timebank.members import helping, portraits, sayings
from timebank.members import service as members_service
from timebank.members.models import Helper, Member
from timebank.members.rules import NewPicture, Sight, Suiting
from timebank.skills import service as skills_service


@pytest.fixture
def database(databases) -> str:
    """Pages are the same on both engines: one is enough here."""
    return databases.new("sqlite")


@pytest.fixture
def town(app: Flask) -> Town:
    return build(app)


@pytest.fixture
def strangers(app: Flask, town: Town) -> list[int]:
    """Everybody but the member who looks and those they act for, each with ways to reach them that
    stand nowhere else."""
    reader = town.people["member"]
    with app.app_context(), transaction() as session:
        return _mark(session, reader)


def _mark(session: Session, reader: int) -> list[int]:
    helped = select(Helper.member_id).where(Helper.helper_id == reader)
    others = session.execute(
        select(Member.id).where(Member.id != reader, Member.id.not_in(helped))
    ).scalars()
    marked = list(others)
    for member_id in marked:
        session.execute(
            update(Member)
            .where(Member.id == member_id)
            .values(
                email=f"mark{member_id}@marked.example",
                phone=f"0999 {member_id:06}",
                address=f"{member_id} Marked Lane",
            )
        )
    return marked


def test_no_page_tells_a_member_how_to_reach_another(
    app: Flask, town: Town, sign_in: Callable[..., Browser], strangers: list[int]
) -> None:
    town.examples["member_id"] = [*town.examples["member_id"], *strangers]
    told = {
        (address, mark)
        for _, address, html in pages(app, town, "member", sign_in(town.people["member"]))
        for mark in ("@marked.example", "0999 ", "Marked Lane")
        if mark in html
    }
    assert strangers
    assert told == set()


# ---- The table on the page, cell by cell ----

MARKS = {
    "name": "Zqname",
    "picture": "zqpicture",
    "area": "Zqarea",
    "phone": "0777 000777",
    "email": "zqmail@marked.example",
    "offers": "Zqoffer",
    "about": "Zqabout",
    "languages": "Zqlanguage",
    "helped": "Zqname has helped",
    "hours": "Zqhours",
    "thanks": "Zqthanks",
    "street": "Zqstreet",
}
"""What is written of the one who is looked at, field by field; each stands nowhere else."""


NO_PAGES = ("/static/", "/health", "/metrics")


@dataclass
class Looked:
    """Who looks, by reader, and what there is of the one who is looked at for each name that stands
    in an address."""

    readers: dict[Reader, int | None]
    examples: dict[str, list[int]]
    bank_id: int
    partner: int


@pytest.fixture
def looked(app: Flask, town: Town) -> Looked:
    """Somebody of whom every field is written, somebody of each kind who looks, and help given
    between the two who agreed on it."""
    with app.app_context(), transaction() as session:
        now = clock.now()
        bank = session.execute(select(Bank)).scalar_one()
        marked = make_member(
            session,
            bank,
            f"{MARKS['name']} Underhill",
            area=MARKS["area"],
            phone=MARKS["phone"],
            email=MARKS["email"],
            about=MARKS["about"],
        )
        given = NewPicture(picture_file(), Sight.KNOWN)
        portraits.put(session, bank, marked.id, given, Act(actor(marked), now)).mark = MARKS[
            "picture"
        ]
        suits = Suiting(languages=MARKS["languages"])
        members_service.set_profile(session, bank, marked.id, suits, Act(actor(marked), now))
        partner, helper, member = (
            make_member(session, bank, f"Looker {n}", email=f"looker{n}@example.org")
            for n in range(3)
        )
        broker = Act(actor(session.get_one(Member, town.people["broker"])), now)
        helping.grant_helper(session, bank, marked.id, helper.id, broker)
        offer = post_listing(
            session,
            bank,
            "offer",
            Act(actor(marked), now),
            holder_id=marked.account_id,
            title=MARKS["offers"],
        )
        help_ = make_logged_exchange(
            session,
            bank,
            marked,
            partner,
            title=MARKS["hours"],
            thanks=MARKS["thanks"],
            act=Act(actor(marked), now),
            occurred_on=now.date(),
        )
        exchanges_service.confirm(session, bank, help_.id, Act(actor(partner), now))
        elsewhere = make_bank(session, name="Elsewhere", slug="elsewhere")
        stranger = make_member(session, elsewhere, "Ida", role="coordinator")
        return Looked(
            {
                Reader.STRANGER: None,
                Reader.MEMBER: member.id,
                Reader.PARTNER: partner.id,
                Reader.HELPER: helper.id,
                Reader.BROKER: town.people["broker"],
                Reader.COORDINATOR: town.people["coordinator"],
                Reader.ANOTHER_BANK: stranger.id,
            },
            {
                "member_id": [marked.id],
                "listing_id": [offer.id],
                "exchange_id": [help_.id],
                "account_id": [marked.account_id or 0],
            },
            bank.id,
            partner.id,
        )


def to_read(
    app: Flask, town: Town, looked: Looked, headers: dict[str, str] | None
) -> Iterator[str]:
    """Every address that somebody can open, those of the API for whoever has a key."""
    examples = {**town.examples, **looked.examples}
    for rule in app.url_map.iter_rules():
        for_api = rule.rule.startswith("/api/")
        if "GET" not in (rule.methods or ()) or rule.rule.startswith(NO_PAGES):
            continue
        if (for_api and headers is None) or access_of(app.view_functions[rule.endpoint]) is None:
            continue
        if not rule.arguments <= examples.keys():
            continue
        for values in itertools.product(*(examples[name][:1] for name in sorted(rule.arguments))):
            built = rule.build(dict(zip(sorted(rule.arguments), values, strict=True)))
            if built is not None:
                yield built[1]


def seen(
    addresses: Iterable[str], browser: Browser, headers: dict[str, str] | None
) -> dict[str, list[str]]:
    """The fields whose marks stand in a page or answer that this browser, and a key of the same
    person, get; and where."""
    found: dict[str, list[str]] = {}
    for address in addresses:
        for_api = address.startswith("/api/")
        answer = browser.get(address, headers=headers if for_api else None, buffered=True)
        assert answer.status_code < 500, address
        # What somebody has asked for is said back to them.
        for name, mark in MARKS.items():
            if answer.status_code == 200 and mark.encode() in answer.get_data():
                found.setdefault(name, []).append(address)
    return found


def allow(app: Flask, looked: Looked) -> None:
    """The two are introduced, and whoever is looked at allows telephone and e-mail, and has a page
    with all there can be on it; both let the thanks be shown."""
    with app.app_context(), transaction() as session:
        now, bank = clock.now(), session.get_one(Bank, looked.bank_id)
        partner = session.get_one(Member, looked.partner)
        marked = session.get_one(Member, looked.examples["member_id"][0])
        request = post_listing(
            session,
            bank,
            "request",
            Act(actor(partner), now),
            holder_id=partner.account_id,
            title="Shelves",
        )
        new = NewIntroduction(marked.account_id or 0, receiver_agrees=True)
        introduction = matching_service.introduce(
            session, bank, request.id, new, Act(system(bank), now)
        )
        yes = Answer(Side.GIVER, Says.YES, phone=True, email=True)
        matching_service.answer(session, bank, introduction.id, yes, Act(actor(marked), now))
        looked.examples["introduction_id"] = [introduction.id]
        offered = looked.examples["listing_id"][0]
        skills_service.let_stand_on_street(session, bank, offered, True, Act(actor(marked), now))
        everything = replace(EVERYTHING_SHOWN, street=MARKS["street"])
        seen_by_all = NewPicture(b"", Sight.MEMBERS)
        portraits.put(session, bank, marked.id, seen_by_all, Act(actor(marked), now))
        members_service.set_showing(session, bank, marked.id, everything, Act(actor(marked), now))
        sayings.let_stand(session, bank, marked.id, MARKS["street"], Act(system(bank), now))
        for side in (marked, partner):
            thanked = looked.examples["exchange_id"][0]
            thanks.let_show(session, bank, thanked, Act(actor(side), now))


@pytest.mark.parametrize("reader", list(Reader))
def test_who_sees_what_is_what_the_page_says(
    app: Flask,
    town: Town,
    looked: Looked,
    sign_in: Callable[..., Browser],
    bearer: Callable[..., dict[str, str]],
    reader: Reader,
) -> None:
    who = looked.readers[reader]
    browser = sign_in(who) if who else sign_in()
    headers = bearer(who) if who else None
    said = {name: cells[reader] for name, cells in WHO_SEES.items()}
    with app.app_context():
        engine = db.engine
    nothing_allowed = Rows(engine)
    if Sees.IF_ALLOWED in said.values():
        allow(app, looked)
    found = seen(to_read(app, town, looked, headers), browser, headers)
    assert found.keys() == {name for name, sees in said.items() if sees != Sees.NO}, found
    if Sees.IF_ALLOWED in said.values():
        # What is shown before anything is allowed is shown afterwards too: it is looked for there.
        nothing_allowed.copy_to(engine)
        found = seen({address for each in found.values() for address in each}, browser, headers)
        assert found.keys() == {name for name, sees in said.items() if sees == Sees.YES}, found


def test_the_page_shows_every_cell(app: Flask, town: Town, sign_in: Callable[..., Browser]) -> None:
    page = sign_in().get(f"/b/{town.slug}/privacy").text
    rows = [row.split("</tr>")[0] for row in page.split("<tr")[1:]]
    for name, words in FIELDS.items():
        (row,) = [row for row in rows if f"{words}<" in row or f"{words}\n" in row]
        cells = [str(SEES[WHO_SEES[name][reader]]) for reader in READERS]
        assert re.findall(r">\s*(if you allow it|yes|no)\s*<", row) == cells
    assert WHO_SEES.keys() == FIELDS.keys() == MARKS.keys()

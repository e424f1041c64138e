"""Who is kept apart is kept apart everywhere: every page, operation and command is found from the
code and walked."""

import ast
import inspect
import itertools
import pathlib
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from functools import cache
from types import SimpleNamespace
from typing import Any

import click
import pytest
from flask import Flask
from marshmallow import Schema, fields
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from werkzeug.routing import Rule

import timebank
from tests.browsers import Browser
from tests.factories import (
    actor,
    make_activity,
    make_group,
    make_meeting,
    make_member,
    make_organisation,
    post_listing,
    system,
)
from tests.town import Town, build
from timebank import cli, clock
from timebank.act import Act, Channel, Word
from timebank.activities import register, signing
from timebank.activities.models import Activity, ActivitySession
from timebank.activities.rules import Mark
from timebank.banks import queries as banks
from timebank.banks.models import Bank
from timebank.base import Base
from timebank.db import reading, transaction
from timebank.dialogue import commitments, conversations, partnerships
from timebank.dialogue.models import Commitment, Dialogue, Partnership
from timebank.dialogue.rules import (
    Frame,
    NewCommitment,
    NewPartner,
    NewPartnership,
    NewPoint,
    NewStep,
    Owner,
    PointKind,
    Reached,
    StepKind,
)
from timebank.exchanges import gifts
from timebank.exchanges.models import Gift
from timebank.exchanges.rules import NewGift
from timebank.fund import money, small
from timebank.fund import service as fund_service
from timebank.fund.models import Proposal, Round
from timebank.fund.rules import (
    Checked,
    Days,
    Finding,
    FundUnit,
    NewCeiling,
    NewProposal,
    NewRound,
    PutIn,
    RoundState,
)
from timebank.http import access_of
from timebank.members import helping, partners
from timebank.members.models import Member
from timebank.members.rules import NewContact
from timebank.members.schemas import Party
from timebank.notices.models import Notice

MARKS = ("Ravi", "Mehta", "ravi@example.org", "0999 000417", "RM-8417")
"""What nobody is to read of Ravi: his name, and how to reach him."""


@pytest.fixture
def database(databases) -> str:
    """Pages are the same on both engines: one is enough here."""
    return databases.new("sqlite")


@pytest.fixture
def town(app: Flask) -> Town:
    """Joan and Ravi have helped, written to and met one another, and then Ravi asked to be kept
    apart from her."""
    town = build(app)
    with app.app_context(), transaction() as session:
        ravi = session.query(Member).filter_by(name="Ravi Mehta").one()
        bank = banks.by_slug(session, town.slug)
        session.execute(
            update(Member).where(Member.id == ravi.id).values(phone=MARKS[3], number=MARKS[4])
        )
        joan = session.get_one(Member, town.people["member"])
        town.people["ravi"] = ravi.id
        town.people |= _meet_more(session, bank, joan, ravi)
        for other in (ravi.id, town.people["kim"]):
            helping.keep_apart(session, bank, other, joan.id, Act(system(bank), clock.now()))
        for name, column in (
            ("activity_id", Activity.id),
            ("session_id", ActivitySession.id),
            ("gift_id", Gift.id),
            ("partnership_id", Partnership.id),
            ("commitment_id", Commitment.id),
            ("dialogue_id", Dialogue.id),
            ("round_id", Round.id),
            ("proposal_id", Proposal.id),
        ):
            town.examples[name] = [*session.execute(select(column)).scalars()]
        accounts = session.execute(
            select(Member.account_id).where(Member.account_id.is_not(None)).order_by(Member.id)
        )
        town.examples |= {"account_id": [*accounts.scalars()], "filename": ["look.css"]}
    return town


def _meet_more(session: Session, bank: Bank, joan: Member, ravi: Member) -> dict[str, int]:
    """What else the two may have to do with one another: an activity that Ravi leads and Joan comes
    to, one that she leads and he comes to, a gift; and where she is, and he may be brought to. The
    ids of these, by what the table of operations calls them."""
    act = Act(system(bank), clock.now())
    soon, now = act.now + timedelta(days=5), act.now - timedelta(hours=1)
    for lead, comer in ((ravi, joan), (joan, ravi)):
        circle = make_activity(
            session, bank, title=f"Circle {lead.id}", resident_lead_id=lead.id, act=act
        )
        gathering = make_meeting(session, bank, circle, starts_at=soon, act=act)
        signing.sign_up(session, bank, gathering.id, comer.id, act)
    gift = NewGift(ravi.account_id or 0, joan.account_id or 0, 15, "For the bulbs.")
    gifts.give(session, bank, gift, Act(actor(ravi), act.now))
    kim = make_member(session, bank, "Kim Lau", capacity="practitioner", act=act)
    fair = make_activity(session, bank, title="Fair", resident_lead_id=joan.id, act=act)
    planned = make_meeting(session, bank, starts_at=soon, act=act)
    signing.sign_up(session, bank, planned.id, joan.id, act)
    running = make_meeting(session, bank, starts_at=now, act=act)
    register.mark(session, bank, running.id, [Mark(joan.id, part="attended")], act)
    garden = {"title": "Garden", "rule": "working_bee", "payer_id": ravi.account_id, "act": act}
    bee = make_meeting(
        session, bank, make_activity(session, bank, **garden), starts_at=now, act=act
    )
    register.mark(session, bank, bee.id, [Mark(joan.id, part="helped")], act)
    shop = make_organisation(session, bank, "Shop", act=act)
    speaker = NewContact(joan.name, member_id=joan.id)
    partners.add_contact(session, bank, shop.id, speaker, act)
    wanted = {"holder_id": ravi.account_id, "title": "Curtains hung", "act": act}
    return {
        "kim": kim.id,
        "fair": fair.id,
        "planned": planned.id,
        "running": running.id,
        "bee": bee.id,
        "shop": shop.id,
        "readers": make_group(session, bank, "Readers", [joan]).id,
        "curtains": post_listing(session, bank, "request", **wanted).id,
        **_decide_together(session, bank, joan, ravi, kim),
        **_share_out(session, bank, joan, ravi),
    }


def _decide_together(
    session: Session, bank: Bank, joan: Member, ravi: Member, kim: Member
) -> dict[str, int]:
    """A partnership that they are in both, in which he has spoken, promised and vouched; some that
    he chairs without her, each to be let into once; and promises of his."""
    by = Act(system(bank), clock.now())
    chairs = {"both": joan, "to_join": ravi, "to_plan": ravi, "to_frame": ravi, "to_promise": ravi}
    places = {
        name: partnerships.form_partnership(
            session, bank, NewPartnership(name, "", "", chair.id), by
        ).id
        for name, chair in chairs.items()
    }
    mine = places["both"]
    for one in (kim, ravi):
        partnerships.add_partner(session, bank, mine, NewPartner(one.id), by)
    partnerships.reach_step(session, bank, mine, Reached(1, ravi.id, kim.id, "12 came."), by)
    promised, heard = [], replace(by, word=Word(Channel.PHONE))
    for place, steps in ((mine, ()), (mine, _DONE), (None, ()), (None, _DONE)):
        owner = Owner(member_id=(joan if place and steps else ravi).id, shown=True)
        new = NewCommitment("A bench", by.now.date() + timedelta(days=9), owner, place)
        promised.append(commitments.promise(session, bank, new, heard).id)
        for step in steps:
            commitments.take_step(session, bank, promised[-1], step, heard)
    confirmed = NewStep(StepKind.CONFIRMED, confirmed_id=ravi.id, shown=True)
    commitments.take_step(session, bank, promised[1], confirmed, heard)
    words = ("Where", "The money", "The council", ravi.id, by.now.date(), "£5", "£5", "£0")
    talk = conversations.plan(session, bank, mine, Frame("A bench", *words), by)
    conversations.open_conversation(session, bank, talk.id, by)
    said = NewPoint(PointKind.FOR, "It is near.", member_id=ravi.id)
    conversations.speak(session, bank, talk.id, said, heard)
    planned = conversations.plan(session, bank, places["to_frame"], Frame("A shed"), by)
    return {**places, "bench": promised[2], "done": promised[3], "shed": planned.id}


_DONE = (NewStep(StepKind.DONE, "It stands."),)


def _share_out(session: Session, bank: Bank, joan: Member, ravi: Member) -> dict[str, int]:
    """Three rounds of the fund: one that takes ideas; one in which an idea of each is looked over;
    and one whose ideas are talked over."""
    by = Act(system(bank), clock.now())
    today = by.now.date()
    days = Days(today, today, today, today, today, today + timedelta(days=1))
    nurse = session.query(Member).filter_by(name="Dr Lloyd").one()
    win, tom = (make_member(session, bank, name) for name in ("Win Bell", "Tom Reed"))
    money.put_in(session, bank, make_organisation(session, bank).id, PutIn(660, today), by)
    rounds, ideas = list[int](), list[int]()
    for title, people in (("Taken", ()), ("Checked", (joan, ravi)), ("Talked", (win, win))):
        shared = NewRound(title, "Things.", "Wages.", FundUnit.PENCE, 600, 60, 300, days)
        rounds.append(fund_service.plan_round(session, bank, shared, by).id)
        fund_service.open_ideas(session, bank, rounds[-1], by)
        for one in people:
            idea = NewProposal("A pond", "It is dug.", 60, party_id=one.account_id)
            ideas.append(fund_service.propose(session, bank, rounds[-1], idea, by).id)
    for one in rounds[1:]:
        fund_service.move_on(session, bank, one, RoundState.CHECKING, "", by)
    for one in ideas[2:]:
        fund_service.check(session, bank, one, Checked(tom.id, nurse.id, Finding.CAN), by)
    fund_service.move_on(session, bank, rounds[2], RoundState.TALKING, "", by)
    small.settle_ceiling(session, bank, NewCeiling(FundUnit.PENCE, 60, 90_000), by)
    return {
        "taken": rounds[0],
        "talked": rounds[2],
        "hers": ideas[0],
        "pond": ideas[1],
        "tom": tom.id,
        "nurse": nurse.id,
        "toms": tom.account_id or 0,
        "planner": make_member(session, bank, "Una Platt", capacity="planner").id,
    }


def test_nothing_that_a_member_opens_names_who_is_kept_apart_from_them(
    app: Flask,
    town: Town,
    sign_in: Callable[..., Browser],
    bearer: Callable[..., dict[str, str]],
) -> None:
    joan = town.people["member"]
    browser, headers = sign_in(joan), bearer(joan)
    told, opened = set(), 0
    for rule, where in _reads(app, town):
        api = rule.rule.startswith("/api/")
        answer = browser.get(where, headers=headers if api else None, buffered=True)
        opened += answer.status_code == 200
        told |= {(where, mark) for mark in MARKS if mark.encode() in answer.data}
    assert opened > 100
    assert not told, "\n".join(f"{where} says {mark}" for where, mark in sorted(told))


def _reads(app: Flask, town: Town) -> Iterator[tuple[Rule, str]]:
    """Everything that a member may ask to be shown, at every address there is an example of."""
    for rule in app.url_map.iter_rules():
        mark = access_of(app.view_functions[rule.endpoint])
        if "GET" in (rule.methods or ()) and mark and mark.level in ("public", "member"):
            names = sorted(rule.arguments)
            unknown = [name for name in names if name not in town.examples]
            assert not unknown, f"Give `town` in {__name__} some {unknown} for {rule.rule}"
            for values in itertools.product(*(town.examples[name] for name in names)):
                built = rule.build(dict(zip(names, values, strict=True)), append_unknown=False)
                if built:
                    yield rule, built[1]


# ---- What they ask for ----

PART_OF_RAVI = "Meht"
"""A part of his name that is none of the marks."""


def test_nothing_that_a_member_asks_for_names_who_is_kept_apart_from_them(
    app: Flask,
    town: Town,
    sign_in: Callable[..., Browser],
    bearer: Callable[..., dict[str, str]],
) -> None:
    """Every list narrowed by what is known of Ravi, and every form begun with it."""
    joan, ravi = town.people["member"], town.people["ravi"]
    browser, headers = sign_in(joan), bearer(joan)
    with app.app_context():
        account = reading().get_one(Member, ravi).account_id
    values = (PART_OF_RAVI, str(account))
    told, answered = set[tuple[str, str]](), 0
    for rule, where in _one_of_each(_reads(app, town)):
        api = rule.rule.startswith("/api/")
        for name, value in itertools.product(_asked_by(app, rule), values):
            answer = browser.get(
                where, query_string={name: value}, headers=headers if api else None, buffered=True
            )
            answered += answer.status_code == 200
            told |= {
                (f"{where}?{name}={value}", mark) for mark in MARKS if mark.encode() in answer.data
            }
    assert answered > 20
    assert not told, "\n".join(f"{where} says {mark}" for where, mark in sorted(told))


def _one_of_each(reads: Iterator[tuple[Rule, str]]) -> Iterator[tuple[Rule, str]]:
    """The first address of each rule."""
    for rule, group in itertools.groupby(reads, key=lambda one: one[0]):
        yield rule, next(group)[1]


_NEVER_NAMES = {"cursor", "limit", "after", "before", "print", "format"}
"""Parameters that choose a part of an answer, and nobody."""


def _asked_by(app: Flask, rule: Rule) -> set[str]:
    """The parameters of an address, found from the code."""
    view = app.view_functions[rule.endpoint]
    if rule.rule.startswith("/api/"):
        described = getattr(view, "_apidoc", {}).get("arguments", {}).get("parameters", [])
        schemas = [one["schema"] for one in described if one.get("in") == "query"]
        made = [one() if isinstance(one, type) else one for one in schemas]
        return {name for schema in made for name in schema.fields} - _NEVER_NAMES
    unwrapped = inspect.unwrap(view)
    codes = list(_code_of(unwrapped))
    words = {name for code in codes for name in _args_read_by(code)}
    if any("request.args" in ast.unparse(code) for code in codes):
        words |= {name for code in codes for name in _read_by(code, unwrapped)}
    return words - _NEVER_NAMES


def _args_read_by(code: ast.FunctionDef) -> Iterator[str]:
    """What a view takes from the address by hand."""
    for node in ast.walk(code):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "request.args.get":
            yield ast.unparse(node.args[0]).strip("'")


# ---- What programs send ----

WHY = "Both daughters will be there."
LOG = {"title": "Hedge", "occurred_on": "2026-01-12", "minutes": 60, "another": True}


def _heard(member: int) -> dict[str, Any]:
    """On whose word the staff send something."""
    return {"on_word_of": f"member:{member}", "channel": "phone"}


Sent = tuple[dict[str, int], dict[str, Any]]
"""The numbers in the address, and the body."""

MET: Mapping[str, Callable[[SimpleNamespace], Sent]] = {
    "api.activities.new": lambda at: (
        {},
        {
            "title": "Walk",
            "purpose": "To walk.",
            "rule": "none",
            "resident_lead": f"member:{at.member}",
            "professional_lead": f"member:{at.kim}",
        },
    ),
    "api.activities.change": lambda at: (
        {"activity_id": at.fair},
        {"professional_lead": f"member:{at.kim}"},
    ),
    "api.conversations.new": lambda at: (
        {},
        {"exchange_id": at.letters, "words": "Hello.", **_heard(at.member)},
    ),
    "api.conversations.answer": lambda at: (
        {"conversation_id": at.talk},
        {"words": "Hello.", **_heard(at.member)},
    ),
    "api.exchanges.new": lambda at: (
        {},
        {
            "giver": f"member:{at.member}",
            "receiver": f"member:{at.ravi}",
            **LOG,
            **_heard(at.member),
        },
    ),
    "api.exchanges.log_again": lambda at: (
        {"exchange_id": at.taken_back},
        {**LOG, **_heard(at.member)},
    ),
    "api.exchanges.agree": lambda at: ({"exchange_id": at.lift}, _heard(at.member)),
    "api.exchanges.log": lambda at: ({"exchange_id": at.letters}, {**LOG, **_heard(at.member)}),
    "api.exchanges.confirm": lambda at: ({"exchange_id": at.gate}, _heard(at.member)),
    "api.exchanges.settle": lambda at: (
        {"exchange_id": at.disputed},
        {"minutes": 30, "note": "They agree."},
    ),
    "api.gifts.give": lambda at: (
        {},
        {
            "from": f"member:{at.member}",
            "to": f"member:{at.ravi}",
            "minutes": 15,
            **_heard(at.member),
        },
    ),
    "api.groups.add_person": lambda at: ({"group_id": at.readers}, {"member": f"member:{at.ravi}"}),
    "api.introductions.answer": lambda at: (
        {"introduction_id": at.introduction},
        {"side": "giver", "says": "yes"},
    ),
    "api.introductions.finish": lambda at: (
        {"introduction_id": at.introduction},
        {"occurred_on": "2026-01-12", "minutes": 60, "another": True, **_heard(at.member)},
    ),
    "api.members.name_helper": lambda at: (
        {"member_id": at.member},
        {"helper": f"member:{at.ravi}"},
    ),
    "api.organisations.add_contact": lambda at: (
        {"organisation_id": at.shop},
        {"member": f"member:{at.ravi}"},
    ),
    "api.matches.introduce": lambda at: (
        {"listing_id": at.curtains},
        {"giver": f"member:{at.member}"},
    ),
    "api.sessions.contribute": lambda at: (
        {"session_id": at.running},
        {"contributions": [{"member": f"member:{at.ravi}", "part": "attended"}]},
    ),
    "api.sessions.post": lambda at: ({"session_id": at.bee}, {}),
    "api.sessions.sign_up": lambda at: (
        {"session_id": at.planned},
        {"member": f"member:{at.ravi}", "channel": "phone"},
    ),
    "api.dialogues.frame": lambda at: (
        {"dialogue_id": at.shed},
        {"title": "A shed", "decider": f"member:{at.member}"},
    ),
    "api.partnerships.add_partner": lambda at: (
        {"partnership_id": at.to_join},
        {"member": f"member:{at.member}"},
    ),
    "api.partnerships.plan_conversation": lambda at: (
        {"partnership_id": at.to_plan},
        {"title": "A gate", "decider": f"member:{at.member}"},
    ),
    "api.partnerships.reach_step": lambda at: (
        {"partnership_id": at.both},
        {
            "step": 2,
            "words": "14 came.",
            "resident": f"member:{at.member}",
            "professional": f"member:{at.kim}",
        },
    ),
    "api.promises.hand": lambda at: (
        {"commitment_id": at.bench},
        {"member": f"member:{at.member}", "words": "She has the wood.", "channel": "phone"},
    ),
    "api.promises.new_promise": lambda at: (
        {},
        {
            "words": "A hedge",
            "due_on": "2100-01-12",
            "partnership_id": at.to_promise,
            "member": f"member:{at.member}",
            "channel": "phone",
        },
    ),
    "api.promises.step": lambda at: (
        {"commitment_id": at.done},
        {"kind": "confirmed", "confirmed_by": f"member:{at.member}", "channel": "phone"},
    ),
    "api.fund.propose": lambda at: (
        {"round_id": at.taken},
        {
            "title": "Swings",
            "what": "Two.",
            "cost": "£2",
            "party_id": at.account,
            "resident_lead_id": at.ravi,
        },
    ),
    "api.fund.check": lambda at: (
        {"proposal_id": at.hers},
        {"resident_id": at.ravi, "professional_id": at.nurse, "verdict": "can"},
    ),
    "api.fund.join": lambda at: (
        {"proposal_id": at.hers},
        {
            "resident_id": at.tom,
            "professional_id": at.nurse,
            "verdict": "can",
            "into_id": at.pond,
        },
    ),
    "api.fund.decide_small": lambda at: (
        {},
        {
            **{"title": "A lamp", "unit": "pence", "amount": "£0.60", "party_id": at.toms},
            **{"why": "It is dark.", "panel": [at.member, at.ravi, at.planner]},
            **{"sat_on": "2026-01-01", "report_due_on": "2027-01-01"},
        },
    ),
    "api.fund.open_vote": lambda at: (
        {"round_id": at.talked},
        {"resident_id": at.member, "other_id": at.ravi},
    ),
    "api.slips.enter": lambda at: (
        {},
        {
            "slips": [
                {
                    "slip": "81",
                    "giver": f"member:{at.member}",
                    "receiver": f"member:{at.ravi}",
                    **LOG,
                    "occurred_on": "2026-01-14",
                }
            ]
        },
    ),
}
"""What brings Joan and Ravi together, for each operation that can name a second person."""

_LOOKED_AFTER = "which of the staff looks after what: the staff see and ring everybody"
_AS_CONFIRM = "it is taken as `confirm` is, by `steps.take`, which asks for both"
_PARTS = "it parts the two, or sends what is between them to the staff"
_ONE = "it names one person alone"
_FILE = "the staff write it into the safeguarding file, of one person"
_CHAIR = "who chairs a partnership is alone in it, or came into it by `add_partner`"
_SPEAKS = "who says something came into the partnership by `add_partner`, and answers nobody"
_SHOWN = "it says of oneself whether others see it: tests/activities leaves out who is kept apart"

NOT_MET = {
    "api.audits.join_theme": "two themes",
    "api.partnerships.edit": _CHAIR,
    "api.partnerships.new": _CHAIR,
    "api.dialogues.speak": _SPEAKS,
    "api.dialogues.sound": _SPEAKS,
    "api.sessions.let_show": _SHOWN,
    "api.exchanges.cancel": _PARTS,
    "api.exchanges.decline": _PARTS,
    "api.exchanges.accept": _AS_CONFIRM,
    "api.exchanges.dispute": _PARTS,
    "api.exchanges.reverse": _PARTS,
    "api.members.keep_apart": _PARTS,
    "api.sessions.withdraw": _PARTS,
    "api.checks.record": _FILE,
    "api.checks.renew": _FILE,
    "api.concerns.write_concern": _FILE,
    "api.members.set_profile": _LOOKED_AFTER,
    "api.offers.take_on": _LOOKED_AFTER,
    "api.requests.take_on_request": _LOOKED_AFTER,
    "api.offers.new": _ONE,
    "api.reports.write_story": _ONE,
    "api.requests.ask": _ONE,
    "api.sponsorships.sponsor": "an organisation and the bank",
    "api.imports.new": "a file: tests/imports walks its kinds",
    "api.imports.confirm": "a file: tests/imports walks its kinds",
}
"""Operations that name somebody and bring nobody together, and why."""


def _naming(app: Flask) -> dict[str, tuple[Rule, str]]:
    """The operations whose body can name somebody, or takes why two meet all the same, found from
    their schemas: address and method by endpoint."""
    found: dict[str, tuple[Rule, str]] = {}
    for rule in app.url_map.iter_rules():
        (method,) = (rule.methods or set()) & {"POST", "PUT", "PATCH"} or {None}
        described = getattr(app.view_functions[rule.endpoint], "_apidoc", {}).get("arguments", {})
        for sent in described.get("parameters", []):
            schema = sent.get("schema")
            if isinstance(schema, type):
                schema = schema()
            if method and isinstance(schema, Schema) and sent["in"] != "query" and _names(schema):
                found[rule.endpoint] = (rule, method)
    return found


def _names(schema: Schema) -> bool:
    """Whether what is sent so can name a party."""
    for name, field in schema.fields.items():
        inner = field.inner if isinstance(field, fields.List) else field
        nested = isinstance(inner, fields.Nested) and _names(inner.schema)
        if name in {"despite", *_COLUMNS} or isinstance(inner, Party) or nested:
            return True
    return False


_COLUMNS = frozenset(
    column.name
    for table in Base.metadata.tables.values()
    for column in table.columns
    for key in column.foreign_keys
    if key.column.table.name in ("account", "member") and key.column.name == "id"
)
"""What columns are called that hold somebody: a field called so names somebody by their number."""


def test_every_operation_that_names_somebody_is_known_here(app: Flask) -> None:
    unknown = _naming(app).keys() - MET.keys() - NOT_MET.keys()
    assert not unknown, (
        f"{unknown} can name a second person. Put into MET, in {__name__}, what to send for Joan to"
        " meet Ravi by it; or into NOT_MET why nobody meets by it."
    )
    assert MET.keys() | NOT_MET.keys() <= _naming(app).keys()


def test_the_staff_bring_two_together_by_no_operation_without_a_reason_that_is_kept(
    app: Flask,
    town: Town,
    sign_in: Callable[..., Browser],
    bearer: Callable[..., dict[str, str]],
) -> None:
    at, browser = _at(town), sign_in()
    headers = {name: bearer(town.people[name]) for name in ("member", "broker", "coordinator")}
    wrong: list[str] = []
    for endpoint, (rule, method) in _naming(app).items():
        if endpoint not in MET:
            continue
        values, body = MET[endpoint](at)
        built = rule.build(values, append_unknown=False)
        assert built is not None, (endpoint, values)
        where, options = built[1], {"method": method}

        def send(who: str, body: dict[str, Any], where=where, options=options) -> Any:
            return browser.open(where, headers=headers[who], json=body, **options)

        own = {name: value for name, value in body.items() if name not in _heard(0)}
        staff = _staff_for(app, endpoint)
        refused = send("member", own)
        if refused.status_code not in (403, 404, 409, 422) or "apart" in refused.text:
            wrong.append(f"{endpoint} answers the member {refused.status_code} {refused.text}")
        stopped = send(staff, body)
        # Of slips each has an answer of its own.
        code = 200 if endpoint == "api.slips.enter" else 422
        if stopped.status_code != code or '"kept_apart"' not in stopped.text:
            wrong.append(f"{endpoint} answers a {staff} {stopped.status_code} {stopped.text}")
        why = f"{WHY} {endpoint}"
        done = send(staff, body | {"despite": why})
        if done.status_code not in (200, 201):
            wrong.append(f"{endpoint} goes on with {done.status_code} {done.text}")
        listed = browser.get("/api/v1/members/kept-apart", headers=headers["coordinator"])
        if why not in listed.text:
            wrong.append(f"{endpoint} keeps no reason")
    assert not wrong, "\n".join(wrong)


def _staff_for(app: Flask, endpoint: str) -> str:
    """Who of the staff is let in: a broker, unless it is for coordinators."""
    mark = access_of(app.view_functions[endpoint])
    return "coordinator" if mark and mark.level == "coordinator" else "broker"


def _at(town: Town) -> SimpleNamespace:
    """Everything there is of the two, by what the table calls it."""
    lift, letters, _, _, taken_back, disputed, gate, _ = town.examples["exchange_id"]
    return SimpleNamespace(
        **town.people,
        lift=lift,
        letters=letters,
        taken_back=taken_back,
        disputed=disputed,
        gate=gate,
        talk=town.examples["conversation_id"][0],
        account=town.examples["account_id"][0],
        others=town.examples["account_id"][1],
        introduction=town.examples["introduction_id"][0],
    )


# ---- What people send ----

RAVI, JOAN = "RM-8417", "Joan Whitlock"

_FIGURES = {"title": "Hedge", "occurred_on": "2026-01-12", "minutes": "1 h", "another": "yes"}


_ASKED = {"teller": JOAN, "words": "Hedge", "channel": "phone"}


def _told(at: SimpleNamespace) -> dict[str, Any]:
    """On whose word one of the staff fills in a form of a step."""
    return {"on_word_of": at.account, "channel": "phone"}


FORMS: Mapping[str, Callable[[SimpleNamespace], Sent]] = {
    "activities.new": lambda at: (
        {},
        {
            "title": "Walk",
            "purpose": "To walk.",
            "rule": "none",
            "resident_lead": JOAN,
            "professional_lead": "Kim Lau",
        },
    ),
    "activities.edit": lambda at: (
        {"activity_id": at.fair},
        {
            "title": "Fair",
            "purpose": "To mend.",
            "rule": "none",
            "resident_lead": JOAN,
            "professional_lead": "Kim Lau",
        },
    ),
    "activities.keep_register": lambda at: (
        {"session_id": at.running},
        {"who": RAVI, "do": "member"},
    ),
    "activities.post": lambda at: ({"session_id": at.bee}, {}),
    "activities.sign_up": lambda at: (
        {"session_id": at.planned},
        {"who": RAVI, "channel": "phone"},
    ),
    "desk.slips": lambda at: (
        {},
        {
            "slip": "81",
            "occurred_on": "2026-01-14",
            "giver": JOAN,
            "receiver": RAVI,
            "minutes": "1:00",
            "title": "Hedge",
            "do": "enter",
        },
    ),
    "dialogue.add_partner": lambda at: ({"partnership_id": at.to_join}, {"member": JOAN}),
    **{
        f"dialogue.{name}": MET[f"api.{room}.{name}"]
        for room, name in (
            ("dialogues", "frame"),
            ("partnerships", "plan_conversation"),
            ("partnerships", "reach_step"),
            ("promises", "hand"),
            ("promises", "new_promise"),
            ("promises", "step"),
        )
    },
    "fund.propose": MET["api.fund.propose"],
    "fund.check": lambda at: (
        {"proposal_id": at.hers},
        {"resident": RAVI, "professional": "Dr Lloyd", "verdict": "can"},
    ),
    "fund.join": lambda at: (
        {"proposal_id": at.hers},
        {
            "resident": "Tom Reed",
            "professional": "Dr Lloyd",
            "verdict": "can",
            "into_id": at.pond,
        },
    ),
    "fund.open_vote": lambda at: (
        {"round_id": at.talked},
        {"resident": JOAN, "other": RAVI},
    ),
    "fund.decide_small": lambda at: (
        {},
        {
            **{"title": "A lamp", "unit": "pence", "amount": "£0.60", "party": "Tom Reed"},
            **{"why": "It is dark.", "panel": [JOAN, RAVI, "Una Platt"]},
            **{"sat_on": "2026-01-01", "report_due_on": "2027-01-01"},
        },
    ),
    "exchanges.again": lambda at: ({"exchange_id": at.taken_back}, _FIGURES | _told(at)),
    "exchanges.ask": lambda at: ({"account_id": at.others}, _ASKED),
    "exchanges.offer": lambda at: ({"account_id": at.others}, _ASKED),
    "exchanges.agree": lambda at: ({"exchange_id": at.lift}, _told(at)),
    "exchanges.confirm": lambda at: ({"exchange_id": at.gate}, _told(at)),
    "exchanges.log": lambda at: ({"exchange_id": at.letters}, _FIGURES | _told(at)),
    "exchanges.settle": lambda at: (
        {"exchange_id": at.disputed},
        {"minutes": "30 min", "note": "They agree."},
    ),
    "exchanges.give": lambda at: (
        {},
        {"then": "done", "for_id": at.account, "to": "somebody", "who": RAVI, "minutes": "15 min"},
    ),
    "exchanges.new": lambda at: (
        {},
        {
            "then": "done",
            "for_id": at.account,
            "teller": JOAN,
            "who": RAVI,
            "side": "gave",
            "title": "Hedge",
            "day": "other",
            "occurred_on": "2026-01-20",
            "long": "60",
            "channel": "phone",
        },
    ),
    "exchanges.propose": lambda at: (
        {},
        {
            "then": "done",
            "for_id": at.account,
            "teller": JOAN,
            "who": RAVI,
            "side": "gave",
            "title": "Hedge",
            "channel": "phone",
        },
    ),
    "members.add_to_group": lambda at: ({"group_id": at.readers}, {"member": RAVI}),
    "members.helper": lambda at: ({"member_id": at.member}, {"helper": RAVI}),
    "members.new_contact": lambda at: ({"organisation_id": at.shop}, {"member": RAVI}),
    "matching.introduce": lambda at: ({"listing_id": at.curtains}, {"giver": at.account}),
    "matching.answer": lambda at: (
        {"introduction_id": at.introduction},
        {"side": "giver", "says": "yes"},
    ),
    "matching.finish": lambda at: (
        {"introduction_id": at.introduction},
        {"occurred_on": "2026-01-12", "minutes": "1 h", "another": "yes", **_told(at)},
    ),
    "messages.answer": lambda at: (
        {"conversation_id": at.talk},
        {"words": "Hello.", **_told(at)},
    ),
    "messages.to_neighbour": lambda at: (
        {"neighbour_id": at.ravi},
        {"teller": JOAN, "words": "Hello.", "channel": "phone"},
    ),
    "messages.about_exchange": lambda at: (
        {"exchange_id": at.letters},
        {"teller": JOAN, "words": "Hello.", "channel": "phone"},
    ),
    "messages.about_listing": lambda at: (
        {"listing_id": at.curtains},
        {"teller": JOAN, "words": "Hello.", "channel": "phone"},
    ),
}
"""What brings Joan and Ravi together, for each form that can name a second person."""

NOT_BY_FORM = {
    "merging.who": "two who are kept apart are never one: tests/merging",
    "desk.look_after": _LOOKED_AFTER,
    "matching.take_on": _LOOKED_AFTER,
    "members.profile": _LOOKED_AFTER,
    "safeguarding.member": _FILE,
    "safeguarding.renew": _FILE,
    "dialogue.join_theme": "two themes",
    "dialogue.owned_step": "somebody outside says what became of what they promised",
    "dialogue.new": _CHAIR,
    "dialogue.edit": _CHAIR,
    "dialogue.speak": _SPEAKS,
    "dialogue.sound": _SPEAKS,
    "dialogue.enter_sounding": _SPEAKS,
    "dialogue.take_back_sounding": _SPEAKS,
    "activities.let_show": _SHOWN,
    "activities.withdraw": _PARTS,
    "exchanges.cancel": _PARTS,
    "exchanges.decline": _PARTS,
    "exchanges.accept": _AS_CONFIRM,
    "exchanges.dispute": _PARTS,
    "exchanges.reverse": _PARTS,
    "members.apart": _PARTS,
    "exchanges.give_from_chest": "the chest has nobody behind it",
    "dialogue.add_round": _ONE,
    "directory.new": _ONE,
    "safeguarding.new_concern": _FILE,
    "skills.areas": "two parts of town",
    "skills.part_areas": "two parts of town",
    "surveys.invite": "which members are asked, each alone",
    "messages.show": "a page of the two alone: one of the staff writes by messages.answer",
    "imports.confirm": "a file: tests/imports walks its kinds",
}
"""Forms that name somebody and bring nobody together, and why."""


def _forms(app: Flask) -> dict[str, Rule]:
    """The pages whose form can name somebody, or takes why two meet all the same, found from the
    code: their address by endpoint."""
    found: dict[str, Rule] = {}
    for rule in app.url_map.iter_rules():
        if "POST" not in (rule.methods or ()) or rule.rule.startswith("/api/"):
            continue
        naming = {"despite", *_naming_fields(), *_COLUMNS}
        if read_by(app.view_functions[rule.endpoint]) & naming:
            found[rule.endpoint] = rule
    return found


@cache
def read_by(view: Callable[..., Any]) -> set[str]:
    """The fields that a page takes from what is sent to it."""
    view = inspect.unwrap(view)
    return {name for code in _code_of(view) for name in _read_by(code, view)}


def _code_of(view: Callable[..., Any]) -> Iterator[ast.FunctionDef]:
    """A view, and what it calls in its own module."""
    functions = _functions_of(view.__module__)
    todo, done = [view.__name__], set[str]()
    while todo:
        name = todo.pop()
        if name in functions and name not in done:
            done.add(name)
            yield functions[name]
            calls = (node for node in ast.walk(functions[name]) if isinstance(node, ast.Call))
            todo += [call.func.id for call in calls if isinstance(call.func, ast.Name)]


@cache
def _functions_of(module: str) -> dict[str, ast.FunctionDef]:
    tree = ast.parse(inspect.getsource(sys.modules[module]))
    return {code.name: code for code in tree.body if isinstance(code, ast.FunctionDef)}


def _read_by(code: ast.FunctionDef, view: Callable[..., Any]) -> Iterator[str]:
    """The fields of every schema that the code makes, and what it takes from the form by hand."""
    for node in ast.walk(code):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            made = getattr(sys.modules[view.__module__], node.func.id, None)
            if isinstance(made, type) and issubclass(made, Schema):
                yield from made().fields
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "request.form.get":
            yield ast.unparse(node.args[0]).strip("'")


@cache
def _naming_fields() -> frozenset[str]:
    """The fields in which people are named: wherever the code looks somebody up by what was
    typed, it says in which field that was."""
    return frozenset(
        str(word.value.value)
        for path in pathlib.Path(timebank.__file__).parent.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("named")
        for word in node.keywords
        if word.arg == "field" and isinstance(word.value, ast.Constant)
    )


def test_every_form_that_names_somebody_is_known_here(app: Flask) -> None:
    assert {"who", "member", "helper", "teller"} <= _naming_fields()
    unknown = _forms(app).keys() - FORMS.keys() - NOT_BY_FORM.keys()
    assert not unknown, (
        f"{unknown} can name a second person. Put into FORMS, in {__name__}, what to write for Joan"
        " to meet Ravi by it; or into NOT_BY_FORM why nobody meets by it."
    )
    assert FORMS.keys() | NOT_BY_FORM.keys() <= _forms(app).keys()


def test_the_staff_bring_two_together_by_no_form_without_a_reason_that_is_kept(
    app: Flask, town: Town, sign_in: Callable[..., Browser]
) -> None:
    at, wrong = _at(town), list[str]()
    by = {one: sign_in(town.people[one]) for one in ("member", "broker", "coordinator")}
    for endpoint, rule in _forms(app).items():
        if endpoint not in FORMS:
            continue
        values, data = FORMS[endpoint](at)
        built = rule.build({"bank": town.slug, **values}, append_unknown=False)
        assert built is not None, (endpoint, values)
        where = built[1]
        staff = _staff_for(app, endpoint)
        refused = by["member"].post(where, data=data)
        # Of what a lead sends, who leads it is not read.
        codes = (303,) if endpoint == "activities.edit" else (403, 404, 409, 422)
        if refused.status_code not in codes or "kept apart" in refused.text:
            wrong.append(f"{endpoint} answers the member {refused.status_code}")
        stopped = by[staff].post(where, data=data)
        asks = " are kept apart." in stopped.text and 'name="despite"' in stopped.text
        if stopped.status_code != 422 or not asks:
            wrong.append(
                f"{endpoint} answers a {staff} {stopped.status_code} {_said(stopped.text)}"
            )
        why = f"{WHY} {endpoint}"
        done = by[staff].post(where, data=data | {"despite": why})
        if done.status_code != 303:
            wrong.append(f"{endpoint} goes on with {done.status_code} {_said(done.text)}")
        if why not in by["coordinator"].get(f"/b/{town.slug}/members/kept-apart").text:
            wrong.append(f"{endpoint} keeps no reason")
    assert not wrong, "\n".join(wrong)


def _said(page: str) -> str:
    """What a page finds wrong."""
    return " ".join(
        re.findall(r'class="error"[^>]*>([^<]*)', page) or re.findall("<h1>[^<]*", page)
    )


# ---- What is sent without naming anybody ----

_GOES = (
    # After these Joan would be nobody any more who could send anything.
    "access.password",
    "access.sign_out_everywhere",
    "access.end_sign_in",
    "api.access.end_own_key",
    "api.access.end_own_sign_in",
    "access.revoke_token",
    "api.closings.leave",
    "leaving.me",
)


def test_nothing_that_a_member_sends_tells_either_of_the_other(
    app: Flask,
    town: Town,
    sign_in: Callable[..., Browser],
    bearer: Callable[..., dict[str, str]],
) -> None:
    joan = town.people["member"]
    browser, headers = sign_in(joan), bearer(joan)
    before, told = _read_by_ravi(app, town), set[tuple[str, str]]()
    for rule in app.url_map.iter_rules():
        mark = access_of(app.view_functions[rule.endpoint])
        methods = (rule.methods or set()) & {"POST", "PUT", "PATCH", "DELETE"}
        if mark is None or mark.level != "member" or rule.endpoint in _GOES:
            continue
        names = sorted(rule.arguments)
        examples = [town.examples.get(name, [1]) for name in names]
        for method, *values in itertools.product(sorted(methods), *examples):
            built = rule.build(dict(zip(names, values, strict=True)), append_unknown=False)
            assert built is not None
            sent = {"json": {}, "headers": headers} if rule.rule.startswith("/api/") else {}
            answer = browser.open(built[1], method=method, **sent)
            told |= {(f"{method} {built[1]}", one) for one in MARKS if one.encode() in answer.data}
    assert not told, "\n".join(f"{where} says {mark}" for where, mark in sorted(told))
    assert not [words for words in _read_by_ravi(app, town) - before if "Joan" in words]


def _read_by_ravi(app: Flask, town: Town) -> set[str]:
    """What Ravi was told, or is about to be."""
    with app.app_context(), transaction() as session:
        theirs = Notice.addressee == f"member:{town.people['ravi']}"
        rows = session.execute(select(Notice.subject, Notice.body).where(theirs))
        return {f"{row.subject} {row.body}" for row in rows}


# ---- Commands ----

NOT_BY_COMMAND = {
    "import": "a file: tests/imports walks its kinds, and its --despite",
    "init": "the first coordinator of a bank, who is alone in it",
    "ledger statement": _ONE,
    "merging merge": "two who are kept apart are never one: tests/merging",
    "merging undo": "the number of a merge, which has two again",
    "members link": _ONE,
    "members token": _ONE,
    "take-back": "the number of a file, and what it brought is undone",
}
"""Commands that name somebody, and why they bring nobody together."""


def _commands(command: click.Command, path: str = "") -> Iterator[tuple[str, click.Command]]:
    if not isinstance(command, click.Group):
        yield path, command
        return
    for name, inner in command.commands.items():
        yield from _commands(inner, f"{path} {name}".strip())


def test_no_command_brings_two_together() -> None:
    naming = _naming_fields() | {"despite", "number", "coordinator", "giver", "receiver"}
    found = {
        name
        for name, command in _commands(cli.timebank)
        if any(one.name in naming for one in command.params)
    }
    unknown = found - NOT_BY_COMMAND.keys()
    assert not unknown, (
        f"Say in NOT_BY_COMMAND, in {__name__}, why nobody meets by {unknown}; or let it ask why,"
        " as `import` does."
    )
    assert NOT_BY_COMMAND.keys() <= found

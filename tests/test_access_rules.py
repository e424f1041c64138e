"""Who gets in where: a walk over every page and every operation of the API, so that a new one is
tried without being listed.

A new address needs nothing here as long as `EXAMPLES` knows a value for each name that stands in
it, and `BODIES` something to send where the API asks for a body. Where they do not, the walk fails
and says so.
"""

import io
import re
import zipfile
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from flask import Blueprint, Flask
from sqlalchemy import select
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from tests.browsers import Browser
from tests.factories import NOW, actor, make_bank, make_logged_exchange, make_member
from tests.town import build
from tests.watch import Watch
from timebank import clock
from timebank.access import commissioners, sessions
from timebank.access import service as access_service
from timebank.access.guard import check_marks
from timebank.access.models import BrowserSession, Passkey, Token
from timebank.access.rules import NewToken, Scope, SignedInBy
from timebank.act import Act
from timebank.banks import queries as banks
from timebank.config import Config
from timebank.db import transaction
from timebank.exchanges import service as exchanges_service
from timebank.exchanges.rules import NewGift
from timebank.http import Access, access, access_of
from timebank.members import helping, partners
from timebank.members import service as members_service
from timebank.members.models import Member
from timebank.members.rules import NewContact

WITHOUT_BANK = ("/second-factor",)
"""Pages for people signed in that are about themselves alone, and so stand outside any bank."""

LOG = {"occurred_on": "2026-11-12", "minutes": 60}
BODIES: dict[str, Any] = {
    "api.merges.merge": {"stays": 1, "why": "One telephone."},
    "api.activities.new": {"title": "Walk", "purpose": "To walk.", "rule": "none"},
    "api.activities.plan": {"starts_at": "2026-12-01T10:00:00Z", "minutes": 60},
    "api.activities.agree": {"words": "Less thrown away", "partner": "Council"},
    "api.sessions.change_session": {"starts_at": "2026-12-01T10:00:00Z", "minutes": 60},
    "api.sessions.add_newcomer": {"name": "Dee Fox"},
    "api.sessions.check_in": {"key": "scanned"},
    "api.sessions.let_show": {"shown": True},
    "api.sessions.contribute": {"contributions": [{"guest": "Cy", "part": "attended"}]},
    "api.sessions.take_back": {"why": "It was shorter."},
    "api.sponsorships.sponsor": {
        "organisation": "organisation:1",
        "minutes": 600,
        "starts_on": "2026-11-01",
        "ends_on": "2026-12-01",
        "terms": "The walks",
    },
    "api.conversations.answer": {"words": "On Thursday."},
    "api.message-reports.settle": {"outcome": "They talked."},
    "api.exchanges.dispute": {"note": "It was less."},
    "api.exchanges.log": LOG,
    "api.exchanges.log_again": LOG,
    "api.members.name_helper": {"helper": "no:1"},
    "api.members.keep_apart": {"other": "no:1"},
    "api.organisations.add_contact": {"name": "Dr Lane"},
    "api.areas.link_areas": {"one": "Mill Lane", "other": "Canal Street"},
    "api.areas.part_areas": {"one": "Mill Lane", "other": "Canal Street"},
    "api.matches.set_weights": dict.fromkeys(
        ("meaning", "skill", "near", "times", "language", "fairness", "known", "hours"), 5
    ),
    "api.exchanges.reverse": {"note": "It was less."},
    "api.exchanges.settle": {"minutes": 30, "note": "They agree."},
    "api.introductions.answer": {"side": "giver", "says": "yes"},
    "api.matches.introduce": {"giver": "member:1"},
    "api.members.change": {"area": "Canal Street"},
    "api.members.new": {"name": "Ida"},
    "api.categories.new_category": {"name": "Odds"},
    "api.skills.new_skill": {"name": "Odds", "category_id": 1},
    "api.slips.enter": {
        "slips": [{"slip": "1", "giver": "no:1", "receiver": "no:2", "title": "Hedge"} | LOG]
    },
    "api.notes.note": {"words": "Rang."},
    "api.notices.answer": {"reply": "yes"},
    "api.checks.new_kind": {"name": "Food hygiene"},
    "api.checks.record": {"kind": "references", "held_since": "2026-01-10"},
    "api.checks.renew": {"held_since": "2026-11-10"},
    "api.checks.end": {"ending": "not_needed", "why": "She drives no more."},
    "api.checks.set_doorstep": {"no_answer": "Ring twice."},
    "api.concerns.write_concern": {"about": "member:1", "words": "No light for two days."},
    "api.members.new_partner": {"name": "Chemist"},
    "api.offers.new": {"title": "Taps"},
    "api.offers.let_stand_on_street": {"on_street": True},
    "api.requests.ask": {"title": "Taps"},
    "api.organisations.new_partner": {"name": "Chemist"},
    "api.groups.add_person": {"member": "no:1"},
    "api.groups.open_group": {"name": "Walkers"},
    "api.surveys.move_closing": {"closes_on": "2099-12-31"},
    "api.audits.plan": {
        "title": "May",
        "opens_on": "2027-05-01",
        "closes_on": "2027-05-20",
    },
    "api.audits.take_sheet": {"wishes": ["A bench"]},
    "api.audits.take_sheets": {"sheets": [{"wishes": ["A bench"]}]},
    "api.audits.sort": {"key": "0" * 32, "place": 1, "themes": [1]},
    "api.audits.join_theme": {"to_id": 1},
    "api.scales.new_scale": {
        "title": "Ours",
        "licence": "Our own.",
        "items": "I sing.",
        "lowest": 1,
        "highest": 5,
    },
    "api.equality.answer_equality": {"answers": {}},
    "api.lists.tick": {"do": "export", "all": True},
    "api.saved-lists.save": {"kind": "members", "name": "All"},
    "api.mailings.new": {"subject": "Shut", "body": "Go round.", "members": [1]},
    "api.mailings.change": {"subject": "Shut", "body": "Go round."},
    "api.announcements.announce": {
        **{"title": "Shut", "words": "Go round."},
        **{"starts_on": "2099-01-01", "ends_on": "2099-01-02"},
    },
    "api.own-fields.add_field": {"name": "Shoes"},
    "api.fund.new": {
        **{"title": "Fund", "purpose": "Things", "unit": "pence", "budget": 200000},
        **{"smallest": 100, "largest": 90000},
        **dict.fromkeys(("ideas_on", "checking_on", "talking_on", "voting_on"), "2027-05-01"),
        **dict.fromkeys(("closes_on", "reports_on"), "2027-05-20"),
    },
    "api.fund.step": {"state": "checking"},
    "api.fund.propose": {"title": "A shed", "what": "Wood.", "cost": 45000},
    "api.fund.speak": {"kind": "for", "words": "Good."},
    "api.fund.add_meeting": {"session_id": 1},
    "api.fund.answer": {"words": "Here."},
    "api.fund.hide": {"why": "It names somebody."},
    "api.fund.check": {"resident_id": 1, "professional_id": 2, "verdict": "can"},
    "api.fund.find": {"verdict": "can"},
    "api.fund.say_same": {},
    "api.fund.join": {"resident_id": 1, "professional_id": 2, "verdict": "joined", "into_id": 1},
    "api.fund.open_vote": {"resident_id": 1, "other_id": 2},
    "api.fund.vote": {"none": True},
    "api.fund.refuse": {"why": "A paper turned up."},
    "api.fund.report": {"words": "Good.", "spent": 1},
    "api.fund.settle_ceiling": {"unit": "pence", "at_once": 100, "a_year": 200},
    "api.fund.decide_small": {
        **{"title": "A lamp", "unit": "pence", "amount": 100, "party_id": 1, "why": "It is dark."},
        **{"panel": [1, 2, 3], "sat_on": "2026-01-01", "report_due_on": "2026-02-01"},
    },
    "api.fund.report_small": {"words": "Good.", "spent": 1},
    "api.fund.put_in": {"organisation_id": 1, "pence": 100, "occurred_on": "2026-01-01"},
    "api.members.set_told": {"notices": True},
    "api.surveys.new": {
        "title": "May",
        "opens_on": "2027-05-01",
        "closes_on": "2027-05-20",
        "instruments": ["ons4"],
    },
    "api.surveys.answer": {"answers": {"q0_0": "7"}},
    "api.partnerships.new": {"name": "Canal Street"},
    "api.partnerships.edit": {"name": "Canal Street"},
    "api.partnerships.add_partner": {"member": "no:1"},
    "api.partnerships.reach_step": {"step": 2, "resident": "no:1", "professional": "no:2"},
    "api.partnerships.lose_step": {"step": 1, "words": "They moved."},
    "api.partnerships.set_priorities": {"priorities": [{"words": "Benches"}]},
    "api.partnerships.plan_conversation": {"title": "Benches"},
    "api.promises.new_promise": {"words": "Benches", "due_on": "2099-12-01", "member": "no:1"},
    "api.promises.step": {"kind": "done", "words": "They stand."},
    "api.promises.hand": {"member": "no:1"},
    "api.dialogues.frame": {"title": "Benches"},
    "api.dialogues.add_meeting": {"session_id": 1},
    "api.dialogues.add_option": {"words": "Benches", "not_known": True},
    "api.dialogues.change_option": {"words": "Benches", "not_known": True},
    "api.dialogues.speak": {"kind": "for", "words": "It is near."},
    "api.dialogues.sound": {"answer": "yes"},
    "api.dialogues.hands": {"session_id": 1, "part": "resident", "yes": 1},
    "api.dialogues.all_hands": {"hands": [{"option_id": 1, "part": "resident", "yes": 1}]},
    "api.dialogues.plan_meeting": {"starts_at": "2099-12-01T18:00:00Z", "minutes": 120},
    "api.dialogues.verdict": {"answer": "no", "reason": "No money."},
    "api.evaluations.answer": {"could_say": 4},
    "api.reports.agree_to_story": {"written_at": "2026-01-01T00:00:00Z"},
    "api.evaluations.answer_on_paper": {"could_say": 4},
}
"""What to send to an operation, where an empty object is not enough for it to look at what it is
asked about."""

FORMS: dict[str, dict[str, str]] = {
    "fund.speak": {"kind": "for", "words": "Good."},
}
"""What to send to a page, where an empty form is not enough for one of `OPEN_TO_MEMBERS`."""

INSTEAD = {
    "fund.speak": {"proposal_id": "idea_id"},
    "api.fund.speak": {"proposal_id": "idea_id"},
    "api.fund.propose": {"round_id": "open_round_id"},
    "api.audits.results": {"audit_id": "closed_audit_id"},
}
"""Where another example is asked for than everywhere else: ideas are taken, and spoken of, in a
round that has not come to the vote; what neighbours said is told once the asking is closed."""

SIGNED_IN = ("member", "broker", "coordinator")
READS, WRITES = ("GET",), ("POST", "PUT", "PATCH", "DELETE")

OPEN_TO_MEMBERS = {
    # What the bank offers, plans and has done, and the partners and groups there are.
    *("activities.show", "activities.show_session", "activities.photo", "activities.calendar"),
    "activities.session_calendar",
    *("api.activities.show", "api.activities.meetings", "api.activities.agreed"),
    *("api.activities.quotes", "api.activities.photos", "api.photos.photo"),
    *("api.sessions.session", "directory.show", "api.offers.show", "api.requests.show_request"),
    *("members.group", "api.groups.group", "api.organisations.partner"),
    *("mailings.announcement", "api.announcements.announcement"),
    # What one does for oneself: coming, not coming, being there, asking about what is offered.
    *("activities.sign_up", "api.sessions.sign_up", "activities.withdraw"),
    *("api.sessions.withdraw", "activities.here", "messages.about_listing"),
    # What is decided together, and what was promised.
    *("dialogue.conversation", "dialogue.evaluation", "api.evaluations.evaluation"),
    *("api.partnerships.show", "api.partnerships.partners", "api.partnerships.milestones"),
    *("api.partnerships.priorities", "api.partnerships.promised", "api.partnerships.talks"),
    *("api.promises.promise", "api.dialogues.conversation", "api.dialogues.options"),
    *("api.dialogues.points", "api.audits.results"),
    # The rounds of the fund: what is wished for, what is said of it, and what a vote came to. (To
    # vote is for the electors of a round, and those who act for one are none by that.)
    *("fund.show", "fund.propose", "fund.proposal", "fund.speak", "api.fund.show"),
    *("api.fund.proposals", "api.fund.propose", "api.fund.proposal", "api.fund.points"),
    *("api.fund.speak", "api.fund.result", "fund.from_option"),
    # Who comes and lets members see it; letting them, where one is on the list.
    *("api.sessions.company", "api.sessions.let_show"),
    # Who shows themselves to members, and asking somebody.
    *("neighbours.show", "api.neighbours.show", "exchanges.ask", "exchanges.offer"),
    *("members.picture_file", "api.members.picture", "api.members.picture_file"),
    "messages.to_neighbour",
}
"""Addresses that name a row and are for every member, whosever it is. Everywhere else somebody who
has no part in it is refused."""

ONCE_ON_THE_LIST = {"activities.let_show", "fund.find", "api.fund.find"}
"""Pages for every member who is on a list, or while ideas are looked over: others are told that
they are not, or that it is not the time."""

OPEN_TO_HELPERS = {
    *("members.profile", "members.apart", "members.end_apart", "members.leave_group"),
    *("api.members.show", "api.members.profile", "api.members.set_profile", "api.members.helpers"),
    *("api.members.kept_apart", "api.members.keep_apart", "api.members.end_keeping_apart"),
    *("api.groups.remove_person", "api.accounts.show", "api.accounts.statement"),
    *("directory.edit", "directory.renew", "directory.withdraw", "directory.met"),
    *("directory.street", "api.offers.let_stand_on_street"),
    *("api.offers.change", "api.requests.change_request"),
    *("exchanges.show", "exchanges.agree", "exchanges.decline", "exchanges.log"),
    *(
        "exchanges.confirm",
        "exchanges.accept",
        "exchanges.dispute",
        "exchanges.cancel",
        "exchanges.undo",
    ),
    *("exchanges.ask", "exchanges.offer", "exchanges.report", "api.exchanges.report"),
    *("exchanges.show_thanks", "exchanges.hide_thanks"),
    *("api.exchanges.show_thanks", "api.exchanges.hide_thanks"),
    *("members.picture", "members.remove_picture", "api.members.put_picture"),
    "api.members.take_picture_away",
    *("members.page", "api.members.own_page", "api.members.set_own_page"),
    *("exchanges.again", "api.exchanges.show", "api.exchanges.agree", "api.exchanges.decline"),
    *("api.exchanges.log", "api.exchanges.confirm", "api.exchanges.dispute"),
    *(
        "api.exchanges.accept",
        "api.exchanges.cancel",
        "api.exchanges.undo",
        "api.exchanges.log_again",
    ),
    *("matching.introduction", "matching.answer"),
    *("api.introductions.show", "api.introductions.answer"),
    *("messages.show", "messages.about_exchange", "messages.apart", "messages.report"),
    *("api.conversations.show", "api.conversations.answer", "api.conversations.read"),
    *("api.conversations.keep_apart", "api.messages.report"),
    *("safeguarding.doorstep", "api.checks.doorstep", "api.checks.set_doorstep"),
    # Of an idea that is theirs: an answer to a question, and what came of it.
    # A story that is told of them, and their address on a list.
    *("reports.agreed", "reports.agree_to_address", "reports.take_address_back"),
    *("reports.agree_to_story", "reports.take_story_back", "reports.story_picture"),
    *("api.reports.agree_to_story", "api.reports.take_story_back"),
    *("api.reports.agree_to_address", "api.reports.take_address_back"),
    *("fund.answer", "api.fund.answer", "fund.report", "api.fund.report"),
    *("fund.report_small", "api.fund.report_small"),
}
"""Addresses where whoever acts for somebody is let in for them. What is not here stays the
member's own: details, ways in, letters, language, helpers, gifts taken back, answers to surveys,
leaving, and what they lead."""


@dataclass
class World:
    """Two banks: the town, where everything is, and another, whose coordinator may do anything
    there and nothing here."""

    app: Flask
    slug: str
    examples: dict[str, Any]
    people: dict[str, int]
    other_slug: str
    other: int


@pytest.fixture
def world(app: Flask, database: str) -> Generator[World]:
    made = make_world(app)
    watch = Watch(app, database)
    yield made
    watch.close()


def make_world(app: Flask) -> World:
    town = build(app)
    with app.app_context(), transaction() as session:
        bank = banks.by_slug(session, town.slug)
        joan, ben = (
            session.get_one(Member, town.people["member"]),
            make_member(session, bank, "Ben"),
        )
        examples = {name: values[0] for name, values in town.examples.items()} | {
            "filename": "look.css",
            "request_id": town.examples["listing_id"][1],
            "open_round_id": town.examples["round_id"][2],
            "closed_audit_id": town.examples["audit_id"][1],
            "idea_id": town.examples["proposal_id"][1],
            "account_id": joan.account_id,
            "exchange_id": make_logged_exchange(session, bank, joan, ben).id,
            "gift_id": _gift(session, bank, joan, ben),
            "token_id": _token(session, bank, joan),
            **_ways_in(session, bank, joan),
            "grant_id": helping.grant_helper(
                session, bank, joan.id, ben.id, Act(actor(joan), NOW)
            ).id,
            "contact_id": partners.add_contact(
                session,
                bank,
                town.examples["organisation_id"][0],
                NewContact("Dr Rao"),
                Act(_owen(session, town), NOW),
            ).id,
        }
        elsewhere = make_bank(session, name="Another Time Bank", slug="another")
        stranger = make_member(session, elsewhere, "Ida", role="coordinator")
        return World(app, town.slug, examples, town.people, "another", stranger.id)


def _owen(session: Any, town: Any) -> Any:
    return actor(session.get_one(Member, town.people["coordinator"]))


def _gift(session: Any, bank: Any, giver: Member, receiver: Member) -> int:
    assert giver.account_id is not None
    assert receiver.account_id is not None
    between = {"from_id": giver.account_id, "to_id": receiver.account_id}
    return exchanges_service.give(
        session, bank, NewGift(**between, minutes=60), Act(actor(giver), clock.now())
    ).id


def _token(session: Any, bank: Any, member: Member) -> int:
    access_service.make_token(
        session,
        bank,
        member.id,
        NewToken("sheet", Scope.READ),
        Act(actor(member), clock.now()),
        staff=False,
    )
    return session.execute(select(Token.id).where(Token.member_id == member.id)).scalar_one()


def _ways_in(session: Any, bank: Any, member: Member) -> dict[str, int]:
    """A browser session and a passkey of the member's."""
    lasting = sessions.lasting(Config())
    now = clock.now()
    sessions.begin(session, actor(member), SignedInBy.PASSWORD, lasting, agent="", now=now)
    begun = session.execute(
        select(BrowserSession.id).where(BrowserSession.member_id == member.id)
    ).scalar_one()
    passkey = Passkey(
        bank_id=bank.id,
        member_id=member.id,
        name="phone",
        credential_id="x",
        public_key="x",
        created_at=now,
    )
    session.add(passkey)
    session.flush()
    return {"sign_in_id": begun, "passkey_id": passkey.id}


# ---- The walk ----


@dataclass(frozen=True)
class Stop:
    """One way of asking for one address."""

    rule: Rule
    method: str
    mark: Access

    def __str__(self) -> str:
        return f"{self.method} {self.rule.rule}"

    @property
    def of_api(self) -> bool:
        return self.rule.rule.startswith("/api/")

    @property
    def names_something(self) -> bool:
        """Whether a row's number stands in the address."""
        return any(name.endswith("_id") for name in self.rule.arguments)


def stops(
    app: Flask,
    *,
    api: bool | None = None,
    levels: tuple[str, ...] = ("member", "broker", "coordinator", "commissioner"),
) -> Iterator[Stop]:
    """Every way of asking for every address, of these levels."""
    for rule in app.url_map.iter_rules():
        mark = access_of(app.view_functions[rule.endpoint])
        for method in sorted((rule.methods or set()) & {*READS, *WRITES}):
            assert mark is not None, f"{rule.endpoint} says of nobody that they may use it"
            stop = Stop(rule, method, mark)
            if mark.level in levels and api in (None, stop.of_api):
                yield stop


def address(stop: Stop, world: World, slug: str) -> str:
    """Where that is, with what there is in the town for every name in it. Raises LookupError when
    nothing is known for one."""
    values = {}
    for name in stop.rule.arguments:
        if name != "bank" and name not in world.examples:
            raise LookupError(
                f"Give `world` in {__name__} something for {name}, which stands in {stop.rule.rule}"
            )
        # Offers and requests are listings of one table; the API has an address for each.
        told = "request_id" if name == "listing_id" and "/requests/" in stop.rule.rule else name
        told = INSTEAD.get(stop.rule.endpoint, {}).get(told, told)
        values[name] = slug if name == "bank" else world.examples[told]
    built = stop.rule.build(values, append_unknown=False)
    if built is None:
        raise LookupError(f"{values} does not fit {stop.rule.rule}")
    return built[1]


def ask(
    browser: Browser, stop: Stop, where: str, headers: dict[str, str] | None = None
) -> TestResponse:
    body: dict[str, Any] = {}
    if stop.of_api and stop.method in WRITES:
        body = {"json": BODIES.get(stop.rule.endpoint, {})}
    elif stop.method in WRITES and stop.rule.endpoint in FORMS:
        body = {"data": FORMS[stop.rule.endpoint]}
    answer = browser.open(where, method=stop.method, headers=headers, **body)
    answer.get_data()  # A file is sent bit by bit, and is read before the next question is asked.
    answer.close()
    return answer


def read(answer: TestResponse) -> str:
    """What an answer says: of a spreadsheet or an archive, all that it is packed of."""
    if not answer.data.startswith(b"PK"):
        return answer.data.decode(errors="replace")
    with zipfile.ZipFile(io.BytesIO(answer.data)) as packed:
        return "\n".join(packed.read(name).decode(errors="replace") for name in packed.namelist())


def faults(
    found: Iterator[tuple[Stop, TestResponse]], expected: Callable[[TestResponse], bool]
) -> list[str]:
    """What did not go as expected; and a walk that led nowhere proves nothing."""
    walked = list(found)
    assert walked
    return [
        f"{stop} answers {answer.status_code} {read(answer)[:80]!r}"
        for stop, answer in walked
        if not expected(answer)
    ]


# ---- What must hold ----


def test_a_view_that_does_not_say_who_may_use_it_cannot_be_served(new_app):
    new_app.view_functions["secret"] = lambda: "anything"
    with pytest.raises(RuntimeError, match="secret"):
        check_marks(new_app)


def test_the_walk_fails_for_an_address_it_knows_nothing_for(new_app):
    world = make_world(new_app)
    pages = Blueprint("new", __name__)
    pages.get("/b/<bank>/<int:something_id>")(access("member")(lambda something_id: ""))
    new_app.register_blueprint(pages)
    new = next(stop for stop in stops(new_app) if stop.rule.endpoint.startswith("new."))
    with pytest.raises(LookupError, match="something_id"):
        address(new, world, world.slug)


def test_every_operation_of_the_api_is_described(app, sign_in):
    described = sign_in().get("/api/v1/openapi.json").json["paths"]
    for stop in stops(app, api=True):
        operation = described[_as_openapi(stop.rule)][stop.method.lower()]
        assert {"401", "403"} <= operation["responses"].keys(), stop
        assert operation.get("summary"), stop
        assert ("404" in operation["responses"]) or not stop.rule.arguments, stop


def _as_openapi(rule: Rule) -> str:
    """`/exports/<any(members, hours):kind>` as `/exports/{kind}`."""
    return re.sub(r"<(?:[^<>]+:)?(\w+)>", r"{\1}", rule.rule)


def test_what_writes_through_the_api_needs_a_token_for_writing(app):
    assert [
        str(stop)
        for stop in stops(app, api=True)
        if stop.method in WRITES and stop.mark.scope != "write"
    ] == []
    assert [
        str(stop)
        for stop in stops(app, api=True)
        if stop.method in READS and stop.mark.scope != "read"
    ] == []


def test_a_page_for_people_signed_in_stands_in_their_bank(app):
    outside = {
        stop.rule.rule
        for stop in stops(app, api=False)
        if not stop.rule.rule.startswith("/b/<bank>/")
        and not stop.rule.rule.startswith(WITHOUT_BANK)
    }
    assert outside == set()


def test_a_stranger_is_sent_to_sign_in(app, world, sign_in):
    stranger = sign_in()

    def expected(answer: TestResponse) -> bool:
        return answer.status_code in (302, 303) and answer.headers["Location"].startswith(
            "/sign-in"
        )

    walk = (
        (stop, ask(stranger, stop, address(stop, world, world.slug)))
        for stop in stops(app, api=False)
    )
    assert faults(walk, expected) == []


@pytest.mark.parametrize(
    "header", [None, "Bearer tb_nobodys", "Bearer", "Basic am9hbjp4", "tb_nobodys"]
)
def test_a_program_without_a_good_token_is_told_to_bring_one(app, world, sign_in, header):
    stranger = sign_in()
    headers = {"Authorization": header} if header else {}

    def expected(answer: TestResponse) -> bool:
        return (
            answer.status_code == 401
            and answer.json["code"] == "not_signed_in"
            and answer.headers["WWW-Authenticate"].lower().startswith("bearer")
        )

    walk = (
        (stop, ask(stranger, stop, address(stop, world, world.slug), headers))
        for stop in stops(app, api=True)
    )
    assert faults(walk, expected) == []


def test_somebody_signed_in_to_the_pages_is_nobody_to_the_api(app, world, sign_in):
    browser = sign_in(world.people["coordinator"])
    walk = (
        (stop, ask(browser, stop, address(stop, world, world.slug)))
        for stop in stops(app, api=True)
    )
    assert faults(walk, lambda answer: answer.status_code == 401) == []


def test_for_a_member_of_another_bank_no_page_is_there(app, world, sign_in):
    browser = sign_in(world.other)
    inside = (stop for stop in stops(app, api=False) if "bank" in stop.rule.arguments)
    walk = ((stop, ask(browser, stop, address(stop, world, world.slug))) for stop in inside)
    assert faults(walk, lambda answer: answer.status_code == 404) == []


def test_in_ones_own_bank_nothing_of_another_bank_is_there(app, world, sign_in):
    """The same rows, asked for under the stranger's own bank, where a coordinator may see and do
    anything."""
    browser = sign_in(world.other)
    about_rows = (stop for stop in stops(app, api=False) if stop.names_something)
    walk = (
        (stop, ask(browser, stop, address(stop, world, world.other_slug))) for stop in about_rows
    )
    assert faults(walk, lambda answer: answer.status_code == 404) == []


def test_for_a_token_of_another_bank_nothing_is_there(app, world, sign_in, bearer):
    browser, headers = sign_in(), bearer(world.other)
    about_rows = (stop for stop in stops(app, api=True) if stop.names_something)
    walk = (
        (stop, ask(browser, stop, address(stop, world, world.slug), headers)) for stop in about_rows
    )
    assert (
        faults(
            walk, lambda answer: answer.status_code == 404 and answer.json["code"] == "not_found"
        )
        == []
    )


def test_no_list_names_anybody_of_another_bank(app, world, sign_in, bearer):
    browser, headers = sign_in(world.other), bearer(world.other)
    lists = (stop for stop in stops(app) if stop.method == "GET" and not stop.names_something)
    walk = (
        (stop, ask(browser, stop, address(stop, world, world.other_slug), headers))
        for stop in lists
    )
    theirs = (
        "Alder Row",
        "Whitlock",
        "Mehta",
        "Drips and washers",
        "shop for me",
        "A lift on Thursday",
        "members.csv",
    )
    assert (
        faults(
            walk,
            lambda answer: (
                answer.status_code < 500 and not any(words in read(answer) for words in theirs)
            ),
        )
        == []
    )


@pytest.mark.parametrize(
    ("role", "barred"),
    [
        ("member", ("broker", "coordinator", "commissioner")),
        ("broker", ("coordinator", "commissioner")),
    ],
)
def test_a_role_stays_within_its_own(app, world, sign_in, bearer, role, barred):
    browser, headers = sign_in(world.people[role]), bearer(world.people[role])

    def walk(api: bool) -> Iterator[tuple[Stop, TestResponse]]:
        # There is nothing for commissioners in the API.
        for stop in stops(
            app,
            api=api,
            levels=tuple(level for level in barred if not api or level != "commissioner"),
        ):
            yield (
                stop,
                ask(browser, stop, address(stop, world, world.slug), headers if api else None),
            )

    assert faults(walk(api=False), lambda answer: answer.status_code == 403) == []
    assert (
        faults(
            walk(api=True),
            lambda answer: answer.status_code == 403 and answer.json["code"] == "not_allowed",
        )
        == []
    )


def test_a_token_for_reading_changes_nothing(app, world, sign_in, bearer):
    browser, headers = sign_in(), bearer(world.people["coordinator"], scope="read")
    writing = (stop for stop in stops(app, api=True) if stop.method in WRITES)
    walk = (
        (stop, ask(browser, stop, address(stop, world, world.slug), headers)) for stop in writing
    )
    assert (
        faults(
            walk,
            lambda answer: answer.status_code == 403 and "for reading" in answer.json["message"],
        )
        == []
    )


@pytest.mark.parametrize("role", ["broker", "coordinator"])
def test_staff_show_their_second_factor_before_anything_else(app, world, sign_in, role):
    browser = sign_in(world.people[role], second_factor=False)
    guarded = (stop for stop in stops(app, api=False) if stop.mark.second_factor)

    def expected(answer: TestResponse) -> bool:
        return answer.status_code == 302 and answer.headers["Location"].startswith("/second-factor")

    walk = ((stop, ask(browser, stop, address(stop, world, world.slug))) for stop in guarded)
    assert faults(walk, expected) == []


def test_only_the_pages_that_are_about_it_do_without_the_second_factor(app):
    without = {stop.rule.endpoint for stop in stops(app) if not stop.mark.second_factor}
    assert without == {
        # To make a first passkey is to set up a second factor.
        "access.new_passkey",
        "access.new_passkey_question",
        "access.say_again",
        "access.say_again_with_passkey",
        "access.send_own_code",
        "access.second_factor",
        "access.set_up_second_factor",
        "access.sign_out_everywhere",
    }


def test_who_has_left_is_a_stranger(app, world, sign_in, bearer):
    browser, headers = sign_in(world.people["member"]), bearer(world.people["member"])
    with app.app_context(), transaction() as session:
        bank = banks.by_slug(session, world.slug)
        joan = session.get_one(Member, world.people["member"])
        members_service.leave(session, bank, joan.id, Act(actor(joan), NOW))
    pages = (
        (stop, ask(browser, stop, address(stop, world, world.slug)))
        for stop in stops(app, api=False)
    )
    assert (
        faults(pages, lambda answer: answer.headers.get("Location", "").startswith("/sign-in"))
        == []
    )
    calls = (
        (stop, ask(browser, stop, address(stop, world, world.slug), headers))
        for stop in stops(app, api=True)
    )
    assert faults(calls, lambda answer: answer.status_code == 401) == []


def test_a_commissioner_reads_what_is_shared_and_nothing_else(app, world, sign_in):
    browser = sign_in()
    with app.app_context(), transaction() as session:
        bank = banks.by_slug(session, world.slug)
        one = commissioners.commissioner(session, bank, world.examples["commissioner_id"])
        token = sessions.begin(
            session,
            commissioners.actor_of(one),
            SignedInBy.LINK,
            sessions.lasting(app.config["TIMEBANK"]),
            agent="",
            now=clock.now(),
        )
    browser.sign_in(token)
    inside = [stop for stop in stops(app, api=False) if not stop.rule.rule.startswith(WITHOUT_BANK)]

    def walk(theirs: bool) -> Iterator[tuple[Stop, TestResponse]]:
        for stop in inside:
            if (stop.mark.level == "commissioner") == theirs:
                yield stop, ask(browser, stop, address(stop, world, world.slug))

    assert faults(walk(True), lambda answer: answer.status_code in (200, 422)) == []
    assert faults(walk(False), lambda answer: answer.status_code == 403) == []
    elsewhere = (
        (stop, ask(browser, stop, address(stop, world, world.other_slug))) for stop in inside
    )
    assert faults(elsewhere, lambda answer: answer.status_code == 404) == []
    front = browser.get(f"/b/{world.slug}/").text
    assert "Whitlock" not in front
    # Her first name stands there beside what she lets anybody read.
    assert front.count("Joan") == 1


# ---- Members of the same bank, and those who act for somebody ----


def _zoe(world: World, *, acts_for: str | None) -> int:
    """A member who has no part in anything that is in the town, and may act for somebody: for Gil,
    who has none either, or for Joan, whose everything is."""
    with world.app.app_context(), transaction() as session:
        bank = banks.by_slug(session, world.slug)
        zoe, gil = make_member(session, bank, "Zoe"), make_member(session, bank, "Gil")
        helped = {"Gil": gil.id, "Joan": world.people["member"]}.get(acts_for or "")
        if helped is not None:
            broker = actor(session.get_one(Member, world.people["broker"]))
            helping.grant_helper(session, bank, helped, zoe.id, Act(broker, NOW))
        return zoe.id


def _let_in(
    world: World, browser: Browser, headers: dict[str, str]
) -> tuple[set[str], dict[str, str]]:
    """Endpoints for members, of those that name a row, which did not refuse this caller; and what
    each of the others answered that is no refusal of them: a state, a fault in a form."""
    open_to_them: set[str] = set()
    beside: dict[str, str] = {}
    for stop in stops(world.app, levels=("member",)):
        if stop.names_something:
            where = address(stop, world, world.slug)
            answer = ask(browser, stop, where, headers if stop.of_api else None)
            if answer.status_code < 400:
                open_to_them.add(stop.rule.endpoint)
            elif answer.status_code not in (403, 404):
                beside[stop.rule.endpoint] = f"{stop} {answer.status_code}"
    return open_to_them, beside


@pytest.mark.parametrize("acts_for", [None, "Gil"])
def test_what_is_between_others_is_nothing_to_a_member_or_to_who_acts_for_another(
    app, world, sign_in, bearer, acts_for
):
    zoe = _zoe(world, acts_for=acts_for)
    open_to_them, beside = _let_in(world, sign_in(zoe), bearer(zoe))
    assert open_to_them == OPEN_TO_MEMBERS
    assert beside.keys() <= OPEN_TO_MEMBERS | ONCE_ON_THE_LIST, beside


def test_who_acts_for_somebody_is_let_in_for_them_and_to_nothing_that_stays_their_own(
    app, world, sign_in, bearer
):
    zoe = _zoe(world, acts_for="Joan")
    open_to_them, beside = _let_in(world, sign_in(zoe), bearer(zoe))
    theirs = OPEN_TO_MEMBERS | ONCE_ON_THE_LIST | OPEN_TO_HELPERS
    assert open_to_them | beside.keys() <= theirs
    assert {"exchanges.show", "api.accounts.statement", "directory.withdraw"} <= open_to_them


# ---- Keys that are over, and keys for less ----


def _key(world: World, new: NewToken, *, days_ago: int = 0, staff: bool = True) -> str:
    with world.app.app_context(), transaction() as session:
        bank = banks.by_slug(session, world.slug)
        owen = actor(session.get_one(Member, world.people["coordinator"]))
        made = Act(owen, clock.now() - timedelta(days=days_ago))
        return access_service.make_token(session, bank, owen.member_id, new, made, staff=staff)


def _end_key_of(world: World, role: str) -> None:
    with world.app.app_context(), transaction() as session:
        bank = banks.by_slug(session, world.slug)
        owner = world.people["coordinator"]
        key = session.execute(
            select(Token.id).where(Token.member_id == owner).order_by(Token.id.desc()).limit(1)
        ).scalar_one()
        by = actor(session.get_one(Member, world.people[role]))
        access_service.revoke_token(session, bank, key, Act(by, clock.now()))


def test_a_key_that_is_over_opens_nothing_and_is_told_why(app, world, sign_in):
    over = {
        "has run out": _key(world, NewToken("old", Scope.WRITE, days=1), days_ago=2),
        "taken away by its owner": _key(world, NewToken("ended", Scope.WRITE)),
    }
    _end_key_of(world, "coordinator")
    browser = sign_in()
    for why, key in over.items():
        walk = (
            (stop, ask(browser, stop, address(stop, world, world.slug), _bearing(key)))
            for stop in stops(app, api=True)
        )

        def expected(answer: TestResponse, why: str = why) -> bool:
            return answer.status_code == 401 and why in answer.json["message"]

        assert faults(walk, expected) == []


def test_a_key_made_without_a_second_factor_opens_nothing_of_the_staff(app, world, sign_in):
    key = _key(world, NewToken("plain", Scope.WRITE), staff=False)
    browser = sign_in()
    walk = (
        (stop, ask(browser, stop, address(stop, world, world.slug), _bearing(key)))
        for stop in stops(app, api=True, levels=("broker", "coordinator"))
    )
    assert (
        faults(
            walk,
            lambda answer: (
                answer.status_code == 403 and "without a second factor" in answer.json["message"]
            ),
        )
        == []
    )


def _bearing(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


# ---- Looking changes nothing ----


LOOKING_LEAVES = {
    "block": "the seal of the books, which a report goes by",
    "event": "the numbers of events, which are given where they are first read",
    "concern_reading": "who has read a concern, and when",
    "conversation_reading": "that it was read",
    "note_reading": "who has read a note, and when",
    "kept_report": "the report that was made, so that it is the same again",
    "kept_evidence": "the evidence that was made, so that it is the same again",
    "network_place": "where somebody stands in the drawing, so that they stand there again",
    "embedding": "what a search has made of words",
    "member_event": "that the staff took somebody’s data along",
}
"""What is written down when somebody only looks."""


@pytest.mark.parametrize("role", ["member", "coordinator"])
def test_nothing_is_changed_by_looking_at_it(app, database, sign_in, bearer, role):
    world = make_world(app)
    browser, headers = sign_in(world.people[role]), bearer(world.people[role])
    watch = Watch(app, database)
    levels = ("public", *SIGNED_IN[: SIGNED_IN.index(role) + 1])
    for stop in stops(app, levels=levels):
        if stop.method in READS:
            where = address(stop, world, world.slug)
            ask(browser, stop, where, headers if stop.of_api else None).close()
    changed = {what.split()[0] for what in watch.changed(0)}
    watch.close()
    assert changed <= LOOKING_LEAVES.keys()


# ---- The watch itself ----


def test_the_watch_sees_what_a_refused_call_leaves_behind(app, world, sign_in):
    """A view that writes and then refuses, as none of ours does."""

    @access("public")
    def leaves_something() -> tuple[str, int]:
        with transaction() as session:
            banks.by_slug(session, world.slug).about = "written"
        return "no", 403

    app._got_first_request = False
    app.add_url_rule("/leaves", view_func=leaves_something, methods=["POST"])
    browser = sign_in()
    with pytest.raises(AssertionError, match="bank UPDATE"):
        browser.post("/leaves")

"""Whoever leaves is forgotten, in every table; the books stay as they were."""

import base64
import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import inspect, select, text
from sqlalchemy.orm import Session

from tests.factories import (
    NOW,
    actor,
    make_bank,
    make_group,
    make_logged_exchange,
    make_meeting,
    make_member,
    make_notice,
    make_organisation,
    post_listing,
    system,
)
from tests.leaving.conftest import BORN, PLANTED, WRITTEN
from timebank.act import Act, Channel, Word
from timebank.activities import queries as activities
from timebank.activities import register, signing
from timebank.activities import service as activities_service
from timebank.activities.models import Activity, ActivitySession, Contribution, SignUp
from timebank.activities.rules import (
    Mark,
    NewSponsorship,
    Occasion,
)
from timebank.app import FEATURES
from timebank.banks.models import Bank
from timebank.desk import service as desk_service
from timebank.desk.rules import NewNote
from timebank.errors import NotAllowed, NotFound
from timebank.exchanges import service as exchanges_service
from timebank.exchanges.leaving import of_party
from timebank.exchanges.models import Exchange, Gift
from timebank.exchanges.rules import NewGift, NewLog, Proposal
from timebank.home.rules import GONE
from timebank.imports import service as imports_service
from timebank.imports.models import Upload
from timebank.imports.rules import Files, How, Imported, NewUpload
from timebank.leaving import queries, service
from timebank.leaving.rules import Farewell
from timebank.ledger import queries as ledger
from timebank.members import acts, partners
from timebank.members import queries as members
from timebank.members import service as members_service
from timebank.members.errors import LastCoordinator, NotInThatState
from timebank.members.models import Member
from timebank.members.rules import FORMER, Details
from timebank.notices import service as notices_service
from timebank.notices.models import Notice
from timebank.skills.leaving import WORDLESS
from timebank.skills.models import Listing


def every_value(session: Session) -> Iterator[tuple[str, str]]:
    """Each value of each row of each table, as text, with the table's name. What is packed is
    unpacked."""
    connection = session.connection()
    for table in inspect(connection).get_table_names():
        for row in connection.execute(text(f'SELECT * FROM "{table}"')).mappings():
            for value in row.values():
                words = (
                    bytes(value).decode(errors="ignore")
                    if isinstance(value, bytes | memoryview)
                    else str(value)
                )
                yield table, words
                if table == "request_once" and words.startswith("{"):
                    yield table, base64.b64decode(json.loads(words)["body"]).decode()


def traces(session: Session) -> set[tuple[str, str]]:
    """Where something of what was planted is found: table and planted word."""
    planted = [*PLANTED.values(), *WRITTEN, "Philomena", "Quirke", BORN.isoformat()]
    found = {
        (table, word)
        for table, value in every_value(session)
        for word in planted
        if word.casefold() in value.casefold()
    }
    session.expire_all()
    return found


def test_nothing_personal_is_left_in_any_table(
    session: Session, bank: Bank, leaver: Member
) -> None:
    before = traces(session)
    tables = {
        "member",
        "account",
        "contact",
        "helper",
        "exchange",
        "exchange_step",
        "gift",
        "listing",
        "notice",
        "token",
    }
    tables |= {
        "message",
        "message_report",
        "call_note",
        "activity",
        "activity_session",
        "outcome",
        "quote",
    }
    tables.add("request_once")
    assert tables <= {table for table, _ in before}
    assert {word for _, word in before} >= {*PLANTED.values(), *WRITTEN, BORN.isoformat()}
    service.leave(session, bank, leaver.id, FEATURES, Farewell(), Act(actor(leaver), NOW))
    session.flush()
    assert traces(session) == set()


def test_a_file_that_waits_is_thrown_away_and_other_banks_files_stay(
    session: Session, bank: Bank, leaver: Member
) -> None:
    other = make_bank(session)
    for one in (bank, other):
        file = f"number,name\nP9,{PLANTED['name']}\n".encode()
        imports_service.hand_in(
            session,
            one,
            NewUpload(How(Imported.MEMBERS), Files("members.csv", file)),
            Act(system(one), NOW),
        )
    service.leave(session, bank, leaver.id, FEATURES, Farewell(), Act(actor(leaver), NOW))
    assert session.execute(select(Upload.bank_id)).scalars().all() == [other.id]


def test_the_books_stay_balanced_and_the_hours_where_they_were(
    session: Session, bank: Bank, leaver: Member
) -> None:
    account_id = leaver.account_id or 0
    assert ledger.balance(session, bank, account_id) == 75
    lines = ledger.lines(session, bank, account_id)
    service.leave(session, bank, leaver.id, FEATURES, Farewell(), Act(actor(leaver), NOW))
    state = ledger.account(session, bank, account_id)
    assert (state.label, state.balance, state.closed_at) == (FORMER, 0, NOW)
    assert ledger.chest(session, bank).balance == 75
    settlement, *earlier = ledger.lines(session, bank, account_id)
    assert (settlement.kind, settlement.minutes, earlier) == ("settlement", -75, lines)
    assert session.execute(text("SELECT sum(balance) FROM account")).scalar() == 0


def test_what_is_under_way_is_called_off_and_the_others_are_told(
    session: Session, bank: Bank, leaver: Member
) -> None:
    assert queries.parting(session, bank, leaver.account_id or 0) == queries.Parting(
        balance=75, to_chest=75, under_way=2
    )
    service.leave(session, bank, leaver.id, FEATURES, Farewell(), Act(actor(leaver), NOW))
    session.expire_all()
    theirs = (
        select(Exchange.status).where(*of_party(bank, leaver.account_id or 0)).order_by(Exchange.id)
    )
    assert list(session.execute(theirs).scalars()) == ["confirmed", "cancelled", "cancelled"]
    others = select(Exchange.status, Exchange.title).where(Exchange.title != WORDLESS)
    assert [tuple(row) for row in session.execute(others)] == [("logged", "Weeding")]
    told = select(Notice.subject).where(
        Notice.cause.startswith("leaving:"), Notice.address == "ben@example.org"
    )
    assert list(session.execute(told).scalars()) == ["An exchange was called off"] * 2
    ended = select(Notice.subject).where(
        Notice.cause.like("helper:%:revoked"), Notice.address == "ben@example.org"
    )
    assert sorted(session.execute(ended).scalars()) == [
        "Ben no longer acts for Former member",
        "Former member no longer acts for Ben",
    ]


def test_offers_and_requests_are_withdrawn_without_their_words(
    session: Session, bank: Bank, leaver: Member
) -> None:
    session.execute(
        text("UPDATE listing SET broker_id = :her WHERE status = 'open'"), {"her": leaver.id}
    )
    service.leave(session, bank, leaver.id, FEATURES, Farewell(), Act(actor(leaver), NOW))
    session.expire_all()
    left = [
        (one.status, one.closed_at, one.title, one.description, one.area, one.broker_id)
        for one in session.execute(select(Listing).order_by(Listing.id)).scalars()
    ]
    assert left == [(status, NOW, "Help", "", None, None) for status in ("withdrawn", "met")]


@pytest.mark.parametrize("gone_out", [False, True])
def test_what_she_offers_is_struck_from_the_weekly_letters_of_others(
    session: Session, bank: Bank, leaver: Member, gone_out: bool
) -> None:
    bos = select(Notice).where(
        Notice.cause == "digest:2026-W46", Notice.address == "bo@example.org"
    )
    letter = session.execute(bos).scalar_one()
    assert "- Bellows mended (Philomena Quirke, Nettlebed)\n" in letter.body
    if gone_out:
        notices_service.mark_sent(session, letter.id, now=NOW)
    service.leave(session, bank, leaver.id, FEATURES, Farewell(), Act(actor(leaver), NOW))
    session.expire_all()
    letter = session.execute(bos).scalar_one()
    assert "Bellows" not in letter.body
    assert str(GONE) in letter.body


def test_letters_to_others_about_others_are_left_alone(
    session: Session, bank: Bank, leaver: Member
) -> None:
    ben, cy = (
        session.execute(select(Member).where(Member.name == name)).scalar_one()
        for name in ("Ben", "Cy")
    )
    weeding = select(Notice.body).where(
        Notice.addressee == f"member:{ben.id}", Notice.body.contains("Weeding")
    )
    before = list(session.execute(weeding).scalars())
    assert before
    assert cy.name in before[0]
    service.leave(session, bank, leaver.id, FEATURES, Farewell(), Act(actor(leaver), NOW))
    assert list(session.execute(weeding).scalars()) == before


def test_a_name_within_a_longer_one_is_left_alone(session: Session, bank: Bank) -> None:
    ann, annabel = (
        make_member(session, bank, "Ann"),
        make_member(session, bank, "Annabel", email="annabel@example.org"),
    )
    notice = make_notice("Annabel, Ann says hello", "Annabel", cause="x")
    acts.tell(session, bank, annabel.id, notice, now=NOW)
    service.leave(session, bank, ann.id, FEATURES, Farewell(), Act(actor(ann), NOW))
    assert (
        session.execute(select(Notice.subject).where(Notice.cause == "x")).scalar()
        == "Annabel, Former member says hello"
    )


@pytest.mark.parametrize(
    ("words", "becomes"),
    [
        ("Rang JOAN  WHITLOCK about it.", "Rang Former member about it."),
        ("Mrs Whitlock was out, Mr. Whitlock not.", "Former member was out, Former member not."),
        ("The Whitlocks and Joan Whitlocke stay.", "The Whitlocks and Joan Whitlocke stay."),
        ("Joan rang, another one.", "Joan rang, another one."),
    ],
)
def test_notes_about_others_name_them_no_longer(
    session: Session, bank: Bank, words: str, becomes: str
) -> None:
    joan, ben = make_member(session, bank, "Joan Whitlock"), make_member(session, bank, "Ben")
    note = desk_service.note_call(session, bank, ben.id, NewNote(words), Act(system(bank), NOW))
    service.leave(session, bank, joan.id, FEATURES, Farewell(), Act(system(bank), NOW))
    session.refresh(note)
    assert note.words == becomes


def test_guests_who_were_written_down_by_their_name_are_guests_still(
    session: Session, bank: Bank
) -> None:
    joan = make_member(session, bank, "Joan Whitlock")
    meeting = make_meeting(session, bank, starts_at=NOW - timedelta(hours=2))
    guests = ("Joan Whitlock's sister", "Mrs Whitlock", "Joan from the corner")
    marks = [Mark(guest=guest, part="attended") for guest in guests]
    register.mark(session, bank, meeting.id, marks, Act(system(bank), NOW))
    service.leave(session, bank, joan.id, FEATURES, Farewell(), Act(system(bank), NOW))
    there = session.execute(select(Contribution).order_by(Contribution.id)).scalars().all()
    named = [row.guest for row in there]
    assert named == [f"Guest {there[0].id}", f"Guest {there[1].id}", "Joan from the corner"]
    assert "whitlock" not in str([row.guest_key for row in there])


def test_who_may_take_whom_out(session: Session, bank: Bank) -> None:
    ana, ben = make_member(session, bank), make_member(session, bank, "Ben")
    bo, co = (
        make_member(session, bank, "Bo", role="broker"),
        make_member(session, bank, "Co", role="coordinator"),
    )
    eve = make_member(session, make_bank(session, name="Other"), "Eve")
    for whom, by in ((ana, ben), (bo, ana), (co, bo)):
        with pytest.raises(NotAllowed):
            service.leave(session, bank, whom.id, FEATURES, Farewell(), Act(actor(by), NOW))
    with pytest.raises(NotFound):
        service.leave(session, bank, eve.id, FEATURES, Farewell(), Act(actor(co), NOW))
    with pytest.raises(LastCoordinator):
        service.leave(session, bank, co.id, FEATURES, Farewell(), Act(actor(co), NOW))
    applicant = members_service.join(session, bank, Details("Joan"), now=NOW)
    with pytest.raises(NotInThatState):
        service.leave(session, bank, applicant.id, FEATURES, Farewell(), Act(actor(bo), NOW))
    service.leave(session, bank, ana.id, FEATURES, Farewell(), Act(actor(bo), NOW))
    service.leave(session, bank, bo.id, FEATURES, Farewell(), Act(actor(co), NOW))


def test_a_partnership_ends_with_what_was_under_way(session: Session, bank: Bank) -> None:
    ana, partner = make_member(session, bank), make_organisation(session, bank)
    asked = {
        "giver_id": ana.account_id or 0,
        "receiver_id": partner.account_id,
        "title": "Paint the door",
    }
    proposed = exchanges_service.propose(
        session, bank, Proposal(**asked), Act(actor(ana), NOW)
    ).exchange
    bo = make_member(session, bank, "Bo", role="broker")
    with pytest.raises(NotAllowed):
        service.end_partnership(
            session, bank, partner.id, FEATURES, Farewell(), Act(actor(bo), NOW)
        )
    wish = {
        "holder_id": partner.account_id,
        "title": "Serving lunch",
        "act": Act(system(bank), NOW),
    }
    wanted = post_listing(session, bank, "request", **wish)
    service.end_partnership(session, bank, partner.id, FEATURES, Farewell(), Act(system(bank), NOW))
    assert (wanted.status, wanted.title) == ("withdrawn", "Serving lunch")
    assert (proposed.status, proposed.title) == ("cancelled", "Paint the door")
    assert ledger.account(session, bank, partner.account_id).closed_at == NOW


def test_who_is_no_partner_any_more_sponsors_nothing_more(session: Session, bank: Bank) -> None:
    partner = make_organisation(session, bank)
    new = NewSponsorship(partner.id, 600, NOW.date(), NOW.date(), "The café")
    ended, agreed = (
        activities_service.sponsor(session, bank, new, Act(system(bank), NOW)) for _ in range(2)
    )
    activities_service.end_sponsorship(
        session, bank, ended.id, Act(system(bank), NOW - timedelta(days=1))
    )
    service.end_partnership(session, bank, partner.id, FEATURES, Farewell(), Act(system(bank), NOW))
    assert (ended.ended_at, agreed.ended_at) == (NOW - timedelta(days=1), NOW)


def test_what_she_took_part_in_stays_counted_and_others_have_her_place(
    session: Session, bank: Bank, leaver: Member
) -> None:
    to_come = session.execute(
        select(ActivitySession).where(ActivitySession.starts_at > NOW)
    ).scalar_one()
    ben = session.execute(select(Member).where(Member.name == "Ben")).scalar_one()
    assert (
        signing.sign_up(session, bank, to_come.id, ben.id, Act(actor(ben), NOW)).status == "waiting"
    )
    activities_service.change_session(
        session,
        bank,
        to_come.id,
        Occasion(NOW + timedelta(days=2), 60, places=1),
        Act(system(bank), NOW),
    )
    before = activities.codelivery(session, bank)
    service.leave(session, bank, leaver.id, FEATURES, Farewell(), Act(actor(leaver), NOW))
    assert activities.codelivery(session, bank) == before
    assert session.execute(select(SignUp.member_id, SignUp.status)).all() == [(ben.id, "coming")]
    assert session.execute(select(Activity.resident_lead_id)).scalar_one() is None
    said = select(Notice.subject).where(
        Notice.addressee == f"member:{ben.id}", Notice.cause.like("session:%")
    )
    assert set(session.execute(said).scalars()) == {
        "Repair café: another time or place",
        "You have a place: Repair café",
    }


def test_it_is_said_when_hours_of_theirs_are_not_in_the_books_yet(
    session: Session, bank: Bank
) -> None:
    ana = make_member(session, bank)
    assert queries.parting(session, bank, ana.account_id or 0).unposted == 0
    meeting = make_meeting(session, bank)
    register.mark(
        session, bank, meeting.id, [Mark(ana.id, part="led", prepared=15)], Act(system(bank), NOW)
    )
    assert queries.parting(session, bank, ana.account_id or 0).unposted == 1
    register.mark(
        session,
        bank,
        meeting.id,
        [Mark(ana.id, part="led", without_hours=True)],
        Act(system(bank), NOW),
    )
    assert queries.parting(session, bank, ana.account_id or 0).unposted == 0


def test_what_is_held_says_what_somebody_leads_means_to_come_to_and_took_part_in(
    session: Session, bank: Bank, leaver: Member
) -> None:
    held = queries.held(session, bank, leaver.id, FEATURES, now=NOW)["activities"]
    assert held["you_lead"] == [{"activity": "Repair café", "as": "resident"}]
    (coming,) = held["you_meant_to_come_to"]
    assert (coming["activity"], coming["on"], coming["status"]) == (
        "Repair café",
        "2026-11-13",
        "coming",
    )
    parts = [(one["on"], one["part"], one["minutes"]) for one in held["you_took_part_in"]]
    assert parts == [("2026-11-12", "led", 60), ("2026-11-12", "prepared", 15)]
    (quoted,) = held["you_are_quoted"]
    assert (quoted["words"], quoted["said_by"]) == ("Do come.", "Philomena Quirke")
    assert held["guests_by_your_name"] == []


def test_what_is_held_names_guests_who_were_written_down_by_ones_name(
    session: Session, bank: Bank
) -> None:
    joan = make_member(session, bank, "Joan Whitlock")
    meeting = make_meeting(session, bank, starts_at=NOW - timedelta(hours=2))
    marks = [Mark(guest=guest, part="attended") for guest in ("Mrs Whitlock", "The Whitlocks")]
    register.mark(session, bank, meeting.id, marks, Act(system(bank), NOW))
    held = queries.held(session, bank, joan.id, FEATURES, now=NOW)["activities"]
    assert held["guests_by_your_name"] == ["Mrs Whitlock"]


def test_a_leaver_can_take_away_everything_that_is_held(
    session: Session, bank: Bank, leaver: Member
) -> None:
    held = json.dumps(queries.held(session, bank, leaver.id, FEATURES, now=NOW), ensure_ascii=False)
    missing = [word for word in [*PLANTED.values(), *WRITTEN, BORN.isoformat()] if word not in held]
    assert missing == []
    for secret in ("password_hash", "token_hash", "totp_secret", "session_key"):
        assert secret not in held


def test_what_is_held_on_others_stays_with_them(
    session: Session, bank: Bank, leaver: Member
) -> None:
    ben = session.execute(select(Member).where(Member.name == "Ben")).scalar_one()
    held = json.dumps(queries.held(session, bank, ben.id, FEATURES, now=NOW))
    for theirs in ("email", "phone", "address", "area", "about"):
        assert PLANTED[theirs] not in held
    assert BORN.isoformat() not in held


def test_history_keeps_who_did_it(session: Session, bank: Bank, leaver: Member) -> None:
    """Steps taken by and for somebody who has left name them by their key, which says nothing any
    more."""
    exchange = make_logged_exchange(
        session,
        bank,
        leaver,
        session.execute(select(Member).where(Member.name == "Ben")).scalar_one(),
    )
    service.leave(session, bank, leaver.id, FEATURES, Farewell(), Act(actor(leaver), NOW))
    rows = session.execute(
        text("SELECT step, by FROM exchange_step WHERE exchange_id = :id ORDER BY id"),
        {"id": exchange.id},
    )
    assert [tuple(row) for row in rows] == [
        ("logged", f"member:{leaver.id}"),
        ("cancelled", f"member:{leaver.id}"),
    ]


def test_a_word_on_paper_is_forgotten_too(session: Session, bank: Bank, leaver: Member) -> None:
    ben = session.execute(select(Member).where(Member.name == "Ben")).scalar_one()
    bo = session.execute(select(Member).where(Member.name == "Bo")).scalar_one()
    told = {
        "occurred_on": NOW.date(),
        "minutes": 60,
        "title": "Overstated",
    }
    signed = Act(actor(bo), NOW, Word(Channel.PAPER, ben.account_id, "2214"))
    sides = {"giver_id": ben.account_id or 0, "receiver_id": leaver.account_id or 0}
    exchanges_service.log_new(session, bank, NewLog(**sides, **told, another=True), signed)
    service.leave(session, bank, leaver.id, FEATURES, Farewell(), Act(actor(bo), NOW))
    session.flush()
    assert traces(session) == set()


def test_a_group_ends_with_what_was_under_way(session: Session, bank: Bank) -> None:
    ana, bo = make_member(session, bank), make_member(session, bank, "Bo", role="broker")
    choir = make_group(session, bank, "Choir", [bo])
    asked = {
        "giver_id": ana.account_id or 0,
        "receiver_id": choir.account_id,
        "title": "Song sheets",
    }
    proposed = exchanges_service.propose(
        session, bank, Proposal(**asked), Act(actor(ana), NOW)
    ).exchange
    wish = {"holder_id": choir.account_id, "title": "A piano", "act": Act(actor(bo), NOW)}
    wanted = post_listing(session, bank, "request", **wish)
    with pytest.raises(NotAllowed):
        service.close_group(session, bank, choir.id, FEATURES, Farewell(), Act(actor(bo), NOW))
    service.close_group(session, bank, choir.id, FEATURES, Farewell(), Act(system(bank), NOW))
    assert (proposed.status, wanted.status, wanted.title) == ("cancelled", "withdrawn", "A piano")
    assert ledger.account(session, bank, choir.account_id).closed_at == NOW


def test_ones_groups_are_held_with_when_they_were_joined_and_left(
    session: Session, bank: Bank, leaver: Member
) -> None:
    choir, band = (
        make_group(session, bank, "Choir", [leaver]),
        make_group(session, bank, "Band", [leaver]),
    )
    partners.leave_group(
        session, bank, choir.id, leaver.id, Act(actor(leaver), NOW + timedelta(days=1))
    )
    held = queries.held(session, bank, leaver.id, FEATURES, now=NOW)["groups"]
    assert [(one["name"], one["left_at"]) for one in held] == [
        ("Choir", (NOW + timedelta(days=1)).isoformat()),
        ("Band", None),
    ]
    service.leave(session, bank, leaver.id, FEATURES, Farewell(), Act(actor(leaver), NOW))
    assert members.people_of(session, bank, [band.id])[band.id] == []


def test_why_the_chest_gave_stays_without_the_name_of_who_has_left(
    session: Session, bank: Bank, leaver: Member
) -> None:
    chest = ledger.chest(session, bank).id
    bo, ben = (
        session.execute(select(Member).where(Member.name == name)).scalar_one()
        for name in ("Bo", "Ben")
    )
    exchanges_service.give(
        session,
        bank,
        NewGift(from_id=leaver.account_id or 0, to_id=chest, minutes=75),
        Act(actor(leaver), NOW),
    )
    for to, why in ((leaver, "A course"), (ben, "Asked for by Philomena Quirke")):
        said = {
            "message": why,
            "decided_by": "Philomena Quirke and Bo",
        }
        exchanges_service.give(
            session, bank, NewGift(chest, to.account_id or 0, 15, **said), Act(actor(bo), NOW)
        )
    service.leave(session, bank, leaver.id, FEATURES, Farewell(), Act(actor(leaver), NOW))
    kept = (
        select(Gift.message, Gift.decided_by).where(Gift.decided_by.is_not(None)).order_by(Gift.id)
    )
    decided = f"{FORMER} and Bo"
    assert [tuple(row) for row in session.execute(kept)] == [
        ("A course", decided),
        (f"Asked for by {FORMER}", decided),
    ]
    session.flush()
    assert traces(session) == set()

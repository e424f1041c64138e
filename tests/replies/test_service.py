"""Links by which what notices ask is answered: made while they are sent, each for one member and
one question, once."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from tests.factories import (
    NOW,
    actor,
    change_details,
    make_activity,
    make_bank,
    make_group,
    make_logged_exchange,
    make_meeting,
    make_member,
    post_listing,
    system,
)
from tests.races import outcome_behind
from timebank.act import OWN_WORD, Act, Channel
from timebank.activities import queries as activities
from timebank.activities import service as activities_service
from timebank.activities import signing
from timebank.activities.rules import Occasion
from timebank.app import FEATURES
from timebank.banks.models import Bank
from timebank.db import WRITING
from timebank.directory import service as directory_service
from timebank.errors import Invalid
from timebank.exchanges import queries as exchanges
from timebank.exchanges import service as exchanges_service
from timebank.exchanges import waiting
from timebank.exchanges.models import Exchange, Step
from timebank.exchanges.rules import Figures, Note, Proposal
from timebank.leaving import service as leaving_service
from timebank.leaving.rules import Farewell
from timebank.ledger import queries as ledger
from timebank.matching import service as matching_service
from timebank.matching.models import Introduction
from timebank.matching.rules import NewIntroduction
from timebank.members import helping
from timebank.members import queries as members
from timebank.members import service as members_service
from timebank.members.models import Member
from timebank.members.rules import Details
from timebank.messages import service as messages_service
from timebank.messages.rules import Words
from timebank.notices import service as notices_service
from timebank.notices.models import Notice
from timebank.notices.rules import Addressee, Letter, NoticeChannel
from timebank.notices.service import Digest
from timebank.replies import leaving, queries, service
from timebank.replies.errors import AnsweredAlready, LinkEnded, NoSuchLink, NothingToAnswer
from timebank.replies.models import ReplyLink
from timebank.replies.rules import Given, State
from timebank.replies.service import Sending
from timebank.room import Ask
from timebank.say import say
from timebank.skills.rules import ListingStatus

QUESTIONS = {kind: one for room in FEATURES for kind, one in room.questions.items()}
SENDING = Sending(
    "https://tb.example",
    "for tests only " * 4,
    lambda bank, link: f"page of {link.endpoint}",
    QUESTIONS.__getitem__,
)
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def bank(session: Session) -> Bank:
    return make_bank(session, slug="fife")


@pytest.fixture
def ben(session: Session, bank: Bank) -> Member:
    return make_member(session, bank, "Ben", email="ben@example.org")


@pytest.fixture
def joan(session: Session, bank: Bank) -> Member:
    return make_member(session, bank, "Joan", email="joan@example.org")


@pytest.fixture
def helped(session: Session, bank: Bank, ben: Member, joan: Member) -> Exchange:
    """An hour that Ben logged, and Joan is asked about."""
    return make_logged_exchange(session, bank, ben, joan)


def last_told(session: Session, member: Member) -> Notice:
    theirs = select(Notice).where(Notice.addressee == f"member:{member.id}")
    return session.execute(theirs.order_by(Notice.id.desc()).limit(1)).scalar_one()


def sent(session: Session, member: Member, *, now: Any = NOW) -> Ask | None:
    """What the last notice to somebody carries as it is sent."""
    return service.ask(session, last_told(session, member).id, SENDING, now=now)


def code_in(ask: Ask | None) -> str:
    assert ask is not None
    assert ask.address.startswith("https://tb.example/a/"), ask.address
    return ask.address.removeprefix("https://tb.example/a/").removesuffix("/by-program")


def code_for(session: Session, member: Member) -> str:
    return code_in(sent(session, member))


def gone_out(session: Session) -> None:
    """All letters were taken by the other side."""
    session.execute(update(Notice).values(sent_at=NOW))


def answer(session: Session, code: str, reply: str, note: str = "", *, now: Any = LATER) -> None:
    service.answer(session, code, Given(reply, note), SENDING.questions, now=now)


def state(session: Session, code: str, *, now: Any = LATER) -> State | None:
    opened = queries.opened(session, code, SENDING.questions, now=now)
    return opened.state if opened else None


def last_step(session: Session, exchange: Exchange) -> Step:
    bank = session.get_one(Bank, exchange.bank_id)
    return session.get_one(Step, exchanges.last_step(session, bank, exchange.id))


# ---- Making a link ----


def test_a_link_is_made_while_its_letter_is_sent_and_kept_by_its_hash_alone(
    session: Session, helped: Exchange, joan: Member
):
    ask = sent(session, joan)
    code = code_in(ask)
    assert ask is not None
    assert ask.until == (NOW + timedelta(days=14)).date()
    link = session.execute(select(ReplyLink)).scalar_one()
    assert (link.member_id, link.asks, link.address) == (
        joan.id,
        "exchanges.confirm",
        "joan@example.org",
    )
    everything = " ".join(
        str(value)
        for row in session.execute(text("SELECT * FROM reply_link")).all()
        + session.execute(text("SELECT * FROM notice")).all()
        for value in row
    )
    assert code not in everything
    assert code.replace("-", "") not in everything


def test_a_letter_that_is_sent_again_has_the_same_link(
    session: Session, helped: Exchange, joan: Member
):
    first = code_for(session, joan)
    assert code_in(sent(session, joan, now=LATER)) == first
    answer(session, first, "right")
    # Sent once more after it was answered, it asks nothing anew.
    again = sent(session, joan, now=LATER)
    assert again is not None
    assert again.address == "page of exchanges.show"
    assert state(session, first) == State.ANSWERED


def test_another_installation_and_another_notice_have_other_codes(
    session: Session, bank: Bank, helped: Exchange, ben: Member, joan: Member
):
    first = code_for(session, joan)
    make_logged_exchange(session, bank, ben, joan, title="Leaves")
    assert code_for(session, joan) != first
    elsewhere = replace(SENDING, key="another key, " * 4)
    ask = service.ask(session, last_told(session, joan).id, elsewhere, now=NOW)
    assert ask is not None
    assert ask.address != f"https://tb.example/a/{first}"


def test_whose_address_is_anothers_too_signs_in_first(
    session: Session, bank: Bank, helped: Exchange, joan: Member
):
    make_member(session, bank, "Jim", email="Joan@Example.org")
    ask = sent(session, joan)
    assert ask is not None
    assert (ask.address, ask.until) == ("page of exchanges.show", None)
    assert session.execute(select(ReplyLink)).first() is None


def test_who_asks_to_join_from_the_same_address_shares_it(
    session: Session, bank: Bank, helped: Exchange, joan: Member
):
    jim = Details(name="Jim", email="joan@example.org")
    members_service.join(session, bank, jim, now=NOW)
    ask = sent(session, joan)
    assert ask is not None
    assert ask.until is None


def test_who_speaks_for_a_group_signs_in_first(
    session: Session, bank: Bank, ben: Member, joan: Member
):
    choir = make_group(session, bank, "Choir", [joan])
    proposal = Proposal(ben.account_id or 0, choir.account_id, "Chairs")
    exchanges_service.propose(session, bank, proposal, Act(actor(ben), NOW))
    ask = sent(session, joan)
    assert ask is not None
    assert (ask.address, ask.until) == ("page of exchanges.show", None)


def test_a_notice_for_somebody_to_pass_on_has_no_link(session: Session, bank: Bank, ben: Member):
    ida = make_member(session, bank, "Ida")
    make_logged_exchange(session, bank, ben, ida)
    notice = last_told(session, ida)
    assert notice.channel == NoticeChannel.CALL
    ask = sent(session, ida)
    assert ask is not None
    assert ask.until is None  # Nothing but a page on which one signs in could be named.
    assert "http" not in notice.body


def test_a_letter_that_did_not_get_through_leaves_no_question_to_be_passed_on(
    session: Session, helped: Exchange, joan: Member
):
    notices_service.mark_failed(session, last_told(session, joan).id, error="550 No", now=NOW)
    call = last_told(session, joan)
    assert (call.channel, call.asks, call.about) == (NoticeChannel.CALL, None, None)


def test_who_reads_figures_from_outside_is_asked_nothing(session: Session, bank: Bank):
    letter = Letter(say("Hello"), say("Is that right?"))
    to = Addressee("commissioner:1", "Reader", email="reader@example.org")
    digest = Digest(to, NoticeChannel.EMAIL, replace(letter, asks="home.weekly"), 1)
    notices_service.write_digests(session, bank, [digest], week="2026-W46", now=NOW)
    notice = session.execute(select(Notice)).scalar_one()
    assert service.ask(session, notice.id, SENDING, now=NOW) is None


# ---- Answering ----


def test_a_yes_by_the_link_moves_the_hours_on_the_members_own_word(
    session: Session, bank: Bank, helped: Exchange, ben: Member, joan: Member
):
    code = code_for(session, joan)
    assert "1 hour" in last_told(session, joan).body  # Whose and how many stands in the letter.
    answer(session, code.upper().replace("-", " "), "right")
    assert helped.status == "confirmed"
    assert ledger.balance(session, bank, ben.account_id or 0) == 60
    step = last_step(session, helped)
    assert (step.by, step.on_word_of, step.channel) == (f"member:{joan.id}", None, Channel.LINK)


def test_a_link_answers_once(session: Session, helped: Exchange, joan: Member):
    code = code_for(session, joan)
    answer(session, code, "right")
    for reply in ("right", "wrong"):
        with pytest.raises(AnsweredAlready):
            answer(session, code, reply, "It was less.")
    assert helped.status == "confirmed"
    assert state(session, code) == State.ANSWERED


def test_what_is_missing_is_said_and_the_link_stays_good(
    session: Session, helped: Exchange, joan: Member
):
    code = code_for(session, joan)
    for reply, note in (("wrong", ""), ("nonsense", ""), ("", "")):
        with pytest.raises(Invalid), session.begin_nested():
            answer(session, code, reply, note)
        session.expire_all()
    assert state(session, code) == State.OPEN
    answer(session, code, "wrong", "It was half an hour.")
    assert (helped.status, last_step(session, helped).note) == ("disputed", "It was half an hour.")


def test_a_link_that_is_one_letter_off_opens_nothing(
    session: Session, helped: Exchange, joan: Member
):
    code = code_for(session, joan)
    off = ("1" if code[0] != "1" else "2") + code[1:]
    assert queries.opened(session, off, SENDING.questions, now=LATER) is None
    with pytest.raises(NoSuchLink):
        answer(session, off, "right")
    assert helped.status == "logged"


def test_a_link_ends(session: Session, helped: Exchange, joan: Member):
    code = code_for(session, joan)
    end = NOW + timedelta(days=14)
    assert state(session, code, now=end - timedelta(seconds=1)) == State.OPEN
    assert state(session, code, now=end) == State.LATE
    with pytest.raises(LinkEnded):
        answer(session, code, "right", now=end)
    assert helped.status == "logged"


@pytest.mark.parametrize(
    ("settle", "become"),
    [
        (exchanges_service.cancel, "This was called off."),
        (exchanges_service.confirm, "This has been confirmed already, and the hours have moved."),
    ],
)
def test_what_was_settled_another_way_is_said(
    session: Session,
    bank: Bank,
    ben: Member,
    joan: Member,
    helped: Exchange,
    settle: Any,
    become: str,
):
    code = code_for(session, joan)
    by = ben if settle is exchanges_service.cancel else joan
    settle(session, bank, helped.id, Act(actor(by), NOW))
    assert state(session, code) == State.SETTLED
    with pytest.raises(NothingToAnswer, match=become):
        answer(session, code, "right")


def test_a_link_answers_what_its_letter_said_and_not_what_was_put_in_its_place(
    session: Session, bank: Bank, ben: Member, joan: Member, helped: Exchange
):
    code = code_for(session, joan)
    exchanges_service.dispute(session, bank, helped.id, Act(actor(joan), NOW), note="Half an hour.")
    exchanges_service.log(
        session, bank, helped.id, Figures(NOW.date(), 600), Act(actor(ben), LATER)
    )
    with pytest.raises(NothingToAnswer):
        answer(session, code, "right")
    assert helped.status == "logged"
    anew = code_for(session, joan)
    assert state(session, anew) == State.OPEN


def test_a_reminder_asks_the_same_and_either_link_answers(
    session: Session, bank: Bank, joan: Member, helped: Exchange
):
    first = code_for(session, joan)
    later = NOW + timedelta(days=bank.waiting_days / 2, hours=1)
    assert waiting.remind(session, bank, now=later) == 1
    reminder = code_in(sent(session, joan, now=later))
    assert reminder != first
    answer(session, first, "right", now=later)
    assert state(session, reminder, now=later) == State.SETTLED


def test_of_two_who_answer_at_once_one_does(engine: Engine):
    with Session(engine) as session:
        session.connection(execution_options=WRITING)
        bank = make_bank(session, slug="fife")
        ben = make_member(session, bank, "Ben", email="ben@example.org")
        joan = make_member(session, bank, "Joan", email="joan@example.org")
        exchange_id = make_logged_exchange(session, bank, ben, joan).id
        code, giver_id = code_for(session, joan), ben.account_id or 0
        session.commit()
    outcome = outcome_behind(
        engine,
        lambda session: answer(session, code, "right"),
        lambda session: answer(session, code, "wrong", "It was less."),
    )
    assert outcome == "AnsweredAlready"
    with Session(engine) as session:
        bank = session.execute(select(Bank)).scalar_one()
        assert session.get_one(Exchange, exchange_id).status == "confirmed"
        assert ledger.balance(session, bank, giver_id) == 60


def test_of_a_link_and_a_page_at_once_one_answers(engine: Engine):
    with Session(engine) as session:
        session.connection(execution_options=WRITING)
        bank = make_bank(session, slug="fife")
        ben = make_member(session, bank, "Ben", email="ben@example.org")
        joan = make_member(session, bank, "Joan", email="joan@example.org")
        exchange_id = make_logged_exchange(session, bank, ben, joan).id
        code, by = code_for(session, joan), actor(joan)
        session.commit()

    def on_its_page(session: Session) -> object:
        bank = session.execute(select(Bank)).scalar_one()
        return exchanges_service.confirm(session, bank, exchange_id, Act(by, LATER))

    outcome = outcome_behind(engine, on_its_page, lambda session: answer(session, code, "right"))
    assert outcome in ("NothingToAnswer", "WrongMoment")
    with Session(engine) as session:
        assert session.execute(select(ReplyLink.used_at)).scalar_one() is None


def test_the_database_lets_a_link_be_used_once(session: Session, helped: Exchange, joan: Member):
    answer(session, code_for(session, joan), "right")
    with pytest.raises(DBAPIError, match="answers once"), session.begin_nested():
        session.execute(update(ReplyLink).values(used_at=None, reply=None))
    with pytest.raises(DBAPIError), session.begin_nested():
        session.execute(text("INSERT INTO reply_link SELECT * FROM reply_link"))


# ---- Whose it is no more ----


def test_a_link_of_somebody_who_left_opens_nothing(
    session: Session, bank: Bank, helped: Exchange, joan: Member
):
    code = code_for(session, joan)
    act = Act(system(bank), LATER)
    leaving_service.leave(session, bank, joan.id, FEATURES, Farewell(), act)
    assert queries.opened(session, code, SENDING.questions, now=LATER) is None


def test_a_link_between_two_who_are_kept_apart_since_reveals_nothing(
    session: Session, bank: Bank, ben: Member, joan: Member, helped: Exchange
):
    code = code_for(session, joan)
    gone_out(session)
    helping.keep_apart(session, bank, ben.id, joan.id, Act(actor(ben), NOW))
    opened = queries.opened(session, code, SENDING.questions, now=LATER)
    assert opened is not None
    assert (opened.state, opened.asked) == (State.GONE, None)
    with pytest.raises(NoSuchLink):
        answer(session, code, "right")
    assert sent(session, joan) is None


@pytest.mark.parametrize("email", ["joan@elsewhere.example", None])
def test_a_link_to_an_address_that_is_the_members_no_more_opens_nothing(
    session: Session, bank: Bank, joan: Member, helped: Exchange, email: str | None
):
    code = code_for(session, joan)
    change_details(session, bank, joan.id, Act(system(bank), NOW), email=email)
    assert state(session, code) == State.GONE
    with pytest.raises(NoSuchLink):
        answer(session, code, "right")


def test_a_link_to_an_address_that_became_anothers_too_opens_nothing(
    session: Session, bank: Bank, joan: Member, helped: Exchange
):
    code = code_for(session, joan)
    make_member(session, bank, "Jim", email="joan@example.org")
    assert state(session, code) == State.GONE


def test_a_broker_answers_by_link_as_any_member_does(session: Session, bank: Bank, ben: Member):
    maggie = make_member(session, bank, "Maggie", role="broker", email="maggie@example.org")
    helped = make_logged_exchange(session, bank, ben, maggie)
    code = code_for(session, maggie)
    act = queries.act_of(session, bank, maggie.id, LATER)
    assert not act.by.is_broker
    answer(session, code, "right")
    assert helped.status == "confirmed"


def test_links_are_erased_a_while_after_their_end(
    session: Session, bank: Bank, helped: Exchange, joan: Member
):
    code = code_for(session, joan)
    leaving.expire(session, bank, NOW + timedelta(days=44))
    assert state(session, code) == State.OPEN
    leaving.expire(session, bank, NOW + timedelta(days=44, seconds=1))
    assert queries.opened(session, code, SENDING.questions, now=LATER) is None


def test_what_was_answered_by_links_is_taken_along(
    session: Session, bank: Bank, helped: Exchange, joan: Member
):
    code = code_for(session, joan)
    assert leaving.export(session, bank, joan) == {"answered_by_link": []}
    answer(session, code, "right")
    (told,) = leaving.export(session, bank, joan)["answered_by_link"]
    assert (told["asks"], told["reply"]) == ("exchanges.confirm", "right")
    assert "token_hash" not in told


# ---- Each question ----


@pytest.mark.parametrize(("reply", "status"), [("yes", "agreed"), ("no", "declined")])
def test_asked_help(
    session: Session, bank: Bank, ben: Member, joan: Member, reply: str, status: str
):
    proposal = Proposal(ben.account_id or 0, joan.account_id or 0, "Hedge")
    made = exchanges_service.propose(session, bank, proposal, Act(actor(joan), NOW))
    answer(session, code_for(session, ben), reply)
    assert made.exchange.status == status


def test_a_dispute_and_a_report_are_answered_on_their_pages(
    session: Session, bank: Bank, ben: Member, joan: Member, helped: Exchange
):
    make_member(session, bank, "Maggie", role="broker", email="maggie@example.org")
    exchanges_service.dispute(session, bank, helped.id, Act(actor(joan), NOW), note="Less.")
    asks = session.execute(select(Notice.asks).order_by(Notice.id.desc()).limit(2)).scalars().all()
    assert {*asks} == {"exchanges.disputed", "exchanges.settle"}
    for notice in session.execute(select(Notice).where(Notice.asks.in_(asks))).scalars():
        ask = service.ask(session, notice.id, SENDING, now=NOW)
        assert ask is not None
        assert (ask.address, ask.until) == ("page of exchanges.show", None)


def introduced(session: Session, bank: Bank, ben: Member, joan: Member) -> Introduction:
    maggie = make_member(session, bank, "Maggie", role="broker")
    request = post_listing(
        session,
        bank,
        "request",
        Act(actor(joan), NOW),
        holder_id=joan.account_id,
        title="My tap is dripping",
    )
    new = NewIntroduction(giver_id=ben.account_id or 0)
    return matching_service.introduce(session, bank, request.id, new, Act(actor(maggie), NOW))


def test_an_introduction_is_answered_by_one_and_then_the_other(
    session: Session, bank: Bank, ben: Member, joan: Member
):
    made = introduced(session, bank, ben, joan)
    answer(session, code_for(session, ben), "write")
    assert (made.giver_says, made.giver_email, made.giver_phone) == ("yes", True, False)
    answer(session, code_for(session, joan), "yes")
    assert (made.status, made.receiver_email) == ("agreed", False)
    assert "ben@example.org" in last_told(session, joan).body
    assert "joan@example.org" not in last_told(session, ben).body


def test_nobody_gives_a_number_that_they_do_not_have(
    session: Session, bank: Bank, ben: Member, joan: Member
):
    introduced(session, bank, ben, joan)
    code = code_for(session, ben)
    opened = queries.opened(session, code, SENDING.questions, now=LATER)
    assert opened is not None
    assert opened.asked is not None
    assert {*opened.asked.barred} == {"ring", "both"}
    with pytest.raises(Invalid):
        answer(session, code, "ring")


def test_an_introduction_that_was_called_off_is_looked_at_on_its_page(
    session: Session, bank: Bank, ben: Member, joan: Member
):
    made = introduced(session, bank, ben, joan)
    matching_service.withdraw(session, bank, made.id, Note(""), Act(system(bank), NOW))
    told = session.execute(
        select(Notice).where(Notice.asks == "matching.introduction")
    ).scalar_one()
    ask = service.ask(session, told.id, SENDING, now=NOW)
    assert ask is not None
    assert ask.until is None


def test_an_introduction_of_two_kept_apart_since_reveals_nothing(
    session: Session, bank: Bank, ben: Member, joan: Member
):
    introduced(session, bank, ben, joan)
    code = code_for(session, ben)
    gone_out(session)
    helping.keep_apart(session, bank, joan.id, ben.id, Act(actor(joan), NOW))
    assert state(session, code) == State.GONE


def test_who_signed_up_says_whether_they_come_when_it_is_moved(
    session: Session, bank: Bank, joan: Member
):
    tomorrow = NOW + timedelta(days=1)
    meeting = make_meeting(session, bank, make_activity(session, bank), starts_at=tomorrow)
    signing.sign_up(session, bank, meeting.id, joan.id, Act(actor(joan), NOW))

    def move(days: int) -> str:
        when = Occasion(starts_at=NOW + timedelta(days=days), minutes=60)
        now = NOW + timedelta(minutes=days)
        activities_service.change_session(session, bank, meeting.id, when, Act(system(bank), now))
        return code_for(session, joan)

    first, second = move(2), move(3)
    # What the first letter said holds no more.
    assert state(session, first) == State.SETTLED
    answer(session, second, "not")
    assert activities.signed_up(session, bank, [joan.id], [meeting.id]) == {}


def test_who_was_given_a_place_says_that_they_come(
    session: Session, bank: Bank, ben: Member, joan: Member
):
    tomorrow = NOW + timedelta(days=1)
    meeting = make_meeting(
        session, bank, make_activity(session, bank), starts_at=tomorrow, places=1
    )
    for member in (ben, joan):
        signing.sign_up(session, bank, meeting.id, member.id, Act(actor(member), NOW))
    signing.withdraw(session, bank, meeting.id, ben.id, Act(actor(ben), NOW))
    answer(session, code_for(session, joan), "come")
    (row,) = activities.signed_up(session, bank, [joan.id], [meeting.id])[meeting.id]
    assert row.status == "coming"


@pytest.mark.parametrize("reply", ["on", "down"])
def test_an_offer_that_ends(session: Session, bank: Bank, joan: Member, reply: str):
    last = NOW.date() + timedelta(days=30)
    offer = post_listing(
        session,
        bank,
        "offer",
        Act(actor(joan), NOW),
        holder_id=joan.account_id,
        title="Taps",
        ends_on=last,
    )
    near = NOW + timedelta(days=25)
    assert directory_service.tell_of_endings(session, bank, now=near) == 1
    code = code_in(sent(session, joan, now=near))
    answer(session, code, reply, now=near)
    if reply == "on":
        assert offer.ends_on > last
    else:
        assert offer.status == ListingStatus.WITHDRAWN


def test_a_message_is_answered_by_who_has_signed_in(
    session: Session, bank: Bank, ben: Member, joan: Member, helped: Exchange
):
    words, act = Words("Thank you!"), Act(actor(ben), LATER)
    messages_service.write_about_exchange(session, bank, helped.id, words, act)
    ask = sent(session, joan)
    assert ask is not None
    assert (ask.address, ask.until) == ("page of messages.show", None)


def weekly(session: Session, bank: Bank, joan: Member) -> Ask | None:
    addressee = Addressee(f"member:{joan.id}", joan.name, email=joan.email)
    letter = Letter(say("Your week"), say("You have an hour."), "home.weekly")
    digest = Digest(addressee, NoticeChannel.EMAIL, letter, joan.id)
    notices_service.write_digests(session, bank, [digest], week="2026-W46", now=NOW)
    return sent(session, joan)


def test_the_weekly_letter_is_ended_by_its_link_and_nothing_else_is(
    session: Session, bank: Bank, joan: Member
):
    # Where it goes to two of a household, each ends their own.
    make_member(session, bank, "Jim", email="joan@example.org")
    before = members.preference(session, bank, joan.id)
    ask = weekly(session, bank, joan)
    assert ask is not None
    assert ask.by_program
    answer(session, code_in(ask), "stop")
    assert members.preference(session, bank, joan.id) == replace(before, digest=False)
    assert OWN_WORD.channel == Channel.WEB

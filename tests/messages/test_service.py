"""Conversations: who writes to whom, who is told, who reads, and what becomes of a report."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.factories import (
    NOW,
    actor,
    make_bank,
    make_group,
    make_member,
    make_organisation,
    post_listing,
    system,
)
from tests.messages.conftest import Close, later
from timebank.act import Act
from timebank.errors import Invalid, NotAllowed, NotFound
from timebank.members import meeting, partners
from timebank.members import service as members_service
from timebank.members.models import Member
from timebank.members.rules import NewContact, Showing
from timebank.messages import queries, rules, service
from timebank.messages.errors import (
    CannotWrite,
    ReportedAlready,
    SettledAlready,
    TooManyMessages,
    WordNeeded,
)
from timebank.messages.models import Conversation, Message
from timebank.messages.rules import STRANGERS_A_DAY, Complaint, Outcome, Words
from timebank.notices.models import Notice
from timebank.skills import service as skills_service

# ---- Writing ----


def test_two_write_to_each_other_about_what_one_offers(close: Close):
    first = close.write("Could you look at my tap?")
    second = close.answer(first, by=close.joan, act=Act(actor(close.joan), later(5)))
    assert (
        first.conversation_id == second.conversation_id == close.write("Thank you").conversation_id
    )
    seen = queries.show(close.session, close.bank, first.conversation_id, by=actor(close.joan))
    assert (seen.title, {seen.first.name, seen.second.name}) == (
        "Small plumbing jobs",
        {"Joan", "Ravi"},
    )
    seen = queries.show(close.session, close.bank, first.conversation_id, by=actor(close.joan))
    found = queries.messages(close.session, close.bank, seen)
    assert [(one.writer, one.message.words) for one in found][-2:] == [
        ("Joan", "On Thursday."),
        ("Ravi", "Could you look at my tap?"),
    ]


def test_the_other_is_told_without_an_address_and_once_until_they_read(close: Close):
    first = close.write("My tap drips.")
    close.write("And the other one.", act=Act(actor(close.ravi), later(1)))
    (notice,) = close.notices(close.joan)
    assert (notice.channel, notice.cause) == ("email", f"message:{first.id}")
    assert "My tap drips." in notice.body
    assert "ravi@example.org" not in notice.body + notice.subject
    service.mark_read(
        close.session, close.bank, first.conversation_id, Act(actor(close.joan), later(2))
    )
    close.write("Are you there?", act=Act(actor(close.ravi), later(3)))
    assert len(close.notices(close.joan)) == 2


def test_who_is_rung_is_told_of_each(close: Close):
    for words in ("Is it mended?", "Shall I bring a hinge?"):
        service.write_about_exchange(
            close.session,
            close.bank,
            close.gate.id,
            Words(words=words),
            Act(actor(close.ravi), NOW),
        )
    told = close.notices(close.edith)
    assert [
        (one.channel, words in one.body)
        for one, words in zip(told, ("Is it mended?", "hinge"), strict=True)
    ] == [
        ("call", True),
        ("call", True),
    ]
    assert len(queries.passed_on(close.session, close.bank, since=NOW - timedelta(days=1))) == 2


def test_a_helper_writes_and_reads_for_whom_they_help(close: Close):
    asked = service.write_about_exchange(
        close.session, close.bank, close.gate.id, Words(words="At two?"), Act(actor(close.hal), NOW)
    )
    assert (asked.from_id, asked.by) == (close.edith.id, f"member:{close.hal.id}")
    close.answer(asked, "Yes.", by=close.ravi)
    mine = queries.speaks_as(close.session, close.bank, actor(close.hal))
    unread = queries.unread(close.session, close.bank, mine, by=actor(close.hal))
    assert [one.unread for one in unread] == [1]
    service.mark_read(close.session, close.bank, asked.conversation_id, Act(actor(close.hal), NOW))
    assert queries.unread_count(close.session, close.bank, actor(close.hal)) == 0
    assert close.write(by=close.hal, on_word_of=close.edith.account_id).from_id == close.edith.id


def test_a_broker_writes_on_somebodys_word_and_says_how_it_came(close: Close):
    on_word = {"by": close.bo, "on_word_of": close.edith.account_id}
    with pytest.raises(WordNeeded):
        close.write(**on_word)
    made = close.write(**on_word, channel="phone")
    assert (made.from_id, made.by, made.channel) == (
        close.edith.id,
        f"member:{close.bo.id}",
        "phone",
    )
    with pytest.raises(NotFound):
        queries.show(close.session, close.bank, made.conversation_id, by=actor(close.bo))
    with pytest.raises(WordNeeded):
        close.answer(made, by=close.bo)
    answered = close.answer(made, by=close.bo, on_word_of=close.joan.account_id, channel="phone")
    assert answered.from_id == close.joan.id
    with pytest.raises(NotFound):
        close.answer(made, by=close.bo, on_word_of=close.cy.account_id, channel="phone")


def test_nobody_writes_for_somebody_they_do_not_help(close: Close):
    with pytest.raises(NotAllowed):
        close.write(by=close.cy, on_word_of=close.ravi.account_id)


def test_an_organisation_is_written_to_through_who_speaks_for_it(close: Close):
    partner = make_organisation(close.session, close.bank)
    asked = {
        "holder_id": partner.account_id,
        "title": "Readers wanted",
        "act": Act(system(close.bank), NOW),
    }
    listing = post_listing(close.session, close.bank, "request", **asked)

    def write(words: str):
        return service.write_about_listing(
            close.session, close.bank, listing.id, Words(words=words), Act(actor(close.ravi), NOW)
        )

    with pytest.raises(CannotWrite, match="No member speaks for Surgery"):
        write("I read aloud.")
    for one in (close.cy, close.hal):
        partners.add_contact(
            close.session,
            close.bank,
            partner.id,
            NewContact(member_id=one.id),
            Act(system(close.bank), NOW),
        )
    first = write("I read aloud.")
    assert [one.addressee for one in close.notices(close.cy)] == [f"member:{close.cy.id}"]
    members_service.pause(close.session, close.bank, close.cy.id, Act(system(close.bank), NOW))
    with pytest.raises(CannotWrite):
        write("Still there?")
    assert close.session.get_one(Conversation, first.conversation_id).listing_id == listing.id


def test_a_group_is_written_to_through_who_is_in_it(close: Close):
    choir = make_group(close.session, close.bank, "Choir")
    asked = {
        "holder_id": choir.account_id,
        "title": "A piano",
        "act": Act(system(close.bank), NOW),
    }
    listing = post_listing(close.session, close.bank, "request", **asked)

    def write():
        return service.write_about_listing(
            close.session, close.bank, listing.id, Words(words="Mine"), Act(actor(close.ravi), NOW)
        )

    with pytest.raises(CannotWrite, match="No member speaks for Choir"):
        write()
    partners.add_to_group(
        close.session, close.bank, choir.id, close.cy.id, Act(system(close.bank), NOW)
    )
    write()
    assert f"member:{close.cy.id}" in [one.addressee for one in close.notices(close.cy)]


@pytest.mark.parametrize("words", ["", "   ", "a" * 10_000, "ring\x00"])
def test_words_that_cannot_be_begin_nothing(close: Close, words: str):
    with pytest.raises(Invalid):
        close.write(words)
    assert close.session.execute(select(Conversation)).first() is None


def test_nobody_writes_to_themselves_or_about_what_stands_no_more(close: Close):
    with pytest.raises(CannotWrite, match="themselves"):
        close.write(by=close.joan)
    made = close.write()
    skills_service.withdraw(close.session, close.bank, close.taps.id, Act(actor(close.joan), NOW))
    assert close.write("Even so?").conversation_id == made.conversation_id
    with pytest.raises(CannotWrite, match="stands in the directory no more"):
        close.write(by=close.cy)


def test_who_is_kept_apart_cannot_write_either_way_and_is_told_nothing(close: Close):
    made = close.write()
    service.keep_apart(close.session, close.bank, made.conversation_id, Act(actor(close.joan), NOW))
    service.keep_apart(close.session, close.bank, made.conversation_id, Act(actor(close.joan), NOW))
    for by in (close.joan, close.ravi):
        with pytest.raises(CannotWrite, match="cannot be written to just now"):
            close.answer(made, by=by)
    assert close.notices(close.ravi) == []


def test_a_break_and_a_farewell_end_writing(close: Close):
    made = close.write()
    members_service.pause(close.session, close.bank, close.joan.id, Act(system(close.bank), NOW))
    with pytest.raises(CannotWrite, match="just now"):
        close.answer(made, by=close.ravi)
    with pytest.raises(CannotWrite, match="taking a break"):
        close.answer(made, by=close.joan)
    members_service.leave(close.session, close.bank, close.joan.id, Act(system(close.bank), NOW))
    with pytest.raises(CannotWrite, match="no longer take part"):
        close.answer(made, by=close.ravi)


def test_too_many_within_an_hour_are_refused_and_an_hour_later_taken(close: Close):
    for minute in range(rules.AN_HOUR):
        close.write(act=Act(actor(close.ravi), later(minute)))
    with pytest.raises(TooManyMessages):
        close.write(act=Act(actor(close.ravi), later(rules.AN_HOUR)))
    close.write(act=Act(actor(close.ravi), later(61)))


def test_only_the_two_and_who_helps_them_know_of_it(close: Close):
    made = close.write()
    eve = make_member(close.session, make_bank(close.session, name="Leith"), "Eve", "coordinator")
    for by in (close.cy, close.hal, close.bo):
        with pytest.raises(NotFound):
            queries.show(close.session, close.bank, made.conversation_id, by=actor(by))
    for by in (close.cy, close.hal):
        with pytest.raises(NotFound):
            close.answer(made, by=by)
        with pytest.raises(NotFound):
            service.report(close.session, close.bank, made.id, Complaint(), Act(actor(by), NOW))
    with pytest.raises(NotFound):
        service.write_about_exchange(
            close.session,
            close.bank,
            close.gate.id,
            Words(words="Me too"),
            Act(actor(close.cy), NOW),
        )
    elsewhere = close.session.get_one(type(close.bank), eve.bank_id)
    with pytest.raises(NotFound):
        queries.show(close.session, elsewhere, made.conversation_id, by=actor(eve))


# ---- Reports ----


def test_a_report_opens_the_conversation_to_brokers_until_it_is_settled(close: Close):
    made = close.write("Nasty words")
    report = service.report(
        close.session, close.bank, made.id, Complaint(why="It hurts."), Act(actor(close.joan), NOW)
    )
    with pytest.raises(ReportedAlready):
        service.report(close.session, close.bank, made.id, Complaint(), Act(actor(close.joan), NOW))
    told = (
        close.session.execute(select(Notice).where(Notice.cause == f"report:{report.id}"))
        .scalars()
        .all()
    )
    assert [one.addressee for one in told] == [f"member:{close.bo.id}"]
    assert "Nasty" not in told[0].body
    (waiting,) = queries.reports_to_settle(close.session, close.bank)
    assert (waiting.reporter.name, waiting.writer.name, waiting.message.words) == (
        "Joan",
        "Ravi",
        "Nasty words",
    )
    service.record_reading(
        close.session, close.bank, made.conversation_id, Act(actor(close.bo), NOW)
    )

    def readings(*people):
        to = [one.id for one in people]
        return [
            name
            for name, _ in queries.readings(close.session, close.bank, made.conversation_id, to=to)
        ]

    assert (readings(), readings(close.joan), readings(close.ravi)) == (["Bo"], ["Bo"], [])
    with pytest.raises(NotAllowed):
        service.settle(
            close.session, close.bank, report.id, Outcome(outcome="x"), Act(actor(close.joan), NOW)
        )
    with pytest.raises(Invalid):
        service.settle(
            close.session, close.bank, report.id, Outcome(outcome=" "), Act(actor(close.bo), NOW)
        )
    settled = Outcome("They have talked.", apart=True)
    service.settle(close.session, close.bank, report.id, settled, Act(actor(close.bo), NOW))
    with pytest.raises(SettledAlready):
        service.settle(close.session, close.bank, report.id, settled, Act(actor(close.bo), NOW))
    assert queries.reports_to_settle(close.session, close.bank) == []
    assert readings(close.ravi) == ["Bo"]
    joans, ravis = close.joan.account_id or 0, close.ravi.account_id or 0
    apart = meeting.among(close.session, close.bank, [joans, ravis], what="report")
    assert apart.keys() == {(joans, ravis), (ravis, joans)}
    with pytest.raises(NotFound):
        queries.show(close.session, close.bank, made.conversation_id, by=actor(close.bo))
    heard = select(Notice.body).where(Notice.cause == f"report:{report.id}:settled")
    assert "They have talked." in close.session.execute(heard).scalar_one()


def test_nobody_reports_their_own_words_and_no_broker_what_they_have_not_seen(close: Close):
    made = close.write()
    with pytest.raises(NotAllowed):
        service.report(close.session, close.bank, made.id, Complaint(), Act(actor(close.ravi), NOW))
    with pytest.raises(NotFound):
        service.report(close.session, close.bank, made.id, Complaint(), Act(actor(close.bo), NOW))
    rung = service.write_about_exchange(
        close.session, close.bank, close.gate.id, Words(words="Hm"), Act(actor(close.ravi), NOW)
    )
    assert (
        service.report(
            close.session, close.bank, rung.id, Complaint(), Act(actor(close.bo), NOW)
        ).member_id
        == close.edith.id
    )


def test_a_report_of_a_brokers_message_is_for_the_other_staff(close: Close):
    made = close.write(by=close.bo)
    report = service.report(
        close.session, close.bank, made.id, Complaint(), Act(actor(close.joan), NOW)
    )
    assert queries.reports_to_settle(close.session, close.bank, unless_by=close.bo.id) == []
    assert (
        close.session.execute(select(Notice).where(Notice.cause == f"report:{report.id}")).all()
        == []
    )
    with pytest.raises(NotAllowed):
        service.settle(
            close.session, close.bank, report.id, Outcome(outcome="Fine"), Act(actor(close.bo), NOW)
        )


def test_a_neighbour_who_lets_others_write_is_written_to_once_until_they_answer(close: Close):
    def write(to: Member, by: Member) -> Message:
        return service.write_to_neighbour(
            close.session, close.bank, to.id, Words("Hello!"), Act(actor(by), NOW)
        )

    def shows(member: Member, *, write: bool) -> None:
        showing = Showing(page=True, write=write)
        act = Act(actor(member), NOW)
        members_service.set_showing(close.session, close.bank, member.id, showing, act)

    with pytest.raises(NotFound):
        write(close.cy, close.ravi)
    shows(close.cy, write=False)
    with pytest.raises(CannotWrite, match="about something"):
        write(close.cy, close.ravi)
    shows(close.cy, write=True)
    asked = write(close.cy, close.ravi)
    (notice,) = close.notices(close.cy)
    assert notice.subject == "Ravi has written to you"
    for again in (lambda: write(close.cy, close.ravi), lambda: close.answer(asked, by=close.ravi)):
        with pytest.raises(CannotWrite, match="once there is an answer"):
            again()
    seen = queries.show(close.session, close.bank, asked.conversation_id, by=actor(close.ravi))
    hindered = queries.hindrance(close.session, close.bank, seen, by=actor(close.ravi))
    assert "once there is an answer" in str(hindered)
    close.answer(asked, by=close.cy)
    assert close.answer(asked, by=close.ravi).conversation_id == asked.conversation_id
    shows(close.cy, write=False)
    assert write(close.cy, close.ravi).conversation_id == asked.conversation_id


def test_nobody_writes_to_one_neighbour_after_another(close: Close):
    for number in range(STRANGERS_A_DAY + 1):
        other = make_member(close.session, close.bank, f"Nell {number}")
        showing = Showing(page=True, write=True)
        act = Act(actor(other), NOW)
        members_service.set_showing(close.session, close.bank, other.id, showing, act)
        words, by_ravi = Words("Buy my soap"), Act(actor(close.ravi), NOW)
        if number < STRANGERS_A_DAY:
            service.write_to_neighbour(close.session, close.bank, other.id, words, by_ravi)
            continue
        with pytest.raises(TooManyMessages, match="for the first time today"):
            service.write_to_neighbour(close.session, close.bank, other.id, words, by_ravi)
        tomorrow = Act(actor(close.ravi), NOW + timedelta(days=1, minutes=1))
        service.write_to_neighbour(close.session, close.bank, other.id, words, tomorrow)

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.factories import NOW, make_bank, system, write_notice
from tests.races import outcome_behind
from timebank.db import WRITING
from timebank.jobs import queries as jobs
from timebank.notices import queries, service
from timebank.notices.errors import NoSuchNotice, NotACall
from timebank.notices.models import Notice

LATER = NOW + timedelta(hours=1)


@pytest.fixture
def bank(session):
    return make_bank(session)


def notices(session):
    session.expire_all()
    return session.execute(select(Notice).order_by(Notice.id)).scalars().all()


def queued(session):
    return jobs.counts(session).get(("notices.send", "waiting"), 0)


def test_somebody_with_an_address_is_told_by_email(session, bank):
    write_notice(session, bank)
    (notice,) = notices(session)
    assert (notice.channel, notice.address, notice.sent_at) == ("email", "joan@example.org", None)
    assert queued(session) == 1


@pytest.mark.parametrize("email", [None, ""])
def test_somebody_without_an_address_is_told_by_a_broker(session, bank, email):
    write_notice(session, bank, email=email)
    (notice,) = queries.to_tell(session, bank, 10)
    assert (notice.channel, notice.address, notice.name) == ("call", None, "Joan Keane")
    assert queued(session) == 0


def test_nobody_is_told_the_same_thing_twice(session, bank):
    write_notice(session, bank)
    write_notice(session, bank, subject="Again")
    assert [notice.subject for notice in notices(session)] == ["Ben logged an hour"]
    assert queued(session) == 1


def test_two_people_are_told_of_one_cause(session, bank):
    write_notice(session, bank)
    write_notice(session, bank, addressee="member:13", email="ben@example.org")
    assert len(notices(session)) == 2


def test_the_same_cause_in_two_banks_is_two_causes(session, bank):
    write_notice(session, bank)
    write_notice(session, make_bank(session, name="Leith"))
    assert len(notices(session)) == 2


def test_what_could_break_a_header_is_taken_out_when_it_is_written(session, bank):
    write_notice(
        session,
        bank,
        name="Joan\nBcc: all@example.org",
        subject="Hello\r\nX-Evil: yes",
        email="joan@example.org\n",
    )
    (notice,) = notices(session)
    assert (notice.name, notice.subject) == ("Joan Bcc: all@example.org", "Hello X-Evil: yes")
    assert notice.address == "joan@example.org"


def test_calls_wait_oldest_first_in_their_own_bank_only(session, bank):
    other = make_bank(session, name="Leith")
    write_notice(session, bank, email=None, cause="later", now=LATER)
    write_notice(session, bank, email=None, cause="sooner")
    write_notice(session, other, email=None, cause="elsewhere")
    assert [notice.cause for notice in queries.to_tell(session, bank, 10)] == ["sooner", "later"]
    assert [notice.cause for notice in queries.to_tell(session, bank, 1)] == ["sooner"]


def test_a_person_sees_what_they_were_told_newest_first(session, bank):
    write_notice(session, bank, cause="first")
    write_notice(session, bank, cause="second", email=None)
    write_notice(session, bank, cause="other", addressee="member:13")
    assert [notice.cause for notice in queries.told(session, bank, "member:12", 10)] == [
        "second",
        "first",
    ]


def test_a_broker_who_has_rung_says_so_and_the_first_one_counts(session, bank):
    write_notice(session, bank, email=None)
    (notice,) = queries.to_tell(session, bank, 10)
    service.mark_told(session, bank, notice.id, by=system(bank), now=NOW)
    service.mark_told(session, bank, notice.id, by=system(bank), now=LATER)
    assert (notice.sent_at, notice.told_by) == (NOW, "system:test")
    assert queries.to_tell(session, bank, 10) == []


def test_an_email_cannot_be_marked_as_told(session, bank):
    write_notice(session, bank)
    with pytest.raises(NotACall):
        service.mark_told(session, bank, notices(session)[0].id, by=system(bank), now=NOW)


def test_another_banks_notice_does_not_exist_here(session, bank):
    write_notice(session, make_bank(session, name="Leith"), email=None)
    with pytest.raises(NoSuchNotice):
        service.mark_told(session, bank, notices(session)[0].id, by=system(bank), now=NOW)


def test_an_email_that_cannot_be_delivered_is_passed_on_by_a_broker(session, bank):
    write_notice(session, bank)
    email = notices(session)[0]
    service.mark_failed(session, email.id, error="550 No such person", now=LATER)
    email, call = notices(session)
    assert (email.failed_at, email.error) == (LATER, "550 No such person")
    assert (call.channel, call.subject, call.body, call.addressee) == (
        "call",
        email.subject,
        email.body,
        "member:12",
    )
    assert call.error == "The e-mail to joan@example.org did not get through: 550 No such person"
    assert queries.to_tell(session, bank, 10) == [call]


def test_a_sent_email_cannot_fail_afterwards(session, bank):
    write_notice(session, bank)
    (notice,) = notices(session)
    service.mark_sent(session, notice.id, now=LATER)
    service.mark_failed(session, notice.id, error="550", now=LATER)
    (notice,) = notices(session)
    assert (notice.sent_at, notice.failed_at) == (LATER, None)


def test_leaving_drops_what_has_not_gone_out_and_blanks_the_rest(session, bank):
    for cause in ("sent", "failed", "waiting"):
        write_notice(session, bank, cause=cause)
    write_notice(session, bank, cause="rung", email=None)
    write_notice(session, bank, cause="not rung", email=None)
    write_notice(session, bank, cause="other", addressee="member:13", name="Ben")
    by_cause = {notice.cause: notice.id for notice in notices(session)}
    service.mark_sent(session, by_cause["sent"], now=LATER)
    service.mark_failed(
        session, by_cause["failed"], error="550 joan@example.org unknown", now=LATER
    )
    service.mark_told(session, bank, by_cause["rung"], by=system(bank), now=LATER)
    service.forget(session, bank, "member:12")
    left = {notice.cause: notice for notice in notices(session)}
    assert set(left) == {"sent", "failed", "rung", "other"}
    for cause in ("sent", "failed", "rung"):
        notice = left[cause]
        assert (notice.name, notice.address or "", notice.subject, notice.body, notice.error) == (
            "",
            "",
            "",
            "",
            None,
        )
    assert left["other"].name == "Ben"


def test_leaving_one_bank_is_not_leaving_another(session, bank):
    other = make_bank(session, name="Leith")
    write_notice(session, other)
    service.forget(session, bank, "member:12")
    assert notices(session)[0].name == "Joan Keane"


def test_of_two_who_say_at_once_how_somebody_likes_to_be_told_the_second_holds(engine):
    with Session(engine, expire_on_commit=False) as session:
        session.connection(execution_options=WRITING)
        bank = make_bank(session)
        session.commit()

    def likes(channel):
        wishes = {"channel": channel, "quiet_from": None, "quiet_until": None, "digest": True}
        return lambda session: service.set_preference(session, bank, "member:12", **wishes)

    assert outcome_behind(engine, likes("letter"), likes("call")) == "done"
    with Session(engine) as session:
        assert queries.preference(session, bank, "member:12").channel == "call"

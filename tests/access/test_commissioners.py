"""People outside the bank who read its figures: invited, let in by a link, and let in no more."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.factories import actor, make_bank, make_member
from timebank.access import commissioners, links, queries, sessions
from timebank.access.errors import LinkGone
from timebank.access.models import Commissioner
from timebank.access.rules import Lasting, NewCommissioner, SignedInBy
from timebank.act import Act, Actor
from timebank.banks.models import Bank
from timebank.errors import Conflict, Invalid, NotAllowed, NotFound
from timebank.members.models import Member
from timebank.notices.models import Notice

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)


@pytest.fixture
def bank(session: Session) -> Bank:
    return make_bank(session)


@pytest.fixture
def owen(session: Session, bank: Bank) -> Member:
    return make_member(session, bank, "Owen", "coordinator")


def invite(
    session: Session, bank: Bank, by: Member, email: str = "Jo@Council.example"
) -> Commissioner:
    jo = NewCommissioner("Jo Lister", email, "Council")
    act = Act(actor(by), NOW)
    return commissioners.invite(session, bank, jo, act)


def code(session: Session) -> str:
    """Of the latest letter, as it is made while it is sent; nothing of it is kept in the outbox."""
    notice = session.execute(select(Notice).order_by(Notice.id.desc()).limit(1)).scalar_one()
    assert "sign-in/link" not in notice.body
    way = commissioners.fill(session, notice.cause, site="http://localhost", now=NOW)
    assert way is not None
    return re.search(r"/sign-in/link/(\S+)", way.link)[1]


def begun(session: Session, person: Actor) -> str:
    """The token of a session that begins."""
    hour = timedelta(hours=1)
    return sessions.begin(session, person, SignedInBy.LINK, Lasting(*[hour] * 5), agent="", now=NOW)


def test_who_is_invited_is_sent_a_link_that_signs_them_in_once(session, bank, owen):
    jo = invite(session, bank, owen)
    link = code(session)
    assert commissioners.link_holder(session, link, now=NOW) is jo
    person, _ = links.use_any(session, link, browser="hers", now=NOW)
    assert (person.role, person.key, person.member_id, person.account_id) == (
        "commissioner",
        f"commissioner:{jo.id}",
        None,
        None,
    )
    assert queries.signed_in(session, begun(session, person)).actor == person
    assert queries.signed_in(session, "another") is None
    # She clicked twice; nobody else may.
    links.use_any(session, link, browser="hers", now=NOW)
    with pytest.raises(LinkGone):
        links.use_any(session, link, browser="somebody else's", now=NOW)
    assert commissioners.link_holder(session, link, now=NOW) is None


def test_a_link_runs_out(session, bank, owen):
    invite(session, bank, owen)
    late = NOW + timedelta(days=commissioners.INVITATION_DAYS, minutes=1)
    with pytest.raises(LinkGone):
        links.use_any(session, code(session), browser="hers", now=late)


def test_another_link_takes_the_place_of_the_one_before(session, bank, owen):
    jo = invite(session, bank, owen)
    first = code(session)
    commissioners.send_link(session, bank, jo, minutes=60, now=NOW)
    with pytest.raises(LinkGone):
        links.use_any(session, first, browser="hers", now=NOW)
    links.use_any(session, code(session), browser="hers", now=NOW)


def test_whoever_asks_with_the_address_is_sent_a_link_and_a_fresh_invitation_is_not_taken_back(
    session, bank, owen
):
    invite(session, bank, owen)
    how = {"minutes": 60, "now": NOW}
    commissioners.send_links(session, bank, "jo@council.example", **how)
    assert len(session.execute(select(Notice)).all()) == 1
    invitation = code(session)
    links.use_any(session, invitation, browser="hers", now=NOW)
    commissioners.send_links(session, bank, " JO@council.example", **how)
    assert code(session) != invitation
    letters = len(session.execute(select(Notice)).all())
    commissioners.send_links(session, bank, "somebody@else.example", **how)
    assert len(session.execute(select(Notice)).all()) == letters


def test_who_is_let_in_no_more_is_out_at_once_and_forgotten(session, bank, owen):
    jo = invite(session, bank, owen)
    person, _ = links.use_any(session, code(session), browser="hers", now=NOW)
    token = begun(session, person)
    commissioners.end(session, bank, jo.id, Act(actor(owen), NOW))
    assert queries.signed_in(session, token) is None
    assert (jo.name, jo.email) == ("", "")
    assert commissioners.commissioners(session, bank) == []
    with pytest.raises(NotFound):
        commissioners.commissioner(session, bank, jo.id)
    # The same address may be invited again.
    assert invite(session, bank, owen).id != jo.id


def test_bad_invitations_are_refused(session, bank, owen):
    with pytest.raises(Invalid):
        invite(session, bank, owen, "no address")
    invite(session, bank, owen)
    with pytest.raises(Conflict):
        invite(session, bank, owen, "jo@council.EXAMPLE")
    with pytest.raises(NotAllowed):
        invite(
            session, bank, make_member(session, bank, "Maggie", "broker"), "other@council.example"
        )


def test_a_commissioner_of_one_bank_is_none_of_another(session, bank, owen):
    jo = invite(session, bank, owen)
    other = make_bank(session, name="Other", slug="other")
    with pytest.raises(NotFound):
        commissioners.commissioner(session, other, jo.id)
    assert commissioners.commissioners(session, other) == []

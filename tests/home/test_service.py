"""To whom the weekly letter is written, when, and of what."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, event, select

from tests.factories import (
    actor,
    change_details,
    make_activity,
    make_bank,
    make_logged_exchange,
    make_meeting,
    make_member,
    make_organisation,
    post_listing,
    system,
)
from timebank.act import Act
from timebank.activities import service as activities_service
from timebank.activities import signing
from timebank.app import FEATURES
from timebank.exchanges.rules import Side
from timebank.home import rules, service
from timebank.jobs.models import Job
from timebank.matching import service as matching_service
from timebank.matching.rules import Answer, NewIntroduction, Says
from timebank.members import helping, partners
from timebank.members import service as members_service
from timebank.members.rules import NewContact, Wishes
from timebank.messages import service as messages_service
from timebank.messages.rules import Words
from timebank.notices import service as notices_service
from timebank.notices.models import Notice, Preference
from timebank.skills import queries as skills
from timebank.skills import service as skills_service

THURSDAY = datetime(2026, 11, 26, 8, 30, tzinfo=UTC)
TUESDAY = THURSDAY - timedelta(days=2)
WEEK = "2026-W48"


@pytest.fixture
def bank(session):
    bank = make_bank(session, slug="fife", contact_name="Maggie", contact_phone="01632 960 140")
    skills_service.plant_tree(session, bank)
    return bank


@pytest.fixture
def ana(session, bank):
    return make_member(session, bank, "Ana Lund", email="ana@example.org", area="Mill Lane")


@pytest.fixture
def ben(session, bank):
    """Somebody to read of; he himself gets no letter."""
    return make_member(session, bank, "Ben Okri", area="Canal Street")


def post(session, bank, holder, title, kind="offer", posted=TUESDAY, **details):
    given = {
        "holder_id": holder.account_id,
        "title": title,
        "act": Act(system(bank), posted),
        **details,
    }
    return post_listing(session, bank, kind, **given)


def prefer(session, bank, member, **wishes):
    members_service.set_preference(
        session, bank, member.id, Wishes(**wishes), Act(actor(member), TUESDAY)
    )


def run(session, bank, now=THURSDAY, week=WEEK):
    """Let the jobs of a week run to their end; the letters of that week that there are then, by
    name."""
    if bank.id in service.waiting_for_letters(session, now, 0, 10):
        service.begin_digests(session, bank, now=now)
    while (
        jobs := session.execute(
            select(Job).where(Job.kind == service.WRITE_DIGESTS, Job.done_at.is_(None))
        )
        .scalars()
        .all()
    ):
        for job in jobs:
            job.done_at = now
            chosen = {"week": job.payload["week"], "after": job.payload["after"]}
            service.write_digests(
                session,
                job.payload["bank"],
                FEATURES,
                **chosen,
                base_url="https://tb.example/",
                now=now,
            )
    session.expire_all()
    found = session.execute(
        select(Notice).where(Notice.bank_id == bank.id, Notice.cause == f"digest:{week}")
    )
    return {notice.name: notice for notice in found.scalars()}


def test_what_is_new_is_told_once_in_a_week(session, bank, ana, ben):
    post(session, bank, ben, "Mending bicycles")
    letter = run(session, bank)["Ana Lund"]
    assert (letter.channel, letter.address, letter.created_at) == (
        "email",
        "ana@example.org",
        THURSDAY,
    )
    assert letter.subject == "Your week: 1 new offer"
    assert "- Mending bicycles (Ben Okri)\n  https://tb.example/b/fife/directory/" in letter.body
    assert "in another way, ring Maggie 01632 960 140 or say so" in letter.body
    post(session, bank, ben, "Mending clocks", posted=THURSDAY + timedelta(hours=1))
    later = run(session, bank, THURSDAY + timedelta(days=1))
    assert [one.body for one in later.values()] == [letter.body]
    following = run(session, bank, THURSDAY + timedelta(days=7), "2026-W49")["Ana Lund"]
    assert "Mending clocks" in following.body
    assert "Mending bicycles" not in following.body
    assert session.get(Preference, (bank.id, f"member:{ana.id}")).digest_at == THURSDAY + timedelta(
        days=7
    )


def test_what_is_on_is_named_beside_the_news_and_is_none_by_itself(session, bank, ana, ben):
    cafe = make_activity(session, bank, place="The hall")
    soon, off, later = (
        make_meeting(session, bank, cafe, starts_at=THURSDAY + timedelta(days=days))
        for days in (2, 3, 12)
    )
    signing.sign_up(session, bank, soon.id, ana.id, Act(actor(ana), TUESDAY))
    activities_service.call_off(session, bank, off.id, Act(system(bank), TUESDAY))
    session.execute(delete(Notice))
    before = THURSDAY - timedelta(days=7)
    assert run(session, bank, before, "2026-W47") == {}
    post(session, bank, ben, "Mending bicycles")
    body = run(session, bank)["Ana Lund"].body
    assert "Repair café, Saturday 28 November at 08:30, The hall: you are coming" in body
    assert f"activities/sessions/{soon.id}" in body
    assert not [one.id for one in (off, later) if f"activities/sessions/{one.id}" in body]


def test_it_is_queued_to_be_sent_once(session, bank, ana, ben):
    post(session, bank, ben, "Mending bicycles")
    letter = run(session, bank)["Ana Lund"]
    for _ in range(2):
        service.write_digests(
            session,
            bank.id,
            FEATURES,
            week=WEEK,
            after=0,
            base_url="https://tb.example",
            now=THURSDAY,
        )
    sending = session.execute(select(Job).where(Job.kind == "notices.send")).scalars().all()
    assert [(job.payload, job.run_at) for job in sending] == [({"notice": letter.id}, THURSDAY)]


def test_quiet_hours_hold_for_it_too(session, bank, ana, ben):
    post(session, bank, ben, "Mending bicycles")
    prefer(session, bank, ana, quiet_from=20 * 60, quiet_until=11 * 60)
    run(session, bank)
    assert session.execute(
        select(Job.run_at).where(Job.kind == "notices.send")
    ).scalar_one() == THURSDAY.replace(hour=11, minute=0)


@pytest.mark.parametrize(("days", "written"), [(-1, False), (0, True), (3, True), (4, False)])
def test_a_missed_thursday_is_made_up_for_within_its_week(session, bank, ana, ben, days, written):
    post(session, bank, ben, "Mending bicycles", posted=TUESDAY - timedelta(days=2))
    assert bool(run(session, bank, THURSDAY + timedelta(days=days))) is written


def test_nothing_new_and_nothing_is_written(session, bank, ana, ben):
    post(session, bank, ben, "Mending bicycles", posted=THURSDAY - timedelta(days=29))
    post(session, bank, ana, "Baking bread")
    assert run(session, bank) == {}
    assert session.get(Preference, (bank.id, f"member:{ana.id}")) is None


def test_what_has_waited_since_before_the_last_letter_alone_is_no_reason_to_write(
    session, bank, ana, ben
):
    make_logged_exchange(session, bank, ben, ana, now=TUESDAY)
    assert (
        "- 1 exchange waits for your word\n  https://tb.example/b/fife/exchanges/mine"
        in run(session, bank)["Ana Lund"].body
    )
    assert run(session, bank, THURSDAY + timedelta(days=7), "2026-W49") == {}
    post(session, bank, ben, "Mending bicycles", posted=THURSDAY + timedelta(days=8))
    assert (
        "1 exchange waits"
        in run(session, bank, THURSDAY + timedelta(days=14), "2026-W50")["Ana Lund"].body
    )


@pytest.mark.parametrize(
    ("wishes", "channel"),
    [
        ({"channel": "email"}, "email"),
        ({"channel": "text"}, "email"),
        ({"channel": "letter"}, "letter"),
        ({"channel": "call"}, None),
        ({"digest": False}, None),
        ({"channel": "letter", "digest": False}, None),
    ],
)
def test_it_goes_by_email_or_to_whom_likes_paper_on_paper(session, bank, ana, ben, wishes, channel):
    post(session, bank, ben, "Mending bicycles")
    reached = {"phone": "07700 900 123", "address": "7 Mill Lane"}
    change_details(session, bank, ana.id, Act(system(bank), TUESDAY), **reached)
    prefer(session, bank, ana, **wishes)
    letter = run(session, bank).get("Ana Lund")
    assert (letter.channel if letter else None) == channel
    assert channel != "letter" or letter.address == "7 Mill Lane"


def test_nobody_is_rung_for_it(session, bank, ana, ben):
    nell = make_member(session, bank, "Nell", phone="07700 900 123", address="7 Mill Lane")
    prefer(session, bank, nell, channel="text")
    post(session, bank, ana, "Baking bread")
    assert run(session, bank) == {}
    post(session, bank, ben, "Mending bicycles")
    letter = run(session, bank, THURSDAY + timedelta(days=7), "2026-W49")["Ana Lund"]
    notices_service.mark_failed(session, letter.id, error="550", now=THURSDAY)
    assert (
        session.execute(
            select(Notice).where(Notice.channel == "call", Notice.cause.startswith("digest:"))
        ).first()
        is None
    )


@pytest.mark.parametrize("status", ["paused", "left"])
def test_only_who_takes_part_is_written_to(session, bank, ben, status):
    make_member(session, bank, "Cy", email="cy@example.org", status=status)
    post(session, bank, ben, "Mending bicycles")
    assert run(session, bank) == {}


def test_requests_that_suit_come_first_and_others_not_at_all(session, bank, ana, ben):
    first, second = skills.tree(session, bank)[:2]
    wanted = {
        "In the same category": {"skill_id": first.skills[1].id},
        "The very skill": {"skill_id": first.skills[0].id},
        "Something else": {"skill_id": second.skills[0].id},
        "Round the corner": {"skill_id": second.skills[0].id, "area": "mill lane"},
        "Needs a check": {"skill_id": first.skills[0].id, "needs_checks": ("driving",)},
        "Somebody has it": {"skill_id": first.skills[0].id},
    }
    requests = {
        title: post(session, bank, ben, title, "request", **details)
        for title, details in wanted.items()
    }
    cy = make_member(session, bank, "Cy")
    matching_service.introduce(
        session,
        bank,
        requests["Somebody has it"].id,
        NewIntroduction(cy.account_id),
        Act(system(bank), TUESDAY),
    )
    post(session, bank, ana, "Baking bread", skill_id=first.skills[0].id)
    body = run(session, bank)["Ana Lund"].body
    told = [
        line.removeprefix("- ").partition(" (")[0]
        for line in body.splitlines()
        if line.startswith("- ")
    ]
    assert told == ["The very skill", "In the same category", "Round the corner"]


def test_without_an_area_or_an_offer_no_request_suits(session, bank, ben):
    make_member(session, bank, "Cy", email="cy@example.org")
    homeless = make_member(session, bank, "Dot")
    post(session, bank, homeless, "Somebody to talk to", "request")
    assert run(session, bank) == {}


def test_nothing_comes_from_whom_one_is_kept_apart_from(session, bank, ana, ben):
    cy = make_member(session, bank, "Cy Adams", email="cy@example.org")
    offer = post(session, bank, ben, "Mending bicycles")
    messages_service.write_about_listing(
        session, bank, offer.id, Words(words="Hello?"), Act(actor(cy), TUESDAY)
    )
    wrote = messages_service.write_about_listing(
        session, bank, offer.id, Words(words="Hello?"), Act(actor(ana), TUESDAY)
    )
    messages_service.answer(
        session, bank, wrote.conversation_id, Words(words="No."), Act(actor(ben), TUESDAY)
    )
    helping.keep_apart(session, bank, ben.id, ana.id, Act(actor(ben), TUESDAY))
    letters = run(session, bank)
    assert "Ana Lund" not in letters
    assert "Mending bicycles" in letters["Cy Adams"].body


def test_what_waits_for_whom_one_acts_for_is_counted(session, bank, ana, ben):
    edith, partner = make_member(session, bank, "Edith"), make_organisation(session, bank)
    helping.grant_helper(session, bank, edith.id, ana.id, Act(actor(edith), TUESDAY))
    partners.add_contact(
        session, bank, partner.id, NewContact(member_id=ana.id), Act(system(bank), TUESDAY)
    )
    make_logged_exchange(session, bank, ben, edith, now=TUESDAY)
    make_logged_exchange(session, bank, ben, ana, now=TUESDAY)
    request = post(session, bank, edith, "A lift", "request")
    made = matching_service.introduce(
        session,
        bank,
        request.id,
        NewIntroduction(giver_id=ben.account_id),
        Act(system(bank), TUESDAY),
    )
    yes = Answer(Side.GIVER, Says.YES)
    matching_service.answer(session, bank, made.id, yes, Act(actor(ben), TUESDAY))
    for _ in range(2):
        messages_service.write_about_listing(
            session, bank, request.id, Words(words="On Friday?"), Act(actor(ben), TUESDAY)
        )
    letter = run(session, bank)["Ana Lund"]
    assert letter.subject == "Your week: 5 things wait for you"
    for words in ("2 exchanges wait", "1 introduction waits", "2 messages wait"):
        assert words in letter.body
    assert "A lift" not in letter.body


def test_no_letter_holds_an_address_or_a_number(session, bank, ana):
    details = {
        "email": "dot@example.org",
        "phone": "01632 960 187",
        "address": "4 High Street",
        "about": "Plays chess",
    }
    dot = make_member(session, bank, "Dot", **details)
    post(session, bank, dot, "Chess", area="Mill Lane")
    body = run(session, bank)["Ana Lund"].body
    assert "Chess (Dot, Mill Lane)" in body
    assert [private for private in details.values() if private in body] == []


def test_banks_hear_nothing_of_each_other(session, bank, ana, ben):
    other = make_bank(session, name="Leith", slug="leith")
    eve = make_member(session, other, "Eve", email="eve@example.org", area="Mill Lane")
    post(session, other, eve, "Mending clocks")
    assert run(session, bank) == {}
    post(session, bank, ben, "Mending bicycles")
    assert (
        "Mending clocks"
        not in run(session, bank, THURSDAY + timedelta(days=7), "2026-W49")["Ana Lund"].body
    )
    assert run(session, other, THURSDAY + timedelta(days=7), "2026-W49") == {}


def test_a_bank_is_written_to_in_slices_and_nobody_is_left_out(session, bank, ben, monkeypatch):
    monkeypatch.setattr(rules, "SLICE", 3)
    names = [f"Member {number}" for number in range(7)]
    for name in names:
        make_member(session, bank, name, email=f"{name.replace(' ', '')}@example.org")
    post(session, bank, ben, "Mending bicycles")
    assert sorted(run(session, bank)) == names


def test_a_larger_slice_asks_the_database_no_more_often(session, bank, ben):
    def questions(people):
        for number in range(people):
            one = make_member(
                session,
                bank,
                f"{people} {number}",
                email=f"m{people}-{number}@example.org",
                area="Mill Lane",
            )
            post(session, bank, one, f"Offer {people} {number}", posted=TUESDAY)
            make_logged_exchange(session, bank, ben, one, now=TUESDAY)
        session.flush()
        session.expunge_all()
        asked = []
        engine = session.get_bind()
        event.listen(
            engine, "before_cursor_execute", listener := lambda *words: asked.append(words[2])
        )
        week = f"2026-W{people}"
        service.write_digests(
            session,
            bank.id,
            FEATURES,
            week=week,
            after=0,
            base_url="https://tb.example",
            now=THURSDAY,
        )
        event.remove(engine, "before_cursor_execute", listener)
        return len(asked)

    assert questions(30) <= questions(2)


def test_what_is_withdrawn_before_a_letter_has_gone_is_struck_from_it(session, bank, ana, ben):
    bicycles, clocks = (
        post(session, bank, ben, "Mending bicycles"),
        post(session, bank, ben, "Mending clocks"),
    )
    run(session, bank)
    skills_service.withdraw(session, bank, bicycles.id, Act(actor(ben), THURSDAY))
    letter = run(session, bank, THURSDAY + timedelta(hours=1))["Ana Lund"]
    assert "Mending bicycles" not in letter.body
    assert "Mending clocks" in letter.body
    notices_service.mark_sent(session, letter.id, now=THURSDAY)
    skills_service.withdraw(session, bank, clocks.id, Act(actor(ben), THURSDAY))
    assert "Mending clocks" in run(session, bank, THURSDAY + timedelta(hours=2))["Ana Lund"].body


def test_letters_that_have_gone_out_are_not_kept_for_ever(session, bank, ana, ben):
    post(session, bank, ben, "Mending bicycles")
    notices_service.mark_sent(session, run(session, bank)["Ana Lund"].id, now=THURSDAY)
    run(session, bank, THURSDAY + timedelta(days=28), "2026-W52")
    assert set(run(session, bank)) == {"Ana Lund"}
    run(session, bank, THURSDAY + timedelta(days=42), "2027-W01")
    assert session.execute(select(Notice).where(Notice.cause == f"digest:{WEEK}")).first() is None

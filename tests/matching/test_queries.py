"""Shortlists: who stands on them, in which order, and with how many questions to the database."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, insert, select
from sqlalchemy.orm import Session

from tests.factories import NOW, actor, make_check, make_logged_exchange, system
from timebank.act import Act
from timebank.app import FEATURES
from timebank.errors import NotFound
from timebank.exchanges import service as exchanges_service
from timebank.leaving import service as leaving_service
from timebank.leaving.rules import Farewell
from timebank.ledger.models import Account
from timebank.matching import queries, service
from timebank.matching.rules import REASONS, NewIntroduction, Weights
from timebank.members import helping
from timebank.members import service as members_service
from timebank.members.models import Member
from timebank.skills.models import Listing

TODAY = NOW.date()


def names(found: list[queries.Candidate]) -> list[str]:
    return [one.party.name for one in found]


def test_the_nearer_of_two_who_offer_the_same_comes_first_with_reasons(row: Any):
    plumbing = row.skill("Plumbing")
    tap = row.post("request", row.joan, "My tap is dripping", skill_id=plumbing)
    row.post("offer", row.cy, "Small plumbing jobs", skill_id=plumbing)
    row.post("offer", row.ben, "Small plumbing jobs", skill_id=plumbing)
    found = queries.shortlist(row.session, row.bank, tap.id, now=NOW)
    assert names(found) == ["Ben", "Cy"]
    reasons = {str(one.words) for one in found[0].reasons}
    assert {"offers Plumbing", "lives in the same area"} <= reasons
    assert all(0 < one.score <= 1 for one in found)


def test_what_counts_is_the_banks_to_say(row: Any):
    plumbing = row.skill("Plumbing")
    tap = row.post("request", row.joan, "My tap is dripping", skill_id=plumbing, times=1)
    row.post("offer", row.ben, "Small plumbing jobs", skill_id=plumbing, times=2)
    row.post("offer", row.cy, "Small plumbing jobs", skill_id=plumbing, times=1)
    zero = dict.fromkeys(REASONS, 0)
    for counting, first in (({"near": 10}, "Ben"), ({"times": 10}, "Cy")):
        service.set_weights(
            row.session, row.bank, Weights(**zero | counting), Act(system(row.bank), NOW)
        )
        assert names(queries.shortlist(row.session, row.bank, tap.id, now=NOW))[0] == first


def test_somebody_stands_on_it_once_with_their_best_offer(row: Any):
    plumbing = row.skill("Plumbing")
    tap = row.post("request", row.joan, "My tap is dripping", skill_id=plumbing)
    row.post("offer", row.ben, "Dripping tap stories", area="Elsewhere")
    best = row.post("offer", row.ben, "Small plumbing jobs", skill_id=plumbing)
    (found,) = queries.shortlist(row.session, row.bank, tap.id, now=NOW)
    assert found.offer.listing.id == best.id


def test_who_gave_that_help_before_comes_up_without_an_offer(row: Any):
    tap = row.post("request", row.joan, "My tap is dripping", skill_id=row.skill("Plumbing"))
    given = make_logged_exchange(row.session, row.bank, row.cy, row.ben, skill="plumbing")
    exchanges_service.confirm(row.session, row.bank, given.id, Act(actor(row.ben), NOW))
    (found,) = queries.shortlist(row.session, row.bank, tap.id, now=NOW)
    assert (found.party.name, found.offer) == ("Cy", None)
    assert "has given help with Plumbing before" in {str(one.words) for one in found.reasons}


def test_hard_rules_keep_people_off_the_list_and_say_so(row: Any):
    request = row.post("request", row.joan, "Sit with my husband", needs_checks=("driving",))
    for one in (row.ben, row.cy):
        row.post("offer", one, "I sit with your husband")
    for one, until in ((row.ben, TODAY - timedelta(days=1)), (row.cy, TODAY)):
        make_check(row.session, row.bank, one, until=until)
    found = queries.suggested(row.session, row.bank, request.id, now=NOW)
    assert (names(found.fitting), names(found.but)) == (["Cy"], ["Ben"])
    assert [str(words) for words in found.but[0].barred] == [
        "A check that this needs ran out for Ben on 11 November 2026: Driving licence and"
        " insurance. Look at the new paper and renew it first."
    ]
    assert {kind.code for kind in found.but[0].lacks} == {"driving"}
    helping.keep_apart(row.session, row.bank, row.cy.id, row.joan.id, Act(actor(row.cy), NOW))
    found = queries.suggested(row.session, row.bank, request.id, now=NOW)
    assert (names(found.fitting), names(found.but)) == ([], ["Ben"])
    members_service.pause(row.session, row.bank, row.ben.id, Act(system(row.bank), NOW))
    found = queries.suggested(row.session, row.bank, request.id, now=NOW)
    assert (found.fitting, found.but, found.closed) == ([], [], [])


def test_what_bars_everybody_is_said_once_in_place_of_a_list(row: Any):
    plumbing = row.skill("Plumbing")
    tap = row.post("request", row.joan, "My tap is dripping", skill_id=plumbing, ends_on=TODAY)
    for one in (row.ben, row.cy):
        row.post("offer", one, "Small plumbing jobs", skill_id=plumbing)
    assert len(queries.suggested(row.session, row.bank, tap.id, now=NOW).fitting) == 2
    found = queries.suggested(row.session, row.bank, tap.id, now=NOW + timedelta(days=1))
    assert (found.fitting, found.but) == ([], [])
    assert [str(fault) for fault in found.closed] == [
        "The time for this request is over: it ended on 12 November 2026. Renew it first."
    ]


def test_who_gave_it_before_and_has_left_is_nobody_to_be_asked(row: Any):
    tap = row.post("request", row.joan, "My tap is dripping", skill_id=row.skill("Plumbing"))
    given = make_logged_exchange(row.session, row.bank, row.cy, row.ben, skill="plumbing")
    exchanges_service.confirm(row.session, row.bank, given.id, Act(actor(row.ben), NOW))
    leaving_service.leave(
        row.session, row.bank, row.cy.id, FEATURES, Farewell(), Act(actor(row.cy), NOW)
    )
    found = queries.suggested(row.session, row.bank, tap.id, now=NOW)
    assert (found.fitting, found.but) == ([], [])


def test_for_an_offer_the_requests_that_nobody_has_yet_come_up(row: Any):
    plumbing = row.skill("Plumbing")
    taken, free = (
        row.post("request", row.joan, title, skill_id=plumbing) for title in ("A tap", "A sink")
    )
    offer = row.post("offer", row.ben, "Small plumbing jobs", skill_id=plumbing)
    service.introduce(
        row.session,
        row.bank,
        taken.id,
        NewIntroduction(giver_id=row.cy.account_id),
        Act(actor(row.bo), NOW),
    )
    (found,) = queries.shortlist(row.session, row.bank, offer.id, now=NOW)
    assert (found.request.listing.id, found.party.name) == (free.id, "Ben")
    with pytest.raises(NotFound):
        queries.shortlist(row.session, row.bank, 999, now=NOW)


def test_who_is_tired_gives_way_to_who_had_no_chance(row: Any):
    plumbing = row.skill("Plumbing")
    tap = row.post("request", row.joan, "My tap", skill_id=plumbing, area="Elsewhere")
    for one in (row.ben, row.cy):
        row.post("offer", one, "Small plumbing jobs", skill_id=plumbing)
    for _ in range(3):
        given = make_logged_exchange(row.session, row.bank, row.ben, row.bo, 180)
        exchanges_service.confirm(row.session, row.bank, given.id, Act(actor(row.bo), NOW))
    found = queries.shortlist(row.session, row.bank, tap.id, now=NOW)
    assert names(found) == ["Cy", "Ben"]
    assert "has given 9 hours this month already" in {
        str(one.words) for one in found[1].reasons if not one.speaks_for
    }


def test_the_questions_do_not_grow_with_the_members(row: Any):
    plumbing = row.skill("Plumbing")
    tap = row.post("request", row.joan, "My tap is dripping", skill_id=plumbing)

    def asked() -> int:
        row.session.flush()
        row.session.expunge_all()
        seen: list[str] = []
        listen = lambda *given: seen.append(given[2])  # noqa: E731
        event.listen(row.session.get_bind(), "before_cursor_execute", listen)
        try:
            assert queries.shortlist(row.session, row.bank, tap.id, now=NOW)
        finally:
            event.remove(row.session.get_bind(), "before_cursor_execute", listen)
        return len(seen)

    _many(row.session, row.bank.id, 10, plumbing)
    few = asked()
    _many(row.session, row.bank.id, 390, plumbing)
    asked()  # The words of the new listings are read once.
    assert asked() <= few < 30


def _many(session: Session, bank_id: int, number: int, skill_id: int) -> None:
    """Members, each with an offer, by the thousand."""
    like = (
        session.execute(select(Account).where(Account.bank_id == bank_id, Account.kind == "member"))
        .scalars()
        .first()
    )
    assert like is not None
    start = len(session.execute(select(Member.id).where(Member.bank_id == bank_id)).all())
    for n in range(start, start + number):
        label = f"Helper {n}"
        account = Account(
            bank_id=bank_id, kind="member", label=label, floor=like.floor, ceiling=like.ceiling
        )
        account.opened_at = like.opened_at
        session.add(account)
    session.flush()
    accounts = session.execute(
        select(Account.id, Account.label).where(
            Account.bank_id == bank_id, Account.label.like("Helper %")
        )
    ).all()
    taken = set(
        session.execute(select(Member.account_id).where(Member.bank_id == bank_id)).scalars()
    )
    new = [one for one in accounts if one.id not in taken]
    session.execute(
        insert(Member),
        [
            {
                "bank_id": bank_id,
                "number": f"H{one.id}",
                "name": one.label,
                "name_key": one.label.lower(),
                "status": "active",
                "account_id": one.id,
                "created_at": NOW,
            }
            for one in new
        ],
    )
    session.execute(
        insert(Listing),
        [
            {
                "bank_id": bank_id,
                "kind": "offer",
                "account_id": one.id,
                "skill_id": skill_id,
                "title": "Small plumbing jobs",
                "ends_on": TODAY + timedelta(days=90),
                "by": "system:test",
                "channel": "web",
                "posted_at": NOW,
                "changed_at": NOW,
            }
            for one in new
        ],
    )

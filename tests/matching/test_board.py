"""The joint assignment: never more than somebody can take on, never a pair that may not be, and the
best in all."""

from datetime import datetime, timedelta
from itertools import product
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.factories import NOW, actor, make_bank, system
from timebank.act import Act
from timebank.exchanges.rules import Note
from timebank.matching import board, service
from timebank.matching.board import assign
from timebank.matching.rules import ON_BOARD, BoardFilters, NewIntroduction
from timebank.members import helping
from timebank.skills import queries as skills
from timebank.skills import service as skills_service
from timebank.skills.rules import Carer

scores = st.dictionaries(
    st.tuples(st.integers(1, 4), st.integers(11, 14)), st.floats(0, 1), max_size=10
)


def best(given_scores: dict[tuple[int, int], float], capacity: dict[int, int]) -> float:
    """By trying everything."""
    requests = sorted({request for request, _ in given_scores})
    choices = [
        [None, *(helper for one, helper in given_scores if one == request)] for request in requests
    ]
    totals = [0.0]
    for chosen in product(*choices):
        taken = [helper for helper in chosen if helper is not None]
        if all(taken.count(helper) <= capacity[helper] for helper in taken):
            pairs = zip(requests, chosen, strict=True)
            totals.append(sum(given_scores[pair] + 0.01 for pair in pairs if pair[1] is not None))
    return max(totals)


@settings(deadline=None, max_examples=60)
@given(scores, st.fixed_dictionaries({helper: st.integers(0, 2) for helper in range(11, 15)}))
def test_no_other_assignment_within_what_people_can_take_on_is_better(
    found: dict[tuple[int, int], float], capacity: dict[int, int]
):
    chosen = assign(found, capacity)
    assert set(chosen.items()) <= set(found)
    assert all(list(chosen.values()).count(helper) <= most for helper, most in capacity.items())
    assert abs(sum(found[pair] + 0.01 for pair in chosen.items()) - best(found, capacity)) < 1e-6


def look(row: Any, **filters: Any) -> board.Page:
    wanted = BoardFilters(**filters)
    return board.board(row.session, row.bank, wanted, broker_id=row.bo.id, limit=ON_BOARD, now=NOW)


def made(row: Any) -> board.Page:
    """What the worker finds, kept, and looked at."""
    board.keep(row.session, row.bank, board.find(row.session, row.bank, now=NOW), now=NOW)
    return look(row)


def pairs(page: board.Page) -> dict[int, str]:
    return {
        one.request.listing.id: one.candidate.party.name for one in page.proposals if one.candidate
    }


def test_helpers_are_shared_out_and_who_may_not_meet_is_never_proposed(row: Any):
    plumbing = row.skill("Plumbing")
    requests = [row.post("request", row.joan, f"Tap {n}", skill_id=plumbing) for n in range(4)]
    for one in (row.ben, row.cy):
        row.post("offer", one, "Small plumbing jobs", skill_id=plumbing)
    before = look(row)
    assert (before.total, before.made_at, pairs(before)) == (4, None, {})
    assert not any(one.looked_at for one in before.proposals)
    page = made(row)
    assert list(pairs(page)) == [one.id for one in requests]
    assert sorted(pairs(page).values()) == ["Ben", "Ben", "Cy", "Cy"]
    assert not board.is_old(row.session, row.bank, now=NOW)
    first = page.proposals[0].candidate
    assert first is not None
    service.introduce(
        row.session,
        row.bank,
        requests[0].id,
        NewIntroduction(giver_id=first.party.account_id),
        Act(actor(row.bo), NOW),
    )
    assert board.is_old(row.session, row.bank, now=NOW)
    helping.keep_apart(row.session, row.bank, row.joan.id, row.cy.id, Act(system(row.bank), NOW))
    # What is kept is read with what is so by now, before the worker comes round again.
    assert set(pairs(look(row)).values()) == {"Ben"}
    again = made(row)
    assert set(pairs(again).values()) == {"Ben"}
    assert (again.total, len(again.proposals)) == (3, 3)


def test_the_board_is_looked_through_by_kind_by_street_and_by_who_looks_after_it(row: Any):
    plumbing = row.skill("Plumbing")
    tap = row.post("request", row.joan, "My tap is dripping", skill_id=plumbing)
    lift = row.post(
        "request", row.cy, "To the clinic", skill_id=row.skill("Lifts"), area="Elsewhere"
    )
    row.post("offer", row.ben, "Small plumbing jobs", skill_id=plumbing)
    made(row)
    of_tap = skills.shown(row.session, row.bank, [tap])[0].category
    assert of_tap is not None
    skills_service.take_on(
        row.session, row.bank, lift.id, Carer(row.bo.id), Act(actor(row.bo), NOW)
    )

    def ids(**filters: Any) -> list[int]:
        return [one.request.listing.id for one in look(row, **filters).proposals]

    assert ids() == [tap.id, lift.id]
    assert ids(category=of_tap.id) == [tap.id]
    assert ids(area="Elsewhere") == [lift.id]
    assert ids(mine=True) == [lift.id]
    assert ids(nobody=True) == [lift.id]
    assert ids(cursor=tap.id) == [lift.id]


def test_an_empty_board_is_empty(row: Any):
    page = made(row)
    assert (page.proposals, page.total, page.made_at) == ([], 0, NOW)


def test_a_board_is_looked_at_again_where_something_has_changed_and_else_once_an_hour(row: Any):
    def to_look_at(now: datetime) -> list[int]:
        return list(board.banks_to_look_at(row.session, now, 0, 10))

    make_bank(row.session, name="Quiet", slug="quiet")
    assert to_look_at(NOW) == []
    plumbing = row.skill("Plumbing")
    tap = row.post("request", row.joan, "My tap is dripping", skill_id=plumbing)
    assert to_look_at(NOW) == [row.bank.id]
    made(row)
    soon = NOW + timedelta(minutes=10)
    assert to_look_at(soon) == []
    assert to_look_at(NOW + timedelta(minutes=61)) == [row.bank.id]
    board.still_so(row.session, row.bank, now=NOW + timedelta(minutes=61))
    assert to_look_at(NOW + timedelta(minutes=71)) == []
    made(row)
    act = Act(actor(row.bo), soon)
    new = NewIntroduction(giver_id=row.ben.account_id)
    introduced = service.introduce(row.session, row.bank, tap.id, new, act)
    assert to_look_at(soon) == [row.bank.id]
    board.keep(row.session, row.bank, board.find(row.session, row.bank, now=soon), now=soon)
    assert to_look_at(soon) == []
    later = NOW + timedelta(minutes=20)
    service.withdraw(row.session, row.bank, introduced.id, Note(""), Act(actor(row.bo), later))
    assert to_look_at(later) == [row.bank.id]

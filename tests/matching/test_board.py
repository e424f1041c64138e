"""The joint assignment: never more than somebody can take on, never a pair that may not be, and the
best in all."""

from itertools import product
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.factories import NOW, actor, system
from timebank.act import Act
from timebank.matching import service
from timebank.matching.board import assign, board
from timebank.matching.rules import NewIntroduction
from timebank.members import helping

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


def test_helpers_are_shared_out_and_who_may_not_meet_is_never_proposed(row: Any):
    plumbing = row.skill("Plumbing")
    requests = [row.post("request", row.joan, f"Tap {n}", skill_id=plumbing) for n in range(4)]
    for one in (row.ben, row.cy):
        row.post("offer", one, "Small plumbing jobs", skill_id=plumbing)
    found = board(row.session, row.bank, now=NOW)
    assert [one.request.listing.id for one in found.proposed] == [one.id for one in requests]
    assert sorted(one.party.name for one in found.proposed) == ["Ben", "Ben", "Cy", "Cy"]
    first = found.proposed[0]
    service.introduce(
        row.session,
        row.bank,
        requests[0].id,
        NewIntroduction(giver_id=first.party.account_id),
        Act(actor(row.bo), NOW),
    )
    helping.keep_apart(row.session, row.bank, row.joan.id, row.cy.id, Act(system(row.bank), NOW))
    after = board(row.session, row.bank, now=NOW)
    assert {one.party.name for one in after.proposed} == {"Ben"}
    assert len(after.proposed) == (1 if first.party.name == "Ben" else 2)
    assert len(after.proposed) + len(after.alone) == 3


def test_an_empty_board_is_empty(row: Any):
    found = board(row.session, row.bank, now=NOW)
    assert (found.proposed, found.alone, found.beyond) == ([], [], 0)

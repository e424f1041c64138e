"""All open requests at once: who should be asked for which, so that together they fit best.

Taken one by one, the best helper would stand on every list. Here nobody is proposed for more than
they can take on.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from timebank.banks.models import Bank
from timebank.clock import local_date
from timebank.matching import queries, rules
from timebank.matching.queries import Candidate
from timebank.skills import queries as skills
from timebank.skills.queries import Shown
from timebank.skills.rules import ListingKind

AT_A_TIME = 200
"""The board looks at so many requests, the longest waiting first, and says so when there are
more."""

_BEST = 30
_FOR_BEING_MET = 0.01


@dataclass(frozen=True)
class Board:
    """Proposed pairs in the order of waiting, the requests nobody fits, and how many requests are
    beyond the board."""

    proposed: list[Candidate]
    alone: list[Shown]
    beyond: int


def board(session: Session, bank: Bank, *, now: datetime) -> Board:
    """The pairs that together score highest, over the requests that stand open without an
    introduction."""
    on = local_date(now, bank.timezone)
    held = set(session.execute(queries.taken(bank)).scalars())
    waiting = [
        one
        for one in reversed(skills.open_listings(session, bank, kind=ListingKind.REQUEST, on=on))
        if one.id not in held
    ]
    requests = waiting[:AT_A_TIME]
    offers = skills.open_listings(session, bank, kind=ListingKind.OFFER, on=on)
    best: dict[int, list[Candidate]] = {one.id: [] for one in requests}
    for candidate in queries.pairs(session, bank, requests, offers, on=on):
        if not candidate.barred and len(best[candidate.request.listing.id]) < _BEST:
            best[candidate.request.listing.id].append(candidate)
    by_pair = {
        (request_id, one.party.account_id): one for request_id, ones in best.items() for one in ones
    }
    busy = {account_id: 0 for _, account_id in by_pair}
    busy |= queries.busy(session, bank, busy.keys())
    chosen = assign({pair: one.score for pair, one in by_pair.items()}, rules.capacities(busy))
    alone = skills.shown(session, bank, [one for one in requests if one.id not in chosen])
    proposed = [by_pair[one.id, chosen[one.id]] for one in requests if one.id in chosen]
    return Board(proposed, alone, len(waiting) - len(requests))


def assign(scores: Mapping[tuple[int, int], float], capacity: Mapping[int, int]) -> dict[int, int]:
    """Which helper for which request: the assignment of the greatest total score. `scores` are 0 or
    more, by (request, helper).

    Each request has at most one helper, each helper at most `capacity` requests; pairs that are not
    in `scores` are never joined. Being helped at all is worth a little more than nothing, so that a
    pair without a score is better than none.
    """
    import numpy as np  # noqa: PLC0415  (heavy, as is what follows, and few starts come to look at the board)
    from scipy.optimize import Bounds, LinearConstraint, milp  # noqa: PLC0415
    from scipy.sparse import coo_array  # noqa: PLC0415

    pairs = sorted(scores)
    if not pairs:
        return {}
    requests = {one: row for row, one in enumerate(sorted({request for request, _ in pairs}))}
    helpers = {
        one: row
        for row, one in enumerate(sorted({helper for _, helper in pairs}), start=len(requests))
    }
    rows = [row for request, helper in pairs for row in (requests[request], helpers[helper])]
    columns = [column for column in range(len(pairs)) for _ in range(2)]
    most = np.array([1] * len(requests) + [capacity[one] for one in helpers], dtype=float)
    taken = coo_array((np.ones(len(rows)), (rows, columns)), shape=(len(most), len(pairs)))
    worth = np.array([scores[pair] + _FOR_BEING_MET for pair in pairs])
    limits = LinearConstraint(taken.tocsr(), ub=most)  # pyright: ignore[reportArgumentType]
    solved = milp(-worth, integrality=np.ones(len(pairs)), bounds=Bounds(0, 1), constraints=limits)
    if solved.x is None:
        raise RuntimeError(f"The assignment was not solved: {solved.message}")
    return dict(pair for pair, value in zip(pairs, solved.x, strict=True) if value > 0.5)

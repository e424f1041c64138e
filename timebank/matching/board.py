"""All open requests at once: who should be asked for which, so that together they fit best.

Taken one by one, the best helper would stand on every list. Here nobody is proposed for more than
they can take on. The worker finds the pairs, for that is work, and what it keeps of them is ids and
a score. Who looks at the board reads them with everything else as it is then: reasons, checks and
who is kept apart are asked for anew, for the few requests of a page.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, and_, delete, exists, func, insert, or_, select, update
from sqlalchemy.orm import Session

from timebank.banks import queries as banks
from timebank.banks.models import Bank
from timebank.base import Some, insert_of
from timebank.clock import local_date
from timebank.matching import index, queries, rules, search
from timebank.matching.models import Board, BoardPair, Introduction
from timebank.matching.queries import Candidate, Way
from timebank.matching.rules import BoardFilters, Kinship
from timebank.skills import queries as skills
from timebank.skills.models import Listing
from timebank.skills.queries import Shown
from timebank.skills.rules import ListingKind, ListingStatus

AT_A_TIME = 1000
"""The worker looks at so many requests of a bank, the longest waiting first; those beyond follow
once some of these are settled, and the board says so of each."""

_CHUNK = 20
"""So many requests are weighed together: what is held in memory at once goes by this, and not by
the bank."""

_LONGEST = timedelta(hours=1)
"""After so long a board is looked at again though nothing in it seems to have changed."""

_BEST = 12
_FOR_BEING_MET = 0.01


# ---- The worker's part ----


@dataclass(frozen=True)
class Pair:
    """A request, who should be asked, by account, and the offer that answers it."""

    request_id: int
    giver_id: int
    offer_id: int


@dataclass(frozen=True)
class Found:
    """What the worker found for a bank: the pairs, how many requests it `looked_at` and the last of
    them (0: none), and the stamp of what it looked at."""

    pairs: Sequence[Pair]
    looked_at: int
    until: int
    stamp: str


def stamp(session: Session, bank: Bank, on: date) -> str:
    """Moves with everything that makes another board: listings, introductions, weights, the day."""
    under_way = (Introduction.bank_id == bank.id, Introduction.status.in_(rules.UNDER_WAY))
    held = session.execute(select(func.count(), func.max(Introduction.id)).where(*under_way)).one()
    weights = queries.weights(session, bank)
    return "|".join(map(str, (*index.stamp(session, bank), *held, weights, on)))[:500]


def is_old(session: Session, bank: Bank, *, now: datetime) -> bool:
    """Whether the board that is kept is of something else than there is now."""
    made = session.execute(select(Board.stamp).where(Board.bank_id == bank.id)).scalar()
    return made != stamp(session, bank, local_date(now, bank.timezone))


def banks_to_look_at(session: Session, now: datetime, after: int, limit: int) -> Sequence[int]:
    """The ids of the next banks, above `after`, in which somebody asks for help or did, and whose
    board may be of something else than there is: a listing or an introduction has changed since it
    was made, or it is more than an hour old (another day, or other weights)."""
    asked = (Listing.bank_id == Bank.id, Listing.kind == ListingKind.REQUEST)
    changed = (Listing.bank_id == Bank.id, Listing.changed_at > Board.made_at)
    moved = (
        Introduction.bank_id == Bank.id,
        or_(Introduction.introduced_at > Board.made_at, Introduction.ended_at > Board.made_at),
    )
    old = exists().where(
        Board.bank_id == Bank.id,
        or_(
            Board.made_at < now - _LONGEST,
            exists().where(*changed).correlate(Bank, Board),
            exists().where(*moved).correlate(Bank, Board),
        ),
    )
    never = and_(
        exists().where(*asked, Listing.status == ListingStatus.OPEN),
        ~exists().where(Board.bank_id == Bank.id),
    )
    return banks.ids_after(session, after, limit, or_(never, old))


def find(session: Session, bank: Bank, *, now: datetime) -> Found:
    """The pairs that together score highest, over the requests that stand open without an
    introduction. It only reads."""
    on = local_date(now, bank.timezone)
    ids = session.execute(
        select(Listing.id)
        .where(*queries.without_anybody(bank, on))
        .order_by(Listing.id)
        .limit(AT_A_TIME)
    ).scalars()
    requests = list(ids)
    scores: dict[tuple[int, int], float] = {}
    offers: dict[tuple[int, int], int] = {}
    for start in range(0, len(requests), _CHUNK):
        chunk = select(Listing).where(Listing.id.in_(requests[start : start + _CHUNK]))
        shown = skills.shown(session, bank, session.execute(chunk).scalars().all())
        for candidate in _best(session, bank, shown, on=on):
            pair = candidate.request.listing.id, candidate.party.account_id
            # Who offers what is asked for is asked before who offers the like.
            scores[pair] = candidate.score + (candidate.kinship == Kinship.FITS)
            offers[pair] = candidate.offer.listing.id if candidate.offer else 0
    accounts = {account_id for _, account_id in scores}
    busy = dict.fromkeys(accounts, 0) | queries.busy(session, bank, accounts)
    chosen = assign(scores, rules.capacities(busy))
    pairs = [
        Pair(request_id, giver_id, offers[request_id, giver_id])
        for request_id, giver_id in chosen.items()
    ]
    until = requests[-1] if requests else 0
    return Found(pairs, len(requests), until, stamp(session, bank, on))


def _best(session: Session, bank: Bank, requests: Sequence[Shown], *, on: date) -> list[Candidate]:
    """For each of a few requests the best of those who may help and whose offers answer to it."""
    state = index.state_of(session, bank)
    ways = [
        Way(request, near.shown, near.score, near.fits, near.akin)
        for request in requests
        for near in search.nearest(session, bank, request, on=on, state=state)
    ]
    made = queries.pairs(session, bank, requests, ways, on=on, by_experience=False)
    taken: dict[int, int] = {}
    best: list[Candidate] = []
    for candidate in made:
        request_id = candidate.request.listing.id
        answers = not candidate.barred and candidate.kinship != Kinship.NEAREST
        if answers and taken.get(request_id, 0) < _BEST:
            taken[request_id] = taken.get(request_id, 0) + 1
            best.append(candidate)
    return best


def keep(session: Session, bank: Bank, found: Found, *, now: datetime) -> None:
    """Keep what was found in the place of what was. What is gone meanwhile is left out. The caller
    commits."""
    session.execute(delete(BoardPair).where(BoardPair.bank_id == bank.id))
    named = {pair.request_id for pair in found.pairs} | {pair.offer_id for pair in found.pairs}
    there = set(
        session.execute(
            select(Listing.id).where(Listing.bank_id == bank.id, Listing.id.in_(named))
        ).scalars()
    )
    rows = [
        {
            "bank_id": bank.id,
            "request_id": pair.request_id,
            "offer_id": pair.offer_id,
            "giver_id": pair.giver_id,
        }
        for pair in found.pairs
        if {pair.request_id, pair.offer_id} <= there
    ]
    if rows:
        session.execute(insert(BoardPair), rows)
    made = {"bank_id": bank.id, "made_at": now, "until": found.until, "stamp": found.stamp}
    again = {name: made[name] for name in ("made_at", "until", "stamp")}
    session.execute(
        insert_of(session)(Board)
        .values(**made)
        .on_conflict_do_update(index_elements=[Board.bank_id], set_=again)
    )


def still_so(session: Session, bank: Bank, *, now: datetime) -> None:
    """Say of a board that it is as of `now`: nothing that it is made from has changed. The caller
    commits."""
    session.execute(
        update(Board).where(Board.bank_id == bank.id, Board.made_at < now).values(made_at=now)
    )


# ---- Looking at it ----


@dataclass(frozen=True)
class Proposal:
    """An open request, and who should be asked; None where nobody fits, or where the worker has not
    looked yet (not `looked_at`)."""

    request: Shown
    candidate: Candidate | None
    looked_at: bool


@dataclass(frozen=True)
class Page:
    """A page of the board: its proposals and one more where there are more, how many requests it is
    of in all, and when the worker made it, None where it has not yet."""

    proposals: Sequence[Proposal]
    total: int
    made_at: datetime | None


def board(
    session: Session,
    bank: Bank,
    filters: BoardFilters,
    *,
    broker_id: int | None,
    limit: int,
    now: datetime,
) -> Page:
    """The open requests without anybody, the oldest first, each with whom to ask. The same few
    questions however many there are."""
    on = local_date(now, bank.timezone)
    made = session.execute(select(Board).where(Board.bank_id == bank.id)).scalar()
    wanted = _wanted(bank, filters, broker_id)
    total = session.execute(
        select(func.count()).select_from(Listing).where(*queries.without_anybody(bank, on), *wanted)
    ).scalar_one()
    after = () if filters.cursor is None else (Listing.id > filters.cursor,)
    waiting: Some[Shown] = skills.some_shown(
        session,
        bank,
        *queries.without_anybody(bank, on),
        *wanted,
        *after,
        order=(Listing.id,),
        limit=limit + 1,
        needs=True,
    )
    candidates = _kept(session, bank, waiting.shown, on=on)
    until = made.until if made else 0
    return Page(
        [
            Proposal(one, candidates.get(one.listing.id), one.listing.id <= until)
            for one in waiting.shown
        ],
        total,
        made.made_at if made else None,
    )


def _wanted(bank: Bank, filters: BoardFilters, broker_id: int | None) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = []
    if filters.mine:
        wanted.append(skills.in_hands_of(bank, broker_id))
    if filters.category is not None:
        wanted.append(skills.of_category(bank, filters.category))
    if filters.area:
        wanted += skills.only(bank, area=filters.area)
    if filters.nobody:
        proposed = select(BoardPair.request_id).where(BoardPair.bank_id == bank.id)
        wanted.append(Listing.id.not_in(proposed))
    return wanted


def _kept(
    session: Session, bank: Bank, requests: Sequence[Shown], *, on: date
) -> dict[int, Candidate]:
    """Whom the worker found for these requests, as they stand now; without those who may not help
    any more, or whose offer has ended."""
    by_request = {one.listing.id: one for one in requests}
    rows = session.execute(
        select(BoardPair).where(BoardPair.bank_id == bank.id, BoardPair.request_id.in_(by_request))
    ).scalars()
    offer_of = {row.request_id: row.offer_id for row in rows}
    standing = select(Listing).where(*skills.stands(bank, on), Listing.id.in_(offer_of.values()))
    offers = {
        one.listing.id: one
        for one in skills.shown(session, bank, session.execute(standing).scalars().all())
    }
    ways = [
        Way(by_request[request_id], offers[offer_id], 1.0, fits=True, akin=False)
        for request_id, offer_id in offer_of.items()
        if offer_id in offers
    ]
    candidates = queries.pairs(
        session, bank, [way.request for way in ways], ways, on=on, by_experience=False
    )
    return {one.request.listing.id: one for one in candidates if not one.barred}


# ---- Sharing helpers out ----


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

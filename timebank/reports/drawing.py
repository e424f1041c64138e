"""The network of help as a drawing in which everybody stands where they stood at the last visit.

Places are kept. Whoever is new is put near those they helped or were helped by, by forces as in
Fruchterman & Reingold 1991 (Graph drawing by force-directed placement), while everybody else stays.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import delete
from sqlalchemy.orm import Session

from timebank.banks.models import Bank
from timebank.base import insert_of
from timebank.reports import queries
from timebank.reports.models import Place

if TYPE_CHECKING:  # Heavy, and few starts draw anything.
    from timebank.measures.rules import Help

MOST = 150
"""People drawn at once: of more nobody could be told from another."""

_ROUNDS = 300
_LEAST = 1e-3


@dataclass(frozen=True)
class Dot:
    """Somebody in the drawing: where, from 0 to 1000, with how many partners, and whether they are
    a bridge between others."""

    account_id: int
    x: float
    y: float
    partners: int
    minutes: int
    bridge: bool


@dataclass(frozen=True)
class Line:
    """Two people who helped each other, one way or both, where they stand, and for how many
    minutes."""

    x1: float
    y1: float
    x2: float
    y2: float
    minutes: int
    both_ways: bool


@dataclass(frozen=True)
class Drawing:
    """Who stands where, and who is joined to whom. `people` counts those in the network, drawn or
    not."""

    people: int
    pairs: int
    dots: tuple[Dot, ...]
    lines: tuple[Line, ...]


def drawing(
    session: Session,
    bank: Bank,
    help_: "Help",
    bridges: Collection[int],
    among: Collection[int] | None = None,
    *,
    place: bool = False,
) -> Drawing | None:
    """The network `help_`, or those `among` its people; without dots where
    there would be over MOST.

    None where somebody has no place yet, unless they are to be given one (`place`); then the caller
    commits.
    """
    import numpy as np  # noqa: PLC0415  (heavy, and few starts draw anything)

    who = help_.who.tolist()
    chosen = np.array([among is None or account in among for account in who], bool)
    arcs = chosen[help_.giver] & chosen[help_.receiver]
    sides = np.sort(np.stack([help_.giver[arcs], help_.receiver[arcs]]), axis=0)
    people = len(np.unique(sides))
    if people > MOST:
        return Drawing(people, len(np.unique(sides[0] * len(who) + sides[1])), (), ())
    giver: list[int] = help_.who[help_.giver[arcs]].tolist()
    receiver: list[int] = help_.who[help_.receiver[arcs]].tolist()
    pairs: dict[tuple[int, int], list[int]] = {}
    for giver_id, other, minutes in zip(giver, receiver, help_.minutes[arcs].tolist(), strict=True):
        pairs.setdefault((min(giver_id, other), max(giver_id, other)), []).append(minutes)
    drawn = sorted({account for pair in pairs for account in pair})
    where = _places(session, bank, drawn, pairs, place=place)
    if where is None:
        return None
    partners: dict[int, int] = {}
    spent: dict[int, int] = {}
    for pair, each_way in pairs.items():
        for account in pair:
            partners[account] = partners.get(account, 0) + 1
            spent[account] = spent.get(account, 0) + sum(each_way)
    dots = tuple(
        Dot(account, *where[account], partners[account], spent[account], account in bridges)
        for account in drawn
    )
    lines = tuple(
        Line(*where[one], *where[other], sum(each_way), len(each_way) > 1)
        for (one, other), each_way in pairs.items()
    )
    return Drawing(len(drawn), len(pairs), dots, lines)


def arrange_anew(session: Session, bank: Bank) -> None:
    """Forget where everybody stands: the next drawing is made from the beginning. The caller
    commits."""
    session.execute(delete(Place).where(Place.bank_id == bank.id))


def _places(
    session: Session,
    bank: Bank,
    drawn: list[int],
    pairs: Collection[tuple[int, int]],
    *,
    place: bool,
) -> Mapping[int, tuple[float, float]] | None:
    """Everybody's place, from 50 to 950."""
    known = queries.places(session, bank)
    if any(account not in known for account in drawn):
        if not place:
            return None
        rows = [
            {"bank_id": bank.id, "account_id": account, "x": x, "y": y}
            for account, (x, y) in _settled(drawn, pairs, known).items()
        ]
        # Of two who look at once, one places them.
        session.execute(insert_of(session)(Place).on_conflict_do_nothing(), rows)
        known = queries.places(session, bank)
    return {
        account: (_on_page(known[account][0]), _on_page(known[account][1])) for account in drawn
    }


def _on_page(side: float) -> float:
    return round(500 + 450 * side, 1)


def _settled(
    drawn: list[int], pairs: Collection[tuple[int, int]], known: Mapping[int, tuple[float, float]]
) -> dict[int, tuple[float, float]]:
    """Places from −1 to 1 for those who have none, by forces; the others do not move. The same for
    the same network."""
    import numpy as np  # noqa: PLC0415

    number = {one: place for place, one in enumerate(drawn)}
    # Where somebody begins goes by their account alone: the golden angle spreads any numbers
    # evenly.
    angle, radius = np.array(drawn) * 2.399963, np.sqrt((np.array(drawn) * 0.618034) % 1)
    at = np.column_stack([np.cos(angle), np.sin(angle)]) * radius[:, None]
    fixed = np.array([one in known for one in drawn])
    for account_id, place in number.items():
        if account_id in known:
            at[place] = known[account_id]
    ends = np.array([(number[one], number[other]) for one, other in pairs])
    near = 1.2 / np.sqrt(len(drawn))
    # Many lines pull harder than few: without this a dense network is a knot.
    pulled = np.minimum(1, 3 / np.bincount(ends.reshape(-1), minlength=len(drawn)))
    strength = pulled[ends].mean(axis=1)
    for step in range(_ROUNDS):
        apart = at[:, None, :] - at[None, :, :]
        distance = np.maximum(np.sqrt((apart**2).sum(axis=2)), _LEAST)
        move = (apart * (near**2 / distance**2)[:, :, None]).sum(axis=1)
        pull = (
            (at[ends[:, 1]] - at[ends[:, 0]])
            * (distance[ends[:, 0], ends[:, 1]] / near * strength)[:, None]
            * 0.5
        )
        np.add.at(move, ends[:, 0], pull)
        np.subtract.at(move, ends[:, 1], pull)
        # Loose parts do not drift away.
        move -= at * near
        length = np.maximum(np.sqrt((move**2).sum(axis=1)), _LEAST)
        heat = 0.1 * (1 - step / _ROUNDS)
        at = np.where(
            fixed[:, None], at, at + move / length[:, None] * np.minimum(length, heat)[:, None]
        )
        if not fixed.any():
            at -= at.mean(axis=0)
            at /= max(1.0, float(np.abs(at).max()))
        at = np.clip(at, -1, 1)
    if not fixed.any():
        at /= max(float(np.abs(at).max()), _LEAST)
    return {
        one: (float(at[place][0]), float(at[place][1]))
        for one, place in number.items()
        if one not in known
    }

"""What a member sees first, besides what waits for them: their hours, what is under way, what is
on.

Amounts are minutes.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from timebank.act import Actor
from timebank.activities import queries as activities
from timebank.activities.queries import Meeting
from timebank.banks.models import Bank
from timebank.clock import local_date
from timebank.errors import NotFound
from timebank.exchanges import queries as exchanges
from timebank.exchanges.queries import Shown, Year
from timebank.members import queries as members
from timebank.members.queries import Held
from timebank.messages import queries as messages
from timebank.room import LINES, Place
from timebank.say import say

_SHOWN = LINES[Place.FIRST_PAGE]

_OPEN, _LOOKED_AT = 2, 20
"""So many sessions with places left are shown, found among so many of the next."""


@dataclass(frozen=True)
class Mine:
    """A member's first page, besides what the rooms say that waits for them. What is unread and
    what is under way is that of everybody they act for.

    `coming` are the next sessions that the member has signed up for, `in_line` those of them in
    which they wait for a place, and `on` the next others that have places left.
    """

    balance: int
    year: Year
    in_progress: Sequence[Shown]
    looked_after: Sequence[Held]
    unread: int
    coming: Sequence[Meeting]
    in_line: Collection[int]
    on: Sequence[Meeting]


def mine(session: Session, bank: Bank, actor: Actor, *, now: datetime) -> Mine:
    """`now` is UTC. Raises NotFound for an actor without an account."""
    if actor.account_id is None or actor.member_id is None:
        raise NotFound(say("You have no account here."))
    coming, others_on = activities.next_of(
        session, bank, actor.member_id, since=now, own=_SHOWN, others=_LOOKED_AT
    )
    said = activities.signed_up(session, bank, [actor.member_id], [one.row.id for one in coming])
    held = members.held(session, bank, actor)
    acting_for = {one.party.account_id for one in held}
    speaks_as = {one.party.member_id for one in held if one.party.member_id is not None}
    return Mine(
        balance=next(one.balance for one in held if one.party.account_id == actor.account_id),
        year=exchanges.given_and_received(
            session, bank, actor.account_id, local_date(now, bank.timezone).year
        ),
        in_progress=exchanges.in_progress(session, bank, acting_for, by=actor, limit=_SHOWN),
        looked_after=sorted(
            (one for one in held if one.party.account_id != actor.account_id),
            key=lambda one: one.party.name,
        ),
        unread=messages.unread_count(session, bank, speaks_as),
        coming=coming,
        in_line={session_id for session_id, rows in said.items() if rows[0].status == "waiting"},
        on=[one for one in others_on if one.left != 0][:_OPEN],
    )

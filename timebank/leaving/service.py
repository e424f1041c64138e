"""Going: a member leaves and is forgotten, a partnership ends, a group is closed. The caller
commits.

Each function is handed the rooms of the application, the lowest first, and asks every one of them
about its own.
"""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from timebank.act import Act
from timebank.banks.models import Bank
from timebank.banks.queries import one_at_a_time
from timebank.errors import NotAllowed
from timebank.jobs import service as jobs_service
from timebank.leaving import queries, unnaming
from timebank.leaving.rules import Farewell
from timebank.members import partners
from timebank.members import queries as members
from timebank.members import rules as members_rules
from timebank.members import service as members_service
from timebank.members.errors import NotInThatState
from timebank.members.models import Group, Organisation
from timebank.members.rules import require_coordinator
from timebank.notices import service as notices_service
from timebank.room import Room
from timebank.say import say


def leave(
    session: Session,
    bank: Bank,
    member_id: int,
    rooms: Sequence[Room],
    farewell: Farewell,
    act: Act,
) -> None:
    """A member leaves: what is under way is called off, what they offer and ask for is withdrawn,
    their places in sessions are given to others, the hours go to the chest or stay, and they are
    forgotten.

    Afterwards no name, address, birthday, sign-in or word by or about them is kept in any table;
    the account stays, closed and without a name, so that the books balance and other people's hours
    still add up. Raises NotFound; NotAllowed for anybody but the member and the staff;
    NotInThatState; LastCoordinator.
    """
    # From here on nobody is introduced to them and nothing is noted about them that would be missed
    # below.
    one_at_a_time(session, bank)
    member = members.member(session, bank, member_id)
    if not members_rules.may_change(act.by, member.id, member.role):
        raise NotAllowed(say("Only the member and the staff of the time bank may do this."))
    if member.account_id is None:
        raise NotInThatState(
            say("%(name)s has asked to join. Answer the application instead.", name=member.name)
        )
    naming = queries.naming(session, bank, member)
    # What was said before is forgotten first: those who are still here have yet to be told what is
    # called off now.
    for room in rooms:
        if room.causes is not None:
            notices_service.forget_causes(session, bank, room.causes(session, bank, member))
    _wind_up(session, bank, member.account_id, rooms, act)
    for room in rooms:
        if room.forget is not None:
            room.forget(session, bank, member, act)
    # Their own row is the last: until here every room knows their name, to take it out.
    members_service.leave(session, bank, member_id, act, settle=farewell.settle)
    unnaming.unname(session, bank, naming, now=act.now)
    jobs_service.wipe_soon(session, now=act.now)


def end_partnership(
    session: Session,
    bank: Bank,
    organisation_id: int,
    rooms: Sequence[Room],
    farewell: Farewell,
    act: Act,
) -> Organisation:
    """An organisation is no longer a partner: what is under way is called off, what it offers and
    asks for is withdrawn, it sponsors nothing more, its hours go to the chest or stay.

    A coordinator's to do. Raises NotFound, NotAllowed, NotInThatState.
    """
    organisation = members.organisation(session, bank, organisation_id)
    require_coordinator(act.by)
    _wind_up(session, bank, organisation.account_id, rooms, act)
    return partners.close_organisation(session, bank, organisation_id, act, settle=farewell.settle)


def close_group(
    session: Session,
    bank: Bank,
    group_id: int,
    rooms: Sequence[Room],
    farewell: Farewell,
    act: Act,
) -> Group:
    """A group ends: what is under way is called off, what it offers and asks for is withdrawn, its
    hours go to the chest or stay, and nobody is in it any more.

    A coordinator's to do. Raises NotFound, NotAllowed, NotInThatState.
    """
    group = members.group(session, bank, group_id)
    require_coordinator(act.by)
    _wind_up(session, bank, group.account_id, rooms, act)
    return partners.close_group(session, bank, group_id, act, settle=farewell.settle)


def _wind_up(
    session: Session, bank: Bank, account_id: int, rooms: Sequence[Room], act: Act
) -> None:
    for room in rooms:
        if room.wind_up is not None:
            room.wind_up(session, bank, account_id, act)

"""Everything that is held on a member, and what leaving would mean for an account."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, cast

from sqlalchemy.orm import Session

from timebank.act import Role
from timebank.activities import leaving as activities
from timebank.banks.models import Bank
from timebank.exchanges import leaving as exchanges
from timebank.leaving.rules import Naming
from timebank.ledger import queries as ledger
from timebank.members import meeting
from timebank.members import queries as members
from timebank.members.rules import settlement
from timebank.notices import queries as notices
from timebank.notices.rules import renamed
from timebank.room import Member, Room
from timebank.say import Said


@dataclass(frozen=True)
class Parting:
    """What becomes of an account when its holder goes: minutes on it, minutes to the chest
    (negative: from it), how many exchanges are under way and would be called off, and how many
    sessions have yet to be posted with hours of theirs, which then would not move.
    """

    balance: int
    to_chest: int
    under_way: int
    unposted: int = 0


def parting(session: Session, bank: Bank, account_id: int) -> Parting:
    """Raises NotFound when the bank has no such account."""
    balance = ledger.balance(session, bank, account_id)
    chest = ledger.chest(session, bank)
    return Parting(
        balance=balance,
        to_chest=settlement(balance, chest_balance=chest.balance, chest_floor=chest.floor),
        under_way=exchanges.under_way(session, bank, account_id),
        unposted=activities.unposted(session, bank, account_id),
    )


def held(
    session: Session, bank: Bank, member_id: int, rooms: Sequence[Room], *, now: datetime
) -> dict[str, Any]:
    """Everything that these rooms hold on a member, of plain values only. Raises NotFound.

    Amounts are minutes, instants UTC, days the bank's own. Of somebody who has asked to join and
    has no account yet there is what they wrote. Whoever is kept apart from the member is named
    nowhere but where the member named them for it.
    """
    member = members.member(session, bank, member_id)
    everything: dict[str, Any] = {"bank": bank.name, "written_at": now}
    for room in rooms:
        if room.export is not None:
            everything |= room.export(session, bank, member)
    plain = _plain(everything)
    return _unnamed(session, bank, member.id, plain) if member.role == Role.MEMBER else plain


def _unnamed(session: Session, bank: Bank, member_id: int, held: dict[str, Any]) -> dict[str, Any]:
    """The same without the names, numbers and addresses of those of whom the member is shown
    nothing: they stand in old notices too."""
    accounts = meeting.hidden(session, bank, [member_id]).get(member_id, ())
    holders = members.parties(session, bank, accounts).values()
    ids = {holder.member_id for holder in holders if holder.member_id is not None}
    people = members.by_ids(session, bank, ids).values()

    def without(value: object) -> Any:
        if isinstance(value, Mapping):
            entries = cast(Mapping[str, object], value)
            return {
                name: inner if name == "kept_apart_from" else without(inner)
                for name, inner in entries.items()
            }
        if isinstance(value, list):
            return [without(inner) for inner in cast(list[object], value)]
        if not isinstance(value, str):
            return value
        for person in people:
            value = renamed(value, person.name, str(meeting.SOMEBODY))
            for way in filter(None, (person.email, person.phone)):
                value = value.replace(way, "…")
        return value

    return without(held)


def _plain(value: object) -> Any:
    """The same with dates and instants as ISO text, and sentences in English."""
    if isinstance(value, Mapping):
        entries = cast(Mapping[str, object], value)
        return {name: _plain(inner) for name, inner in entries.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in cast(list[object], value)]
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, Said) else value


def naming(session: Session, bank: Bank, member: Member) -> Naming:
    """How others may have written of a member: their name, the names under which they were written
    to, or speak for a partner, and their number."""
    key = f"member:{member.id}"
    known = [
        member.name,
        *members.names_as_contact(session, bank, member.id),
        *notices.names_of(session, bank, key),
    ]
    return Naming(tuple(dict.fromkeys(name for name in known if name.strip())), member.number)

"""Two members into one, and into two again. The caller commits.

Each function is handed the rooms of the application, the lowest first, and asks every one of them
about its own.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from timebank import hours
from timebank.act import Act, Channel, Role
from timebank.banks.models import Bank
from timebank.clock import local_date
from timebank.errors import Refusal
from timebank.ledger import queries as ledger
from timebank.ledger import rebooking
from timebank.ledger import service as ledger_service
from timebank.ledger.errors import AboveCeiling, BelowFloor
from timebank.ledger.rebooking import Rebooking
from timebank.ledger.rules import InterventionKind, Leg, NewEntry, Provenance, Reason
from timebank.members import acts, merges
from timebank.members import queries as members
from timebank.members.models import Member, Merge
from timebank.members.rules import Status, require_coordinator
from timebank.merging import carrying, queries, rules
from timebank.merging.errors import CannotMerge, CannotUndo
from timebank.merging.models import MergeChange, MergeEntry
from timebank.merging.rules import Wanted
from timebank.notices.rules import Letter, NewNotice
from timebank.room import Change, Rebooked, Room, Two
from timebank.say import Said, one_after_another, say


@dataclass(frozen=True)
class Merged:
    """What two becoming one came to: what was taken along, in words; how many entries were booked
    anew and how many stayed as they were; the balance of whoever stays, in minutes. `number` is the
    one that whoever goes had."""

    id: int
    goes_id: int
    stays_id: int
    number: str
    carried: Sequence[Said]
    rebooked: int
    stayed: int
    balance: int


@dataclass(frozen=True)
class Preview:
    """What making one of two would do, or why it cannot be: `refused` are the reasons, and without
    one there is what it would come to."""

    two: Two
    refused: Sequence[Said]
    merged: Merged | None = None


def preview(
    session: Session, bank: Bank, goes_id: int, stays_id: int, rooms: Sequence[Room], act: Act
) -> Preview:
    """What making one of the two would do: it is done, and taken back before anybody sees it, so
    that what is shown is what would be. Raises NotFound, NotAllowed, NotInThatState."""
    two = merges.hold_two(session, bank, goes_id, stays_id, act)
    in_the_way = refusals(session, bank, two, rooms, act)
    merged = None
    if not in_the_way:
        trial = session.begin_nested()
        try:
            merged = _merge(session, bank, two, str(_TRIAL), rooms, act)
        except Refusal as refusal:
            in_the_way = [refusal.message]
        finally:
            trial.rollback()
            session.expire_all()
    return Preview(two, in_the_way, merged)


_TRIAL = say("To see what it would do.")


def merge(
    session: Session, bank: Bank, goes_id: int, wanted: Wanted, rooms: Sequence[Room], act: Act
) -> Merged:
    """Make one of two members: what whoever goes has and did is of whoever stays, the hours
    included, and the number that goes leads to the one who stays.

    A coordinator's to do. Raises NotFound, NotAllowed, NotInThatState; Invalid without a reason;
    CannotMerge with everything that is in the way.
    """
    why = wanted.checked_why()
    two = merges.hold_two(session, bank, goes_id, wanted.stays, act)
    in_the_way = refusals(session, bank, two, rooms, act)
    if in_the_way:
        raise CannotMerge(one_after_another(in_the_way))
    merged = _merge(session, bank, two, why, rooms, act)
    letter = _merged_letter(bank, merged.number, two.stays)
    notice = NewNotice(letter, f"merge:{merged.id}:merged", to_helpers=True)
    acts.tell(session, bank, two.stays.id, notice, now=act.now)
    return merged


def _merged_letter(bank: Bank, number: str, stays: Member) -> Letter:
    """What somebody is told who was written down twice: which number leads where."""
    return Letter(
        say("You have one number at %(bank)s now", bank=bank.name),
        [
            say(
                "You were written down twice at %(bank)s, with the numbers %(number)s and"
                " %(kept)s. Now you are there once: all your hours, offers and requests stand"
                " under number %(kept)s.",
                bank=bank.name,
                number=number,
                kept=stays.number or "",
            ),
            say(
                "Number %(number)s leads there too, wherever you still use it. If this is wrong,"
                " tell your broker today: for a day it can be undone.",
                number=number,
            ),
        ],
    )


def _undone_letter(bank: Bank, came_back: Member, stays: Member) -> Letter:
    """What whoever was told so is told when they are two after all."""
    return Letter(
        say("Your hours at %(bank)s are your own alone again", bank=bank.name),
        [
            say(
                "We took you and somebody else for one person, and that was wrong. Number %(kept)s"
                " is yours as before, and number %(number)s leads to them.",
                kept=stays.number or "",
                number=came_back.number or "",
            )
        ],
    )


def refusals(session: Session, bank: Bank, two: Two, rooms: Sequence[Room], act: Act) -> list[Said]:
    """Everything that is in the way of making one of the two."""
    return [
        words
        for room in rooms
        if room.merging.refuses is not None
        for words in room.merging.refuses(session, bank, two, act)
    ]


def _merge(
    session: Session, bank: Bank, two: Two, why: str, rooms: Sequence[Room], act: Act
) -> Merged:
    row, changes = merges.begin(session, bank, two, why, act)
    wanted = _entries(session, bank, two, rooms)
    rebooked = rebooking.rebook(
        session, bank, wanted, _rebooking(bank, two, row, "merged", why, act)
    )
    for room in rooms:
        changes += _moved(session, bank, room, two, rebooked, act, why)
        changes += carrying.carry(session, bank, room.merging.carries, two)
    settled = _settle(session, bank, row, two, act)
    stayed = len(ledger.standing(session, bank, _account(two.goes))) - len(settled)
    ledger_service.close_account(session, bank, _account(two.goes), now=act.now)
    _keep(session, bank, row, changes, [each.again_id for each in rebooked.values()], settled)
    balance = ledger.balance(session, bank, _account(two.stays))
    return Merged(
        row.id,
        row.goes_id,
        row.stays_id,
        row.number,
        _in_words(rooms, changes),
        len(rebooked),
        stayed,
        balance,
    )


def _entries(session: Session, bank: Bank, two: Two, rooms: Sequence[Room]) -> set[int]:
    return {
        entry_id
        for room in rooms
        if room.merging.entries is not None
        for entry_id in room.merging.entries(session, bank, two)
    }


def _moved(
    session: Session,
    bank: Bank,
    room: Room,
    two: Two,
    rebooked: Mapping[int, Rebooked],
    act: Act,
    why: str,
) -> Sequence[Change]:
    move = room.merging.move
    return () if move is None else move(session, bank, two, rebooked, act, why)


def _account(member: Member) -> int:
    return acts.account_of(member)


def _rebooking(bank: Bank, two: Two, row: Merge, mark: str, why: str, act: Act) -> Rebooking:
    return Rebooking(
        of=_account(two.goes),
        to=_account(two.stays),
        mark=f"{mark}:{row.id}",
        on=local_date(act.now, bank.timezone),
        by=_provenance(act),
        reason=Reason(InterventionKind.REVERSAL, f"merge:{row.id}", why),
    )


def _provenance(act: Act) -> Provenance:
    return Provenance(act.by.key, Channel.SYSTEM if act.by.role == Role.SYSTEM else Channel.WEB)


def _settle(session: Session, bank: Bank, row: Merge, two: Two, act: Act) -> list[int]:
    """What could not be booked anew, because it is with somebody who has gone or with each other,
    stays as it is: what it comes to goes over in one line."""
    of, to = _account(two.goes), _account(two.stays)
    minutes = ledger.balance(session, bank, of)
    if minutes == 0:
        return []
    _check_room_for(session, bank, two.stays, minutes)
    payer, payee = (of, to) if minutes > 0 else (to, of)
    entry = NewEntry(
        f"merge:{row.id}",
        "settlement",
        local_date(act.now, bank.timezone),
        [Leg(payer, payee, abs(minutes))],
        _provenance(act),
    )
    return [ledger_service.post(session, bank, entry)]


def _check_room_for(session: Session, bank: Bank, member: Member, minutes: int) -> None:
    state = ledger.account(session, bank, _account(member), hold=True)
    after = state.balance + minutes
    below = state.floor is not None and after < state.floor
    if below or (state.ceiling is not None and after > state.ceiling):
        raise CannotMerge(
            say(
                "With the hours of both, %(after)s, the account of %(name)s would be past what it"
                " allows. Change its limits first.",
                after=hours.table(after),
                name=member.name,
            )
        )


def _keep(
    session: Session,
    bank: Bank,
    row: Merge,
    changes: Sequence[Change],
    again: Collection[int],
    settled: Collection[int],
) -> None:
    own = {"bank_id": bank.id, "merge_id": row.id}
    session.add_all(
        MergeChange(
            **own,
            n=n,
            of_table=change.table,
            row_key=carrying.as_text(change.key),
            before=carrying.as_text(change.before),
            after=carrying.as_text(change.after),
        )
        for n, change in enumerate(changes)
    )
    session.add_all(MergeEntry(**own, entry_id=entry, settles=False) for entry in again)
    session.add_all(MergeEntry(**own, entry_id=entry, settles=True) for entry in settled)
    session.flush()


def _in_words(rooms: Sequence[Room], changes: Sequence[Change]) -> list[Said]:
    """How many rows of each kind were taken along, as each room tells of its own."""
    rows: dict[str, set[str]] = {}
    for change in changes:
        key = carrying.as_text(change.key)
        rows.setdefault(change.table, set()).add(key)
        for column in change.after:
            rows.setdefault(f"{change.table}.{column}", set()).add(key)
    words: list[Said] = []
    for room in rooms:
        counters = {carry.column: carry.counted for carry in room.merging.carries if carry.counted}
        words += [
            counted(len(rows[what]))
            for what, counted in (*counters.items(), *room.merging.counts.items())
            if what in rows
        ]
    return words


@dataclass(frozen=True)
class Undone:
    """What having two again came to: the members, and of what, by table, so many rows were taken
    away or given to others since and could not be put back."""

    came_back: Member
    stays: Member
    lost: Mapping[str, int]


def undo(session: Session, bank: Bank, merge_id: int, rooms: Sequence[Room], act: Act) -> Undone:
    """Have both members back, each with what was theirs, while a day has not passed. What whoever
    stayed did since on their own stays theirs.

    A coordinator's to do. Raises NotFound; CannotUndo when it is too late or was undone, when
    whoever stays has left or turned out to be somebody else since, or when hours cannot go back.
    """
    if act.by.role != Role.SYSTEM:
        require_coordinator(act.by)
    row = merges.held(session, bank, merge_id)
    _check(session, bank, row, act)
    why = str(_UNDONE)
    recorded = queries.changes(session, bank, row.id)
    own = [change for change in recorded if change.table == "member"]
    two = merges.undo(session, bank, row, own, act)
    ledger_service.reopen_account(session, bank, _account(two.stays))
    two = replace(two, rows=_rows(recorded))
    _book_back(session, bank, row, two, rooms, why, act)
    lost = carrying.put_back(
        session, bank, [change for change in recorded if change.table != "member"]
    )
    for room in rooms:
        if room.merging.back is not None:
            room.merging.back(session, bank, two, act)
    queries.drop(session, bank, row.id)
    session.flush()
    letter = _undone_letter(bank, two.stays, two.goes)
    notice = NewNotice(letter, f"merge:{row.id}:undone", to_helpers=True)
    acts.tell(session, bank, two.goes.id, notice, now=act.now)
    return Undone(two.stays, two.goes, lost)


_UNDONE = say("They are two people after all.")


def _check(session: Session, bank: Bank, row: Merge, act: Act) -> None:
    stays = members.member(session, bank, row.stays_id)
    if row.undone_at is not None:
        raise CannotUndo(say("That was undone already."))
    if row.forgotten_at is not None or rules.until(row.at) <= act.now:
        raise CannotUndo(
            say(
                "That was more than a day ago, and what it takes to undo it is kept no longer."
                " Write the other person in anew, and give them their hours from the chest."
            )
        )
    if stays.status not in (Status.ACTIVE, Status.PAUSED):
        into = members.merge_of(session, bank, stays.id)
        if into is not None and into.undone_at is None:
            raise CannotUndo(
                say(
                    "Number %(number)s turned out to be somebody else in turn. Undo that first.",
                    number=into.number,
                )
            )
        raise CannotUndo(
            say("Whoever stayed has left the time bank since, and nobody is had back from that.")
        )


def _rows(changes: Sequence[Change]) -> dict[str, set[int]]:
    """The ids of the rows that were taken along, by table."""
    rows: dict[str, set[int]] = {}
    for change in changes:
        number = change.key.get("id")
        if isinstance(number, int):
            rows.setdefault(change.table, set()).add(number)
    return rows


def _book_back(
    session: Session, bank: Bank, row: Merge, two: Two, rooms: Sequence[Room], why: str, act: Act
) -> None:
    """The hours that were taken along go back, those of what was under way then and has been
    confirmed since included."""
    posted = queries.entries(session, bank, row.id)
    # Worded before the books are asked: what they refuse ends the transaction.
    refusal = CannotUndo(_cannot_go_back(two))
    rebooking_ = _rebooking(bank, two, row, "unmerged", why, act)
    try:
        settled = [each.entry_id for each in posted if each.settles]
        for entry in ledger.entries(session, bank, settled):
            if entry.stands:
                ledger_service.reverse(
                    session,
                    bank,
                    entry.id,
                    occurred_on=rebooking_.on,
                    by=rebooking_.by,
                    reason=rebooking_.reason,
                )
    except (BelowFloor, AboveCeiling) as past_limits:
        raise refusal from past_limits
    wanted = {each.entry_id for each in posted if not each.settles}
    wanted |= _entries(session, bank, two, rooms)
    rebooked = rebooking.rebook(session, bank, wanted, rebooking_)
    standing = {entry.id for entry in ledger.entries(session, bank, wanted) if entry.stands}
    if standing - rebooked.keys():
        raise refusal
    for room in rooms:
        _moved(session, bank, room, two, rebooked, act, why)


def _cannot_go_back(two: Two) -> Said:
    return say(
        "The hours of the two cannot be parted any more: %(name)s has spent too many since, or an"
        " account they are with was closed or would be past what it allows. Give hours from the"
        " chest or change the limits, and undo it then.",
        name=two.goes.name,
    )


def forget(session: Session, bank: Bank, row: Merge, rooms: Sequence[Room], act: Act) -> None:
    """Erase what is left of whoever went, in every room, and what it would take to have them
    back."""
    goes = members.member(session, bank, row.goes_id)
    for room in rooms:
        if room.forget is not None and room.name != "merging":
            room.forget(session, bank, goes, act)
    merges.forget(session, bank, row, act)
    queries.drop(session, bank, row.id)

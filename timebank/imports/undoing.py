"""Taking a file back as a whole: what it brought in goes, as far as nothing was built on it."""

import itertools
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypeVar

from sqlalchemy import Column, Table, select
from sqlalchemy.orm import Session

from timebank import voices
from timebank.act import Act, Channel
from timebank.banks import queries as banks
from timebank.banks.models import Bank
from timebank.banks.queries import one_at_a_time
from timebank.base import Base
from timebank.errors import Refusal
from timebank.exchanges import history
from timebank.exchanges.history import Standing
from timebank.imports import queries
from timebank.imports.errors import NotReady
from timebank.imports.models import Upload
from timebank.imports.movements import Limits
from timebank.imports.rules import Brought, ImportState
from timebank.jobs import service as jobs_service
from timebank.ledger import service as ledger_service
from timebank.ledger.rules import InterventionKind, Provenance, Reason
from timebank.members import queries as members
from timebank.members import service as members_service
from timebank.members.rules import require_coordinator
from timebank.reports import queries as reports
from timebank.reports.queries import EntryFacts
from timebank.room import Room
from timebank.say import Said, count, say
from timebank.skills import service as skills_service

Each = TypeVar("Each")

FOR = timedelta(days=30)
"""How long a file can be taken back."""

TAKE_BACK = "imports.take_back"
"""The kind of the job by which a large file goes back."""

AT_ONCE = 100
"""So many people, hours and listings go back while somebody waits."""

_PART = 500
"""So many ids go into one question."""

_PEOPLE = 50
"""So many people go in one transaction, so that nobody waits for all of them."""

BEING_TAKEN_BACK = say("This file is being taken back just now.")

Opened = Callable[[], AbstractContextManager[Session]]
"""Opens what one part is written in: a transaction of its own, or the one that is open already."""

MOST_NAMED = 50
"""So many of those who stay are named; the rest are counted."""

_WRITTEN_BY_IMPORTS = {
    *("member.account_id", "member_event.member_id", "member_event.by", "event.account_id"),
    *("event.other_id", "event.by", "posting.payer_id", "posting.payee_id", "entry.recorded_by"),
    *("entry.on_word_of", "intervention.account_id", "intervention.by", "upload.handed_in_by"),
    *("exchange.giver_id", "exchange.receiver_id", "exchange_step.by", "exchange_step.on_word_of"),
    *(
        "gift.from_id",
        "gift.to_id",
        "gift.by",
        "gift.on_word_of",
        "listing.account_id",
        "listing.by",
        "request_once.owner",
    ),
}
"""Columns that an import fills itself, or that a look at hours and listings answers for."""


@dataclass
class Prospect:
    """What taking a file back comes to: who and what goes, and what stays, with why. `under_way`:
    the worker is at it."""

    members: list[int] = field(default_factory=list)
    hours: list[Standing] = field(default_factory=list)
    gifts: list[Standing] = field(default_factory=list)
    listings: list[int] = field(default_factory=list)
    stays: list[Said] = field(default_factory=list)
    staying: int = 0
    under_way: bool = False

    @property
    def minutes(self) -> int:
        """What goes back, of hours and gifts."""
        return sum(one.minutes for one in (*self.hours, *self.gifts))

    @property
    def counts(self) -> dict[str, int]:
        """How much goes, of each kind."""
        return {
            "members": len(self.members),
            "hours": len(self.hours),
            "gifts": len(self.gifts),
            "listings": len(self.listings),
        }

    @property
    def goes(self) -> list[Said]:
        """What goes, in words."""
        return in_words(self.counts)

    def keep(self, words: Said) -> None:
        """Take down that something stays."""
        self.staying += 1
        if len(self.stays) < MOST_NAMED:
            self.stays.append(words)


def in_words(counts: Mapping[str, int]) -> list[Said]:
    """How much goes, of each kind of which anything does."""
    kinds = [
        count("%(n)s member", "%(n)s members", counts["members"]),
        count("%(n)s row of hours", "%(n)s rows of hours", counts["hours"]),
        count("%(n)s gift", "%(n)s gifts", counts["gifts"]),
        count("%(n)s offer or request", "%(n)s offers and requests", counts["listings"]),
    ]
    return [one for one in kinds if one.number]


def prospect(
    session: Session, bank: Bank, upload_id: int, rooms: Sequence[Room], act: Act
) -> Prospect:
    """What would go and what would stay. Raises NotFound; NotReady for a file that brought nothing
    in, was taken back before, or is older than can be; NotAllowed."""
    require_coordinator(act.by)
    upload = queries.upload(session, bank, upload_id)
    if upload.state != ImportState.DONE:
        raise NotReady(say("This file is not in the books."))
    if upload.taken_back_at is not None:
        raise NotReady(say("This file was taken back already."))
    if upload.taking_back_at is not None:
        raise NotReady(BEING_TAKEN_BACK)
    if upload.handed_in_at + FOR < act.now:
        raise NotReady(say("A file can be taken back for thirty days, and these are over."))
    prospect = Prospect()
    _look_at_things(session, bank, upload, prospect)
    _look_at_members(session, bank, upload, prospect, rooms)
    if not (prospect.goes or prospect.staying):
        raise NotReady(say("This file brought in nothing that could be taken back."))
    return prospect


def _look_at_things(session: Session, bank: Bank, upload: Upload, found: Prospect) -> None:
    _look_at_hours(session, bank, upload, found)
    _look_at_listings(session, bank, upload, found)


def _look_at_hours(session: Session, bank: Bank, upload: Upload, found: Prospect) -> None:
    closed = {one.id for one in reports.balances(session, bank).values() if one.closed}
    for kind, standing, goes in (
        (Brought.EXCHANGE, history.hours_standing, found.hours),
        (Brought.GIFT, history.gifts_standing, found.gifts),
    ):
        ids = queries.brought(session, bank, kind, upload_id=upload.id)
        rows = [one for part in _parts(sorted(ids)) for one in standing(session, bank, part)]
        gone = len(ids) - len(rows)
        if gone:
            found.staying += gone
            found.stays.append(
                count(
                    "%(n)s row was taken back or put right before, and stays as it is.",
                    "%(n)s rows were taken back or put right before, and stay as they are.",
                    gone,
                )
            )
        for standing_row in rows:
            if {standing_row.payer_id, standing_row.payee_id} & closed:
                found.keep(say("Hours of somebody who has left since stay in the books."))
            else:
                goes.append(standing_row)


def _look_at_listings(session: Session, bank: Bank, upload: Upload, found: Prospect) -> None:
    ids = queries.brought(session, bank, Brought.LISTING, upload_id=upload.id)
    for listing in itertools.chain.from_iterable(
        queries.listings(session, bank, part) for part in _parts(sorted(ids))
    ):
        if listing.status != "open" or queries.is_taken_up(session, bank, listing):
            found.keep(say("“%(title)s” was taken up or closed since.", title=listing.title))
        else:
            found.listings.append(listing.id)


def _look_at_members(
    session: Session, bank: Bank, upload: Upload, found: Prospect, rooms: Sequence[Room]
) -> None:
    ids = queries.brought(session, bank, Brought.MEMBER, upload_id=upload.id)
    for part in _parts(sorted(ids)):
        people = list(members.by_ids(session, bank, part).values())
        there = [one for one in people if one.status in ("active", "paused")]
        accounts = {one.account_id for one in there if one.account_id is not None}
        used = history.accounts_in_use(session, bank, accounts)
        used |= queries.accounts_listing(session, bank, accounts)
        named = _named(session, {one.id for one in there}, accounts, rooms)
        for member in there:
            if member.account_id in used:
                found.keep(say("%(name)s has helped or was helped since.", name=member.name))
            elif {str(member.id), f"member:{member.id}", f"account:{member.account_id}"} & named:
                found.keep(say("%(name)s has done something here since.", name=member.name))
            else:
                found.members.append(member.id)


def _named(
    session: Session, ids: Collection[int], accounts: Collection[int | None], rooms: Sequence[Room]
) -> set[str]:
    """Who of these stands in a column of any room that names people, but for what imports write:
    ids, keys, and accounts as `account:4`."""
    named: set[str] = set()
    for table, column in _columns(rooms):
        of_accounts = any(
            key.referred_table.name == "account"
            for key in table.foreign_key_constraints
            if column.name in key.column_keys
        )
        if of_accounts:
            wanted: list[object] = [one for one in accounts if one is not None]
        elif column.type.python_type is int:
            wanted = list(ids)
        else:
            wanted = [f"member:{one}" for one in ids]
        there = session.execute(select(column).where(column.in_(wanted)).distinct()).scalars()
        named |= {f"account:{one}" if of_accounts else str(one) for one in there}
    return named


def _parts(those: Sequence[Each], most: int = _PART) -> Iterator[Sequence[Each]]:
    """Those in parts that a database takes in one question."""
    for start in range(0, len(those), most):
        yield those[start : start + most]


def _columns(rooms: Sequence[Room]) -> Iterator[tuple[Table, Column[object]]]:
    for room in rooms:
        for trace in room.traces:
            if trace.column not in _WRITTEN_BY_IMPORTS:
                table, name = trace.column.split(".")
                there = Base.metadata.tables[table]
                yield there, there.columns[name]


def take_back(
    session: Session, bank: Bank, upload_id: int, rooms: Sequence[Room], act: Act
) -> Prospect:
    """Take a file back: its hours by reversal, its offers out of the directory, its people as if
    they had left, with nothing kept of them. What something was built on since stays, and is named.
    A large file is left to the worker.

    The numbers and references of the file are free again. The caller commits. Raises what
    `prospect` does.
    """
    taken = begin(session, bank, upload_id, rooms, act)
    if sum(taken.counts.values()) > AT_ONCE:
        jobs_service.queue(session, TAKE_BACK, {"upload": upload_id}, run_at=act.now)
        taken.under_way = True
        return taken
    taken = go_on(lambda: nullcontext(session), bank.id, upload_id, rooms, act)
    settle(session, bank, upload_id, act)
    return taken


def begin(
    session: Session, bank: Bank, upload_id: int, rooms: Sequence[Room], act: Act
) -> Prospect:
    """Take down that a file goes back, and by whom. Raises what `prospect` does."""
    # Nothing is built on it from here on.
    one_at_a_time(session, bank)
    taken = prospect(session, bank, upload_id, rooms, act)
    upload = queries.upload(session, bank, upload_id)
    upload.taking_back_at, upload.taken_back_by = act.now, act.by.key
    upload.changed_at = act.now
    session.flush()
    return taken


def go_on(open_: Opened, bank_id: int, upload_id: int, rooms: Sequence[Room], act: Act) -> Prospect:
    """Take back what is still there of a file that goes back: hours, gifts and listings together,
    then its people, some at a time. It may be begun anew after a crash."""
    taken = Prospect()
    with open_() as session:
        bank, upload = _held(session, bank_id, upload_id)
        if upload.back is None:
            _look_at_things(session, bank, upload, taken)
            _take_things_back(session, bank, upload, taken, act)
            _keep_what_went(bank, upload, taken)
        people = Prospect()
        _look_at_members(session, bank, upload, people, rooms)
        going = _Going(rooms, _openings(session, bank, upload), _why(upload))
        session.flush()
    for part in _parts(people.members, _PEOPLE):
        gone = Prospect()
        with open_() as session:
            bank, upload = _held(session, bank_id, upload_id)
            for member_id in part:
                _let_go(session, bank, member_id, going, gone, act)
            _keep_what_went(bank, upload, gone)
            session.flush()
        taken.members += gone.members
        taken.stays += gone.stays
        taken.staying += gone.staying
    with open_() as session:
        bank, upload = _held(session, bank_id, upload_id)
        _keep_what_went(bank, upload, Prospect(stays=people.stays, staying=people.staying))
        session.flush()
    taken.stays += people.stays
    taken.staying += people.staying
    return taken


@dataclass(frozen=True)
class _Going:
    """What those who go have to be let go of: by which rooms, which entries of balances they
    brought, and why that is done."""

    rooms: Sequence[Room]
    openings: Mapping[int, Sequence[EntryFacts]]
    why: str


def _held(session: Session, bank_id: int, upload_id: int) -> tuple[Bank, Upload]:
    """The bank and the file, while nobody else takes it back."""
    bank = banks.by_id(session, bank_id)
    one_at_a_time(session, bank)
    upload = queries.upload(session, bank, upload_id)
    session.refresh(upload)
    if upload.taking_back_at is None:
        # Another worker had it in hand too, and has finished it.
        raise NotReady(say("This file was taken back already."))
    return bank, upload


def _keep_what_went(bank: Bank, upload: Upload, gone: Prospect) -> None:
    """Add to what has come of it so far."""
    voice = voices.voice(bank.language)
    so_far = upload.back or {"stays": [], "staying": 0, "minutes": 0}
    counts = {kind: so_far.get(kind, 0) + number for kind, number in gone.counts.items()}
    upload.back = {
        **counts,
        "minutes": so_far["minutes"] + gone.minutes,
        "staying": so_far["staying"] + gone.staying,
        "stays": [*so_far["stays"], *(one.render(voice) for one in gone.stays)][:MOST_NAMED],
    }


def settle(session: Session, bank: Bank, upload_id: int, act: Act) -> None:
    """Take down that a file is back."""
    upload = queries.upload(session, bank, upload_id)
    upload.taken_back_at, upload.taking_back_at = act.now, None
    upload.changed_at = act.now
    session.flush()


def _take_things_back(
    session: Session, bank: Bank, upload: Upload, taken: Prospect, act: Act
) -> None:
    if taken.hours or taken.gifts:
        _reverse(session, bank, taken, _why(upload), act)
    for listing_id in taken.listings:
        skills_service.withdraw(session, bank, listing_id, act)
    for part in _parts(taken.listings):
        queries.free_references(session, bank, part)


def _why(upload: Upload) -> str:
    return str(say("The file “%(name)s” was taken back.", name=upload.file_name))


def _reverse(session: Session, bank: Bank, found: Prospect, why: str, act: Act) -> None:
    """Reverse hours and gifts, with limits as near to where they are as the balances then allow."""
    limits = Limits(session, bank, queries.people(session, bank), {}, by=act.by.key)
    back = (*found.hours, *found.gifts)
    limits.hold({id_ for movement in back for id_ in (movement.payee_id, movement.payer_id)})
    for movement in back:
        limits.move(movement.payee_id, movement.payer_id, movement.minutes)
    limits.lift()
    hours = {one.id: Channel.IMPORT for one in found.hours}
    gifts = {one.id: Channel.IMPORT for one in found.gifts}
    for part in _parts(list(hours.items())):
        history.take_back_hours(session, bank, dict(part), act, why=why)
    if gifts:
        history.take_back_gifts(session, bank, gifts, by=act.by, why=why)
    limits.settle(act, last=True)


def _openings(session: Session, bank: Bank, upload: Upload) -> dict[int, list[EntryFacts]]:
    """The entries of opening balances that the file brought in, and that stand, by either
    account."""
    ids = sorted(queries.brought(session, bank, Brought.OPENING, upload_id=upload.id))
    by_account: dict[int, list[EntryFacts]] = {}
    for part in _parts(ids):
        for entry in reports.entries(session, bank, ids=part):
            for account_id in () if entry.taken_back else (entry.payer_id, entry.payee_id):
                by_account.setdefault(account_id, []).append(entry)
    return by_account


def _let_go(
    session: Session,
    bank: Bank,
    member_id: int,
    going: "_Going",
    gone: Prospect,
    act: Act,
) -> None:
    """Let one of the people of the file go, with the balance they brought."""
    member = members.member(session, bank, member_id)
    name = member.name
    try:
        with session.begin_nested():
            for entry in going.openings.get(member.account_id or 0, ()):
                ledger_service.reverse(
                    session,
                    bank,
                    entry.id,
                    occurred_on=entry.occurred_on,
                    by=Provenance(act.by.key, Channel.IMPORT),
                    reason=Reason(InterventionKind.REVERSAL, f"entry:{entry.id}", going.why),
                )
            for room in going.rooms:
                if room.forget is not None and room.name != "imports":
                    room.forget(session, bank, member, act)
            members_service.leave(session, bank, member_id, act, settle=False)
    except Refusal as refusal:
        gone.keep(say("%(name)s stays: %(why)s", name=name, why=refusal.message))
        return
    gone.members.append(member_id)

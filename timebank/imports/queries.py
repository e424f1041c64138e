"""What a file is compared with: who is there, and what was brought in before."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select, union_all, update
from sqlalchemy.orm import Session, selectinload

from timebank.banks.models import Bank
from timebank.base import one_or_refuse
from timebank.exchanges import queries as exchanges
from timebank.exchanges.rules import Status
from timebank.imports.meant import Holder, People
from timebank.imports.models import FileShape, ImportBatch, Upload
from timebank.imports.rules import Brought, ImportState, NewUpload, Reading
from timebank.ledger import queries as ledger
from timebank.members import queries as members
from timebank.members.models import Group, Member, Organisation
from timebank.reports import queries as reports
from timebank.reports.rules import IMPORTED_GIFT, mark
from timebank.say import say
from timebank.skills.models import Listing, Skill
from timebank.text import folded


def people(session: Session, bank: Bank) -> People:
    """Everyone a file can name: members by number, organisations and groups by name, the chest."""
    traits = (Member.area, Member.date_of_birth, Member.email)
    columns = (Member.id, Member.account_id, Member.number, Member.name, Member.status, *traits)
    with_account = (Member.bank_id == bank.id, Member.account_id.is_not(None))
    holders = [
        Holder(
            row.account_id,
            row.number,
            row.name,
            "member",
            row.id if row.status != "left" else None,
            members.number_apart(
                row.number, row.area, row.date_of_birth.year if row.date_of_birth else None
            ),
            row.email,
        )
        for row in session.execute(select(*columns).where(*with_account))
    ]
    for kind, table in (("organisation", Organisation), ("group", Group)):
        for row in session.execute(
            select(table.account_id, table.name).where(table.bank_id == bank.id)
        ):
            holders.append(Holder(row.account_id, row.name, row.name, kind))
    chest = ledger.chest(session, bank)
    if folded(bank.name) not in {folded(holder.text) for holder in holders}:
        # Other programs give the time bank an account under its own name.
        holders.append(Holder(chest.id, bank.name, chest.label, "chest"))
    return People([*holders, Holder(chest.id, "chest", chest.label, "chest")])


def under_way(session: Session, bank: Bank, new: NewUpload) -> Upload | None:
    """The same file, if it is half in: whoever brought it in stopped."""
    same = select(Upload).where(
        Upload.bank_id == bank.id,
        Upload.kind == new.how.kind,
        Upload.state == ImportState.IMPORTING,
        Upload.size == len(new.files.file),
        Upload.file == new.files.file,
    )
    return session.execute(same.order_by(Upload.id.desc()).limit(1)).scalar_one_or_none()


@dataclass(frozen=True)
class Known:
    """What the bank holds under a reference. `id` is the exchange's, of a gift the entry's; `words`
    skill, activity, title."""

    id: int
    on: date
    payer_id: int
    payee_id: int
    minutes: int
    words: tuple[str | None, ...]
    taken_back: bool


def known_hours(session: Session, bank: Bank, references: Collection[str]) -> dict[str, Known]:
    """The hours under these references: brought in from a file, or this bank's own, as its exports
    call them."""
    own = _own_numbers(bank, references, "-")
    posted = exchanges.posted_under(session, bank, references, own)
    return {hours.reference or own[hours.id]: _known_hours(hours) for hours in posted}


def _known_hours(hours: exchanges.Posted) -> Known:
    return Known(
        hours.id,
        hours.occurred_on,
        hours.receiver_id,
        hours.giver_id,
        hours.minutes,
        (hours.skill, hours.activity, hours.title),
        hours.status == Status.REVERSED,
    )


def known_gifts(session: Session, bank: Bank, references: Collection[str]) -> dict[str, Known]:
    """The gifts under these references: brought in from a file, or this bank's own, as its exports
    call them."""
    own = _own_numbers(bank, references, "-g")
    causes = [f"{IMPORTED_GIFT}{reference}" for reference in references]
    with_a_file = brought(session, bank, Brought.GIFT, taken_back=True)
    return {
        own.get(entry.id) or entry.cause.removeprefix(IMPORTED_GIFT): Known(
            entry.id,
            entry.occurred_on,
            entry.payer_id,
            entry.payee_id,
            entry.minutes,
            (None, None, ""),
            entry.taken_back,
        )
        for entry in reports.entries(session, bank, causes=causes, ids=own)
        if entry.id not in with_a_file
    }


_WIDEST = 7
"""Digits of a number with noughts at the front, at most one less."""

_AGAIN = "#again-"


def free_causes(session: Session, bank: Bank, causes: Collection[str]) -> dict[str, str]:
    """What the entries of rows are caused by whose like was brought in before and taken back: the
    books hold one entry of each cause, for good."""
    spent = {entry.cause for entry in reports.entries(session, bank, causes=causes)}
    free: dict[str, str] = {}
    times = 2
    while spent:
        tried = {f"{cause}{_AGAIN}{times}": cause for cause in spent}
        there = {entry.cause for entry in reports.entries(session, bank, causes=tried)}
        free |= {cause: again for again, cause in tried.items() if again not in there}
        spent, times = {tried[again] for again in there}, times + 1
    return free


def _own_numbers(bank: Bank, references: Collection[str], separator: str) -> dict[int, str]:
    start = f"{mark(bank.id, bank.created_at)}{separator}"
    numbers = {
        reference: reference.removeprefix(start)
        for reference in references
        if reference.startswith(start)
    }
    return {
        int(number): reference
        for reference, number in numbers.items()
        if number.isdecimal() and len(number) < 18
    }


def is_own(bank: Bank, reference: str) -> bool:
    """Whether the reference is of the form that this bank's own exports give."""
    return reference.startswith(f"{mark(bank.id, bank.created_at)}-")


def known_listings(session: Session, bank: Bank, references: Collection[str]) -> dict[str, Listing]:
    """The listings under these references: brought in from a file, or this bank's own, as its
    exports call them."""
    needs = selectinload(Listing.needs)
    here = select(Listing).where(Listing.bank_id == bank.id).options(needs)
    rows = session.execute(here.where(Listing.reference.in_(references))).scalars()
    by_reference = {row.reference or "": row for row in rows}
    own = _own_numbers(bank, references, "-l")
    for row in session.execute(
        here.where(Listing.id.in_(own), Listing.reference.is_(None))
    ).scalars():
        by_reference[own[row.id]] = row
    return by_reference


def listings(session: Session, bank: Bank, ids: Collection[int]) -> Sequence[Listing]:
    """The listings with these ids."""
    there = select(Listing).where(Listing.bank_id == bank.id, Listing.id.in_(ids))
    return session.execute(there.order_by(Listing.id)).scalars().all()


def accounts_listing(session: Session, bank: Bank, account_ids: Collection[int | None]) -> set[int]:
    """Those of these accounts that offer or ask for something, or have, but for what came with a
    file that was taken back."""
    rows = session.execute(
        select(Listing.account_id, Listing.id).where(
            Listing.bank_id == bank.id, Listing.account_id.in_(account_ids)
        )
    ).all()
    gone = brought(session, bank, Brought.LISTING, taken_back=True) if rows else set[int]()
    return {account_id for account_id, listing_id in rows if listing_id not in gone}


def is_taken_up(session: Session, bank: Bank, listing: Listing) -> bool:
    """Whether a listing was answered or changed since it was written down."""
    return listing.changed_at != listing.posted_at


def free_references(session: Session, bank: Bank, ids: Collection[int]) -> None:
    """Let the references of these listings name others."""
    session.execute(
        update(Listing)
        .where(Listing.bank_id == bank.id, Listing.id.in_(ids))
        .values(reference=None)
    )


def skills(session: Session, bank: Bank) -> dict[str, int]:
    """The ids of the bank's skills by what they can be called: a synonym where no name is the
    same."""
    rows = session.execute(
        select(Skill.id, Skill.name, Skill.synonyms).where(Skill.bank_id == bank.id)
    ).all()
    synonyms = {folded(word): row.id for row in rows for word in row.synonyms.split(",")}
    return synonyms | {folded(row.name): row.id for row in rows}


def members_by_number(session: Session, bank: Bank, numbers: Collection[str]) -> dict[str, Member]:
    """The members with these numbers."""
    statement = select(Member).where(Member.bank_id == bank.id, Member.number.in_(numbers))
    return {member.number or "": member for member in session.execute(statement).scalars()}


def members_by_noughts(
    session: Session, bank: Bank, numbers: Collection[str]
) -> dict[str, list[Member]]:
    """The members whose numbers are these but for noughts at the front, which spreadsheets take
    off: by the number without them."""
    bare = {number.lstrip("0") for number in numbers if number.isdecimal()} - {""}
    spelt = [number.zfill(width) for number in bare for width in range(len(number), _WIDEST)]
    by_bare: dict[str, list[Member]] = {}
    for member in members_by_number(session, bank, spelt).values():
        by_bare.setdefault((member.number or "").lstrip("0"), []).append(member)
    return by_bare


def members_by_name(session: Session, bank: Bank, keys: Collection[str]) -> dict[str, list[Member]]:
    """The members who are called so (as `text.folded` has it) and have not left."""
    statement = select(Member).where(
        Member.bank_id == bank.id, Member.name_key.in_(keys), Member.status != "left"
    )
    named: dict[str, list[Member]] = {}
    for member in session.execute(statement.order_by(Member.id)).scalars():
        named.setdefault(member.name_key, []).append(member)
    return named


def shared_names(session: Session, bank: Bank) -> Sequence[str]:
    """What the bank's organisations and groups are called."""
    names = (select(table.name).where(table.bank_id == bank.id) for table in (Organisation, Group))
    return session.execute(union_all(*names)).scalars().all()


def brought(
    session: Session,
    bank: Bank,
    kind: Brought,
    *,
    upload_id: int | None = None,
    taken_back: bool = False,
) -> set[int]:
    """The ids of what one file has brought in, or of what all those have that were taken back."""
    statement = select(ImportBatch.first_id, ImportBatch.last_id).where(
        ImportBatch.bank_id == bank.id, ImportBatch.kind == kind
    )
    if upload_id is not None:
        statement = statement.where(ImportBatch.upload_id == upload_id)
    if taken_back:
        statement = statement.join(Upload, Upload.id == ImportBatch.upload_id).where(
            Upload.taken_back_at.is_not(None)
        )
    return {each for first, last in session.execute(statement) for each in range(first, last + 1)}


def upload(session: Session, bank: Bank, upload_id: int) -> Upload:
    """Raises NotFound when the bank has no such upload."""
    return one_or_refuse(
        session,
        select(Upload).where(Upload.bank_id == bank.id, Upload.id == upload_id),
        say("There is no such file here. It may have been thrown away."),
    )


def uploads(session: Session, bank: Bank, *, limit: int = 20) -> Sequence[Upload]:
    """The files handed in last, without what is in them."""
    statement = (
        select(Upload).where(Upload.bank_id == bank.id).order_by(Upload.id.desc()).limit(limit)
    )
    return session.execute(statement).scalars().all()


def shape(session: Session, bank: Bank, shape: str) -> Reading | None:
    """How the last file of that shape was read, if there was one."""
    remembered = session.get(FileShape, (bank.id, shape))
    return Reading(remembered.columns, remembered.answers) if remembered else None

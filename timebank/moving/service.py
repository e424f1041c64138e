"""A bank goes, and comes."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from timebank.banks.models import Bank
from timebank.banks.rules import is_slug
from timebank.base import table_of
from timebank.errors import Conflict, Invalid
from timebank.jobs import service as jobs_service
from timebank.ledger import check
from timebank.moving import packing, queries, unpacking
from timebank.moving.coming import Newcomer
from timebank.moving.errors import NotYet
from timebank.moving.models import Arrival, Arriving
from timebank.moving.plan import plan_of
from timebank.moving.rules import Manifest
from timebank.room import Room
from timebank.say import Said, say


@dataclass(frozen=True)
class Arrived:
    """A bank that came in, and what its archive says of itself."""

    bank: Bank
    manifest: Manifest


def under_way(session: Session, bank: Bank, rooms: Iterable[Room], *, now: datetime) -> list[Said]:
    """What has to end before the bank can move."""
    return [
        why
        for room in rooms
        if room.archive.under_way is not None
        for why in room.archive.under_way(session, bank, now)
    ]


def left_behind(rooms: Iterable[Room]) -> dict[Said, list[str]]:
    """What does not move: the reasons, each with the tables and columns that it is of."""
    reasons: dict[Said, list[str]] = {}
    for behind in plan_of(rooms).behind:
        reasons.setdefault(behind.why, []).append(behind.what)
    return reasons


def pack(
    session: Session, bank: Bank, rooms: Iterable[Room], out: IO[bytes], *, now: datetime
) -> Manifest:
    """Write everything that moves of a bank into `out`, as it stands at one moment (`session` is of
    `timebank.db.snapshot`). Raises NotYet while something is open."""
    rooms = list(rooms)
    for why in under_way(session, bank, rooms, now=now):
        raise NotYet(why)
    return packing.pack(session, bank, plan_of(rooms), out, now=now)


def bring(
    session: Session,
    path: Path,
    rooms: Iterable[Room],
    *,
    slug: str | None,
    now: datetime,
    on: Callable[[str], object] = lambda table: None,
) -> Arrived:
    """Bring in a bank from an archive, under its own address or `slug`, and prove its books. `on`
    is told of each table.

    All of it or nothing: the caller commits. Raises NoArchive, TooNew, Invalid, Conflict.
    """
    rooms = list(rooms)
    with unpacking.opened(path, plan_of(rooms)) as archived:
        manifest = archived.manifest
        _check_address(session, slug or manifest.slug, archived.sha256)
        bank = _bank(session, archived, slug or manifest.slug)
        session.add(Arriving(bank_id=bank.id))
        session.flush()
        newcomer = Newcomer(session, bank, archived)
        newcomer.number_all()
        brought = set[int]()
        for name, table in archived.plan.tables.items():
            on(name)
            writer = archived.plan.writer_of(name)
            if writer is not None and writer.bring is not None:
                if id(writer) not in brought:
                    brought.add(id(writer))
                    writer.bring(session, bank, newcomer)
            elif name != "bank":
                newcomer.write(table)
        session.execute(delete(Arriving).where(Arriving.bank_id == bank.id))
        session.execute(
            insert(table_of(Arrival)).values(
                bank_id=bank.id,
                slug=manifest.slug,
                sha256=archived.sha256,
                version=manifest.version,
                exported_at=manifest.exported_at,
                arrived_at=now,
            )
        )
        session.expire_all()
        _prove(session, bank, rooms, manifest)
        jobs_service.take_stock_soon(session, now=now)
    return Arrived(bank, manifest)


def _check_address(session: Session, slug: str, digest: str) -> None:
    if not is_slug(slug):
        raise Invalid.on(
            "slug",
            say("The address is made of small letters a to z, digits and hyphens, at most 60."),
        )
    if session.execute(select(Bank.id).where(Bank.slug == slug)).first() is None:
        return
    if slug in queries.arrived_from(session, digest):
        raise Conflict(
            say("This very archive was brought in before: the bank is at /b/%(slug)s.", slug=slug)
        )
    raise Conflict(
        say(
            "There is a bank at /b/%(slug)s already. Choose another address with --slug.",
            slug=slug,
        )
    )


def _bank(session: Session, archived: unpacking.Archived, slug: str) -> Bank:
    """The bank itself, with its settings."""
    row = next(iter(archived.rows("bank")))
    bank = Bank(**{name: value for name, value in row.items() if name != "id"} | {"slug": slug})
    session.add(bank)
    session.flush()
    return bank


def _prove(session: Session, bank: Bank, rooms: Iterable[Room], manifest: Manifest) -> None:
    """Raises Conflict where the books do not prove, or come to something else than at home."""
    report = check.check(session, only=bank)
    wrong = [fault.what for fault in report.faults]
    here = packing.totals(session, bank)
    wrong += [
        f"{name}: {here[name]}, and {there} at home"
        for name, there in manifest.totals.items()
        if here[name] != there
    ]
    for room in rooms:
        if room.archive.wrong is not None:
            wrong += room.archive.wrong(session, bank)
    if wrong:
        raise Conflict(
            say(
                "The books of this bank do not prove: %(what)s. Nothing was brought in. Export the"
                " bank again.",
                what=wrong[0],
            )
        )

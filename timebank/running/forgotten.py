"""Whom the time bank has forgotten, kept beside its copies: a copy from before somebody left still
has them, and putting it back has to forget them again.

Kept is a hash for each, of the numbers and instants of two rows, by which nobody can be told.
"""

import hashlib
import os
from collections.abc import Collection, Sequence
from datetime import datetime
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.orm import Session

from timebank.act import Act, Actor
from timebank.banks import queries as banks
from timebank.banks.models import Bank
from timebank.leaving import service as leaving_service
from timebank.leaving.rules import Farewell
from timebank.members.errors import LastCoordinator
from timebank.room import Room

FILE = "forgotten.list"

_PEOPLE = text("SELECT id, created_at FROM member WHERE bank_id = :bank AND status = :status")


def of(session: Session) -> set[str]:
    """Those who have left the banks of this database."""
    return {mark for bank in banks.all_banks(session) for mark in _marks(session, bank, "left")}


def kept(folder: Path) -> set[str]:
    """Those on the list in that folder; nobody where there is none."""
    file = folder / FILE
    return set(file.read_text(encoding="ascii").split()) if file.is_file() else set()


def keep(folder: Path, leavers: Collection[str]) -> None:
    """Put them on the list in that folder, beside those who are on it. Nobody is taken off it."""
    known = kept(folder)
    if known.issuperset(leavers):
        return
    unfinished = folder / f"{FILE}.unfinished"
    unfinished.unlink(missing_ok=True)
    made = os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(made, "w", encoding="ascii") as file:
        file.write("".join(f"{mark}\n" for mark in sorted(known.union(leavers))))
    unfinished.replace(folder / FILE)


def forget_again(
    session: Session, rooms: Sequence[Room], leavers: Collection[str], *, now: datetime
) -> int:
    """Let those of them go who are here again. How many that were.

    A coordinator who was the last at the time of the copy stays, until there is another.
    """
    count = 0
    for bank in banks.all_banks(session):
        act = Act(Actor.system(bank.id, "restore"), now)
        here = {**_marks(session, bank, "active"), **_marks(session, bank, "paused")}
        for mark in sorted(set(here) & set(leavers)):
            try:
                with session.begin_nested():
                    leaving_service.leave(session, bank, here[mark], rooms, Farewell(), act)
            except LastCoordinator:
                continue
            count += 1
    return count


def _marks(session: Session, bank: Bank, status: str) -> dict[str, int]:
    people = session.execute(_PEOPLE, {"bank": bank.id, "status": status})
    return {_mark(bank, row.id, str(row.created_at)): row.id for row in people}


def _mark(bank: Bank, member_id: int, created_at: str) -> str:
    instant = datetime.fromisoformat(created_at).replace(tzinfo=None)
    words = f"{bank.id}|{bank.created_at.isoformat()}|{member_id}|{instant.isoformat()}"
    return hashlib.sha256(words.encode()).hexdigest()[:32]

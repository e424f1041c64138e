"""Two transactions at once, each on a connection of its own."""

import threading
from collections.abc import Callable

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from timebank.db import WRITING
from timebank.errors import Refusal

_HEAD_START = 0.3
"""Seconds the second has to run into the first. More than it needs; with less the test would pass
without proving anything."""


def outcome_behind(
    engine: Engine, first: Callable[[Session], object], second: Callable[[Session], object]
) -> str:
    """What becomes of `second`, begun before `first` has committed: `done`, or the name of what it
    raised."""
    outcomes: list[str] = []

    def run() -> None:
        with Session(engine) as session:
            session.connection(execution_options=WRITING)
            try:
                second(session)
                session.commit()
                outcomes.append("done")
            except Refusal as refusal:
                outcomes.append(type(refusal).__name__)
            except Exception as error:
                outcomes.append(repr(error))

    behind = threading.Thread(target=run)
    with Session(engine) as session:
        session.connection(execution_options=WRITING)
        first(session)
        session.flush()
        behind.start()
        behind.join(_HEAD_START)
        session.commit()
    behind.join()
    return outcomes[0]

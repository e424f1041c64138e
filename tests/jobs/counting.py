"""`timebank worker` with one more kind of job, whose effects on the database can be counted. Run as
a program."""

import random
import time
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from timebank import cli
from timebank.app import FEATURES
from timebank.feature import Feature, Job
from timebank.jobs import service
from timebank.running import serving


def count(session: Session, payload: dict[str, Any], now: datetime) -> None:
    """Leave two traces, with time in between for the worker to be killed in."""
    for half in (1, 2):
        service.queue(session, "trace", {**payload, "half": half}, run_at=now)
        time.sleep(random.uniform(0, 0.01))  # noqa: S311  (nothing secret about it)


if __name__ == "__main__":
    serving.FEATURES = (*FEATURES, Feature("counting", jobs=[Job("count", count)]))
    cli.main()

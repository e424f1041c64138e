"""What a feature plugs into the application."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import click
from flask import Blueprint, Flask
from sqlalchemy.orm import Session


@dataclass(frozen=True)
class Job:
    """A kind of work for the worker.

    `run(session, payload, now)` does the work inside the transaction that marks the job done, so the two happen together
    or not at all. With `every`, the worker queues one by itself that often.
    """

    kind: str
    run: Callable[[Session, dict[str, Any], datetime], None]
    every: timedelta | None = None


@dataclass(frozen=True)
class Feature:
    """A room of the house: its pages, its API resources, its commands, its jobs.

    `pages` are Flask blueprints, `resources` flask-smorest blueprints, `install` is called with the application for what
    no list can say (a template global, a sign-in loader).
    """

    name: str
    pages: Sequence[Blueprint] = ()
    resources: Sequence[Any] = ()
    commands: Sequence[click.Command] = ()
    jobs: Sequence[Job] = field(default=())
    install: Callable[[Flask], None] | None = None

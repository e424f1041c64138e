"""What a feature plugs into the application."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import click
from flask import Blueprint, Flask, current_app
from sqlalchemy.orm import Session

from timebank.act import Actor, Role
from timebank.config import Config
from timebank.room import Ask, Question, Room
from timebank.say import Said


@dataclass(frozen=True)
class Job:
    """A kind of work for the worker.

    `run(session, payload, now)` does the work inside the transaction that marks the job done, so
    the two happen together or not at all. What does not belong inside a transaction, because it is
    slow or reaches past the database, goes into `prepare(session, payload, now)`: it comes first,
    with a session for reading, may happen again after a crash, and what it returns is the payload
    of `run`. `give_up(session, payload, error, now)` is called in the transaction that marks a job
    as failed for good. With `every`, or what `every` makes of the settings, the worker queues one
    by itself that often. Where `when` says no to the settings, jobs of this kind wait.
    """

    kind: str
    run: Callable[[Session, dict[str, Any], datetime], None]
    every: timedelta | Callable[[Config], timedelta] | None = None
    prepare: Callable[[Session, dict[str, Any], datetime], dict[str, Any]] | None = None
    give_up: Callable[[Session, dict[str, Any], str, datetime], None] | None = None
    when: Callable[[Config], bool] | None = None


@dataclass(frozen=True)
class Secret:
    """A kind of way in that a notice can carry (`NewNotice.secret`), of which nothing is kept in
    the outbox.

    `make(session, cause, address, now)` makes it, in a transaction of its own, while the notice of
    that cause is being sent to that address, and gives back what the notice says
    (`notices.rules.WayIn`); None when it is wanted no more. `end(session, cause, now)` ends it when
    the notice could not go.
    """

    make: Callable[[Session, str, str, datetime], Any]
    end: Callable[[Session, str, datetime], None]


@dataclass(frozen=True)
class Way:
    """A link at the head of every page, and where it stands there for whom: the first is 1. None
    is a visitor.

    Those of the `bar` have it at the lower edge of a telephone, with its `icon`, and there it is
    called by its `short` name if it has one. `does`: it leads to what people come for, and stands
    out there. `aside`: it is seldom wanted, and stands on the page More alone, which leads to all
    that the bar has no room for. `count(session, bank, actor)` is how many new things there are.
    """

    label: Said
    endpoint: str
    places: Mapping[Role | None, int]
    bar: Collection[Role] = ()
    icon: str = ""
    short: Said | None = None
    does: bool = False
    aside: bool = False
    count: Callable[[Session, Any, Actor], int] | None = None


@dataclass(frozen=True)
class Feature(Room):
    """A room with its faces: its pages, its API resources, its commands, its jobs.

    `secrets` are the ways in that its notices carry, by kind; `ask` makes what a notice that asks
    something carries, by the notice's id, in the transaction it is called in. `pages` are Flask
    blueprints, `resources` flask-smorest blueprints, `install` is called with the application for
    what no list can say (a template global, a sign-in loader). `navigation` is what it adds to the
    links at the head of every page.
    """

    pages: Sequence[Blueprint] = ()
    resources: Sequence[Any] = ()
    commands: Sequence[click.Command] = ()
    jobs: Sequence[Job] = field(default=())
    install: Callable[[Flask], None] | None = None
    navigation: Sequence[Way] = ()
    secrets: Mapping[str, Secret] = field(default_factory=dict[str, Secret])
    ask: Callable[[Session, int, datetime], Ask | None] | None = None


INSIST = "timebank.insist"
"""Where a command of a group that can do without a database finds, in click's `meta`, what insists
on one that is there and understood."""

_PLUGGED_IN = "timebank.features"


def plug_in(app: Flask, features: Sequence[Feature]) -> None:
    """Let the application know its rooms."""
    app.extensions[_PLUGGED_IN] = tuple(features)


def secret_of(kind: str) -> Secret:
    """How a way in of this kind is made. Raises StopIteration for a kind that no room knows."""
    return next(one.secrets[kind] for one in plugged_in() if kind in one.secrets)


def ask_of(session: Session, notice_id: int, now: datetime) -> Ask | None:
    """What a notice that asks something carries; None where nothing is to be answered."""
    asks = (feature.ask(session, notice_id, now) for feature in plugged_in() if feature.ask)
    return next(asks, None)


def question_of(kind: str) -> Question:
    """The question of this kind. Raises StopIteration for one that no room asks."""
    return next(one.questions[kind] for one in plugged_in() if kind in one.questions)


def plugged_in() -> Sequence[Feature]:
    """The rooms of this application, the lowest first."""
    return current_app.extensions[_PLUGGED_IN]

"""Processes of their own that tests start, kill and wait for."""

import multiprocessing
import os
import pathlib
import runpy
import signal
import sys
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from flask import Flask
from sqlalchemy import create_engine

from timebank import cli
from timebank.app import create_app
from timebank.config import Config
from timebank.db import db, engine_options, prepare

_MADE_OF = Config(database_url="sqlite://", secret_key="for tests only " * 4)
_KEYS = ("secret_key", "seed_key", "seed_key_before")
"""Settings that are read when they are used."""


def starting() -> Any:
    """A context to start processes in, for `multiprocessing`.

    Where the system can fork, each is a fork of one small process that has made the application and
    done nothing else: to make it again for each of a thousand short lives takes longer than the
    lives.
    """
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    made = multiprocessing.get_context("forkserver")
    made.set_forkserver_preload(["tests.ready"])
    return made


@cache
def made() -> Flask:
    """The application as it is before it is told its database."""
    return create_app(_MADE_OF)


def made_over(config: Config) -> Flask:
    """The application over that database, with a worker or without and with keys of its own; where
    more is set otherwise, one that is made for it."""
    known = {"database_url": _MADE_OF.database_url, "worker": _MADE_OF.worker}
    if len(config.secret_key) >= 32 and not 0 < len(config.seed_key) < 32:
        known |= {name: getattr(_MADE_OF, name) for name in _KEYS}
    if replace(config, **known) != _MADE_OF:
        return create_app(config)
    engine = create_engine(config.database_url, **engine_options(config.database_url))
    prepare(engine)
    made().config.update(TIMEBANK=config, SECRET_KEY=config.secret_key)
    with made().app_context():
        db.engines[None] = engine  # pyright: ignore[reportIndexIssue]  (as in conftest.lend)
    return made()


class Program:
    """`python -m module words…` in such a process, with these settings added to its environment; it
    is to be waited for.

    What it says goes to the end of the file `said`.
    """

    def __init__(self, module: str, *words: str, settings: Mapping[str, str], said: pathlib.Path):
        self._process = starting().Process(target=_be, args=(module, words, dict(settings), said))
        self._process.start()

    def __enter__(self) -> "Program":
        return self

    def __exit__(self, *raised: object) -> None:
        self.wait()

    def poll(self) -> int | None:
        """What it ended with; None while it runs."""
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int | None:
        """What it ends with; None if it has not by then, in seconds."""
        self._process.join(timeout)
        return self._process.exitcode

    def kill(self) -> None:
        self._process.kill()

    def terminate(self) -> None:
        """Ask it to stop, with SIGTERM."""
        self._process.terminate()


def _be(module: str, words: tuple[str, ...], settings: dict[str, str], said: pathlib.Path) -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.update(settings)
    os.chdir(said.parent)
    with said.open("ab") as file:
        os.dup2(file.fileno(), 2)
    cli.create_app = made_over
    sys.argv = [module, *words]
    runpy.run_module(module, run_name="__main__", alter_sys=True)

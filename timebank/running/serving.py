"""Serving pages and working off jobs, until told to stop."""

import re
import signal
import socket
import threading
from collections.abc import Generator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import structlog
from flask import Flask
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.server import create_server

from timebank.app import FEATURES
from timebank.config import Config
from timebank.db import WRITERS
from timebank.errors import Invalid
from timebank.jobs.worker import Worker
from timebank.say import say
from timebank.web.install import largest_body

log = structlog.get_logger("timebank.serving")

THREADS = 2 * WRITERS
"""Threads of a process that answers requests: where those who write wait for one another, half of
them are left for those who read."""

CONNECTIONS = 1000
"""Connections that one process keeps open. One that sends nothing costs a socket and no thread."""

SILENT_SECONDS = 20
"""A connection on which nothing comes for so long, in the middle of a request or between two, is
closed."""


_CODED = re.compile(rb"^transfer-encoding[ \t]*:(.*)$", re.IGNORECASE | re.MULTILINE)
_LENGTH = re.compile(rb"^content-length[ \t]*:", re.IGNORECASE | re.MULTILINE)


class _OneEnd(HTTPRequestParser):
    """A request whose end is said in two ways is refused: a proxy in front might have taken the
    other, and what follows for another request."""

    def parse_header(self, header_plus: bytes) -> None:
        coded = _CODED.findall(header_plus)
        if len(coded) > 1 or any(b"," in words for words in coded):
            raise ParsingError("More than one transfer coding")
        if coded and _LENGTH.search(header_plus):
            raise ParsingError("Both a transfer coding and a length")
        super().parse_header(header_plus)


class _Channel(HTTPChannel):
    parser_class = _OneEnd


def server_of(app: Flask, **where: Any) -> Any:
    """waitress over an application, within its bounds; `where` it listens."""
    server: Any = create_server(app, **where, **bounds(app.config["TIMEBANK"]))
    server.channel_class = _Channel
    return server


def bounds(config: Config) -> dict[str, Any]:
    """The settings of waitress: how many, how much and how slowly it takes in.

    It reads a request whole before a thread sees it, so that whoever sends slowly holds none.
    """
    return {
        "threads": THREADS,
        "connection_limit": CONNECTIONS,
        "channel_timeout": SILENT_SECONDS,
        "cleanup_interval": 5,
        "max_request_body_size": largest_body(config) + 1,
        "max_request_header_size": 64 * 1024,
        # select() cannot count so far.
        "asyncore_use_poll": True,
        # Nobody has to know what serves here, and in which version.
        "ident": None,
        # The application itself settles which proxy is believed, by TIMEBANK_PROXIES.
        "clear_untrusted_proxy_headers": not config.proxies,
    }


def worker_of(app: Flask) -> Worker:
    """A worker that knows the jobs of every feature."""
    return Worker(app, [job for feature in FEATURES for job in feature.jobs])


@contextmanager
def working(app: Flask) -> Generator[threading.Thread]:
    """Have a worker running in a thread meanwhile; at the end it finishes the job in hand."""
    worker = worker_of(app)
    thread = threading.Thread(target=worker.run, name="worker")
    thread.start()
    try:
        yield thread
    finally:
        worker.stop()
        thread.join()


def work(app: Flask) -> None:
    """Run a worker until SIGTERM or Ctrl-C."""
    _leave_on_sigterm()
    with working(app) as thread:
        # Not `thread.join()`: interrupted by a signal, it takes the thread for ended, and the job
        # in hand would be cut off.
        never = threading.Event()
        while thread.is_alive():
            never.wait(timeout=1)


def serve(app: Flask, config: Config, *, host: str, port: int, workers: int) -> None:
    """Serve an application made of these settings on `host`:`port` until SIGTERM or Ctrl-C, with
    waitress, or with that many processes of gunicorn, if more than one.

    Raises Invalid when the secret key is missing, or several processes are asked for where gunicorn
    is not installed.
    """
    if not config.secret_key:
        raise Invalid(
            say(
                "Serving needs a secret key to sign what browsers are given. Make one with python"
                " -c 'import secrets; print(secrets.token_hex(32))' and keep it in"
                " TIMEBANK_SECRET_KEY."
            )
        )
    if workers > 1:
        _serve_several(app, host=host, port=port, workers=workers)
    else:
        serve_alone(app, host=host, port=port)


def serve_alone(app: Flask, *, host: str, port: int) -> None:
    """Serve an application on `host`:`port` from this one process until SIGTERM or Ctrl-C.

    Raises Invalid when the port cannot be used.
    """
    config: Config = app.config["TIMEBANK"]
    try:
        listening = socket.create_server(
            (host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET
        )
    except OSError as error:
        raise Invalid(
            say(
                "Port %(port)s on %(host)s cannot be used: %(strerror)s. Choose another with"
                " --port.",
                port=port,
                host=host,
                strerror=error.strerror or str(error),
            )
        ) from error
    server = server_of(app, sockets=[listening])
    _leave_on_sigterm()
    log.info("serving", address=f"http://{host}:{port}", worker=config.worker)
    if config.worker:
        with working(app):
            server.run()
    else:
        server.run()


def _serve_several(app: Flask, *, host: str, port: int, workers: int) -> None:
    try:
        # By an extra, and there is none for Windows.
        from timebank.running import processes  # noqa: PLC0415
    except ImportError as error:
        words = say(
            "Several processes need gunicorn: pip install 'timebank[server]'. Or leave out"
            " --workers."
        )
        raise Invalid(words) from error
    processes.serve(app, host=host, port=port, workers=workers)


def _leave_on_sigterm() -> None:
    def leave(number: int, frame: FrameType | None) -> None:
        raise SystemExit(0)

    signal.signal(signal.SIGTERM, leave)

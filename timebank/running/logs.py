"""What serving and working say about themselves, on standard error: lines for people on a terminal,
JSON for machines."""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog
from structlog.stdlib import ProcessorFormatter

from timebank import faults

Event = MutableMapping[str, Any]


def install() -> None:
    """Send everything that is logged to standard error, ours and that of the libraries we stand on.
    Nothing of it names a person.

    A library's line is told without what was filled into it, and an error without its words: either
    may hold what somebody wrote, or an address with a one-time code.
    """
    terminal = sys.stderr.isatty()
    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        ProcessorFormatter(
            foreign_pre_chain=shared,
            use_get_message=False,
            processors=[
                ProcessorFormatter.remove_processors_meta,
                _without_words,
                structlog.dev.ConsoleRenderer()
                if terminal
                else structlog.processors.JSONRenderer(),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("timebank").setLevel(logging.INFO)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )


def _without_words(logger: Any, method: str, event: Event) -> Event:
    raised = event.pop("exc_info", None)
    error = raised[1] if isinstance(raised, tuple) else sys.exc_info()[1] if raised else None
    if error is not None:
        event["error"] = faults.story(error)
    event.pop("stack_info", None)
    return event

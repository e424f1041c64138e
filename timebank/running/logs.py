"""What serving and working say about themselves, on standard error: lines for people on a terminal,
JSON for machines."""

import sys

import structlog


def install() -> None:
    """Send structlog to standard error. Nothing that is logged names a person."""
    terminal = sys.stderr.isatty()
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.dev.ConsoleRenderer() if terminal else structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )

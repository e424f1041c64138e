"""Imported where processes are forked from, so that each has the application made."""

from tests import processes

processes.made()

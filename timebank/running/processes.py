"""Several processes over one application, by gunicorn: those that answer, and one that works off
the jobs. Each that ends is replaced.

The application is made once, and each process is a fork of what made it: what they have in common
lies in memory once. The model of search is not part of it: what runs it keeps threads, which a fork
loses, and a process that has lost them aborts, or never ends, when it is told to stop.
"""

import gc
import time
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.http import wsgi
from gunicorn.workers.gthread import ThreadWorker

from timebank.config import Config
from timebank.db import db
from timebank.running.serving import CONNECTIONS, THREADS, working

_LOOK_SECONDS = 1


class _Process(ThreadWorker):
    """One that answers requests, or the one that `works` off the jobs."""

    works = False

    def run(self) -> None:
        if not self.works:
            super().run()
            return
        for listening in self.sockets:
            listening.close()
        app: Any = self.app.wsgi()
        with working(app) as thread:
            while self.alive and thread.is_alive() and self.is_parent_alive():
                self.notify()
                time.sleep(_LOOK_SECONDS)


def serve(app: Flask, *, host: str, port: int, workers: int) -> None:
    """Serve an application on `host`:`port` from so many processes until SIGTERM or Ctrl-C, with
    one more for the jobs unless the settings leave them to others."""
    config: Config = app.config["TIMEBANK"]
    # It has no setting for what it calls itself.
    setattr(wsgi, "SERVER", "")  # noqa: B010  (its types do not know it)
    with app.app_context():
        # A connection to the database is one process's own.
        db.session.remove()
        db.engine.dispose()

    def begin(arbiter: Any, process: _Process) -> None:
        process.works = config.worker and not any(other.works for other in arbiter.WORKERS.values())
        # What is here by now is not looked through again, which would copy it.
        gc.freeze()

    def replace(arbiter: Any) -> None:
        # All of them are about to end, and the new ones are to have one for the jobs.
        for process in arbiter.WORKERS.values():
            process.works = False

    class Server(BaseApplication):
        def load_config(self) -> None:
            settings = {
                "bind": f"{host}:{port}",
                "workers": workers + config.worker,
                "worker_class": _Process,
                "preload_app": True,
                "threads": THREADS,
                "worker_connections": CONNECTIONS,
                "keepalive": 5,
                "graceful_timeout": 60,
                # Whoever has this machine has signals; no socket is needed beside them.
                "control_socket_disable": True,
                "pre_fork": begin,
                "on_reload": replace,
            }
            for name, value in settings.items():
                self.cfg.set(name, value)

        def load(self) -> Any:
            return app

    Server().run()

"""An application on a port of its own, for those who come from outside."""

import threading
from collections.abc import Generator
from contextlib import contextmanager

from flask import Flask
from waitress import wasyncore

from timebank.running.serving import server_of


@contextmanager
def served(app: Flask) -> Generator[str]:
    """The address of the application, served by the server that serves real banks, as it does."""
    server = server_of(app, host="127.0.0.1", port=0)
    thread = threading.Thread(target=server.run)
    thread.start()
    yield f"http://127.0.0.1:{server.effective_port}"
    # The server's own loop has to close its sockets: closed under its hands, they are an error to
    # it.
    server.trigger.pull_trigger(lambda: wasyncore.close_all(server._map))
    thread.join()
    server.task_dispatcher.shutdown()

"""Where the mail of the demonstration arrives: a mail server of its own, and a page that shows what
came. Whoever tries the demonstration reads there what people are sent, and presses their links."""

import socketserver
import threading
from collections import deque
from dataclasses import dataclass
from email import message_from_bytes, policy

from flask import Blueprint, Flask, render_template

from timebank.http import access

KEPT = 50
"""So many letters are kept, the latest, for as long as the demonstration runs."""

_LONGEST = 1_000_000


@dataclass(frozen=True)
class Mail:
    """What somebody was sent, as it arrived."""

    to: str
    subject: str
    words: str


class _Visit(socketserver.StreamRequestHandler):
    """One visit of somebody with mail: as much of SMTP (RFC 5321) as that takes."""

    server: "Office"  # pyright: ignore[reportIncompatibleVariableOverride]

    def handle(self) -> None:
        self._say("220 demonstration")
        while line := self.rfile.readline(_LONGEST):
            match line[:4].upper():
                case b"DATA":
                    self._say("354 Go on")
                    self.server.letters.appendleft(_read(self._told()))
                    self._say("250 OK")
                case b"QUIT":
                    self._say("221 Bye")
                    return
                case _:
                    self._say("250 OK")

    def _told(self) -> bytes:
        """The lines of a letter, up to the one that is a dot alone."""
        lines: list[bytes] = []
        while (line := self.rfile.readline(_LONGEST)) not in (b".\r\n", b""):
            lines.append(line.removeprefix(b"."))
        return b"".join(lines)

    def _say(self, words: str) -> None:
        self.wfile.write(f"{words}\r\n".encode())


class Office(socketserver.ThreadingTCPServer):
    """A mail server that keeps what it is given, the latest first."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Visit)
        self.letters: deque[Mail] = deque(maxlen=KEPT)


def open_office() -> Office:
    """A mail server on a free port of this machine, until the process ends."""
    office = Office()
    threading.Thread(target=office.serve_forever, daemon=True).start()
    return office


def show(app: Flask, office: Office) -> None:
    """The page of what came. Nobody has to sign in for it: it is how one does."""
    pages = Blueprint("letters", __name__)

    @pages.get("/letters")
    @access("public")
    def index() -> str:
        return render_template("letters/index.html", letters=list(office.letters))

    app.register_blueprint(pages)


def _read(content: bytes) -> Mail:
    message = message_from_bytes(content, policy=policy.default)
    body = message.get_body(("plain",))
    words = body.get_content() if body is not None else ""
    return Mail(str(message["To"]), str(message["Subject"]), words)

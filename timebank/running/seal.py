"""The seal at the end of a copy: its checksum, the revision it is of, and when it was taken.

It stands after everything that SQLite and pg_restore read, so that a copy is still a database file,
or a dump, to every tool.
"""

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from timebank.errors import Invalid
from timebank.say import say

_LENGTH = 512
_BEGINNING = b"\nTIMEBANK-COPY "


@dataclass(frozen=True)
class Seal:
    """`sha256` is of everything before the seal, in hexadecimal."""

    sha256: str
    revision: str
    taken_at: str
    version: str


def close(file: Path, *, revision: str, version: str, now: datetime) -> None:
    """Put the seal at the end of a copy."""
    with file.open("rb") as copy:
        digest = hashlib.file_digest(copy, "sha256").hexdigest()
    words = json.dumps(asdict(Seal(digest, revision, now.isoformat(timespec="seconds"), version)))
    with file.open("ab") as copy:
        copy.write((_BEGINNING + words.encode()).ljust(_LENGTH - 1) + b"\n")


def read(file: Path) -> Seal | None:
    """The seal of a copy, whose checksum is right; None for a copy of version 0.1, which has none.

    Raises Invalid for a copy that is not as it was sealed.
    """
    size = file.stat().st_size
    with file.open("rb") as copy:
        copy.seek(max(0, size - _LENGTH))
        end = copy.read()
        if not end.startswith(_BEGINNING):
            return None
        try:
            seal = Seal(**json.loads(end.removeprefix(_BEGINNING)))
        except (ValueError, TypeError):
            raise damaged(file) from None
        copy.seek(0)
        digest, left = hashlib.sha256(), size - _LENGTH
        while left:
            part = copy.read(min(left, 1 << 20))
            digest.update(part)
            left -= len(part)
    if digest.hexdigest() != seal.sha256:
        raise damaged(file)
    return seal


def damaged(file: Path) -> Invalid:
    """The refusal of a copy that is not whole."""
    return Invalid(
        say("%(file)s is damaged, or was cut short. Take another backup.", file=str(file))
    )

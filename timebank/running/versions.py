"""Whether the database is the one this version of Timebank was written for."""

import re
from pathlib import Path

from sqlalchemy import inspect, text
from sqlalchemy.orm import Session

from timebank.config import MIGRATIONS
from timebank.errors import Conflict
from timebank.say import say


class WrongVersion(Conflict):
    """The database has been brought up to another revision than this version needs."""

    code = "wrong_version"


def known() -> list[str]:
    """The revisions this version knows, the first one first: each migration says which one it
    follows, which need not be the one with the number before."""
    # Alembic would tell too, but to import it takes longer than all else a start does with the
    # database.
    after: dict[str, str] = {}
    for path in (MIGRATIONS / "versions").glob("[0-9]*_*.py"):
        follows = _FOLLOWS.search(path.read_text(encoding="utf-8"))
        after[follows[1] if follows else ""] = path.name.partition("_")[0]
    order: list[str] = []
    while (before := order[-1] if order else "") in after:
        order.append(after[before])
    return order


_FOLLOWS = re.compile(r'^down_revision = "(\d+)"$', re.MULTILINE)


def wanted() -> str:
    """The revision this version needs."""
    return known()[-1]


def found(session: Session) -> str:
    """The revision the database is at; empty for one in which there is nothing yet, or a SQLite
    file that is not there."""
    url = session.get_bind().engine.url
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").exists():
        # To connect would make the file.
        return ""
    if not inspect(session.connection()).has_table("alembic_version"):
        return ""
    return session.execute(text("SELECT version_num FROM alembic_version")).scalar() or ""


def insist_on_known(session: Session) -> None:
    """Raises WrongVersion for a database of a newer version, which nothing here could bring up or
    understand."""
    has = found(session)
    if has and has not in known():
        raise _too_new(has)


def insist(session: Session) -> None:
    """Raises WrongVersion, with what to do about it, unless the database is at the revision
    wanted."""
    needs, has = wanted(), found(session)
    if has == needs:
        return
    if not has:
        raise WrongVersion(
            say("There is no time bank in this database yet. Run: timebank init --bank NAME")
        )
    if has in known():
        raise WrongVersion(
            say(
                "The database is at revision %(has)s, and this version needs %(needs)s. Run:"
                " timebank migrate",
                has=has,
                needs=needs,
            )
        )
    raise _too_new(has)


def _too_new(has: str) -> WrongVersion:
    return WrongVersion(
        say(
            "The database is at revision %(has)s, which this version does not know. Install a newer"
            " Timebank.",
            has=has,
        )
    )

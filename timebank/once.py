"""Doing a request once, however often it arrives: a double click, a retry, two tabs.

The key and the answer are written in the same transaction as the effect, so there is no moment at
which one exists without the other.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BigInteger, String, Text, delete, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from timebank.base import Base, Instant, insert_of
from timebank.errors import Conflict
from timebank.say import say


class RequestOnce(Base):
    """A request already answered, by whoever sent it and the key it came with."""

    __tablename__ = "request_once"

    owner: Mapped[str] = mapped_column(String(64), primary_key=True)
    key: Mapped[str] = mapped_column(String(128), primary_key=True)
    request_hash: Mapped[str] = mapped_column(String(64))
    status: Mapped[int] = mapped_column(BigInteger, default=0)
    body: Mapped[str] = mapped_column(Text, default="")
    at: Mapped[datetime] = mapped_column(Instant)


class KeyUsedForAnother(Conflict):
    """The key came before with another request."""

    code = "key_used_for_another"


@dataclass(frozen=True)
class Answer:
    """What was answered the first time."""

    status: int
    body: str


def claim(
    session: Session, owner: str, key: str, request_hash: str, *, now: datetime
) -> Answer | None:
    """Claim the key for this transaction, or return the answer given before.

    A second request with the same key waits until the first has committed. Raises KeyUsedForAnother
    when the key came with other content.
    """
    values = {
        "owner": owner,
        "key": key,
        "request_hash": request_hash,
        "status": 0,
        "body": "",
        "at": now,
    }
    statement = (
        insert_of(session)(RequestOnce)
        .values(values)
        .on_conflict_do_nothing()
        .returning(RequestOnce.key)
    )
    if session.execute(statement).first():
        return None
    earlier = session.execute(
        select(RequestOnce).where(RequestOnce.owner == owner, RequestOnce.key == key)
    ).scalar_one()
    if earlier.request_hash != request_hash:
        raise KeyUsedForAnother(
            say("That key was used for a different request. Send this one with a new key.")
        )
    return Answer(earlier.status, earlier.body)


def settle(session: Session, owner: str, key: str, *, status: int, body: str) -> None:
    """Keep the answer to the request claimed before in this transaction."""
    mine = (RequestOnce.owner == owner, RequestOnce.key == key)
    session.execute(update(RequestOnce).where(*mine).values(status=status, body=body))


def forget_answers(session: Session, owners: Collection[str]) -> None:
    """Empty the answers kept for programs of these people. Their requests stay done, and are
    answered without content."""
    by_program = RequestOnce.key.startswith("api:")
    calling = session.execute(select(RequestOnce.owner).where(by_program).distinct()).scalars()
    of_owners = RequestOnce.owner.in_(set(calling) & set(owners))
    session.execute(update(RequestOnce).where(by_program, of_owners).values(body=""))


def forget(session: Session, *, before: datetime) -> None:
    """Drop answers older than `before`; nobody sends a form again after a month."""
    session.execute(delete(RequestOnce).where(RequestOnce.at < before))

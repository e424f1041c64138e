"""Signing in and what it needs. The caller commits."""

import secrets
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from timebank.access.models import Credential, Token
from timebank.access.queries import secret_hash
from timebank.banks.models import Bank
from timebank.members import queries as members
from timebank.members.rules import Actor


def session_key(session: Session, bank: Bank, member_id: int) -> str:
    """What a browser session of this member carries to be known by. Raises NotFound."""
    return _credential(session, bank, member_id).session_key


def make_token(session: Session, bank: Bank, member_id: int, *, name: str, scope: str, by: Actor, now: datetime) -> str:
    """A bearer token for the member, which only its maker ever sees. `scope` is read or write. Raises NotFound."""
    members.member(session, bank, member_id)
    secret = f"tb_{secrets.token_urlsafe(32)}"
    session.add(
        Token(bank_id=bank.id, member_id=member_id, name=name, token_hash=secret_hash(secret), scope=scope, created_at=now)
    )
    session.flush()
    return secret


def _credential(session: Session, bank: Bank, member_id: int) -> Credential:
    """The member's credential, made when they have none yet; of two made at once, one stays. Raises NotFound."""
    members.member(session, bank, member_id)
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    fresh = {"member_id": member_id, "bank_id": bank.id, "totp_last": 0, "session_key": secrets.token_urlsafe(24)}
    session.execute(insert(Credential).values(fresh).on_conflict_do_nothing())
    return session.execute(select(Credential).where(Credential.member_id == member_id)).scalar_one()

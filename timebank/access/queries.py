"""Finding out who is asking."""

import hashlib
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from timebank.access.models import Credential, Token
from timebank.members.models import Member
from timebank.members.rules import Actor

MAY_SIGN_IN = ("active", "paused")


def secret_hash(secret: str) -> str:
    """How links and tokens are kept. They are long and random, so a plain digest is enough."""
    return hashlib.sha256(secret.encode()).hexdigest()


@dataclass(frozen=True)
class Caller:
    """The holder of a bearer token, and what the token is good for."""

    actor: Actor
    scope: str


def actor_of(member: Member) -> Actor:
    """The member as somebody who does things."""
    return Actor(bank_id=member.bank_id, name=member.name, role=member.role, member_id=member.id, account_id=member.account_id)


def signed_in(session: Session, member_id: int, session_key: str) -> Actor | None:
    """The member of a browser session, unless it was ended or they may no longer sign in."""
    row = session.execute(
        select(Member)
        .join(Credential, Credential.member_id == Member.id)
        .where(Member.id == member_id, Credential.session_key == session_key, Member.status.in_(MAY_SIGN_IN))
    ).scalar_one_or_none()
    return actor_of(row) if row else None


def caller(session: Session, token: str) -> Caller | None:
    """The member a bearer token stands for, unless it is unknown or revoked or they may no longer sign in."""
    row = session.execute(
        select(Member, Token.scope)
        .join(Token, Token.member_id == Member.id)
        .where(Token.token_hash == secret_hash(token), Token.revoked_at.is_(None), Member.status.in_(MAY_SIGN_IN))
    ).first()
    return Caller(actor_of(row[0]), row[1]) if row else None

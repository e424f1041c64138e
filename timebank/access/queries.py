"""Finding out who is asking, and what they sign in with."""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, func, null, or_, select
from sqlalchemy.orm import Session

from timebank.access import rules
from timebank.access.models import Credential, FailedSignIn, RecoveryCode, SignInLink, Token
from timebank.access.rules import Scope
from timebank.act import Actor
from timebank.banks.models import Bank
from timebank.members.models import Member
from timebank.members.rules import Status

MAY_SIGN_IN = (Status.ACTIVE, Status.PAUSED)


def secret_hash(secret: str) -> str:
    """How links, tokens and recovery codes are kept. They are long and random, so a plain digest is
    enough."""
    return hashlib.sha256(secret.encode()).hexdigest()


@dataclass(frozen=True)
class Caller:
    """The holder of a bearer token, their bank, and what the token is good for."""

    actor: Actor
    bank: Bank
    scope: Scope
    token_id: int
    last_used_at: datetime | None


def actor_of(member: Member) -> Actor:
    """The member as somebody who does things."""
    return Actor(
        bank_id=member.bank_id,
        name=member.name,
        role=member.role,
        member_id=member.id,
        account_id=member.account_id,
        language=member.language,
    )


def signed_in(session: Session, member_id: int, session_key: str) -> tuple[Actor, Bank] | None:
    """The member of a browser session with their bank, unless it was ended or they may no longer
    sign in."""
    row = session.execute(
        _SIGNED_IN, {"member": member_id, "session_key": session_key}
    ).one_or_none()
    if row is None:
        return None
    *who, bank = row
    return Actor(*who), bank


def caller(session: Session, token: str) -> Caller | None:
    """The member a bearer token stands for, unless it is unknown or revoked or they may no longer
    sign in."""
    row = session.execute(_CALLER, {"token_hash": secret_hash(token)}).one_or_none()
    if row is None:
        return None
    *who, bank, scope, token_id, last_used_at = row
    return Caller(Actor(*who), bank, scope, token_id, last_used_at)


# Put together once, of what `Actor` holds alone and in its order (no member is a commissioner), and
# the bank: every request asks one of these.
_ACTOR: Select[*tuple[Any, ...]] = (
    select(
        Member.bank_id,
        Member.name,
        Member.role,
        Member.id,
        Member.account_id,
        null(),
        Member.language,
        Bank,
    )
    .join(Bank, Bank.id == Member.bank_id)
    .where(Member.status.in_(MAY_SIGN_IN))
)
_SIGNED_IN = _ACTOR.join(Credential, Credential.member_id == Member.id).where(
    Member.id == bindparam("member"), Credential.session_key == bindparam("session_key")
)
_CALLER = (
    _ACTOR.join(Token, Token.member_id == Member.id)
    .add_columns(Token.scope, Token.id, Token.last_used_at)
    .where(Token.token_hash == bindparam("token_hash"), Token.revoked_at.is_(None))
)


def by_name(session: Session, bank: Bank, name: str) -> Sequence[Member]:
    """Those who may sign in as `name`: a member number, an e-mail address or a phone number,
    however it is written.

    A number names one member; those who share an address or a phone are all found.
    """
    folded = rules.folded_name(name)
    by_number = _may_sign_in(session, bank, func.lower(Member.number) == folded)
    if by_number:
        return by_number
    same: list[ColumnElement[bool]] = [func.lower(Member.email) == folded]
    tail = rules.phone_tail(folded)
    if tail:
        digits = func.coalesce(Member.phone, "")
        for sign in rules.PHONE_SIGNS:
            digits = func.replace(digits, sign, "")
        same.append(digits.endswith(tail))
    return _may_sign_in(session, bank, or_(*same))


def subject(session: Session, bank: Bank, name: str) -> str:
    """What failures under this name are counted against: the one member of that name, in whatever
    way it was written."""
    people = by_name(session, bank, name)
    if len(people) == 1:
        return f"member:{people[0].id}"
    return f"name:{bank.id}:{rules.folded_name(name)}"


def _may_sign_in(session: Session, bank: Bank, named: ColumnElement[bool]) -> Sequence[Member]:
    statement = (
        select(Member)
        .where(Member.bank_id == bank.id, Member.status.in_(MAY_SIGN_IN), named)
        .order_by(Member.id)
    )
    return session.execute(statement).scalars().all()


def credential(session: Session, bank: Bank, member_id: int) -> Credential | None:
    """How a member signs in; None for one who never did."""
    statement = select(Credential).where(
        Credential.bank_id == bank.id, Credential.member_id == member_id
    )
    return session.execute(statement).scalar_one_or_none()


def has_password(session: Session, bank: Bank, member_id: int) -> bool:
    """Whether the member has set a password."""
    kept = credential(session, bank, member_id)
    return kept is not None and kept.password_hash is not None


def has_second_factor(session: Session, bank: Bank, member_id: int) -> bool:
    """Whether the member has set up a second factor."""
    return bool(with_second_factor(session, bank, [member_id]))


def with_second_factor(session: Session, bank: Bank, member_ids: Collection[int]) -> set[int]:
    """Those of the members who have set up a second factor."""
    set_up = (Credential.totp_confirmed_at.is_not(None), Credential.member_id.in_(member_ids))
    return {
        *session.execute(
            select(Credential.member_id).where(Credential.bank_id == bank.id, *set_up)
        ).scalars()
    }


def recovery_codes_left(session: Session, bank: Bank, member_id: int) -> int:
    """How many of the member's recovery codes have not been used."""
    mine = (
        RecoveryCode.bank_id == bank.id,
        RecoveryCode.member_id == member_id,
        RecoveryCode.used_at.is_(None),
    )
    return session.execute(select(func.count()).select_from(RecoveryCode).where(*mine)).scalar_one()


def link_holder(session: Session, code: str, *, now: datetime) -> Member | None:
    """Whom a one-time link signs in, while it is good; looking does not use it."""
    good = (
        SignInLink.token_hash == secret_hash(rules.folded_code(code)),
        SignInLink.used_at.is_(None),
        SignInLink.expires_at > now,
        Member.status.in_(MAY_SIGN_IN),
    )
    statement = select(Member).join(SignInLink, SignInLink.member_id == Member.id).where(*good)
    return session.execute(statement).scalar_one_or_none()


def links_asked_for(
    session: Session, bank: Bank, member_id: int, *, made_by: str, now: datetime
) -> int:
    """How many of the member's links made by `made_by` are still good."""
    mine = (
        SignInLink.bank_id == bank.id,
        SignInLink.member_id == member_id,
        SignInLink.made_by == made_by,
    )
    good = (SignInLink.used_at.is_(None), SignInLink.expires_at > now)
    return session.execute(
        select(func.count()).select_from(SignInLink).where(*mine, *good)
    ).scalar_one()


def tokens(session: Session, bank: Bank, member_id: int) -> Sequence[Token]:
    """The member's bearer tokens that are good, the newest first."""
    mine = (Token.bank_id == bank.id, Token.member_id == member_id, Token.revoked_at.is_(None))
    return session.execute(select(Token).where(*mine).order_by(Token.id.desc())).scalars().all()


def paused_until(
    session: Session, counted: str, *, limit: int, pause: timedelta, now: datetime
) -> datetime | None:
    """Until when sign-ins counted against this have to wait: there were `limit` failures within the
    last `pause`."""
    recent = select(FailedSignIn.at).where(
        FailedSignIn.counted == counted, FailedSignIn.at > now - pause
    )
    oldest = session.execute(
        recent.order_by(FailedSignIn.at.desc()).offset(limit - 1).limit(1)
    ).scalar_one_or_none()
    return oldest + pause if oldest else None

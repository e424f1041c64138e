"""Finding out who is asking, and what they sign in with."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    SQLColumnExpression,
    and_,
    bindparam,
    exists,
    func,
    not_,
    null,
    or_,
    select,
)
from sqlalchemy.orm import Session

from timebank.access.models import (
    BrowserSession,
    Commissioner,
    Credential,
    Device,
    FailedSignIn,
    Passkey,
    RecoveryCode,
    SignInLink,
    Token,
)
from timebank.access.rules import Purpose, Scope, SignedInBy
from timebank.act import STAFF, Actor, Role
from timebank.banks.models import Bank
from timebank.base import Instant
from timebank.codes import folded_code, secret_hash
from timebank.members import queries as members
from timebank.members.models import Member, Merge, OwnAddress
from timebank.members.rules import (
    PHONE_SIGNS,
    AddressKind,
    Status,
    folded_address,
    folded_name,
    phone_tail,
)

MAY_SIGN_IN = (Status.ACTIVE, Status.PAUSED)


@dataclass(frozen=True)
class Caller:
    """The holder of a key for programs, their bank, and what the key is good for. `plain`: they are
    one of the staff, and made it without a second factor, so that it acts as a member's."""

    actor: Actor
    bank: Bank
    scope: Scope
    token_id: int
    last_used_at: datetime | None
    plain: bool


@dataclass(frozen=True)
class OpenSession:
    """A browser session, whoever is in it, and their bank."""

    actor: Actor
    bank: Bank
    id: int
    how: SignedInBy
    stays: bool
    began_at: datetime
    proved_at: datetime
    second_factor_at: datetime | None
    last_used_at: datetime


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


def signed_in(session: Session, token: str) -> OpenSession | None:
    """The browser session of that token, whoever is in it; None when it was ended or they may no
    longer sign in."""
    row = session.execute(_SIGNED_IN, {"token_hash": secret_hash(token)}).one_or_none()
    if row is None:
        return None
    columns: tuple[Any, ...] = tuple(row)
    reader_id, reader, bank_id, *who = columns[:9]
    actor = (
        Actor(bank_id, reader, Role.COMMISSIONER, commissioner_id=reader_id)
        if reader_id is not None
        else Actor(bank_id, *who)
    )
    return OpenSession(actor, *columns[9:])


def caller(session: Session, token: str, *, now: datetime) -> Caller | None:
    """The member a key stands for, unless it is unknown or ended or they may no longer sign in."""
    row = session.execute(_CALLER, {"token_hash": secret_hash(token), "now": now}).one_or_none()
    if row is None:
        return None
    columns: tuple[Any, ...] = tuple(row)
    *who, bank, scope, token_id, last_used_at, staff = columns
    actor = Actor(*who)
    plain = actor.is_broker and not staff
    acting = replace(actor, role=Role.MEMBER) if plain else actor
    return Caller(acting, bank, scope, token_id, last_used_at, plain)


def ended_token(session: Session, token: str) -> Token | None:
    """The key with that secret, whatever became of it."""
    same = select(Token).where(Token.token_hash == secret_hash(token))
    return session.execute(same).scalar_one_or_none()


# Put together once, of what `Actor` holds alone and in its order (no member is a commissioner):
# every request asks one of these.
_WHO = (Member.name, Member.role, Member.id, Member.account_id, null(), Member.language)
_SIGNED_IN = (
    select(
        Commissioner.id,
        Commissioner.name,
        BrowserSession.bank_id,
        *_WHO,
        Bank,
        BrowserSession.id,
        BrowserSession.how,
        BrowserSession.stays,
        BrowserSession.began_at,
        BrowserSession.proved_at,
        BrowserSession.second_factor_at,
        BrowserSession.last_used_at,
    )
    .join(Bank, Bank.id == BrowserSession.bank_id)
    .outerjoin(Member, Member.id == BrowserSession.member_id)
    .outerjoin(Commissioner, Commissioner.id == BrowserSession.commissioner_id)
    .where(
        BrowserSession.token_hash == bindparam("token_hash"),
        or_(
            Member.status.in_(MAY_SIGN_IN),
            and_(Commissioner.id.is_not(None), Commissioner.ended_at.is_(None)),
        ),
    )
)
_CALLER = (
    select(Member.bank_id, *_WHO, Bank, Token.scope, Token.id, Token.last_used_at, Token.staff)
    .join(Bank, Bank.id == Member.bank_id)
    .join(Token, Token.member_id == Member.id)
    .where(
        Member.status.in_(MAY_SIGN_IN),
        Token.token_hash == bindparam("token_hash"),
        Token.revoked_at.is_(None),
        Token.expires_at > bindparam("now", type_=Instant),
    )
)


def by_name(session: Session, bank: Bank, name: str) -> Sequence[Member]:
    """Those who may sign in as `name`: a member number, an e-mail address or a phone number,
    however it is written.

    A number names one member; those who share an address or a phone are all found, but for whoever
    has only written it down for themselves.
    """
    folded = folded_name(name)
    merged = select(Merge.stays_id).where(
        Merge.bank_id == bank.id, func.lower(Merge.number) == folded, Merge.undone_at.is_(None)
    )
    by_number = _may_sign_in(
        session, bank, or_(func.lower(Member.number) == folded, Member.id.in_(merged))
    )
    if by_number:
        return by_number
    same: list[ColumnElement[bool]] = [
        and_(func.lower(Member.email) == folded, not_(_only_claimed(AddressKind.EMAIL, folded)))
    ]
    tail = phone_tail(folded)
    if tail:
        same.append(and_(_has_phone(tail), not_(_only_claimed(AddressKind.PHONE, tail))))
    return _may_sign_in(session, bank, or_(*same))


def _has_phone(tail: str) -> ColumnElement[bool]:
    digits = func.coalesce(Member.phone, "")
    for sign in PHONE_SIGNS:
        digits = func.replace(digits, sign, "")
    return digits.endswith(tail)


def is_theirs_alone(session: Session, bank: Bank, member: Member, kind: AddressKind) -> bool:
    """Whether an address of a member counts for signing in, and nobody else who is in the bank or
    asks to join has the same."""
    if kind not in counting(session, bank, member):
        return False
    if kind == AddressKind.EMAIL:
        same = func.lower(Member.email) == folded_name(member.email or "")
    else:
        tail = phone_tail(folded_name(member.phone or ""))
        same = _has_phone(tail) if tail else Member.phone == member.phone
    others = (Member.bank_id == bank.id, Member.id != member.id, Member.status != Status.LEFT)
    return not session.execute(select(exists().where(*others, same))).scalar_one()


def _only_claimed(kind: AddressKind, folded: str) -> ColumnElement[bool]:
    """Whether a member wrote this address for themselves and has not proved it."""
    same = (
        OwnAddress.address.endswith(folded)
        if kind == AddressKind.PHONE
        else OwnAddress.address == folded
    )
    return exists().where(
        OwnAddress.member_id == Member.id,
        OwnAddress.kind == kind,
        same,
        OwnAddress.proved_at.is_(None),
    )


def own_addresses(
    session: Session, bank: Bank, member_ids: Collection[int]
) -> Sequence[OwnAddress]:
    """What is known of the addresses of these members (see `OwnAddress`)."""
    of_members = (OwnAddress.bank_id == bank.id, OwnAddress.member_id.in_(member_ids))
    return session.execute(select(OwnAddress).where(*of_members)).scalars().all()


def counting(session: Session, bank: Bank, member: Member) -> set[AddressKind]:
    """By which of their addresses a member can sign in."""
    return {
        kind
        for kind, address, known in _addresses(session, bank, member)
        if address and (known is None or known.proved_at is not None)
    }


def claimed(session: Session, bank: Bank, member: Member) -> set[AddressKind]:
    """Which of their addresses a member has written for themselves and not proved yet."""
    return {
        kind
        for kind, address, known in _addresses(session, bank, member)
        if address and known is not None and known.proved_at is None
    }


def _addresses(
    session: Session, bank: Bank, member: Member
) -> list[tuple[AddressKind, str | None, OwnAddress | None]]:
    known = {one.kind: one for one in own_addresses(session, bank, [member.id])}
    addresses: list[tuple[AddressKind, str | None, OwnAddress | None]] = []
    for kind, address in ((AddressKind.EMAIL, member.email), (AddressKind.PHONE, member.phone)):
        own = known.get(kind)
        same = own is not None and own.address == folded_address(kind, address or "")
        addresses.append((kind, address, own if same else None))
    return addresses


def by_proof(session: Session, bank: Bank, people: Sequence[Member], name: str) -> Sequence[Member]:
    """Of several who share an address, those who have proved it, if any has."""
    folded = {folded_name(name), phone_tail(folded_name(name))}
    known = own_addresses(session, bank, [member.id for member in people])
    proved = {one.member_id for one in known if one.proved_at and one.address in folded}
    return [member for member in people if member.id in proved] or people


def subject(session: Session, bank: Bank, name: str) -> str:
    """What failures under this name are counted against: the one member of that name, in whatever
    way it was written."""
    people = by_name(session, bank, name)
    if len(people) == 1:
        return f"member:{people[0].id}"
    return f"name:{bank.id}:{folded_name(name)}"


def person(session: Session, bank: Bank, name: str) -> int | None:
    """The id of the one member of that name; None where it is nobody's, or several share it."""
    people = by_name(session, bank, name)
    return people[0].id if len(people) == 1 else None


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
    own = credential(session, bank, member_id)
    return own is not None and own.password_hash is not None


def has_second_factor(session: Session, bank: Bank, member_id: int) -> bool:
    """Whether the member has set up a second factor."""
    return bool(with_second_factor(session, bank, [member_id]))


def has_totp(session: Session, bank: Bank, member_id: int) -> bool:
    """Whether the member has an app that shows codes."""
    own = credential(session, bank, member_id)
    return own is not None and own.totp_confirmed_at is not None


def with_second_factor(session: Session, bank: Bank, member_ids: Collection[int]) -> set[int]:
    """Those of the members who have set up a second factor: an app that shows codes, or a
    passkey."""
    set_up = (Credential.totp_confirmed_at.is_not(None), Credential.member_id.in_(member_ids))
    by_app = select(Credential.member_id).where(Credential.bank_id == bank.id, *set_up)
    by_passkey = select(Passkey.member_id).where(
        Passkey.bank_id == bank.id, Passkey.member_id.in_(member_ids)
    )
    return {*session.execute(by_app).scalars(), *session.execute(by_passkey).scalars()}


def staff_without_second_factor(session: Session, bank: Bank) -> list[Member]:
    """Brokers and coordinators who have set up no second factor."""
    staff = [one for role in STAFF for one in members.members(session, bank, role=role, limit=200)]
    safe = with_second_factor(session, bank, [one.id for one in staff])
    return [one for one in staff if one.id not in safe]


def has_invited_broker(session: Session, bank: Bank) -> bool:
    """Whether a broker has a way in: an address that links go to, one that was handed over, or a
    visit."""
    ways = [Member.email.is_not(None)] + [
        exists().where(kind.bank_id == bank.id, kind.member_id == Member.id)
        for kind in (SignInLink, BrowserSession, Credential, Passkey)
    ]
    there = (Member.bank_id == bank.id, Member.role == Role.BROKER)
    invited = select(Member.id).where(*there, Member.status.in_(members.TAKING_PART), or_(*ways))
    return bool(session.execute(select(invited.exists())).scalar())


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
        SignInLink.token_hash == secret_hash(folded_code(code)),
        SignInLink.purpose == Purpose.SIGN_IN,
        SignInLink.used_at.is_(None),
        SignInLink.expires_at > now,
        Member.status.in_(MAY_SIGN_IN),
    )
    statement = select(Member).join(SignInLink, SignInLink.member_id == Member.id).where(*good)
    return session.execute(statement).scalar_one_or_none()


def was_link_of(session: Session, code: str) -> int | None:
    """The id of the member whose link it is or was."""
    same = SignInLink.token_hash == secret_hash(folded_code(code))
    return session.execute(select(SignInLink.member_id).where(same)).scalar_one_or_none()


def proof(session: Session, code: str, *, now: datetime) -> SignInLink | None:
    """The link that proves an address, while it is good; looking does not use it."""
    good = (
        SignInLink.token_hash == secret_hash(folded_code(code)),
        SignInLink.purpose == Purpose.ADDRESS,
        SignInLink.expires_at > now,
    )
    return session.execute(select(SignInLink).where(*good)).scalar_one_or_none()


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


def tokens(session: Session, bank: Bank, member_id: int, *, now: datetime) -> Sequence[Token]:
    """The member's keys for programs that are good, the newest first."""
    mine = (Token.bank_id == bank.id, Token.member_id == member_id)
    good = (Token.revoked_at.is_(None), Token.expires_at > now)
    return (
        session.execute(select(Token).where(*mine, *good).order_by(Token.id.desc())).scalars().all()
    )


def every_token(session: Session, bank: Bank, member_id: int) -> Sequence[Token]:
    """All the member's keys for programs that are kept, those that ended included."""
    mine = (Token.bank_id == bank.id, Token.member_id == member_id)
    return session.execute(select(Token).where(*mine).order_by(Token.id)).scalars().all()


def all_tokens(session: Session, bank: Bank, *, now: datetime) -> Sequence[tuple[Token, Member]]:
    """The keys for programs of the bank that are good, each with whose it is, by name."""
    good = (Token.bank_id == bank.id, Token.revoked_at.is_(None), Token.expires_at > now)
    statement = (
        select(Token, Member)
        .join(Member, Member.id == Token.member_id)
        .where(*good)
        .order_by(Member.name_key, Token.id)
    )
    return [(token, member) for token, member in session.execute(statement)]


def sessions(session: Session, bank: Bank, member_id: int) -> Sequence[BrowserSession]:
    """The member's browser sessions, the last used first, those that are over included."""
    mine = (BrowserSession.bank_id == bank.id, BrowserSession.member_id == member_id)
    statement = select(BrowserSession).where(*mine).order_by(BrowserSession.last_used_at.desc())
    return session.execute(statement).scalars().all()


def knows_device(session: Session, member_id: int, device: str) -> bool:
    """Whether the member has signed in on this device before."""
    same = (Device.member_id == member_id, Device.token_hash == secret_hash(device))
    return session.execute(select(Device.member_id).where(*same)).first() is not None


ENDINGS = ("password_set", "second_factor_reset", "signed_out", "signed_out_self")
"""What is recorded of a member when whatever was let in as them before is over."""


def still_let_in(
    bank: Bank, member_id: SQLColumnExpression[int], since: SQLColumnExpression[datetime]
) -> ColumnElement[bool]:
    """Whether what a member gave an address, or a key, since then is still good: nobody has set
    another password or signed out everywhere. Both are columns of a query."""
    return not_(members.anything_since(bank, member_id, since, ENDINGS))


def has_devices(session: Session, member_id: int) -> bool:
    """Whether the member has ever signed in on any."""
    devices = select(Device.member_id).where(Device.member_id == member_id).limit(1)
    return session.execute(devices).first() is not None


def passkeys(session: Session, bank: Bank, member_id: int) -> Sequence[Passkey]:
    """The member's passkeys, the newest first."""
    mine = (Passkey.bank_id == bank.id, Passkey.member_id == member_id)
    return session.execute(select(Passkey).where(*mine).order_by(Passkey.id.desc())).scalars().all()


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

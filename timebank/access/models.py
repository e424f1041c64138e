"""Credentials, recovery codes, passkeys, browser sessions and devices, one-time links, keys for
programs, commissioners, failed sign-ins.

Secrets are kept as hashes, except the seed of the second factor, which has to be known to check a
code and is sealed (see `seals`).
"""

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from timebank.access.rules import Because, Purpose, Scope, SignedInBy
from timebank.base import Base, Coded, Instant, is_one_of, key_to

_MAY_READ = text("ended_at IS NULL")


class Credential(Base):
    """How one member signs in. `totp_seed` is sealed, `totp_last` stops a code's second use."""

    __tablename__ = "credential"
    __table_args__ = (key_to("member", "member_id"),)

    member_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    password_hash: Mapped[str | None] = mapped_column(String(200))
    totp_seed: Mapped[str | None] = mapped_column(Text)
    totp_confirmed_at: Mapped[datetime | None] = mapped_column(Instant)
    totp_last: Mapped[int] = mapped_column(BigInteger, default=0)


class RecoveryCode(Base):
    """A code that stands in once for the second factor, by its hash."""

    __tablename__ = "recovery_code"
    __table_args__ = (key_to("member", "member_id"),)

    member_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    code_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    used_at: Mapped[datetime | None] = mapped_column(Instant)


class Passkey(Base):
    """A passkey of one member: its id and public key, in base64url, and how often it has signed, by
    its own count (0 where it does not count)."""

    __tablename__ = "passkey"
    __table_args__ = (
        key_to("member", "member_id"),
        UniqueConstraint("credential_id"),
        Index("ix_passkey_bank_id_member_id", "bank_id", "member_id"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    member_id: Mapped[int] = mapped_column(Integer)
    name: Mapped[str] = mapped_column(String(80))
    credential_id: Mapped[str] = mapped_column(String(1400))
    public_key: Mapped[str] = mapped_column(Text)
    sign_count: Mapped[int] = mapped_column(BigInteger, default=0)
    created_at: Mapped[datetime] = mapped_column(Instant)
    last_used_at: Mapped[datetime | None] = mapped_column(Instant)


class PasskeyChallenge(Base):
    """A question put to a browser, which a passkey answers once. `asked_by` is the hash of the
    browser's secret."""

    __tablename__ = "passkey_challenge"

    challenge_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    asked_by: Mapped[str] = mapped_column(String(64))
    expires_at: Mapped[datetime] = mapped_column(Instant)


class BrowserSession(Base):
    """Somebody signed in to one browser, by the hash of what its cookie holds. The row goes when
    they sign out.

    `proved_at` is when they last showed who they are, `ends_at` the end that no use puts off;
    `stays` when they asked to stay signed in. `pending_seed` is sealed: a second factor that is
    just being set up.
    """

    __tablename__ = "browser_session"
    __table_args__ = (
        key_to("member", "member_id"),
        key_to("commissioner", "commissioner_id"),
        CheckConstraint("(member_id IS NULL) <> (commissioner_id IS NULL)", name="one_person"),
        CheckConstraint(is_one_of("how", SignedInBy), name="how"),
        UniqueConstraint("token_hash"),
        Index("ix_browser_session_bank_id_member_id", "bank_id", "member_id"),
        Index("ix_browser_session_bank_id_commissioner_id", "bank_id", "commissioner_id"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    member_id: Mapped[int | None] = mapped_column(Integer)
    commissioner_id: Mapped[int | None] = mapped_column(Integer)
    token_hash: Mapped[str] = mapped_column(String(64))
    device: Mapped[str] = mapped_column(String(300))
    how: Mapped[SignedInBy] = mapped_column(Coded(SignedInBy, 10))
    stays: Mapped[bool] = mapped_column(Boolean)
    began_at: Mapped[datetime] = mapped_column(Instant)
    proved_at: Mapped[datetime] = mapped_column(Instant)
    second_factor_at: Mapped[datetime | None] = mapped_column(Instant)
    last_used_at: Mapped[datetime] = mapped_column(Instant)
    ends_at: Mapped[datetime] = mapped_column(Instant)
    pending_seed: Mapped[str | None] = mapped_column(Text)


class Device(Base):
    """A browser in which a member has signed in before, by the hash of a cookie that is kept for
    that alone."""

    __tablename__ = "device"
    __table_args__ = (key_to("member", "member_id"),)

    member_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    seen_at: Mapped[datetime] = mapped_column(Instant)


class LinkRequest(Base):
    """Somebody who says they are `name` would like a one-time link. Whom that means is found out by
    a job, which drops the row."""

    __tablename__ = "link_request"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    name: Mapped[str] = mapped_column(String(254))
    asked_by: Mapped[str] = mapped_column(String(64))
    wanted: Mapped[str | None] = mapped_column(String(500))
    at: Mapped[datetime] = mapped_column(Instant)


class SignInLink(Base):
    """A one-time link, by the hash of its code.

    One that is sent has no code until it goes out: then the code is made, with six digits beside
    it that only the browser that asked (`asked_by`) can use. `address` is where it went, `guesses`
    how often the digits were wrong, `wanted` the page to go on to. `used_by` is the browser that
    used it: it may have clicked twice.
    """

    __tablename__ = "sign_in_link"
    __table_args__ = (
        key_to("member", "member_id"),
        CheckConstraint(is_one_of("purpose", Purpose), name="purpose"),
        UniqueConstraint("token_hash"),
        Index("ix_sign_in_link_bank_id_member_id", "bank_id", "member_id"),
        Index("ix_sign_in_link_asked_by", "asked_by"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    member_id: Mapped[int] = mapped_column(Integer)
    purpose: Mapped[Purpose] = mapped_column(Coded(Purpose, 10))
    made_by: Mapped[str] = mapped_column(String(40))
    token_hash: Mapped[str | None] = mapped_column(String(64))
    digits_hash: Mapped[str | None] = mapped_column(String(64))
    guesses: Mapped[int] = mapped_column(Integer, default=0)
    asked_by: Mapped[str | None] = mapped_column(String(64))
    address: Mapped[str | None] = mapped_column(String(254))
    wanted: Mapped[str | None] = mapped_column(String(500))
    expires_at: Mapped[datetime] = mapped_column(Instant)
    used_at: Mapped[datetime | None] = mapped_column(Instant)
    used_by: Mapped[str | None] = mapped_column(String(64))


class Token(Base):
    """A key for programs (a bearer token) of one member, by its hash.

    `staff`: made after a second factor, so that it may do what its owner may as one of the staff.
    `ended_because` says why it was ended. A change of role ends it, by a trigger.
    """

    __tablename__ = "token"
    __table_args__ = (
        key_to("member", "member_id"),
        CheckConstraint(is_one_of("scope", Scope), name="scope"),
        CheckConstraint("expires_at > created_at", name="expires_at"),
        CheckConstraint(is_one_of("ended_because", Because), name="ended_because"),
        Index("ix_token_bank_id_member_id", "bank_id", "member_id"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    member_id: Mapped[int] = mapped_column(Integer)
    name: Mapped[str] = mapped_column(String(80))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    scope: Mapped[Scope] = mapped_column(Coded(Scope, 10))
    staff: Mapped[bool] = mapped_column(Boolean)
    created_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    last_used_at: Mapped[datetime | None] = mapped_column(Instant)
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)
    ended_because: Mapped[Because | None] = mapped_column(Coded(Because, 20))


class Commissioner(Base):
    """Somebody outside the bank who may read its figures for sharing. They sign in by one link at a
    time, kept by its hash."""

    __tablename__ = "commissioner"
    __table_args__ = (
        UniqueConstraint("bank_id", "id"),
        UniqueConstraint("link_hash"),
        Index(
            "uq_commissioner_email",
            "bank_id",
            "email",
            unique=True,
            sqlite_where=_MAY_READ,
            postgresql_where=_MAY_READ,
        ),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    name: Mapped[str] = mapped_column(String(120))
    email: Mapped[str] = mapped_column(String(254))
    organisation: Mapped[str] = mapped_column(String(120))
    by: Mapped[str] = mapped_column(String(40))
    invited_at: Mapped[datetime] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    link_hash: Mapped[str | None] = mapped_column(String(64))
    link_expires_at: Mapped[datetime | None] = mapped_column(Instant)
    link_used_by: Mapped[str | None] = mapped_column(String(64))


class FailedSignIn(Base):
    """A sign-in that failed, by what it was counted against: `name:…` or `address:…`, hashed."""

    __tablename__ = "failed_sign_in"
    __table_args__ = (Index("ix_failed_sign_in_counted_at", "counted", "at"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    counted: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(Instant)

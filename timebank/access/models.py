"""Credentials, recovery codes, one-time links, bearer tokens, commissioners, failed sign-ins.

Secrets are kept as hashes, except the seed of the second factor, which has to be known to check a
code.
"""

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from timebank.access.rules import Scope
from timebank.base import Base, Coded, Instant, is_one_of

_MAY_READ = text("ended_at IS NULL")


class Credential(Base):
    """How one member signs in. `session_key` changes to end every session at once; `totp_last`
    stops a code's second use."""

    __tablename__ = "credential"
    __table_args__ = (
        ForeignKeyConstraint(["bank_id", "member_id"], ["member.bank_id", "member.id"]),
    )

    member_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    password_hash: Mapped[str | None] = mapped_column(String(200))
    totp_secret: Mapped[str | None] = mapped_column(String(64))
    totp_confirmed_at: Mapped[datetime | None] = mapped_column(Instant)
    totp_last: Mapped[int] = mapped_column(BigInteger, default=0)
    session_key: Mapped[str] = mapped_column(String(64))


class RecoveryCode(Base):
    """A code that stands in once for the second factor, by its hash."""

    __tablename__ = "recovery_code"
    __table_args__ = (
        ForeignKeyConstraint(["bank_id", "member_id"], ["member.bank_id", "member.id"]),
    )

    member_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    code_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    used_at: Mapped[datetime | None] = mapped_column(Instant)


class SignInLink(Base):
    """A one-time link, by the hash of its code. `used_by` is the browser that used it: it may have
    clicked twice."""

    __tablename__ = "sign_in_link"
    __table_args__ = (
        ForeignKeyConstraint(["bank_id", "member_id"], ["member.bank_id", "member.id"]),
        Index("ix_sign_in_link_bank_id_member_id", "bank_id", "member_id"),
    )

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    member_id: Mapped[int] = mapped_column(Integer)
    made_by: Mapped[str] = mapped_column(String(40))
    expires_at: Mapped[datetime] = mapped_column(Instant)
    used_at: Mapped[datetime | None] = mapped_column(Instant)
    used_by: Mapped[str | None] = mapped_column(String(64))


class Token(Base):
    """A bearer token for one member, by its hash."""

    __tablename__ = "token"
    __table_args__ = (
        ForeignKeyConstraint(["bank_id", "member_id"], ["member.bank_id", "member.id"]),
        CheckConstraint(is_one_of("scope", Scope), name="scope"),
        Index("ix_token_bank_id_member_id", "bank_id", "member_id"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    member_id: Mapped[int] = mapped_column(Integer)
    name: Mapped[str] = mapped_column(String(80))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    scope: Mapped[Scope] = mapped_column(Coded(Scope, 10))
    created_at: Mapped[datetime] = mapped_column(Instant)
    last_used_at: Mapped[datetime | None] = mapped_column(Instant)
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)


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
    session_key: Mapped[str] = mapped_column(String(64))
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

"""The outbox."""

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
    true,
)
from sqlalchemy.orm import Mapped, mapped_column

from timebank.base import Base, BigId, Coded, Instant, is_one_of
from timebank.notices.rules import NoticeChannel

_TO_TELL = text("channel IN ('call', 'letter') AND sent_at IS NULL")
_TOLD = text("told_by IS NOT NULL")
_UNSENT = text("sent_at IS NULL AND failed_at IS NULL")


class Notice(Base):
    """One message to one person. `cause` makes it unique for them: nobody is told the same thing
    twice through one channel.

    One with a `secret` carries a way in (the kind of it), which is made and put in while it is
    being sent: what is kept here says what it was, and never the way in itself.

    One that asks something says what kind of question and about which thing, by its id; the link to
    it is made in the same way, and stands nowhere here.

    The `address` of one for a device (`push`) is where it goes when no device takes it: an e-mail
    address, a telephone number, none for a call, and empty for nothing.

    `sent_at` is when the mail server took it, or when somebody told the person (`told_by`, an
    actor's key). A failed e-mail keeps `failed_at` and `error`; a call that stands in for one says
    so in its own `error`.
    """

    __tablename__ = "notice"
    __table_args__ = (
        UniqueConstraint("bank_id", "addressee", "cause", "channel"),
        CheckConstraint(is_one_of("channel", NoticeChannel), name="channel"),
        CheckConstraint("channel NOT IN ('email', 'text') OR address IS NOT NULL", name="address"),
        CheckConstraint("(asks IS NULL) = (about IS NULL)", name="asks"),
        Index(
            "ix_notice_to_tell",
            "bank_id",
            "created_at",
            sqlite_where=_TO_TELL,
            postgresql_where=_TO_TELL,
        ),
        Index(
            "ix_notice_told_by",
            "bank_id",
            "told_by",
            "sent_at",
            sqlite_where=_TOLD,
            postgresql_where=_TOLD,
        ),
        Index("ix_notice_unsent", "bank_id", sqlite_where=_UNSENT, postgresql_where=_UNSENT),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    addressee: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(120))
    channel: Mapped[NoticeChannel] = mapped_column(Coded(NoticeChannel, 20))
    address: Mapped[str | None] = mapped_column(String(500))
    subject: Mapped[str] = mapped_column(String(200))
    body: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(String(20), default="en", server_default="en")
    cause: Mapped[str] = mapped_column(String(200))
    secret: Mapped[str | None] = mapped_column(String(40))
    asks: Mapped[str | None] = mapped_column(String(40))
    about: Mapped[int | None] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = mapped_column(Instant)
    sent_at: Mapped[datetime | None] = mapped_column(Instant)
    told_by: Mapped[str | None] = mapped_column(String(40))
    failed_at: Mapped[datetime | None] = mapped_column(Instant)
    error: Mapped[str | None] = mapped_column(Text)


class PushDevice(Base):
    """A device on which somebody is told (RFC 8030): where messages for it are handed over, and the
    keys by which they are sealed so that it alone reads them (RFC 8291).

    `server_key` is the public key of ours that it was told of: it takes nothing signed by another.
    """

    __tablename__ = "push_device"
    __table_args__ = (
        UniqueConstraint("bank_id", "endpoint_hash"),
        Index("ix_push_device_bank_id_addressee", "bank_id", "addressee"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    addressee: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(120))
    endpoint: Mapped[str] = mapped_column(String(1000))
    endpoint_hash: Mapped[str] = mapped_column(String(64))
    p256dh: Mapped[str] = mapped_column(String(100))
    auth: Mapped[str] = mapped_column(String(40))
    server_key: Mapped[str] = mapped_column(String(100))
    added_at: Mapped[datetime] = mapped_column(Instant)
    used_at: Mapped[datetime | None] = mapped_column(Instant)


class Preference(Base):
    """How somebody likes to be told. Without a row, and without a `channel`: by e-mail if there is
    an address, else by a call.

    Nothing goes out between `quiet_from` and `quiet_until` (minutes after midnight where the bank
    is; both or neither). `digest` asks for the weekly letter, and `digest_at` is when the last one
    was written; `letters` takes what the bank writes to many.
    """

    __tablename__ = "notice_preference"
    __table_args__ = (
        CheckConstraint(is_one_of("channel", NoticeChannel), name="channel"),
        CheckConstraint("(quiet_from IS NULL) = (quiet_until IS NULL)", name="quiet"),
        CheckConstraint(
            "quiet_from BETWEEN 0 AND 1439 AND quiet_until BETWEEN 0 AND 1439", name="quiet_range"
        ),
    )

    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"), primary_key=True)
    addressee: Mapped[str] = mapped_column(String(40), primary_key=True)
    channel: Mapped[NoticeChannel | None] = mapped_column(Coded(NoticeChannel, 20))
    quiet_from: Mapped[int | None] = mapped_column(Integer)
    quiet_until: Mapped[int | None] = mapped_column(Integer)
    digest: Mapped[bool] = mapped_column(Boolean, default=True)
    digest_at: Mapped[datetime | None] = mapped_column(Instant)
    letters: Mapped[bool] = mapped_column(Boolean, default=True, server_default=true())

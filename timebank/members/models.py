"""People, organisations, contacts, groups, helpers, and the trail of what was done to them."""

from datetime import date, datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.orm import Mapped, deferred, mapped_column, validates

from timebank.act import Role
from timebank.base import Base, Coded, Instant, is_one_of, key_to
from timebank.members.rules import (
    KEPT_BY,
    LONGEST,
    ROLES,
    AddressKind,
    Capacity,
    Sight,
    Status,
    by_surname,
    key_of,
)
from timebank.text import folded

_IN_FORCE = text("revoked_at IS NULL")
_APART = text("ended_at IS NULL")
_BELONGS = text("left_at IS NULL")
_MERGED = text("undone_at IS NULL")


class Member(Base):
    """A person in one bank. The account is opened, and the number given, when joining is approved.

    `name_key` is the name as it is found and sorted by, whatever its case and accents, and
    `surname_key` the same with the surname first; the other keys are what somebody is found and
    known again by: see `rules.key_of`. Who has left keeps a row without a name: the number and the
    account, which other people's hours refer to.
    """

    __tablename__ = "member"
    __table_args__ = (
        UniqueConstraint("bank_id", "id"),
        UniqueConstraint("bank_id", "number"),
        UniqueConstraint("account_id"),
        key_to("account", "account_id"),
        CheckConstraint(is_one_of("capacity", Capacity), name="capacity"),
        CheckConstraint(is_one_of("role", ROLES), name="role"),
        CheckConstraint(is_one_of("status", Status), name="status"),
        CheckConstraint(
            "status = 'applied' OR account_id IS NOT NULL AND number IS NOT NULL", name="account"
        ),
        Index("ix_member_bank_id_name_key", "bank_id", "name_key"),
        Index("ix_member_bank_id_surname_key", "bank_id", "surname_key"),
        Index("ix_member_bank_id_email", "bank_id", "email"),
        Index("ix_member_bank_id_email_key", "bank_id", "email_key"),
        Index("ix_member_bank_id_phone_key", "bank_id", "phone_key"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    number: Mapped[str | None] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(120))
    name_key: Mapped[str] = mapped_column(String(240))
    surname_key: Mapped[str] = mapped_column(String(240), default="", server_default="")
    email_key: Mapped[str | None] = mapped_column(String(254))
    phone_key: Mapped[str | None] = mapped_column(String(9))
    address_key: Mapped[str | None] = mapped_column(String(240))
    area_key: Mapped[str | None] = mapped_column(String(240))
    email: Mapped[str | None] = mapped_column(String(254))
    phone: Mapped[str | None] = mapped_column(String(40))
    address: Mapped[str | None] = mapped_column(Text)
    area: Mapped[str | None] = mapped_column(String(80))
    date_of_birth: Mapped[date | None] = mapped_column(Date)
    about: Mapped[str | None] = mapped_column(Text)
    capacity: Mapped[Capacity] = mapped_column(Coded(Capacity, 20), default=Capacity.RESIDENT)
    role: Mapped[Role] = mapped_column(Coded(Role, 20), default=Role.MEMBER)
    status: Mapped[Status] = mapped_column(Coded(Status, 20), default=Status.APPLIED)
    joined_on: Mapped[date | None] = mapped_column(Date)
    left_on: Mapped[date | None] = mapped_column(Date)
    account_id: Mapped[int | None] = mapped_column(BigInteger)
    language: Mapped[str | None] = mapped_column(String(20))
    created_at: Mapped[datetime] = mapped_column(Instant)

    @validates("name", *KEPT_BY)
    def _keep_key(self, detail: str, value: str | None) -> str | None:
        if detail == "name":
            self.name_key = folded(value or "")
            self.surname_key = by_surname(value or "")
        else:
            setattr(self, f"{detail}_key", key_of(detail, value))
        return value


class OwnAddress(Base):
    """What is known of a member's e-mail address or phone (`kind`) as a way to sign in.

    One they wrote themselves counts from the moment they open a link sent there (`proved_at`).
    Without a row for it, or with one of another `address`, it was written by the staff: it gets
    letters and links, and is proved by the first link that is opened there.
    """

    __tablename__ = "own_address"
    __table_args__ = (
        key_to("member", "member_id"),
        CheckConstraint(is_one_of("kind", AddressKind), name="kind"),
    )

    member_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    kind: Mapped[AddressKind] = mapped_column(Coded(AddressKind, 10), primary_key=True)
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    address: Mapped[str] = mapped_column(String(254))
    proved_at: Mapped[datetime | None] = mapped_column(Instant)


class Merge(Base):
    """That the member `goes_id` turned out to be the same person as `stays_id`, who says so and
    why, until it is undone.

    `number` is the one that whoever goes had: it leads to who stays. For a day it can be undone;
    from `forgotten_at` on nothing is kept any more by which it could be.
    """

    __tablename__ = "member_merge"
    __table_args__ = (
        UniqueConstraint("bank_id", "id"),
        key_to("member", "goes_id"),
        key_to("member", "stays_id"),
        CheckConstraint("goes_id <> stays_id", name="two_rows"),
        CheckConstraint("trim(why) <> ''", name="says_why"),
        CheckConstraint("(undone_at IS NULL) = (undone_by IS NULL)", name="undone"),
        CheckConstraint("undone_at IS NULL OR forgotten_at IS NULL", name="one_end"),
        Index(
            "uq_member_merge_goes_once",
            "bank_id",
            "goes_id",
            unique=True,
            sqlite_where=_MERGED,
            postgresql_where=_MERGED,
        ),
        Index(
            "uq_member_merge_number",
            "bank_id",
            "number",
            unique=True,
            sqlite_where=_MERGED,
            postgresql_where=_MERGED,
        ),
        Index("ix_member_merge_bank_id_stays_id", "bank_id", "stays_id"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    goes_id: Mapped[int] = mapped_column(Integer)
    stays_id: Mapped[int] = mapped_column(Integer)
    number: Mapped[str] = mapped_column(String(40))
    why: Mapped[str] = mapped_column(Text)
    by: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(Instant)
    undone_by: Mapped[str | None] = mapped_column(String(40))
    undone_at: Mapped[datetime | None] = mapped_column(Instant)
    forgotten_at: Mapped[datetime | None] = mapped_column(Instant)


class Profile(Base):
    """What helps to find the right person for somebody. A member without a row has said nothing of
    it.

    `languages` are parted by commas, `access_needs` what a helper or a place has to allow for,
    `times` the times of the week that suit (21 bits, see `timebank.skills.rules`), `broker_id` the
    broker who looks after them.
    """

    __tablename__ = "profile"
    __table_args__ = (
        key_to("member", "member_id"),
        key_to("member", "broker_id"),
        Index("ix_profile_bank_id_broker_id", "bank_id", "broker_id"),
    )

    member_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    languages: Mapped[str] = mapped_column(String(200), default="")
    access_needs: Mapped[str] = mapped_column(Text, default="")
    times: Mapped[int] = mapped_column(Integer, default=0)
    broker_id: Mapped[int | None] = mapped_column(Integer)


class Page(Base):
    """That a member has a page which all members may open, and what stands on it besides the name,
    the part of town and what they offer and ask for; `street` are words of theirs for anybody, on
    the bank's front page too once a broker has read them. A member without a row has none."""

    __tablename__ = "member_page"
    __table_args__ = (
        key_to("member", "member_id"),
        CheckConstraint("street <> '' OR NOT street_read", name="street_read"),
        Index("ix_member_page_bank_id", "bank_id"),
    )

    member_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    surname: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    write: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    about: Mapped[bool] = mapped_column(Boolean, default=False)
    languages: Mapped[bool] = mapped_column(Boolean, default=False)
    helped: Mapped[bool] = mapped_column(Boolean, default=False)
    thanks: Mapped[bool] = mapped_column(Boolean, default=False)
    street: Mapped[str] = mapped_column(String(LONGEST["street"]), default="", server_default="")
    street_read: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())


class Picture(Base):
    """A picture that a member gave of themselves, square, small and freed of what a camera writes
    into it, and who sees it. `mark` is another with each picture, so that an address which holds it
    never shows an earlier one."""

    __tablename__ = "member_picture"
    __table_args__ = (
        key_to("member", "member_id"),
        CheckConstraint(is_one_of("shown_to", Sight), name="shown_to"),
        CheckConstraint("length(jpeg) > 0", name="jpeg"),
        Index("ix_member_picture_bank_id", "bank_id"),
    )

    member_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    mark: Mapped[str] = mapped_column(String(16))
    shown_to: Mapped[Sight] = mapped_column(Coded(Sight, 10))
    by: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(Instant)
    jpeg: Mapped[bytes] = deferred(mapped_column(LargeBinary, nullable=False))


class KeptApart(Base):
    """`member_id` and `other_id` are not to be brought together, nor to write to each other, until
    it is ended.

    `member_id` asked for it, or a broker did on their word.
    """

    __tablename__ = "kept_apart"
    __table_args__ = (
        key_to("member", "member_id"),
        key_to("member", "other_id"),
        CheckConstraint("member_id <> other_id", name="two_people"),
        Index(
            "uq_kept_apart",
            "bank_id",
            "member_id",
            "other_id",
            unique=True,
            sqlite_where=_APART,
            postgresql_where=_APART,
        ),
        Index("ix_kept_apart_bank_id_other_id", "bank_id", "other_id"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    member_id: Mapped[int] = mapped_column(Integer)
    other_id: Mapped[int] = mapped_column(Integer)
    by: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)


class Despite(Base):
    """That somebody of the staff brought two together who are kept apart, and why, for coordinators
    to read.

    `what` is what they met by, as causes of notices are written: `exchange:12`.
    """

    __tablename__ = "despite_apart"
    __table_args__ = (
        key_to("member", "member_id"),
        key_to("member", "other_id"),
        CheckConstraint("why <> ''", name="says_why"),
        Index("ix_despite_apart_bank_id_member_id", "bank_id", "member_id"),
        Index("ix_despite_apart_bank_id_other_id", "bank_id", "other_id"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    member_id: Mapped[int] = mapped_column(Integer)
    other_id: Mapped[int] = mapped_column(Integer)
    what: Mapped[str] = mapped_column(String(60))
    why: Mapped[str] = mapped_column(Text)
    by: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(Instant)


class Organisation(Base):
    """A partner of the bank (surgery, charity, shop) with an account of its own."""

    __tablename__ = "organisation"
    __table_args__ = (
        UniqueConstraint("bank_id", "id"),
        UniqueConstraint("bank_id", "name"),
        UniqueConstraint("account_id"),
        key_to("account", "account_id"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    name: Mapped[str] = mapped_column(String(120))
    about: Mapped[str] = mapped_column(Text, default="")
    account_id: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = mapped_column(Instant)
    closed_at: Mapped[datetime | None] = mapped_column(Instant)


class Contact(Base):
    """A person who speaks for an organisation; one who is a member may also act for it here."""

    __tablename__ = "contact"
    __table_args__ = (
        key_to("organisation", "organisation_id"),
        key_to("member", "member_id"),
        Index("ix_contact_bank_id_organisation_id", "bank_id", "organisation_id"),
        Index("ix_contact_bank_id_member_id", "bank_id", "member_id"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    organisation_id: Mapped[int] = mapped_column(Integer)
    member_id: Mapped[int | None] = mapped_column(Integer)
    name: Mapped[str] = mapped_column(String(120))
    phone: Mapped[str | None] = mapped_column(String(40))
    email: Mapped[str | None] = mapped_column(String(254))


class Group(Base):
    """Members with an account that they share, such as a lunch club. Whoever is in it may act for
    it."""

    __tablename__ = "member_group"
    __table_args__ = (
        UniqueConstraint("bank_id", "id"),
        UniqueConstraint("bank_id", "name"),
        UniqueConstraint("account_id"),
        key_to("account", "account_id"),
        CheckConstraint("name <> ''", name="name"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    name: Mapped[str] = mapped_column(String(120))
    about: Mapped[str] = mapped_column(Text, default="")
    account_id: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = mapped_column(Instant)
    closed_at: Mapped[datetime | None] = mapped_column(Instant)


class GroupMember(Base):
    """`member_id` belongs to the group until they leave it."""

    __tablename__ = "group_member"
    __table_args__ = (
        key_to("member_group", "group_id"),
        key_to("member", "member_id"),
        Index(
            "uq_group_member_in_force",
            "bank_id",
            "group_id",
            "member_id",
            unique=True,
            sqlite_where=_BELONGS,
            postgresql_where=_BELONGS,
        ),
        Index("ix_group_member_bank_id_member_id", "bank_id", "member_id"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    group_id: Mapped[int] = mapped_column(Integer)
    member_id: Mapped[int] = mapped_column(Integer)
    by: Mapped[str] = mapped_column(String(40))
    joined_at: Mapped[datetime] = mapped_column(Instant)
    left_at: Mapped[datetime | None] = mapped_column(Instant)


class Helper(Base):
    """`helper_id` may act for `member_id` until it is revoked. `notices`: they get a copy of what
    the member is told."""

    __tablename__ = "helper"
    __table_args__ = (
        key_to("member", "member_id"),
        key_to("member", "helper_id"),
        CheckConstraint("member_id <> helper_id", name="two_people"),
        Index(
            "uq_helper_in_force",
            "bank_id",
            "member_id",
            "helper_id",
            unique=True,
            sqlite_where=_IN_FORCE,
            postgresql_where=_IN_FORCE,
        ),
        Index("ix_helper_bank_id_helper_id", "bank_id", "helper_id"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    member_id: Mapped[int] = mapped_column(Integer)
    helper_id: Mapped[int] = mapped_column(Integer)
    relation: Mapped[str] = mapped_column(String(80), default="")
    notices: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    granted_by: Mapped[str] = mapped_column(String(40))
    granted_at: Mapped[datetime] = mapped_column(Instant)
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)


class MemberEvent(Base):
    """What was done to a member, by whom and when: joining, approval, roles, limits, helpers,
    leaving. Never personal data."""

    __tablename__ = "member_event"
    __table_args__ = (
        key_to("member", "member_id"),
        Index("ix_member_event_bank_id_member_id", "bank_id", "member_id"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    member_id: Mapped[int] = mapped_column(Integer)
    kind: Mapped[str] = mapped_column(String(40))
    detail: Mapped[str] = mapped_column(String(200), default="")
    by: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(Instant)

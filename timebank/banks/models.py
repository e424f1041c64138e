"""The table of banks."""

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    ForeignKey,
    Integer,
    LargeBinary,
    String,
    Text,
    false,
    select,
)
from sqlalchemy.orm import Mapped, column_property, deferred, mapped_column, validates

from timebank.banks.rules import FEW, KEPT, SlipNumbers
from timebank.base import Base, Coded, Instant, is_one_of
from timebank.text import folded


class BankLogo(Base):
    """The sign of a bank, small and freed of what is not seen. `mark` is another with each."""

    __tablename__ = "bank_logo"
    __table_args__ = (
        CheckConstraint("length(png) > 0", name="png"),
        CheckConstraint("width BETWEEN 1 AND 480 AND height BETWEEN 1 AND 480", name="size"),
    )

    bank_id: Mapped[int] = mapped_column(
        ForeignKey("bank.id"), primary_key=True, autoincrement=False
    )
    mark: Mapped[str] = mapped_column(String(16))
    width: Mapped[int] = mapped_column(Integer)
    height: Mapped[int] = mapped_column(Integer)
    by: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(Instant)
    png: Mapped[bytes] = deferred(mapped_column(LargeBinary, nullable=False))


def _is_colour(name: str) -> str:
    """The check that a column is empty or a colour such as `#66204f`."""
    return (
        f"{name} = '' OR (length({name}) = 7 AND substr({name}, 1, 1) = '#'"
        f" AND ltrim(substr({name}, 2), '0123456789abcdef') = '')"
    )


class Bank(Base):
    """One time bank, its address in the installation, whom to ring, and its rules of exchange (in
    minutes and days).

    `place` is the town or district it is in, and `search_key` its name and place as they are looked
    for, whatever their case and accents. `language` is the tag of the bank's own, `languages` those
    a person may choose, parted by spaces. With `feed`, other sites may take up what the bank does
    together; `embeds` are the sites, parted by spaces, that may show it in a frame of theirs. In
    figures that leave the staff, counts of fewer people than `few` are withheld; those that the
    staff see in a large bank may be `figures_minutes` old. Each `keep_…` is
    for how many months something is kept; of paper slips, which the staff keep, their numbers are
    erased here.

    `welcome` is said to whoever joins, `colour` and `colour_dark` are the bank's own (see
    `rules.palettes`). `settled_at` is when a coordinator kept its settings first, and
    `first_day_over_at` when the list of what a new bank lacks was set aside. `logo_mark` is that of
    its logo, if it has one: every page shows it.
    """

    __tablename__ = "bank"
    __table_args__ = (
        CheckConstraint("rounding BETWEEN 1 AND 60", name="rounding"),
        CheckConstraint("smallest_log > 0 AND largest_log >= smallest_log", name="log_range"),
        CheckConstraint("member_floor <= 0", name="member_floor"),
        CheckConstraint("waiting_days BETWEEN 1 AND 365", name="waiting_days"),
        CheckConstraint(f"few IN {FEW}", name="few"),
        CheckConstraint("figures_minutes BETWEEN 0 AND 1440", name="figures_minutes"),
        *(CheckConstraint(f"{name} BETWEEN 1 AND 240", name=name) for name in KEPT),
        *(CheckConstraint(_is_colour(name), name=name) for name in ("colour", "colour_dark")),
        CheckConstraint("length(welcome) <= 2000", name="welcome"),
        CheckConstraint(is_one_of("slip_numbers", SlipNumbers), name="slip_numbers"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    slug: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    place: Mapped[str] = mapped_column(String(120), default="", server_default="")
    search_key: Mapped[str] = mapped_column(String(500), default="", server_default="")
    about: Mapped[str] = mapped_column(Text, default="")
    timezone: Mapped[str] = mapped_column(String(60), default="Europe/London")
    contact_name: Mapped[str] = mapped_column(String(120), default="")
    contact_phone: Mapped[str] = mapped_column(String(40), default="")
    contact_email: Mapped[str] = mapped_column(String(254), default="")
    joining_open: Mapped[bool] = mapped_column(Boolean, default=True)
    rounding: Mapped[int] = mapped_column(Integer, default=15)
    smallest_log: Mapped[int] = mapped_column(Integer, default=15)
    largest_log: Mapped[int] = mapped_column(Integer, default=720)
    member_floor: Mapped[int] = mapped_column(BigInteger, default=-600)
    member_ceiling: Mapped[int | None] = mapped_column(BigInteger)
    chest_floor: Mapped[int] = mapped_column(BigInteger, default=0)
    waiting_days: Mapped[int] = mapped_column(Integer, default=14)
    confirm_automatically: Mapped[bool] = mapped_column(Boolean, default=False)
    few: Mapped[int] = mapped_column(Integer, default=8)
    figures_minutes: Mapped[int] = mapped_column(Integer, default=60, server_default="60")
    language: Mapped[str] = mapped_column(String(20), default="en", server_default="en")
    languages: Mapped[str] = mapped_column(String(200), default="en", server_default="en")
    feed: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    embeds: Mapped[str] = mapped_column(String(600), default="", server_default="")
    privacy: Mapped[str] = mapped_column(Text, default="", server_default="")
    keep_messages: Mapped[int] = mapped_column(Integer, default=24, server_default="24")
    keep_notes: Mapped[int] = mapped_column(Integer, default=24, server_default="24")
    keep_notices: Mapped[int] = mapped_column(Integer, default=12, server_default="12")
    keep_applications: Mapped[int] = mapped_column(Integer, default=6, server_default="6")
    keep_slips: Mapped[int] = mapped_column(Integer, default=24, server_default="24")
    keep_checks: Mapped[int] = mapped_column(Integer, default=12, server_default="12")
    keep_concerns: Mapped[int] = mapped_column(Integer, default=72, server_default="72")
    welcome: Mapped[str] = mapped_column(Text, default="", server_default="")
    colour: Mapped[str] = mapped_column(String(7), default="", server_default="")
    colour_dark: Mapped[str] = mapped_column(String(7), default="", server_default="")
    slip_numbers: Mapped[SlipNumbers] = mapped_column(
        Coded(SlipNumbers, 10), default=SlipNumbers.OPTIONAL, server_default="optional"
    )
    settled_at: Mapped[datetime | None] = mapped_column(Instant)
    first_day_over_at: Mapped[datetime | None] = mapped_column(Instant)
    logo_mark: Mapped[str | None] = column_property(
        select(BankLogo.mark)
        .where(BankLogo.bank_id == id)  # noqa: A003  (A column names its own so.)
        .correlate_except(BankLogo)
        .scalar_subquery()
    )
    created_at: Mapped[datetime] = mapped_column(Instant)

    @validates("name", "place")
    def _keep_key(self, detail: str, value: str) -> str:
        words = {"name": self.name, "place": self.place, detail: value}
        self.search_key = " ".join(folded(each or "") for each in words.values()).strip()
        return value

    @property
    def lasting_name(self) -> str:
        """What tells whatever is of this bank from what is of any other, in feeds and calendars of
        other sites, wherever the installation moves to."""
        return f"bank-{self.id}.{self.created_at:%Y%m%dT%H%M%S}@timebank"


class BankPicture(Base):
    """The picture that a bank shows on its front page, small and freed of what a camera writes into
    it. `mark` is another with each picture, so that an address which holds it never shows an
    earlier one."""

    __tablename__ = "bank_picture"
    __table_args__ = (
        CheckConstraint("alt <> ''", name="alt"),
        CheckConstraint("length(jpeg) > 0", name="jpeg"),
    )

    bank_id: Mapped[int] = mapped_column(
        ForeignKey("bank.id"), primary_key=True, autoincrement=False
    )
    mark: Mapped[str] = mapped_column(String(16))
    alt: Mapped[str] = mapped_column(String(200))
    width: Mapped[int] = mapped_column(Integer)
    height: Mapped[int] = mapped_column(Integer)
    by: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(Instant)
    jpeg: Mapped[bytes] = deferred(mapped_column(LargeBinary, nullable=False))

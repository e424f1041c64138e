"""What it takes to have two members back who became one. It is kept for a day."""

from sqlalchemy import BigInteger, Boolean, ForeignKey, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from timebank.base import Base, key_to


class MergeChange(Base):
    """The `n`th row that a merge changed: its table, its key, and its columns `before` and `after`,
    as JSON."""

    __tablename__ = "merge_change"
    __table_args__ = (key_to("member_merge", "merge_id"),)

    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"), primary_key=True)
    merge_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    n: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    of_table: Mapped[str] = mapped_column(String(40))
    row_key: Mapped[str] = mapped_column(Text)
    before: Mapped[str] = mapped_column(Text)
    after: Mapped[str] = mapped_column(Text)


class MergeEntry(Base):
    """An entry that a merge posted: again for whoever stays, or (`settles`) what was left over."""

    __tablename__ = "merge_entry"
    __table_args__ = (key_to("member_merge", "merge_id"), key_to("entry", "entry_id"))

    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"), primary_key=True)
    merge_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    entry_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    settles: Mapped[bool] = mapped_column(Boolean)

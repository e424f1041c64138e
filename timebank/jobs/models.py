"""The job table."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from timebank.base import Base, BigId, Instant

_WAITING = text("done_at IS NULL AND failed_at IS NULL")


class Job(Base):
    """A piece of work. `key` makes it unique among jobs of its kind, done ones included; the
    `bank_id` of what every bank has done for itself among those of its kind that wait. What
    somebody waits for has the `rank` 0, and comes before the rest.
    """

    __tablename__ = "job"
    __table_args__ = (
        UniqueConstraint("kind", "key"),
        Index(
            "ix_job_waiting",
            "rank",
            "run_at",
            sqlite_where=_WAITING,
            postgresql_where=_WAITING,
        ),
        Index(
            "uq_job_bank_id_kind",
            "bank_id",
            "kind",
            unique=True,
            sqlite_where=_WAITING,
            postgresql_where=_WAITING,
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kind: Mapped[str] = mapped_column(String(60))
    key: Mapped[str | None] = mapped_column(String(120))
    bank_id: Mapped[int | None] = mapped_column(ForeignKey("bank.id"))
    rank: Mapped[int] = mapped_column(Integer, default=1, server_default="1")
    payload: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    run_at: Mapped[datetime] = mapped_column(Instant)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    leased_by: Mapped[str | None] = mapped_column(String(80))
    leased_until: Mapped[datetime | None] = mapped_column(Instant)
    done_at: Mapped[datetime | None] = mapped_column(Instant)
    failed_at: Mapped[datetime | None] = mapped_column(Instant)
    error: Mapped[str | None] = mapped_column(Text)


class BackupTaken(Base):
    """A copy of the whole installation that `timebank backup` made, and of which revision."""

    __tablename__ = "backup_taken"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    at: Mapped[datetime] = mapped_column(Instant)
    revision: Mapped[str] = mapped_column(String(20))


class WorkerBeat(Base):
    """When each worker was last heard of, for `/health` and `timebank doctor`."""

    __tablename__ = "worker_beat"

    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    at: Mapped[datetime] = mapped_column(Instant)

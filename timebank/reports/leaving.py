"""What becomes of the reports that somebody gets regularly, when they go."""

from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from timebank.act import Act
from timebank.archive import Archive
from timebank.banks.models import Bank
from timebank.base import columns_of
from timebank.members.models import Member
from timebank.reports.models import Schedule
from timebank.room import Carry, Merging, Trace

TRACES = (
    Trace("report_schedule.member_id", "regular_reports"),
    Trace("report_schedule.by", stays=True),
    # Where a knot stands on the drawing says nothing about anybody.
    Trace("network_place.account_id", stays=True),
)

ARCHIVE = Archive(keeps=("kept_report", "report_schedule", "network_place"))

MERGING = Merging(
    carries=(Carry("report_schedule.member_id"),),
    leaves={
        "report_schedule.by": "It says who set it up.",
        "network_place.account_id": "The picture of the network finds a place for everybody anew.",
    },
)


def forget(session: Session, bank: Bank, member: Member, act: Act) -> None:
    """Send nothing more to somebody who goes."""
    of_member = (Schedule.bank_id == bank.id, Schedule.member_id == member.id)
    session.execute(delete(Schedule).where(*of_member))


def export(session: Session, bank: Bank, member: Member) -> dict[str, Any]:
    """The reports that the member gets regularly."""
    of_member = (Schedule.bank_id == bank.id, Schedule.member_id == member.id)
    rows = session.execute(select(Schedule).where(*of_member).order_by(Schedule.id)).scalars()
    left_out = ("bank_id", "member_id", "commissioner_id")
    return {"regular_reports": [columns_of(row, leave_out=left_out) for row in rows]}

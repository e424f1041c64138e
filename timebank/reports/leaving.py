"""What becomes of the reports that somebody gets regularly, and of what they agreed to for those
who read them, when they go."""

from base64 import b64encode
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session, undefer

from timebank.act import Act
from timebank.archive import Archive, Behind
from timebank.banks.models import Bank
from timebank.base import columns_of
from timebank.members.models import Member
from timebank.reports import kept
from timebank.reports.models import AddressConsent, Schedule, Story
from timebank.room import Carry, Merging, Trace
from timebank.say import count, say

TRACES = (
    Trace("story.member_id", "stories"),
    Trace("story.by", stays=True),
    Trace("story.agreed_by", stays=True),
    Trace("address_consent.member_id", "address_on_the_list"),
    Trace("address_consent.by", stays=True),
    Trace("report_schedule.member_id", "regular_reports"),
    Trace("report_schedule.by", stays=True),
    # Where a knot stands on the drawing says nothing about anybody.
    Trace("network_place.account_id", stays=True),
)

ARCHIVE = Archive(
    keeps=(
        *("kept_report", "kept_evidence", "report_schedule", "network_place", "story"),
        "address_consent",
    ),
    behind=[Behind("kept_figures", say("The worker counts them anew."))],
)

MERGING = Merging(
    carries=(
        Carry("report_schedule.member_id"),
        Carry("story.member_id", lambda n: count("%(n)s story", "%(n)s stories", n)),
    ),
    leaves={
        "story.by": "It says who wrote it down.",
        "story.agreed_by": "It says who entered that they agreed.",
        "address_consent.member_id": "It was said of the other address. This one is asked about.",
        "address_consent.by": "It says who entered it.",
        "report_schedule.by": "It says who set it up.",
        "network_place.account_id": "The picture of the network finds a place for everybody anew.",
    },
)


def forget(session: Session, bank: Bank, member: Member, act: Act) -> None:
    """Send nothing more to somebody who goes, tell nothing more of them, and count without them."""
    for model in (Schedule, Story, AddressConsent):
        of_member = (model.bank_id == bank.id, model.member_id == member.id)
        session.execute(delete(model).where(*of_member))
    kept.let_go(session, bank)


def export(session: Session, bank: Bank, member: Member) -> dict[str, Any]:
    """The reports that the member gets regularly, the stories of them, and whether their address is
    on the list."""
    of_member = (Schedule.bank_id == bank.id, Schedule.member_id == member.id)
    rows = session.execute(select(Schedule).where(*of_member).order_by(Schedule.id)).scalars()
    left_out = ("bank_id", "member_id", "commissioner_id")
    of_them = select(Story).where(Story.bank_id == bank.id, Story.member_id == member.id)
    of_them = of_them.options(undefer(Story.jpeg)).order_by(Story.id)
    agreed = session.get(AddressConsent, (bank.id, member.id))
    return {
        "regular_reports": [columns_of(row, leave_out=left_out) for row in rows],
        "stories": [_story(story) for story in session.execute(of_them).scalars()],
        "address_on_the_list": agreed and columns_of(agreed, leave_out=("bank_id", "member_id")),
    }


def _story(story: Story) -> dict[str, Any]:
    columns = columns_of(story, leave_out=("bank_id", "member_id", "jpeg"))
    return {**columns, "jpeg": story.jpeg and b64encode(story.jpeg).decode()}

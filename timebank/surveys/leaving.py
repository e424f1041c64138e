"""What becomes of somebody's answers when they go, and what a member is given of theirs."""

from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from timebank.act import Act
from timebank.archive import SECRET, Archive, Behind
from timebank.banks.models import Bank
from timebank.clock import local_date
from timebank.members.models import Member
from timebank.room import Carry, Merging, Trace
from timebank.say import Said, say
from timebank.surveys import answering, equality, queries
from timebank.surveys.models import Invitation, PaperCode

TRACES = (
    Trace("equality_link.member_id", "equality"),
    Trace("survey_invitation.member_id", "questions", stays=True),
    Trace("survey_link.member_id", "questions"),
    Trace("survey_scale.by", stays=True),
    Trace("survey_wave.by", stays=True),
)

_WHOSE = say("It says whose answers are whose. Answers move without names alone.")


def _under_way(session: Session, bank: Bank, now: datetime) -> list[Said]:
    today = local_date(now, bank.timezone)
    return [
        say(
            "The survey “%(title)s” is still open. Close it, or wait until it ends, and move the"
            " bank then.",
            title=wave.title,
        )
        for wave in queries.waves(session, bank)
        if queries.is_open(wave, today)
    ]


ARCHIVE = Archive(
    keeps=(
        *("survey_scale", "survey_scale_item", "survey_wave", "survey_chosen"),
        *("survey_invitation", "survey_sheet", "survey_answer"),
        *("equality_asked", "equality_count", "equality_area"),
    ),
    behind=(
        Behind("survey_paper_code", SECRET),
        Behind("survey_link", _WHOSE),
        Behind("equality_link", _WHOSE),
        Behind("equality_answer", _WHOSE),
    ),
    under_way=_under_way,
)

_BY = "It says who made it."

MERGING = Merging(
    carries=(
        Carry("survey_link.member_id", once=()),
        Carry("equality_link.member_id", once=()),
    ),
    leaves={
        "survey_invitation.member_id": "Who was asked was counted, and an answer stays an answer.",
        "survey_scale.by": _BY,
        "survey_wave.by": _BY,
    },
)


def forget(session: Session, bank: Bank, member: Member, act: Act) -> None:
    """Nothing links the member to any answer, and no form of theirs can be typed in. That they were
    asked stays counted."""
    answering.withdraw(session, bank, member.id)
    invited = select(Invitation.id).where(
        Invitation.bank_id == bank.id, Invitation.member_id == member.id
    )
    session.execute(
        delete(PaperCode).where(PaperCode.bank_id == bank.id, PaperCode.invitation_id.in_(invited))
    )
    equality.unlink(session, bank, member.id)


def export(session: Session, bank: Bank, member: Member) -> dict[str, Any]:
    """Where the member was asked, and the answers that are linked to them."""
    return {
        "questions": queries.held(session, bank, member.id),
        "equality": equality.own(session, bank, member.id),
    }

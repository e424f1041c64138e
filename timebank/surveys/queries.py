"""Reading waves, scales, invitations and one's own answers. Nothing here gives the answers of
others.

Every function raises NotFound for what is not in the bank.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import and_, case, func, select
from sqlalchemy.orm import Session

from timebank.banks.models import Bank
from timebank.base import one_or_refuse
from timebank.codes import folded_code, secret_hash
from timebank.errors import Invalid, NotFound
from timebank.members.models import Member
from timebank.say import say
from timebank.surveys import rules
from timebank.surveys.instruments import EMBEDDED, Instrument
from timebank.surveys.models import (
    Answer,
    Chosen,
    Invitation,
    Link,
    PaperCode,
    Scale,
    ScaleItem,
    Wave,
)


@dataclass(frozen=True)
class Progress:
    """How many were asked in a wave, and how many have answered."""

    asked: int = 0
    answered: int = 0


@dataclass(frozen=True)
class Asked:
    """A wave that a member was asked in."""

    wave: Wave
    invitation_id: int
    answered: bool


def wave(session: Session, bank: Bank, wave_id: int) -> Wave:
    wave = session.get(Wave, wave_id)
    if wave is None or wave.bank_id != bank.id:
        raise NotFound(say("There is no such wave of questions here."))
    return wave


def waves(session: Session, bank: Bank) -> Sequence[Wave]:
    """The latest first."""
    statement = (
        select(Wave).where(Wave.bank_id == bank.id).order_by(Wave.opens_on.desc(), Wave.id.desc())
    )
    return session.execute(statement).scalars().all()


def is_open(wave: Wave, today: date) -> bool:
    """Whether it takes answers."""
    return wave.closed_on is None and wave.opens_on <= today <= wave.closes_on


def is_over(wave: Wave, today: date) -> bool:
    """Whether it takes none any more; only then are results told, so that nobody sees them move
    with one person's answer. One that was closed early is over from that day on."""
    return (wave.closed_on is not None and wave.closed_on <= today) or today > wave.closes_on


def progress(session: Session, bank: Bank, wave_ids: Collection[int]) -> dict[int, Progress]:
    """By wave; those in which nobody was asked are left out."""
    answered = func.sum(case((Invitation.answered, 1), else_=0))
    rows = session.execute(
        select(Invitation.wave_id, func.count(), answered)
        .where(Invitation.bank_id == bank.id, Invitation.wave_id.in_(wave_ids))
        .group_by(Invitation.wave_id)
    )
    return {row[0]: Progress(row[1], row[2]) for row in rows}


def instruments(session: Session, bank: Bank, wave_id: int) -> list[Instrument]:
    """What a wave asks, in its order."""
    rows = session.execute(
        select(Chosen)
        .where(Chosen.bank_id == bank.id, Chosen.wave_id == wave_id)
        .order_by(Chosen.n)
    )
    return [
        (
            EMBEDDED[row.embedded]
            if row.embedded
            else as_instrument(session, bank, scale(session, bank, row.scale_id or 0))
        )
        for row in rows.scalars()
    ]


def instrument(session: Session, bank: Bank, key: str) -> Instrument:
    """The instrument of that key: an embedded one, or `scale:12`. Raises Invalid for one that there
    is not."""
    if key in EMBEDDED:
        return EMBEDDED[key]
    kind, _, number = key.partition(":")
    own_scale = (
        session.get(Scale, int(number))
        if kind == "scale" and number.isdecimal() and len(number) < 10
        else None
    )
    if own_scale is None or own_scale.bank_id != bank.id:
        words = say("Choose among the questions that are listed.")
        raise Invalid.on("instruments", words)
    return as_instrument(session, bank, own_scale)


def as_instrument(session: Session, bank: Bank, scale: Scale) -> Instrument:
    """A bank's own scale as something to ask."""
    ends = rules.Ends(scale.lowest, scale.highest, scale.lowest_words, scale.highest_words)
    words = items(session, bank, scale.id)
    return rules.scale_instrument(
        f"scale:{scale.id}", scale.title, scale.licence, words, ends, scale.scoring, scale.better
    )


def scale(session: Session, bank: Bank, scale_id: int) -> Scale:
    scale = session.get(Scale, scale_id)
    if scale is None or scale.bank_id != bank.id:
        raise NotFound(say("There is no such scale here."))
    return scale


def scales(session: Session, bank: Bank) -> Sequence[Scale]:
    """By title."""
    return (
        session.execute(select(Scale).where(Scale.bank_id == bank.id).order_by(Scale.title))
        .scalars()
        .all()
    )


def items(session: Session, bank: Bank, scale_id: int) -> Sequence[str]:
    """What a scale asks, in its order."""
    of_scale = (ScaleItem.bank_id == bank.id, ScaleItem.scale_id == scale_id)
    return (
        session.execute(select(ScaleItem.words).where(*of_scale).order_by(ScaleItem.n))
        .scalars()
        .all()
    )


def in_use(session: Session, bank: Bank) -> set[int]:
    """The scales that some wave asks with."""
    statement = (
        select(Chosen.scale_id)
        .where(Chosen.bank_id == bank.id, Chosen.scale_id.is_not(None))
        .distinct()
    )
    return {one for one in session.execute(statement).scalars() if one is not None}


def asked(session: Session, bank: Bank, member_id: int) -> list[Asked]:
    """The waves that a member was asked in, the latest first."""
    rows = session.execute(
        select(Wave, Invitation.id, Invitation.answered)
        .join(Invitation, and_(Invitation.bank_id == Wave.bank_id, Invitation.wave_id == Wave.id))
        .where(Wave.bank_id == bank.id, Invitation.member_id == member_id)
        .order_by(Wave.opens_on.desc(), Wave.id.desc())
    )
    return [Asked(*row) for row in rows]


def to_answer(session: Session, bank: Bank, member_id: int, *, today: date) -> list[Wave]:
    """The waves that take answers today, and that the member was asked in and has not answered."""
    return [
        one.wave
        for one in asked(session, bank, member_id)
        if not one.answered and is_open(one.wave, today)
    ]


def own_invitation(session: Session, bank: Bank, wave_id: int, member_id: int) -> Invitation:
    """The member's invitation to a wave."""
    of_member = (
        Invitation.bank_id == bank.id,
        Invitation.wave_id == wave_id,
        Invitation.member_id == member_id,
    )
    return one_or_refuse(
        session,
        select(Invitation).where(*of_member),
        say("You were not asked to answer these questions."),
    )


def by_code(session: Session, bank: Bank, code: str) -> Invitation:
    """The invitation that a printed form belongs to, by the code on it however it was typed. Raises
    Invalid."""
    printed = (PaperCode.bank_id == bank.id, PaperCode.code_hash == secret_hash(folded_code(code)))
    joined = and_(PaperCode.bank_id == Invitation.bank_id, PaperCode.invitation_id == Invitation.id)
    invitation = session.execute(
        select(Invitation).join(PaperCode, joined).where(*printed)
    ).scalar_one_or_none()
    if invitation is None:
        words = say(
            "No form has that code. Look at the sixteen letters and digits at the head of the form"
            " again."
        )
        raise Invalid.on("code", words)
    return invitation


def unanswered(session: Session, bank: Bank, wave_id: int) -> Sequence[tuple[Invitation, Member]]:
    """Invitations of those who take part and have not answered, by name."""
    rows = session.execute(
        select(Invitation, Member)
        .join(Member, and_(Member.bank_id == Invitation.bank_id, Member.id == Invitation.member_id))
        .where(
            Invitation.bank_id == bank.id,
            Invitation.wave_id == wave_id,
            Invitation.answered.is_(False),
        )
        .where(Member.status != "left")
        .order_by(Member.name_key, Member.id)
    )
    return [(row[0], row[1]) for row in rows]


def is_linked(session: Session, bank: Bank, member_id: int) -> bool:
    """Whether the member has agreed that their answers be linked."""
    return session.get(Link, (bank.id, member_id)) is not None


def held(session: Session, bank: Bank, member_id: int) -> dict[str, Any]:
    """What is known here to be the member's: where they were asked, and the answers that are linked
    to them."""
    link = session.get(Link, (bank.id, member_id))
    linked: list[dict[str, Any]] = []
    if link is not None:
        of_respondent = (Answer.bank_id == bank.id, Answer.respondent == link.respondent)
        rows = (
            session.execute(
                select(Answer).where(*of_respondent).order_by(Answer.wave_id, Answer.n, Answer.item)
            )
            .scalars()
            .all()
        )
        asked_with = {one: instruments(session, bank, one) for one in {row.wave_id for row in rows}}
        linked = [
            {
                "wave": wave(session, bank, row.wave_id).title,
                "question": asked_with[row.wave_id][row.n].questions[row.item].words,
                "answer": row.value if row.value is not None else row.missing,
            }
            for row in rows
        ]
    invited = [
        {"wave": one.wave.title, "answered": one.answered}
        for one in asked(session, bank, member_id)
    ]
    return {"asked": invited, "linked": link is not None, "linked_answers": linked}

"""Reading links: whose they are, what they ask, and how that stands."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from timebank.access import queries as access
from timebank.act import Act, Actor, Channel, Role, Word
from timebank.banks import queries as banks
from timebank.banks.models import Bank
from timebank.base import held
from timebank.codes import folded_code, secret_hash
from timebank.errors import NotFound
from timebank.members import queries as members
from timebank.members.rules import AddressKind, folded_address
from timebank.notices.models import Notice
from timebank.notices.rules import NoticeChannel
from timebank.replies import rules
from timebank.replies.models import ReplyLink
from timebank.replies.rules import State
from timebank.room import Asked, Question

Questions = Callable[[str], Question]
"""How a question is found by its kind."""

_KINDS = {NoticeChannel.EMAIL: AddressKind.EMAIL, NoticeChannel.TEXT: AddressKind.PHONE}
"""The kind of address that notices of a channel go to."""


@dataclass(frozen=True)
class Opened:
    """A link that somebody opens: the notice that carried it, its question, how that stands for
    the member, and how the link does."""

    link: ReplyLink
    notice: Notice
    bank: Bank
    question: Question
    asked: Asked | None
    state: State


def opened(session: Session, code: str, questions: Questions, *, now: datetime) -> Opened | None:
    """The link of that code, however it is written; None for one that is none."""
    row = session.execute(
        select(ReplyLink, Notice)
        .join(Notice, Notice.id == ReplyLink.notice_id)
        .where(ReplyLink.token_hash == _hash_of(code))
    ).one_or_none()
    if row is None:
        return None
    link, notice = row
    bank, question = banks.by_id(session, link.bank_id), questions(link.asks)
    act = act_of(session, bank, link.member_id, now)
    alone = question.by_program is not None
    asked = None
    if reaches(session, bank, notice, link.member_id, shared=alone):
        asked = as_it_stands(session, bank, question, link.about, act)
        if asked is not None and asked.account_id != act.by.account_id:
            asked = None
    state = rules.state(
        asked,
        answered=link.used_at is not None,
        renewed=question.latest and _is_renewed(session, notice),
        expires_at=link.expires_at,
        now=now,
    )
    return Opened(link, notice, bank, question, asked, state)


def hold(session: Session, code: str) -> None:
    """Have nobody else use the link of that code until this transaction ends."""
    session.execute(held(select(ReplyLink).where(ReplyLink.token_hash == _hash_of(code))))


def _hash_of(code: str) -> str:
    return secret_hash(folded_code(code))


def act_of(session: Session, bank: Bank, member_id: int, now: datetime) -> Act:
    """What a link does: by its member, and no more than any member may, whoever they are."""
    actor: Actor = access.actor_of(members.member(session, bank, member_id))
    return Act(replace(actor, role=Role.MEMBER), now, Word(Channel.LINK))


def as_it_stands(
    session: Session, bank: Bank, question: Question, about: int, act: Act
) -> Asked | None:
    """How a question stands for `act.by`; None where they may see nothing of it."""
    try:
        return question.look(session, bank, about, act)
    except NotFound:
        return None


def reaches(session: Session, bank: Bank, notice: Notice, member_id: int, *, shared: bool) -> bool:
    """Whether the address of a notice is the member's today, and no other's; or `shared`, where
    that does no harm."""
    kind, member = _KINDS.get(notice.channel), members.member(session, bank, member_id)
    if kind is None or member.status not in access.MAY_SIGN_IN:
        return False
    own = member.email if kind == AddressKind.EMAIL else member.phone
    if not own or folded_address(kind, own) != folded_address(kind, notice.address or ""):
        return False
    return shared or access.is_theirs_alone(session, bank, member, kind)


def _is_renewed(session: Session, notice: Notice) -> bool:
    """Whether somebody has been written to again about the same thing."""
    later = exists().where(
        Notice.bank_id == notice.bank_id,
        Notice.addressee == notice.addressee,
        Notice.asks == notice.asks,
        Notice.about == notice.about,
        Notice.id > notice.id,
    )
    return session.execute(select(later)).scalar_one()

"""The picture that a member gives of themselves. The caller commits."""

import secrets

from sqlalchemy import delete
from sqlalchemy.orm import Session

from timebank.act import Act, Actor
from timebank.banks.models import Bank
from timebank.banks.queries import one_at_a_time
from timebank.errors import NotFound
from timebank.members import acts, meeting, queries
from timebank.members.models import Picture
from timebank.members.rules import PICTURE_SIDE, NewPicture, Sight
from timebank.say import say

_NONE = say("There is no such picture here.")


def put(session: Session, bank: Bank, member_id: int, new: NewPicture, act: Act) -> Picture:
    """Keep a picture of a member in place of the one there was: square, `PICTURE_SIDE` pixels long,
    and freed of all that a camera writes into it.

    Theirs to give, of those who act for them, and of brokers on their word. Without a file the one
    there is stays, and it is said anew who sees it. Raises NoPicture, NotInThatState.
    """
    from timebank import pictures  # noqa: PLC0415  (heavy, and few requests bring a picture)

    member = acts.taking_part(session, bank, member_id)
    acts.require_near(session, bank, member.id, act.by)
    one_at_a_time(session, bank)
    before = queries.picture(session, bank, member.id)
    if before is not None and not new.data:
        before.shown_to, before.by, before.at = new.shown_to, act.by.key, act.now
        acts.record(session, member, act, "picture_set", new.shown_to)
        return before
    square = pictures.squared(pictures.shrunk(new.data), PICTURE_SIDE)
    _delete(session, bank, member.id)
    picture = Picture(
        bank_id=bank.id,
        member_id=member.id,
        mark=secrets.token_hex(8),
        shown_to=new.shown_to,
        by=act.by.key,
        at=act.now,
        jpeg=pictures.jpeg(square),
    )
    session.add(picture)
    acts.record(session, member, act, "picture_set", new.shown_to)
    return picture


def take_away(session: Session, bank: Bank, member_id: int, act: Act) -> None:
    """Delete somebody's picture. Raises NotFound where there is none."""
    member = acts.taking_part(session, bank, member_id)
    acts.require_near(session, bank, member.id, act.by)
    one_at_a_time(session, bank)
    if queries.picture(session, bank, member.id) is None:
        raise NotFound(_NONE)
    _delete(session, bank, member.id)
    acts.record(session, member, act, "picture_gone")


def seen(
    session: Session, bank: Bank, member_id: int, *, by: Actor, knows: bool | None = None
) -> Picture:
    """Somebody's picture, for who may see it: themselves, those who act for them and the staff;
    all members or those who know them (`knows`), as they chose, unless they are kept apart.

    Raises NotFound, in the same words, where there is none or it is not to be seen.
    """
    picture = queries.picture(session, bank, member_id)
    account_id = queries.member(session, bank, member_id).account_id if picture else None
    if picture is None or account_id is None:
        raise NotFound(_NONE)
    near = by.is_broker or account_id in queries.may_act_for(session, bank, by)
    allowed = by.member_id is not None and (picture.shown_to == Sight.MEMBERS or bool(knows))
    if not near and (not allowed or meeting.hides(session, bank, account_id, by=by)):
        raise NotFound(_NONE)
    return picture


def _delete(session: Session, bank: Bank, member_id: int) -> None:
    of_member = (Picture.bank_id == bank.id, Picture.member_id == member_id)
    session.execute(delete(Picture).where(*of_member))
    session.expire_all()

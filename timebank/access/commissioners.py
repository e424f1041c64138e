"""Commissioners: people outside the bank who may read the figures it shares, and nothing else. They
sign in by one-time link.

They are no members, have no account, and appear in no figure. The caller commits.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session

from timebank.access import rules
from timebank.access.errors import LinkGone
from timebank.access.models import BrowserSession, Commissioner
from timebank.access.rules import NewCommissioner
from timebank.act import Act, Actor, Role
from timebank.banks import queries as banks
from timebank.banks.models import Bank
from timebank.banks.queries import one_at_a_time
from timebank.banks.rules import is_email
from timebank.base import one_or_refuse
from timebank.codes import folded_code, grouped, new_code, secret_hash
from timebank.errors import Conflict, Invalid
from timebank.members.rules import require_coordinator
from timebank.notices import service as notices_service
from timebank.notices.rules import Addressee, Letter, NewNotice, NoticeChannel, WayIn
from timebank.say import say

INVITATION_DAYS = 7
READER = "reader"
"""The kind of way in that notices of this module carry (`NewNotice.secret`)."""

_CODE_LETTERS = 16


def commissioners(session: Session, bank: Bank) -> Sequence[Commissioner]:
    """Those who may sign in, by name."""
    may_sign_in = (Commissioner.bank_id == bank.id, Commissioner.ended_at.is_(None))
    return (
        session.execute(
            select(Commissioner).where(*may_sign_in).order_by(Commissioner.name, Commissioner.id)
        )
        .scalars()
        .all()
    )


def commissioner(session: Session, bank: Bank, commissioner_id: int) -> Commissioner:
    """One of them. Raises NotFound."""
    same = (
        Commissioner.bank_id == bank.id,
        Commissioner.id == commissioner_id,
        Commissioner.ended_at.is_(None),
    )
    return one_or_refuse(
        session, select(Commissioner).where(*same), say("There is no such reader here.")
    )


def actor_of(commissioner: Commissioner) -> Actor:
    """The commissioner as somebody who reads."""
    return Actor(
        bank_id=commissioner.bank_id,
        name=commissioner.name,
        role=Role.COMMISSIONER,
        commissioner_id=commissioner.id,
    )


def invite(
    session: Session,
    bank: Bank,
    new: NewCommissioner,
    act: Act,
) -> Commissioner:
    """Let somebody read the bank's figures for sharing, and send them a link that is good for a
    week.

    A coordinator's to do. Raises NotAllowed; Invalid for what is no address; Conflict for an
    address that has been invited.
    """
    require_coordinator(act.by)
    if not is_email(new.email):
        no_address = say(
            "Write a whole e-mail address, such as jo@council.example: the link to sign in goes"
            " there."
        )
        raise Invalid.on("email", no_address)
    one_at_a_time(session, bank)
    if any(known.email == new.email.casefold() for known in commissioners(session, bank)):
        raise Conflict(
            say(
                "%(email)s can read the figures already. Send another link below if theirs is"
                " lost.",
                email=new.email,
            )
        )
    commissioner = Commissioner(
        bank_id=bank.id,
        name=new.name,
        email=new.email.casefold(),
        organisation=new.organisation,
        by=act.by.key,
        invited_at=act.now,
    )
    session.add(commissioner)
    session.flush()
    send_link(session, bank, commissioner, minutes=INVITATION_DAYS * 24 * 60, now=act.now)
    return commissioner


def send_links(session: Session, bank: Bank, email: str, *, minutes: int, now: datetime) -> None:
    """Whoever says that this is their address is sent a link, if they are a commissioner."""
    for commissioner in commissioners(session, bank):
        # An invitation that is still good, or on its way, is not taken back by whoever types the
        # address.
        fresh = commissioner.link_used_by is None and (commissioner.link_expires_at or now) > now
        if commissioner.email == email.strip().casefold() and not fresh:
            send_link(session, bank, commissioner, minutes=minutes, now=now)


def send_link(
    session: Session, bank: Bank, commissioner: Commissioner, *, minutes: int, now: datetime
) -> None:
    """Send them a one-time link, good for so many minutes from now; one from before is good no
    more. Its code is made when it goes out."""
    commissioner.link_hash, commissioner.link_used_by = None, None
    commissioner.link_expires_at = now + timedelta(minutes=minutes)
    letter = Letter(
        say("Figures of %(bank)s", bank=bank.name),
        say("A link to the figures. It stands in the letter that was sent, and nowhere else."),
    )
    cause = f"{READER}:{commissioner.id}:{now.isoformat()}"
    notice = NewNotice(letter, cause, through=NoticeChannel.EMAIL, at_once=True, secret=READER)
    addressee = Addressee(
        f"commissioner:{commissioner.id}", commissioner.name, email=commissioner.email
    )
    notices_service.write(session, bank, addressee, notice, now=now)
    session.flush()


def fill(session: Session, cause: str, *, site: str, now: datetime) -> WayIn | None:
    """Make the code of a link that is being sent, and say what its letter says; None when it is
    wanted no more."""
    commissioner = session.get(Commissioner, _id_in(cause), with_for_update=True)
    if commissioner is None or commissioner.ended_at is not None or commissioner.link_used_by:
        return None
    expires_at = commissioner.link_expires_at
    if expires_at is None or expires_at <= now:
        return None
    bank = banks.by_id(session, commissioner.bank_id)
    code = new_code(_CODE_LETTERS)
    commissioner.link_hash = secret_hash(code)
    session.flush()
    address = f"{site}/sign-in/link/{grouped(code)}"
    minutes = -(-(expires_at - now) // timedelta(minutes=1))
    days = minutes // (24 * 60)
    letter = Letter(
        say("Figures of %(bank)s", bank=bank.name),
        [
            say("Hello %(name)s,", name=commissioner.name),
            # Translators: “%(period)s” is "a week" or "1 hour".
            say(
                "this link shows you the figures that %(bank)s shares. It signs you in once, within"
                " %(period)s:",
                bank=bank.name,
                period=rules.good_for(days * 24 * 60 if days else minutes),
            ),
            address,
            say(
                "For another commissioner, write your e-mail address at %(address)s",
                address=f"{site}/sign-in/link?to={bank.slug}",
            ),
        ],
    )
    return WayIn(letter, letter.subject, address)


def end_link(session: Session, cause: str) -> None:
    """End a link that could not be sent, whoever has read it on the way."""
    commissioner = session.get(Commissioner, _id_in(cause))
    if commissioner is not None:
        commissioner.link_hash = commissioner.link_expires_at = None
        session.flush()


def _id_in(cause: str) -> int:
    return int(cause.split(":")[1])


def link_holder(session: Session, code: str, *, now: datetime) -> Commissioner | None:
    """Whom a one-time link signs in, while it is good; looking does not use it."""
    good = (
        Commissioner.link_used_by.is_(None),
        Commissioner.link_expires_at > now,
        Commissioner.ended_at.is_(None),
    )
    same = Commissioner.link_hash == secret_hash(folded_code(code))
    return session.execute(select(Commissioner).where(same, *good)).scalar_one_or_none()


def use_link(session: Session, code: str, *, browser: str, now: datetime) -> Commissioner:
    """Use up a one-time link and return whom it signs in. Of two who use it at once, one does.
    Raises LinkGone.

    The same browser may use it again: people click twice.
    """
    mine = secret_hash(browser)
    good = (
        Commissioner.link_hash == secret_hash(folded_code(code)),
        Commissioner.link_expires_at > now,
        Commissioner.ended_at.is_(None),
        or_(Commissioner.link_used_by.is_(None), Commissioner.link_used_by == mine),
    )
    use = (
        update(Commissioner)
        .where(*good)
        .values(link_used_by=func.coalesce(Commissioner.link_used_by, mine))
    )
    rows = session.execute(
        use.returning(Commissioner), execution_options={"synchronize_session": False}
    )
    used = rows.scalar_one_or_none()
    if used is None:
        raise LinkGone
    return used


def end(session: Session, bank: Bank, commissioner_id: int, act: Act) -> None:
    """Let somebody read no more; they are signed out at once, and their address is forgotten.
    Raises NotAllowed, NotFound."""
    require_coordinator(act.by)
    ended = commissioner(session, bank, commissioner_id)
    ended.ended_at, ended.link_hash = act.now, None
    mine = (BrowserSession.bank_id == bank.id, BrowserSession.commissioner_id == ended.id)
    session.execute(delete(BrowserSession).where(*mine))
    ended.name, ended.email = "", ""
    notices_service.forget(session, bank, f"commissioner:{ended.id}")
    session.flush()

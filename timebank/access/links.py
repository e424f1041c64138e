"""One-time links and the six digits beside them: asked for, handed over, sent, used, and what they
prove. The caller commits.

A link that is sent has no code until its letter is on the way (`fill`): the code stands in that
letter and, as a hash, in its row. One that a broker hands over is made there and then.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, delete, func, literal, or_, select, update
from sqlalchemy.orm import Session

from timebank import hours
from timebank.access import commissioners, queries, rules
from timebank.access.errors import LinkGone, NotForStaff
from timebank.access.models import LinkRequest, SignInLink
from timebank.access.rules import Purpose
from timebank.act import Act, Actor
from timebank.banks import queries as banks
from timebank.banks.models import Bank
from timebank.base import Instant
from timebank.clock import local_date
from timebank.codes import folded_code, grouped, new_code, secret_hash
from timebank.config import Config
from timebank.errors import Conflict, Invalid
from timebank.jobs.service import queue
from timebank.members import acts
from timebank.members import queries as members
from timebank.members import service as members_service
from timebank.members.models import Member
from timebank.members.rules import AddressKind, folded_address, may_manage
from timebank.notices.rules import Letter, NewNotice, NoticeChannel, WayIn, can_be_texted
from timebank.say import say

LETTERS = 16
"""How many letters and digits the code of a link has."""

ASKED = "system:sign-in"
JOB = "access.links"
LINK, ADDRESS = "link", "address"
"""The kinds of way in that notices of this module carry (`NewNotice.secret`)."""

_SECOND_CLICK = timedelta(minutes=1)
_PROOF = timedelta(days=7)
_GUESSES_A_DAY = 12
_LONGEST_WANTED = 500


@dataclass(frozen=True)
class Sending:
    """What of the settings a letter with a link needs: the address of the site, how long a link is
    good, the key that six digits are hashed with, and whether texts are sent here."""

    site: str
    minutes: int
    key: str
    texts: bool

    @classmethod
    def of(cls, config: Config) -> "Sending":
        return cls(
            config.base_url.rstrip("/"),
            config.link_minutes,
            config.secret_key,
            bool(config.text_driver),
        )


# ---- Handed over ----


def make(session: Session, bank: Bank, member_id: int, act: Act, *, minutes: int = 60) -> str:
    """A one-time code that signs the member in within `minutes`, at `/sign-in/link/<code>`. It is
    kept nowhere in clear.

    Brokers make links for members, coordinators and the system for the staff too. Raises
    NotForStaff; Conflict for somebody who does not take part.
    """
    member = members.member(session, bank, member_id)
    if not may_manage(act.by, member.role):
        raise NotForStaff(say("Only a coordinator may make a sign-in link for one of the staff."))
    if member.status not in queries.MAY_SIGN_IN:
        raise Conflict(say("%(name)s is not a member who can sign in just now.", name=member.name))
    code = new_code(LETTERS)
    session.add(
        SignInLink(
            token_hash=secret_hash(code),
            bank_id=bank.id,
            member_id=member_id,
            purpose=Purpose.SIGN_IN,
            made_by=act.by.key,
            expires_at=act.now + timedelta(minutes=minutes),
        )
    )
    session.flush()
    if act.by.member_id is not None:
        acts.record(session, member, act, "link_made")
    return grouped(code)


# ---- Asked for ----


def ask(
    session: Session, bank: Bank, name: str, *, browser: str, wanted: str | None, now: datetime
) -> None:
    """Take down that somebody who says they are `name` would like a link, in a browser with that
    secret, to go on to `wanted`.

    Who that is, and whether anybody, is found out by a job: the answer takes as long whoever is
    asked for.
    """
    request = LinkRequest(
        bank_id=bank.id,
        name=name,
        asked_by=secret_hash(browser),
        # An address that is longer than any page's leads home instead.
        wanted=wanted if wanted and len(wanted) <= _LONGEST_WANTED else None,
        at=now,
    )
    session.add(request)
    session.flush()
    queue(session, JOB, {"request": request.id}, run_at=now, awaited=True)


def answer(session: Session, request_id: int, sending: Sending, *, now: datetime) -> None:
    """Send each of those that a request means a one-time link, and drop the request.

    Who can be sent nothing is put on the call sheet instead, without a link, so that a broker hands
    one over. A few links at once are enough for anybody; more are not sent.
    """
    drop = delete(LinkRequest).where(LinkRequest.id == request_id).returning(LinkRequest)
    request = session.execute(drop).scalar_one_or_none()
    if request is None:
        return
    bank = banks.by_id(session, request.bank_id)
    for member in queries.by_name(session, bank, request.name):
        _send(session, bank, member, request, sending, now=now)
    commissioners.send_links(session, bank, request.name, minutes=sending.minutes, now=now)


def send_own(
    session: Session, bank: Bank, member_id: int, sending: Sending, *, browser: str, now: datetime
) -> bool:
    """Send somebody who is signed in a code to say again who they are; whether there is a way to
    send it."""
    member = members.member(session, bank, member_id)
    if _way(session, bank, member, sending) is None:
        return False
    request = LinkRequest(bank_id=bank.id, name="", asked_by=secret_hash(browser), at=now)
    _send(session, bank, member, request, sending, now=now)
    return True


def _send(
    session: Session,
    bank: Bank,
    member: Member,
    request: LinkRequest,
    sending: Sending,
    *,
    now: datetime,
) -> None:
    way = _way(session, bank, member, sending)
    if way is None:
        _have_rung(session, bank, member, now=now)
        return
    if queries.links_asked_for(session, bank, member.id, made_by=ASKED, now=now) >= (
        rules.LINKS_AT_ONCE
    ):
        return
    kind, channel = way
    address = member.email if kind == AddressKind.EMAIL else member.phone
    link = SignInLink(
        bank_id=bank.id,
        member_id=member.id,
        purpose=Purpose.SIGN_IN,
        made_by=ASKED,
        asked_by=request.asked_by,
        address=folded_address(kind, address or ""),
        wanted=request.wanted,
        # Good for nothing until it has a code; counted among those asked for meanwhile.
        expires_at=now + timedelta(minutes=sending.minutes),
    )
    session.add(link)
    session.flush()
    letter = Letter(
        say("Your link to %(bank)s", bank=bank.name),
        say("A link to sign in, once. It stands in the letter that was sent, and nowhere else."),
    )
    # A link is wanted now and where it was asked for, whatever they prefer for news.
    notice = NewNotice(letter, f"{LINK}:{link.id}", through=channel, at_once=True, secret=LINK)
    acts.tell(session, bank, member.id, notice, now=now)


def _way(
    session: Session, bank: Bank, member: Member, sending: Sending
) -> tuple[AddressKind, NoticeChannel] | None:
    """Where a link for a member can go, and by which channel: to an address that counts for signing
    in."""
    counting = queries.counting(session, bank, member)
    if AddressKind.EMAIL in counting:
        return AddressKind.EMAIL, NoticeChannel.EMAIL
    if AddressKind.PHONE in counting and sending.texts and can_be_texted(member.phone or ""):
        return AddressKind.PHONE, NoticeChannel.TEXT
    return None


def _have_rung(session: Session, bank: Bank, member: Member, *, now: datetime) -> None:
    letter = Letter(
        say("%(name)s would like to sign in", name=member.name),
        say(
            "There is no address here that a link can be sent to. Ring them, make a one-time link"
            " on their page, and read them its code."
        ),
    )
    cause = f"link-wanted:{member.id}:{local_date(now, bank.timezone)}"
    notice = NewNotice(letter, cause, through=NoticeChannel.CALL, at_once=True)
    acts.tell(session, bank, member.id, notice, now=now)


# ---- Sent ----


def fill(session: Session, cause: str, sending: Sending, *, now: datetime) -> WayIn | None:
    """Make the code of a link that is being sent, and say what its letter says; None when it is
    wanted no more."""
    link = session.get(SignInLink, _id_in(cause), with_for_update=True)
    if link is None or link.used_at is not None:
        return None
    if now - link.expires_at > rules.SENT_LINK_STALE:
        return None
    bank = banks.by_id(session, link.bank_id)
    member = members.member(session, bank, link.member_id)
    if not _is_theirs(member, link):
        return None
    code, digits = new_code(LETTERS), f"{secrets.randbelow(10**rules.DIGITS):0{rules.DIGITS}}"
    link.token_hash = secret_hash(code)
    link.digits_hash = _digits_hash(sending.key, link.id, digits)
    link.guesses, link.expires_at = 0, now + timedelta(minutes=sending.minutes)
    session.flush()
    address = f"{sending.site}/sign-in/link/{grouped(code)}"
    good_for = hours.words(sending.minutes)
    letter = Letter(
        say("Your link to %(bank)s", bank=bank.name),
        [
            say("Hello %(name)s,", name=member.name),
            say(
                "this link signs you in to %(bank)s, once, within %(hours)s:",
                bank=bank.name,
                hours=good_for,
            ),
            address,
            say(
                "Or type %(digits)s where you asked for the link. These six digits work on that"
                " computer or phone alone, so that you can have them read out to you.",
                digits=digits,
            ),
            say("If you did not ask for it, do nothing: nobody can sign in without it."),
        ],
    )
    short = say(
        "%(digits)s signs you in where you asked for it, within %(hours)s",
        digits=digits,
        hours=good_for,
    )
    return WayIn(letter, short, address)


def _is_theirs(member: Member, link: SignInLink) -> bool:
    """Whether the address that a link goes to is still its member's; one that was handed over has
    none."""
    return link.address is None or link.address in {
        folded_address(AddressKind.EMAIL, member.email or ""),
        folded_address(AddressKind.PHONE, member.phone or ""),
    }


def end(session: Session, cause: str, *, now: datetime) -> None:
    """End a link that could not be sent, whoever has read it on the way."""
    session.execute(
        update(SignInLink)
        .where(SignInLink.id == _id_in(cause))
        .values(token_hash=None, digits_hash=None, expires_at=now)
    )


def _id_in(cause: str) -> int:
    return int(cause.split(":")[1])


def _digits_hash(key: str, link_id: int, digits: str) -> str:
    """Six digits are soon tried through, so that their hash is worth nothing without the key."""
    return rules.counted(key, "digits", link_id, digits)


# ---- Used ----


def use(session: Session, code: str, *, browser: str, now: datetime) -> SignInLink:
    """Use up a one-time link by its code, as `use_hash` does."""
    return use_hash(session, secret_hash(folded_code(code)), browser=browser, now=now)


def use_hash(session: Session, token_hash: str, *, browser: str, now: datetime) -> SignInLink:
    """Use up a one-time link by the hash of its code. Of two who use it at once, one does. Raises
    LinkGone.

    `browser` is a secret of the browser that uses it. The same one may use it again for a minute:
    people click twice, and the answer to the first click is then thrown away.
    """
    again = and_(
        SignInLink.used_by == secret_hash(browser), SignInLink.used_at > now - _SECOND_CLICK
    )
    good = (
        SignInLink.token_hash == token_hash,
        SignInLink.purpose == Purpose.SIGN_IN,
        SignInLink.expires_at > now,
        or_(SignInLink.used_at.is_(None), again),
    )
    used = (
        update(SignInLink)
        .where(*good)
        .values(
            used_at=func.coalesce(SignInLink.used_at, literal(now, Instant)),
            used_by=secret_hash(browser),
        )
        .returning(SignInLink)
    )
    link = session.execute(
        used, execution_options={"synchronize_session": False, "populate_existing": True}
    ).scalar_one_or_none()
    if link is None:
        raise LinkGone
    member = members.member(session, banks.by_id(session, link.bank_id), link.member_id)
    if member.status not in queries.MAY_SIGN_IN or not _is_theirs(member, link):
        raise LinkGone
    _end_others(session, link, now=now)
    if link.address is not None:
        prove(session, link, now=now)
    return link


def _end_others(session: Session, used: SignInLink, *, now: datetime) -> None:
    """Who has come in by one link needs none of the others that were sent."""
    others = (
        SignInLink.bank_id == used.bank_id,
        SignInLink.member_id == used.member_id,
        SignInLink.made_by == ASKED,
        SignInLink.used_at.is_(None),
        SignInLink.id != used.id,
        SignInLink.expires_at > now,
    )
    if used.made_by == ASKED:
        session.execute(
            update(SignInLink).where(*others).values(used_at=now),
            execution_options={"synchronize_session": False},
        )


def guess(
    session: Session, digits: str, *, key: str, browser: str, member_id: int | None, now: datetime
) -> str | None:
    """Try six digits against the links that this browser asked for (for `member_id` alone, where
    somebody is signed in): the hash of the code of the one they belong to, for `use_hash`; None
    when they are of none.

    The guess is counted whatever comes of it, so the caller commits. Few are allowed for each
    letter and for each person in a day; the link beside the digits is good all the same.
    """
    good = [
        SignInLink.asked_by == secret_hash(browser),
        SignInLink.digits_hash.is_not(None),
        SignInLink.used_at.is_(None),
        SignInLink.expires_at > now,
        SignInLink.guesses < rules.GUESSES,
    ]
    if member_id is not None:
        good.append(SignInLink.member_id == member_id)
    counted = update(SignInLink).where(*good).values(guesses=SignInLink.guesses + 1)
    tried = session.execute(
        counted.returning(
            SignInLink.id, SignInLink.member_id, SignInLink.digits_hash, SignInLink.token_hash
        ),
        execution_options={"synchronize_session": False},
    ).all()
    for link in tried:
        fits = secrets.compare_digest(link.digits_hash, _digits_hash(key, link.id, digits))
        if fits and _guessed(session, link.member_id, now=now) <= _GUESSES_A_DAY:
            return link.token_hash
    return None


def _guessed(session: Session, member_id: int, *, now: datetime) -> int:
    recent = select(func.coalesce(func.sum(SignInLink.guesses), 0)).where(
        SignInLink.member_id == member_id, SignInLink.expires_at > now - rules.LASTS
    )
    return session.execute(recent).scalar_one()


def use_any(
    session: Session, code: str, *, browser: str, now: datetime
) -> tuple[Actor, str | None]:
    """Use up a link, a member's or a commissioner's: whom it signs in, and the page they wanted.
    Raises LinkGone."""
    try:
        link = use(session, code, browser=browser, now=now)
    except LinkGone:
        commissioner = commissioners.use_link(session, code, browser=browser, now=now)
        return commissioners.actor_of(commissioner), None
    return holder(session, link), link.wanted


def holder(session: Session, link: SignInLink) -> Actor:
    """Whom a link signs in."""
    bank = banks.by_id(session, link.bank_id)
    return queries.actor_of(members.member(session, bank, link.member_id))


# ---- Proved ----


def prove(session: Session, link: SignInLink, *, now: datetime) -> None:
    """Whoever opened a link that was sent to an address of theirs gets what is sent there."""
    bank = banks.by_id(session, link.bank_id)
    for kind in AddressKind:
        members_service.prove_address(session, bank, link.member_id, kind, link.address, now=now)


def ask_proof(
    session: Session,
    bank: Bank,
    member_id: int,
    kind: AddressKind,
    sending: Sending,
    *,
    now: datetime,
) -> bool:
    """Send a link to an address that a member has written for themselves, by which it is proved;
    whether anything can be sent there."""
    member = members.member(session, bank, member_id)
    if kind == AddressKind.PHONE and not (sending.texts and can_be_texted(member.phone or "")):
        return False
    letter = Letter(
        say("Is this your address?"),
        say("A link that proves it. It stands in the letter that was sent, and nowhere else."),
    )
    cause = f"{ADDRESS}:{member.id}:{kind}:{now.isoformat()}"
    through = NoticeChannel.EMAIL if kind == AddressKind.EMAIL else NoticeChannel.TEXT
    notice = NewNotice(letter, cause, through=through, at_once=True, secret=ADDRESS)
    acts.tell(session, bank, member.id, notice, now=now)
    return True


def fill_proof(
    session: Session, cause: str, address: str, sending: Sending, *, now: datetime
) -> WayIn | None:
    """Make a link that proves the address it is being sent to; None when it has been changed again
    since."""
    _, member_id, kind_code, *_ = cause.split(":")
    kind = AddressKind(kind_code)
    member = session.get_one(Member, int(member_id))
    bank = banks.by_id(session, member.bank_id)
    folded = folded_address(kind, address)
    present = member.email if kind == AddressKind.EMAIL else member.phone
    if present is None or folded_address(kind, present) != folded:
        return None
    code = new_code(LETTERS)
    session.add(
        SignInLink(
            token_hash=secret_hash(code),
            bank_id=bank.id,
            member_id=member.id,
            purpose=Purpose.ADDRESS,
            made_by=f"member:{member.id}",
            address=folded,
            expires_at=now + _PROOF,
        )
    )
    session.flush()
    site = f"{sending.site}/sign-in/address/{grouped(code)}"
    letter = Letter(
        say("Is this your address?"),
        [
            say("Hello %(name)s,", name=member.name),
            say(
                "you have given %(bank)s this address. Open this link within a week, so that you"
                " can sign in with it:",
                bank=bank.name,
            ),
            site,
            say("If it was not you, do nothing."),
        ],
    )
    return WayIn(letter, say("Open this to sign in by this number from now on"), site)


def end_proof(session: Session, cause: str, *, now: datetime) -> None:
    """End the links by which a member was to prove an address, when one could not be sent."""
    proofs = (SignInLink.member_id == _id_in(cause), SignInLink.purpose == Purpose.ADDRESS)
    session.execute(
        update(SignInLink).where(*proofs).values(expires_at=now),
        execution_options={"synchronize_session": False},
    )


def use_proof(session: Session, code: str, *, now: datetime) -> None:
    """Prove the address that this link was sent to; a second time changes nothing. Raises
    LinkGone."""
    link = queries.proof(session, code, now=now)
    if link is None:
        raise LinkGone
    prove(session, link, now=now)
    link.used_at = link.used_at or now
    session.flush()


# ---- A code typed by hand ----


def check_typed(code: str) -> str:
    """A code as it is kept, from how it was typed. Raises Invalid naming what cannot be one."""
    folded = folded_code(code)
    fault = rules.fault_of_code(folded, LETTERS)
    if fault is not None:
        raise Invalid.on("code", fault)
    return folded


def stale(session: Session, *, now: datetime) -> None:
    """Drop links whose time ran out a while ago, and requests that no job has answered."""
    before = now - rules.LASTS
    session.execute(delete(SignInLink).where(SignInLink.expires_at < before))
    session.execute(delete(LinkRequest).where(LinkRequest.at < before))

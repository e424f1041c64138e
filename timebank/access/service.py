"""Signing in and what it needs: passwords, one-time links, the second factor, bearer tokens. The
caller commits.

`now` is UTC and `by` whoever does it. Functions that name a member raise NotFound for one of
another bank.
"""

import secrets
from base64 import b64encode
from collections.abc import Sequence
from datetime import datetime, timedelta

import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from argon2.low_level import ARGON2_VERSION
from sqlalchemy import and_, delete, func, literal, or_, select, update
from sqlalchemy.orm import Session

from timebank import hours
from timebank.access import commissioners, queries, rules
from timebank.access.errors import LinkGone, NotForStaff, NotRecognised, WrongCode
from timebank.access.models import Credential, FailedSignIn, RecoveryCode, SignInLink, Token
from timebank.access.queries import secret_hash
from timebank.access.rules import NewToken
from timebank.act import Act, Actor, Role
from timebank.banks import queries as banks
from timebank.banks.models import Bank
from timebank.base import Instant, insert_of
from timebank.clock import local_date
from timebank.errors import Conflict, NotAllowed, NotFound
from timebank.members import acts
from timebank.members import queries as members
from timebank.members.models import Member
from timebank.members.rules import may_manage
from timebank.notices.rules import Letter, NewNotice, NoticeChannel
from timebank.say import say

HASHER = PasswordHasher()
"""argon2id with the library's parameters, which follow RFC 9106; hashes made with others are
renewed at the next sign-in."""


_ASKED = "system:sign-in"
_KEPT_FAILURES = timedelta(days=1)
_SECOND_CLICK = timedelta(minutes=1)
_LINK_CODE_LETTERS, _RECOVERY_CODE_LETTERS = 16, 12


# ---- Passwords ----


def set_password(session: Session, bank: Bank, member_id: int, password: str, act: Act) -> None:
    """Give the member a password; every browser they were signed in with is signed out. Raises
    PasswordRefused, NotAllowed."""
    member = members.member(session, bank, member_id)
    _require_own(act.by, member_id)
    rules.check_password(
        password,
        [
            member.name,
            member.number,
            member.email,
            (member.email or "").split("@")[0],
            member.phone,
        ],
    )
    credential = _credential(session, bank, member_id)
    credential.password_hash = HASHER.hash(rules.plain(password))
    credential.session_key = _new_session_key()
    acts.record(session, member, act, "password_set")


def recognise(session: Session, bank: Bank, name: str, password: str) -> Member:
    """The member of that name (e-mail, number or phone) and password. Only reads; see `renew_hash`.

    Raises NotRecognised in the same words and after the same work whether the name, the password or
    both are wrong, the name is shared, or its member has no password.
    """
    people = queries.by_name(session, bank, name)
    member = people[0] if len(people) == 1 else None
    credential = queries.credential(session, bank, member.id) if member else None
    password_hash = credential.password_hash if credential else None
    # Verified even where there is nobody, so that both refusals take as long.
    fits = _fits(password_hash or _nobody(), password)
    if not fits or member is None or password_hash is None:
        raise NotRecognised(
            say(
                "That name and password do not go together. Check both and try again, or ask for a"
                " one-time link. If you share your e-mail or phone with another member, write your"
                " member number instead."
            )
        )
    return member


def check_own_password(session: Session, bank: Bank, member_id: int, password: str) -> None:
    """Raises NotRecognised unless this is the member's password."""
    credential = queries.credential(session, bank, member_id)
    if (
        credential is None
        or credential.password_hash is None
        or not _fits(credential.password_hash, password)
    ):
        refused = say("That is not the password you have now.")
        raise NotRecognised(refused, fields={"current": refused})


def _nobody() -> str:
    """A hash no password is known for, verified for names nobody has, so that both refusals take as
    long."""
    salt, digest = (
        b64encode(secrets.token_bytes(size)).decode().rstrip("=")
        for size in (HASHER.salt_len, HASHER.hash_len)
    )
    costs = f"m={HASHER.memory_cost},t={HASHER.time_cost},p={HASHER.parallelism}"
    return f"$argon2id$v={ARGON2_VERSION}${costs}${salt}${digest}"


def renew_hash(session: Session, bank: Bank, member_id: int, password: str) -> None:
    """Keep a password that was just recognised by today's parameters, if it was kept by others."""
    credential = _credential(session, bank, member_id)
    if credential.password_hash and HASHER.check_needs_rehash(credential.password_hash):
        credential.password_hash = HASHER.hash(rules.plain(password))
        session.flush()


def _fits(kept: str, password: str) -> bool:
    try:
        return HASHER.verify(kept, rules.plain(password))
    except VerificationError:
        return False


# ---- Failures ----
# Counted before the attempt is judged, so that attempts made side by side cannot outrun the count.


def note_attempt(session: Session, counted: Sequence[str], *, now: datetime) -> list[int]:
    """Count an attempt as failed against each of `counted` (see `rules.counted`), and return the
    ids of what was written."""
    attempts = [FailedSignIn(counted=against, at=now) for against in counted]
    session.add_all(attempts)
    session.flush()
    return [attempt.id for attempt in attempts]


def forget_attempts(session: Session, ids: Sequence[int], counted: Sequence[str]) -> None:
    """Take back attempts by their ids, and all that is counted against each of `counted`: a sign-in
    succeeded."""
    session.execute(delete(FailedSignIn).where(FailedSignIn.id.in_(ids)))
    session.execute(delete(FailedSignIn).where(FailedSignIn.counted.in_(counted)))


# ---- Browser sessions ----


def session_key(session: Session, bank: Bank, member_id: int) -> str:
    """What a browser session of this member carries to be known by."""
    return _credential(session, bank, member_id).session_key


def end_sessions(session: Session, bank: Bank, member_id: int) -> str:
    """Sign the member out of every browser. Returns the key for a session that begins now."""
    credential = _credential(session, bank, member_id)
    credential.session_key = _new_session_key()
    session.flush()
    return credential.session_key


def _new_session_key() -> str:
    return secrets.token_urlsafe(24)


def _credential(session: Session, bank: Bank, member_id: int) -> Credential:
    """The member's credential, made when they have none yet; of two made at once, one stays."""
    members.member(session, bank, member_id)
    fresh = {
        "member_id": member_id,
        "bank_id": bank.id,
        "totp_last": 0,
        "session_key": _new_session_key(),
    }
    session.execute(insert_of(session)(Credential).values(fresh).on_conflict_do_nothing())
    return session.execute(select(Credential).where(Credential.member_id == member_id)).scalar_one()


# ---- One-time links ----


def make_link(session: Session, bank: Bank, member_id: int, act: Act, *, minutes: int = 60) -> str:
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
    code = "".join(secrets.choice(rules.CODE_LETTERS) for _ in range(_LINK_CODE_LETTERS))
    session.add(
        SignInLink(
            token_hash=secret_hash(code),
            bank_id=bank.id,
            member_id=member_id,
            made_by=act.by.key,
            expires_at=act.now + timedelta(minutes=minutes),
        )
    )
    session.flush()
    if act.by.member_id is not None:
        acts.record(session, member, act, "link_made")
    return rules.grouped(code)


def send_links(
    session: Session, bank: Bank, name: str, *, base_url: str, minutes: int, now: datetime
) -> None:
    """Somebody who says they are `name` would like to sign in: each member of that name is sent a
    one-time link.

    Who has no e-mail address is put on the call sheet instead, without a link, so that a broker
    hands one over. Whether anybody was found is told to nobody. A few links at once are enough for
    anybody; more are not sent.
    """
    by = Actor.system(bank.id, "sign-in")
    for member in queries.by_name(session, bank, name):
        if member.email is None:
            letter = Letter(
                say("%(name)s would like to sign in", name=member.name),
                say(
                    "They have no e-mail address here. Ring them, make a one-time link on their"
                    " page, and read them its code."
                ),
            )
            cause = f"link-wanted:{member.id}:{local_date(now, bank.timezone)}"
            through = NoticeChannel.CALL
        elif (
            queries.links_asked_for(session, bank, member.id, made_by=_ASKED, now=now)
            < rules.LINKS_AT_ONCE
        ):
            code = make_link(session, bank, member.id, Act(by, now), minutes=minutes)
            letter = Letter(
                say("Your link to %(bank)s", bank=bank.name),
                [
                    say("Hello %(name)s,", name=member.name),
                    say(
                        "this link signs you in to %(bank)s, once, within %(hours)s:",
                        bank=bank.name,
                        hours=hours.words(minutes),
                    ),
                    f"{base_url.rstrip('/')}/sign-in/link/{code}",
                    say("If you did not ask for it, do nothing: nobody can sign in without it."),
                ],
            )
            cause, through = f"link:{secret_hash(code)}", NoticeChannel.EMAIL
        else:
            continue
        # A link is wanted now and where it was asked for, whatever they prefer for news.
        notice = NewNotice(letter, cause, through=through, at_once=True)
        acts.tell(session, bank, member.id, notice, now=now)


def use_link(session: Session, code: str, *, browser: str, now: datetime) -> Member:
    """Use up a one-time link and return whom it signs in. Of two who use it at once, one does.
    Raises LinkGone.

    `browser` is a secret of the browser that uses it. The same one may use it again for a minute:
    people click twice, and the answer to the first click is then thrown away.
    """
    again = and_(
        SignInLink.used_by == secret_hash(browser), SignInLink.used_at > now - _SECOND_CLICK
    )
    good = (
        SignInLink.token_hash == secret_hash(rules.folded_code(code)),
        SignInLink.expires_at > now,
        or_(SignInLink.used_at.is_(None), again),
    )
    use = (
        update(SignInLink)
        .where(*good)
        .values(
            used_at=func.coalesce(SignInLink.used_at, literal(now, Instant)),
            used_by=secret_hash(browser),
        )
    )
    used = session.execute(
        use.returning(SignInLink.bank_id, SignInLink.member_id),
        execution_options={"synchronize_session": False},
    ).first()
    if used is None:
        raise LinkGone
    member = members.member(session, banks.by_id(session, used.bank_id), used.member_id)
    if member.status not in queries.MAY_SIGN_IN:
        raise LinkGone
    return member


def use_any_link(session: Session, code: str, *, browser: str, now: datetime) -> tuple[Actor, str]:
    """Use up a link, a member's or a commissioner's: whom it signs in, and the key of their
    session. Raises LinkGone."""
    try:
        member = use_link(session, code, browser=browser, now=now)
    except LinkGone:
        commissioner = commissioners.use_link(session, code, browser=browser, now=now)
        return commissioners.actor_of(commissioner), commissioner.session_key
    return queries.actor_of(member), session_key(
        session, banks.by_id(session, member.bank_id), member.id
    )


# ---- The second factor ----


def set_up_second_factor(
    session: Session, bank: Bank, member_id: int, secret: str, code: str, act: Act
) -> list[str]:
    """Take `secret` for the member's second factor once they have shown a code made with it;
    returns new recovery codes.

    Raises WrongCode. One that was set up before is replaced.
    """
    _require_own(act.by, member_id)
    step = rules.matching_step(secret, code, now=act.now, after=0)
    if step is None:
        raise WrongCode
    credential = _credential(session, bank, member_id)
    credential.totp_secret, credential.totp_confirmed_at, credential.totp_last = (
        secret,
        act.now,
        step,
    )
    acts.record(session, members.member(session, bank, member_id), act, "second_factor_set")
    return new_recovery_codes(session, bank, member_id, act)


def show_second_factor(
    session: Session, bank: Bank, member_id: int, code: str, *, now: datetime
) -> None:
    """Use up a second-factor code, or a recovery code. Of two who use the same one at once, one
    does. Raises WrongCode."""
    credential = _credential(session, bank, member_id)
    if credential.totp_secret is None:
        raise WrongCode
    step = rules.matching_step(credential.totp_secret, code, now=now, after=credential.totp_last)
    if step is not None:
        newer = (Credential.member_id == member_id, Credential.totp_last < step)
        use = (
            update(Credential).where(*newer).values(totp_last=step).returning(Credential.member_id)
        )
    else:
        unused = (
            RecoveryCode.bank_id == bank.id,
            RecoveryCode.member_id == member_id,
            RecoveryCode.code_hash == secret_hash(rules.folded_code(code)),
            RecoveryCode.used_at.is_(None),
        )
        use = (
            update(RecoveryCode)
            .where(*unused)
            .values(used_at=now)
            .returning(RecoveryCode.member_id)
        )
    if session.execute(use, execution_options={"synchronize_session": False}).first() is None:
        raise WrongCode


def new_recovery_codes(session: Session, bank: Bank, member_id: int, act: Act) -> list[str]:
    """Ten codes that each stand in once for the second factor, in place of any from before. They
    are kept nowhere in clear."""
    _require_own(act.by, member_id)
    member = members.member(session, bank, member_id)
    session.execute(
        delete(RecoveryCode).where(
            RecoveryCode.bank_id == bank.id, RecoveryCode.member_id == member_id
        )
    )
    codes = [
        "".join(secrets.choice(rules.CODE_LETTERS) for _ in range(_RECOVERY_CODE_LETTERS))
        for _ in range(rules.RECOVERY_CODES)
    ]
    session.add_all(
        RecoveryCode(bank_id=bank.id, member_id=member_id, code_hash=secret_hash(code))
        for code in codes
    )
    acts.record(session, member, act, "recovery_codes_made")
    return [rules.grouped(code) for code in codes]


def reset_second_factor(session: Session, bank: Bank, member_id: int, act: Act) -> None:
    """Take a lost second factor off one of the staff, who sets up another at the next sign-in. They
    are told.

    A coordinator does it for somebody else, after making sure who is asking. Raises NotAllowed;
    Conflict when there is none.
    """
    member = members.member(session, bank, member_id)
    if not act.by.is_coordinator:
        raise NotAllowed(say("Only a coordinator may take off somebody's second factor."))
    if act.by.member_id == member_id:
        raise NotAllowed(
            say(
                "Nobody takes off their own second factor. Use a recovery code, or ask another"
                " coordinator."
            )
        )
    if not queries.has_second_factor(session, bank, member_id):
        raise Conflict(say("%(name)s has no second factor to take off.", name=member.name))
    credential = _credential(session, bank, member_id)
    credential.totp_secret, credential.totp_confirmed_at, credential.session_key = (
        None,
        None,
        _new_session_key(),
    )
    session.execute(
        delete(RecoveryCode).where(
            RecoveryCode.bank_id == bank.id, RecoveryCode.member_id == member_id
        )
    )
    acts.record(session, member, act, "second_factor_reset")
    letter = Letter(
        say("Your second factor was taken off"),
        say(
            "%(name)s took the second factor off your sign-in to %(bank)s. You set up a new one"
            " when you next sign in. If you did not ask for this, ring your coordinator at once.",
            name=act.by.name,
            bank=bank.name,
        ),
    )
    cause = f"second-factor-reset:{member_id}:{act.now.isoformat()}"
    acts.tell(session, bank, member_id, NewNotice(letter, cause), now=act.now)


def new_second_factor() -> str:
    """A seed for a second factor, not yet anybody's."""
    return pyotp.random_base32()


# ---- Bearer tokens ----


def make_token(session: Session, bank: Bank, member_id: int, new: NewToken, act: Act) -> str:
    """A bearer token for the member, which only its maker ever sees. Raises NotAllowed; Conflict
    for somebody who does not take part."""
    member = members.member(session, bank, member_id)
    _require_own(act.by, member_id)
    if member.status not in queries.MAY_SIGN_IN:
        raise Conflict(say("%(name)s is not a member who can sign in just now.", name=member.name))
    secret = f"tb_{secrets.token_urlsafe(32)}"
    token = Token(
        bank_id=bank.id,
        member_id=member_id,
        name=new.name,
        token_hash=secret_hash(secret),
        scope=new.scope,
        created_at=act.now,
    )
    session.add(token)
    acts.record(session, member, act, "token_made", new.scope)
    return secret


def revoke_token(session: Session, bank: Bank, token_id: int, act: Act) -> None:
    """End a token of one's own. A second time changes nothing. Raises NotFound."""
    token = session.execute(
        select(Token).where(Token.bank_id == bank.id, Token.id == token_id)
    ).scalar_one_or_none()
    if token is None or (act.by.member_id != token.member_id and act.by.role != Role.SYSTEM):
        raise NotFound(say("There is no such token here."))
    if token.revoked_at is None:
        token.revoked_at = act.now
        acts.record(session, members.member(session, bank, token.member_id), act, "token_revoked")


def touch_token(session: Session, token_id: int, *, now: datetime) -> None:
    """Take down that a token was used."""
    session.execute(update(Token).where(Token.id == token_id).values(last_used_at=now))


# ---- Forgetting ----


def tidy(session: Session, *, now: datetime) -> None:
    """Drop failures that count no longer and links whose time ran out."""
    session.execute(delete(FailedSignIn).where(FailedSignIn.at < now - _KEPT_FAILURES))
    session.execute(delete(SignInLink).where(SignInLink.expires_at < now - _KEPT_FAILURES))


def _require_own(by: Actor, member_id: int) -> None:
    """What somebody signs in with is theirs alone; a command on the server may set it for them."""
    if by.member_id != member_id and by.role != Role.SYSTEM:
        raise NotAllowed(say("Only the member themselves may do this."))

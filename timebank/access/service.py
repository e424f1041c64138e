"""Signing in and what it needs: passwords, the second factor, keys for programs. The caller
commits.

Links stand in `links`, browser sessions in `sessions`, passkeys in `passkeys`.

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
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from timebank.access import links, passkeys, queries, rules, sessions, telling
from timebank.access.errors import NotRecognised, WrongCode
from timebank.access.models import Credential, FailedSignIn, Passkey, RecoveryCode, Token
from timebank.access.rules import Because, NewToken
from timebank.access.seals import Seals
from timebank.act import Act, Actor, Role
from timebank.banks.models import Bank
from timebank.base import insert_of
from timebank.codes import folded_code, grouped, new_code, secret_hash
from timebank.errors import Conflict, Invalid, NotAllowed, NotFound
from timebank.members import acts
from timebank.members import queries as members
from timebank.members.models import Member
from timebank.notices import service as notices_service
from timebank.notices.rules import Letter, NewNotice
from timebank.say import say

HASHER = PasswordHasher()
"""argon2id with the library's parameters, which follow RFC 9106; hashes made with others are
renewed at the next sign-in."""


_KEPT_TOKENS = timedelta(days=365)
_RECOVERY_CODE_LETTERS = 12
_SHARERS = 8
"""With how many of those who share a name a password is tried."""


# ---- Passwords ----


def set_password(
    session: Session,
    bank: Bank,
    member_id: int,
    password: str,
    act: Act,
    *,
    keep: int | None = None,
) -> None:
    """Give the member a password. Whatever was let in by the one before ends, but for the session
    `keep`, and they are told. Raises PasswordRefused, NotAllowed."""
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
            bank.name,
            bank.slug,
            bank.contact_name,
        ],
    )
    credential = _credential(session, bank, member_id)
    credential.password_hash = HASHER.hash(rules.plain(password))
    _end_all(session, bank, member_id, Because.PASSWORD, act, but=keep)
    acts.record(session, member, act, "password_set")
    what = say("Your password at %(bank)s was set", bank=bank.name)
    telling.changed(session, bank, member_id, what, act)


def recognise(session: Session, bank: Bank, name: str, password: str) -> Member:
    """The member of that name (e-mail, number or phone) and password. Only reads; see `renew_hash`.

    Where several share a name, it is tried with each who has proved it. Raises NotRecognised in the
    same words whether the name, the password or both are wrong, or its member has no password, and
    for a password that two of them have; and after the same work where the name is of one or of
    nobody.
    """
    people = queries.by_proof(session, bank, queries.by_name(session, bank, name), name)
    hashes = [
        (member, credential.password_hash)
        for member in people[:_SHARERS]
        if (credential := queries.credential(session, bank, member.id)) and credential.password_hash
    ]
    # Verified even where there is nobody, so that both refusals take as long.
    fitting = [
        member for member, kept in hashes or [(None, _nobody())] if _fits(kept, password) and member
    ]
    if len(fitting) != 1:
        raise NotRecognised(
            say(
                "That name and password do not go together. Check both and try again, or ask for a"
                " one-time link. Your member number always does as the name; an e-mail or a phone"
                " does once you have opened a link that was sent there."
            )
        )
    return fitting[0]


def check_own_password(session: Session, bank: Bank, member_id: int, password: str) -> None:
    """Raises NotRecognised unless this is the member's password."""
    credential = queries.credential(session, bank, member_id)
    if (
        credential is None
        or credential.password_hash is None
        or not _fits(credential.password_hash, password)
    ):
        refused = say("That is neither your password nor a code that is good here now.")
        raise NotRecognised(refused, fields={"secret": refused})


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


def _credential(session: Session, bank: Bank, member_id: int) -> Credential:
    """The member's credential, made when they have none yet; of two made at once, one stays."""
    members.member(session, bank, member_id)
    fresh = {
        "member_id": member_id,
        "bank_id": bank.id,
        "totp_last": 0,
    }
    session.execute(insert_of(session)(Credential).values(fresh).on_conflict_do_nothing())
    return session.execute(select(Credential).where(Credential.member_id == member_id)).scalar_one()


# ---- The second factor ----


def set_up_second_factor(
    session: Session, bank: Bank, member_id: int, seed: str, code: str, seals: Seals, act: Act
) -> list[str]:
    """Take `seed`, which is kept sealed, for the member's second factor once they have shown a code
    made with it; returns new recovery codes. They are told.

    Raises WrongCode. One that was set up before is replaced.
    """
    _require_own(act.by, member_id)
    step = rules.matching_step(seed, code, now=act.now, after=0)
    if step is None:
        raise WrongCode
    credential = _credential(session, bank, member_id)
    credential.totp_seed, credential.totp_confirmed_at, credential.totp_last = (
        seals.seal(seed),
        act.now,
        step,
    )
    acts.record(session, members.member(session, bank, member_id), act, "second_factor_set")
    what = say("A second factor was set up at %(bank)s", bank=bank.name)
    telling.changed(session, bank, member_id, what, act)
    return _recovery_codes(session, bank, member_id, act)


def show_second_factor(
    session: Session, bank: Bank, member_id: int, code: str, seals: Seals, *, now: datetime
) -> None:
    """Use up a second-factor code, or a recovery code. Of two who use the same one at once, one
    does. Raises WrongCode."""
    credential = _credential(session, bank, member_id)
    seed = seals.open(credential.totp_seed) if credential.totp_seed else None
    step = rules.matching_step(seed, code, now=now, after=credential.totp_last) if seed else None
    if step is not None:
        newer = (Credential.member_id == member_id, Credential.totp_last < step)
        use = (
            update(Credential).where(*newer).values(totp_last=step).returning(Credential.member_id)
        )
    else:
        unused = (
            RecoveryCode.bank_id == bank.id,
            RecoveryCode.member_id == member_id,
            RecoveryCode.code_hash == secret_hash(folded_code(code)),
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
    are kept nowhere in clear, and their owner is told."""
    _require_own(act.by, member_id)
    codes = _recovery_codes(session, bank, member_id, act)
    what = say("New recovery codes were made for you at %(bank)s", bank=bank.name)
    telling.changed(session, bank, member_id, what, act)
    return codes


def _recovery_codes(session: Session, bank: Bank, member_id: int, act: Act) -> list[str]:
    member = members.member(session, bank, member_id)
    session.execute(
        delete(RecoveryCode).where(
            RecoveryCode.bank_id == bank.id, RecoveryCode.member_id == member_id
        )
    )
    codes = [new_code(_RECOVERY_CODE_LETTERS) for _ in range(rules.RECOVERY_CODES)]
    session.add_all(
        RecoveryCode(bank_id=bank.id, member_id=member_id, code_hash=secret_hash(code))
        for code in codes
    )
    acts.record(session, member, act, "recovery_codes_made")
    return [grouped(code) for code in codes]


def reset_second_factor(session: Session, bank: Bank, member_id: int, act: Act) -> None:
    """Take a lost second factor (the app, recovery codes and passkeys) off one of the staff, who
    sets up another at the next sign-in. They are told.

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
    credential.totp_seed, credential.totp_confirmed_at = None, None
    session.execute(
        delete(Passkey).where(Passkey.bank_id == bank.id, Passkey.member_id == member_id)
    )
    _end_all(session, bank, member_id, Because.SECOND_FACTOR, act)
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


def seal_seeds(session: Session, seals: Seals) -> tuple[int, int]:
    """Seal every seed with the key of today: how many were sealed, and how many no key opens."""
    sealed = lost = 0
    seeds = select(Credential).where(Credential.totp_seed.is_not(None)).with_for_update()
    for credential in session.execute(seeds).scalars():
        seed = seals.open(credential.totp_seed or "")
        if seed is None:
            lost += 1
        else:
            credential.totp_seed = seals.seal(seed)
            sealed += 1
    session.flush()
    return sealed, lost


def forget_lost_seeds(session: Session, seals: Seals) -> int:
    """Take off the second factors that no key opens any more, so that their owners set up others;
    how many. Recovery codes and passkeys stay."""
    forgotten = 0
    seeds = select(Credential).where(Credential.totp_seed.is_not(None)).with_for_update()
    for credential in session.execute(seeds).scalars():
        if seals.open(credential.totp_seed or "") is None:
            credential.totp_seed, credential.totp_confirmed_at = None, None
            forgotten += 1
    session.flush()
    return forgotten


# ---- Keys for programs ----


def make_token(
    session: Session, bank: Bank, member_id: int, new: NewToken, act: Act, *, staff: bool
) -> str:
    """A key for programs of the member's, which only its maker ever sees; they are told. `staff`:
    it is made after a second factor, and may do what they may as one of the staff.

    Raises NotAllowed; Conflict for somebody who does not take part; Invalid for one that lasts
    longer than a year.
    """
    member = members.member(session, bank, member_id)
    _require_own(act.by, member_id)
    if member.status not in queries.MAY_SIGN_IN:
        raise Conflict(say("%(name)s is not a member who can sign in just now.", name=member.name))
    if not 1 <= new.days <= rules.LONGEST_KEY_DAYS:
        raise Invalid.on("days", say("A key lasts from one day to a year."))
    secret = f"tb_{secrets.token_urlsafe(32)}"
    token = Token(
        bank_id=bank.id,
        member_id=member_id,
        name=new.name,
        token_hash=secret_hash(secret),
        scope=new.scope,
        staff=staff,
        created_at=act.now,
        expires_at=act.now + timedelta(days=new.days),
    )
    session.add(token)
    acts.record(session, member, act, "token_made", new.scope)
    what = say("A key for programs was made for you at %(bank)s", bank=bank.name)
    telling.changed(session, bank, member_id, what, act)
    return secret


def revoke_token(session: Session, bank: Bank, token_id: int, act: Act) -> None:
    """End a key: one's own, or as a coordinator anybody's, who is told. A second time changes
    nothing. Raises NotFound."""
    token = session.execute(
        select(Token).where(Token.bank_id == bank.id, Token.id == token_id)
    ).scalar_one_or_none()
    own = token is not None and act.by.member_id == token.member_id
    if token is None or not (own or act.by.is_coordinator):
        raise NotFound(say("There is no such key here."))
    if token.revoked_at is None:
        token.revoked_at = act.now
        token.ended_because = Because.OWNER if own else Because.COORDINATOR
        acts.record(session, members.member(session, bank, token.member_id), act, "token_revoked")
        if not own:
            what = say(
                "A coordinator ended a key for programs of yours at %(bank)s", bank=bank.name
            )
            telling.changed(session, bank, token.member_id, what, act)


def end_tokens(
    session: Session, bank: Bank, member_id: int, because: Because, *, now: datetime
) -> None:
    """End every key of a member's."""
    of_member = (
        Token.bank_id == bank.id,
        Token.member_id == member_id,
        Token.revoked_at.is_(None),
    )
    session.execute(
        update(Token).where(*of_member).values(revoked_at=now, ended_because=because),
        execution_options={"synchronize_session": False},
    )


def touch_token(session: Session, token_id: int, *, now: datetime) -> None:
    """Take down that a key was used."""
    session.execute(update(Token).where(Token.id == token_id).values(last_used_at=now))


def sign_out_everywhere(session: Session, bank: Bank, act: Act, *, but: int | None = None) -> None:
    """End every browser session of one's own, `but` for the one of that id, and whatever else one
    was let in by."""
    member = members.member(session, bank, act.by.member_id or 0)
    _end_all(session, bank, member.id, Because.EVERYWHERE, act, but=but)
    acts.record(session, member, act, "signed_out_self")


def _end_all(
    session: Session,
    bank: Bank,
    member_id: int,
    because: Because,
    act: Act,
    *,
    but: int | None = None,
) -> None:
    """End a member's browser sessions, `but` for one, their keys for programs, and what devices are
    told. What others give an address by `queries.still_let_in` ends with them."""
    sessions.end_all(session, bank, member_id, but=but)
    end_tokens(session, bank, member_id, because, now=act.now)
    notices_service.end_devices(session, bank, f"member:{member_id}")


def sign_member_out(session: Session, bank: Bank, member_id: int, act: Act) -> None:
    """End every browser session and every key of somebody's whose telephone is lost, or whose
    sign-in is in other hands. They are told.

    A coordinator does it for somebody else. Raises NotFound, NotAllowed.
    """
    member = members.member(session, bank, member_id)
    if not act.by.is_coordinator or act.by.member_id == member_id:
        raise NotAllowed(say("A coordinator signs somebody else out. You sign out on “Me”."))
    _end_all(session, bank, member_id, Because.COORDINATOR, act)
    acts.record(session, member, act, "signed_out")
    what = say("You were signed out everywhere at %(bank)s", bank=bank.name)
    telling.changed(session, bank, member_id, what, act)


# ---- Forgetting ----


def tidy(session: Session, *, now: datetime) -> None:
    """Drop failures that count no longer, links and sessions whose time ran out, and keys that
    ended a year ago."""
    session.execute(delete(FailedSignIn).where(FailedSignIn.at < now - rules.LASTS))
    session.execute(delete(Token).where(Token.expires_at < now - _KEPT_TOKENS))
    links.stale(session, now=now)
    sessions.tidy(session, now=now)
    passkeys.tidy(session, now=now)


def _require_own(by: Actor, member_id: int) -> None:
    """What somebody signs in with is theirs alone; a command on the server may set it for them."""
    if by.member_id != member_id and by.role != Role.SYSTEM:
        raise NotAllowed(say("Only the member themselves may do this."))

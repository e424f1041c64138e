"""Passkeys: a key pair on somebody's phone, computer or stick, of which only the public half is
here. The caller commits.

They sign a question (`challenge`) that was put to this browser, for this site and no other: see
WebAuthn level 2, sections 7.1 and 7.2, which the library follows. A question is answered once.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from sqlalchemy import delete, select
from sqlalchemy.orm import Session
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url, parse_client_data_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.parse_authentication_credential_json import (
    parse_authentication_credential_json,
)
from webauthn.helpers.parse_registration_credential_json import parse_registration_credential_json
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from timebank.access import queries, telling
from timebank.access.errors import PasskeyRefused
from timebank.access.models import Passkey, PasskeyChallenge
from timebank.act import Act, Actor
from timebank.banks.models import Bank
from timebank.codes import secret_hash
from timebank.errors import NotFound
from timebank.members import acts
from timebank.members import queries as members
from timebank.members.models import Member
from timebank.say import say

_GOOD_FOR = timedelta(minutes=5)
_BROKEN = (WebAuthnException, ValueError, TypeError, AttributeError, RecursionError)
"""What an answer raises that is none, or is wrong."""

MOST = 10
"""How many passkeys one member can have."""


@dataclass(frozen=True)
class Site:
    """For which site passkeys are good: its address, as browsers say it, and its host."""

    origin: str
    host: str

    @classmethod
    def of(cls, base_url: str) -> "Site":
        parts = urlsplit(base_url)
        return cls(f"{parts.scheme}://{parts.netloc}", parts.hostname or "")


def ask_to_register(
    session: Session, bank: Bank, by: Actor, site: Site, *, browser: str, now: datetime
) -> str:
    """What a browser is asked for, as JSON, to make a passkey for whoever is signed in."""
    member_id = by.member_id or 0
    known = queries.passkeys(session, bank, member_id)
    options = generate_registration_options(
        rp_id=site.host,
        rp_name=bank.name,
        user_id=f"{bank.id}:{member_id}".encode(),
        user_name=by.name,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=[
            PublicKeyCredentialDescriptor(id=base64url_to_bytes(key.credential_id)) for key in known
        ],
    )
    _keep(session, options.challenge, browser=browser, now=now)
    return options_to_json(options)


def register(
    session: Session,
    bank: Bank,
    name: str,
    credential: str,
    site: Site,
    act: Act,
    *,
    browser: str,
) -> Passkey:
    """Take in the passkey that a browser has made. Raises PasskeyRefused."""
    member_id = act.by.member_id or 0
    member = members.member(session, bank, member_id)
    try:
        answer = parse_registration_credential_json(credential)
        verified = verify_registration_response(
            credential=answer,
            expected_challenge=_asked(
                session, answer.response.client_data_json, browser=browser, now=act.now
            ),
            expected_rp_id=site.host,
            expected_origin=site.origin,
            require_user_verification=True,
        )
    except _BROKEN as error:
        raise PasskeyRefused from error
    credential_id = bytes_to_base64url(verified.credential_id)
    taken = select(Passkey.id).where(Passkey.credential_id == credential_id)
    if (
        session.execute(taken).first()
        or len(queries.passkeys(session, bank, member_id)) >= MOST
        or len(credential_id) > 1400
    ):
        raise PasskeyRefused
    passkey = Passkey(
        bank_id=bank.id,
        member_id=member_id,
        name=name,
        credential_id=credential_id,
        public_key=bytes_to_base64url(verified.credential_public_key),
        sign_count=verified.sign_count,
        created_at=act.now,
    )
    session.add(passkey)
    acts.record(session, member, act, "passkey_made")
    telling.changed(
        session,
        bank,
        member_id,
        say("A passkey was added to your sign-in at %(bank)s", bank=bank.name),
        act,
    )
    return passkey


def ask_to_sign_in(session: Session, site: Site, *, browser: str, now: datetime) -> str:
    """What a browser is asked for, as JSON, to sign in with whatever passkey it has for this
    site."""
    options = generate_authentication_options(
        rp_id=site.host, user_verification=UserVerificationRequirement.REQUIRED
    )
    _keep(session, options.challenge, browser=browser, now=now)
    return options_to_json(options)


def sign_in(
    session: Session, credential: str, site: Site, *, browser: str, now: datetime
) -> Member:
    """Whose passkey has answered. Raises PasskeyRefused."""
    try:
        answer = parse_authentication_credential_json(credential)
        passkey = session.execute(
            select(Passkey)
            .where(Passkey.credential_id == bytes_to_base64url(answer.raw_id))
            .with_for_update()
        ).scalar_one_or_none()
        challenge = _asked(session, answer.response.client_data_json, browser=browser, now=now)
        if passkey is None:
            raise PasskeyRefused
        verified = verify_authentication_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
            credential_public_key=base64url_to_bytes(passkey.public_key),
            credential_current_sign_count=passkey.sign_count,
            require_user_verification=True,
        )
    except _BROKEN as error:
        raise PasskeyRefused from error
    passkey.sign_count, passkey.last_used_at = verified.new_sign_count, now
    session.flush()
    member = session.get_one(Member, passkey.member_id)
    if member.status not in queries.MAY_SIGN_IN:
        raise PasskeyRefused
    return member


def end(session: Session, bank: Bank, passkey_id: int, act: Act) -> None:
    """End a passkey of one's own. Raises NotFound."""
    ended = session.execute(
        delete(Passkey)
        .where(
            Passkey.bank_id == bank.id,
            Passkey.id == passkey_id,
            Passkey.member_id == act.by.member_id,
        )
        .returning(Passkey.member_id)
    ).scalar_one_or_none()
    if ended is None:
        raise NotFound(say("There is no such passkey of yours."))
    acts.record(session, members.member(session, bank, ended), act, "passkey_ended")
    telling.changed(
        session,
        bank,
        ended,
        say("A passkey was taken off your sign-in at %(bank)s", bank=bank.name),
        act,
    )


# ---- Questions ----


def _keep(session: Session, challenge: bytes, *, browser: str, now: datetime) -> None:
    session.add(
        PasskeyChallenge(
            challenge_hash=secret_hash(bytes_to_base64url(challenge)),
            asked_by=secret_hash(browser),
            expires_at=now + _GOOD_FOR,
        )
    )
    session.flush()


def _asked(session: Session, client_data: bytes, *, browser: str, now: datetime) -> bytes:
    """The question that is answered, which is over with that. Raises PasskeyRefused for one that
    this browser was not asked, or that was answered before."""
    challenge = parse_client_data_json(client_data).challenge
    asked = delete(PasskeyChallenge).where(
        PasskeyChallenge.challenge_hash == secret_hash(bytes_to_base64url(challenge)),
        PasskeyChallenge.asked_by == secret_hash(browser),
        PasskeyChallenge.expires_at > now,
    )
    if session.execute(asked.returning(PasskeyChallenge.challenge_hash)).first() is None:
        raise PasskeyRefused
    return challenge


def tidy(session: Session, *, now: datetime) -> None:
    """Drop questions that nobody has answered."""
    session.execute(delete(PasskeyChallenge).where(PasskeyChallenge.expires_at < now))

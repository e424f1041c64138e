"""What becomes of somebody's sign-in when they go, and what a member is told of theirs."""

from typing import Any

from sqlalchemy import delete
from sqlalchemy.orm import Session

from timebank.access import queries
from timebank.access.models import (
    BrowserSession,
    Credential,
    Device,
    Passkey,
    RecoveryCode,
    SignInLink,
    Token,
)
from timebank.act import Act
from timebank.archive import SECRET, Archive, Behind
from timebank.banks.models import Bank
from timebank.base import columns_of
from timebank.members.models import Member
from timebank.room import Merging, Trace

TRACES = (
    Trace("browser_session.member_id", "sign_in"),
    Trace("commissioner.by", stays=True),
    Trace("credential.member_id", "sign_in"),
    # A device is a random number that says that somebody was there before, and nothing of where.
    Trace("device.member_id"),
    Trace("passkey.member_id", "sign_in"),
    Trace("recovery_code.member_id", "sign_in"),
    # A link lives for minutes, or for days on paper: it is in nobody's way to be told of.
    Trace("sign_in_link.member_id"),
    Trace("sign_in_link.made_by", stays=True),
    Trace("token.member_id", "sign_in"),
)

ARCHIVE = Archive(
    keeps=("commissioner",),
    behind=[
        Behind(what, SECRET)
        for what in (
            *("credential", "recovery_code", "passkey", "passkey_challenge", "browser_session"),
            *("device", "link_request", "sign_in_link", "token", "failed_sign_in"),
            *(f"commissioner.link_{one}" for one in ("hash", "expires_at", "used_by")),
        )
    ],
    keys={"commissioner": "commissioner"},
)

_WAY_IN = "A way in to the one never becomes a way in to the other."

MERGING = Merging(
    leaves={
        **{
            f"{table}.member_id": _WAY_IN
            for table in (
                *("browser_session", "credential", "device", "passkey", "recovery_code"),
                *("sign_in_link", "token"),
            )
        },
        "sign_in_link.made_by": "It says who made the link.",
        "commissioner.by": "It says who let the commissioner in.",
    }
)


_LEFT_OUT = ("bank_id", "member_id", "token_hash")


def forget(session: Session, bank: Bank, member: Member, act: Act) -> None:
    """Erase everything the member could sign in with."""
    everything = (
        *(RecoveryCode, SignInLink, Token, Passkey, BrowserSession, Device),
        Credential,
    )
    for table in everything:
        session.execute(delete(table).where(table.bank_id == bank.id, table.member_id == member.id))


def export(session: Session, bank: Bank, member: Member) -> dict[str, Any]:
    """How the member signs in. Secrets are kept in a form that says nothing to anybody, so that
    only whether they are there is told."""
    return {
        "sign_in": {
            "password": queries.has_password(session, bank, member.id),
            "second_factor": queries.has_second_factor(session, bank, member.id),
            "signed_in": [
                columns_of(each, leave_out=(*_LEFT_OUT, "pending_seed", "commissioner_id"))
                for each in queries.sessions(session, bank, member.id)
            ],
            "passkeys": [
                columns_of(each, leave_out=(*_LEFT_OUT, "credential_id", "public_key"))
                for each in queries.passkeys(session, bank, member.id)
            ],
            "tokens": [
                columns_of(each, leave_out=_LEFT_OUT)
                for each in queries.every_token(session, bank, member.id)
            ],
        }
    }

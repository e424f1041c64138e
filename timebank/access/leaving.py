"""What becomes of somebody's sign-in when they go, and what a member is told of theirs."""

from typing import Any

from sqlalchemy import delete
from sqlalchemy.orm import Session

from timebank.access import queries
from timebank.access.models import Credential, RecoveryCode, SignInLink, Token
from timebank.act import Act
from timebank.banks.models import Bank
from timebank.base import columns_of
from timebank.members.models import Member
from timebank.room import Trace

TRACES = (
    Trace("commissioner.by", stays=True),
    Trace("credential.member_id", "sign_in"),
    Trace("recovery_code.member_id", "sign_in"),
    # A link lives for minutes, or for days on paper: it is in nobody's way to be told of.
    Trace("sign_in_link.member_id"),
    Trace("sign_in_link.made_by", stays=True),
    Trace("token.member_id", "sign_in"),
)


def forget(session: Session, bank: Bank, member: Member, act: Act) -> None:
    """Erase everything the member could sign in with."""
    for table in (RecoveryCode, SignInLink, Token, Credential):
        session.execute(delete(table).where(table.bank_id == bank.id, table.member_id == member.id))


def export(session: Session, bank: Bank, member: Member) -> dict[str, Any]:
    """How the member signs in. Secrets are kept in a form that says nothing to anybody, so that
    only whether they are there is told."""
    return {
        "sign_in": {
            "password": queries.has_password(session, bank, member.id),
            "second_factor": queries.has_second_factor(session, bank, member.id),
            "tokens": [
                columns_of(token, leave_out=("bank_id", "member_id", "token_hash"))
                for token in queries.tokens(session, bank, member.id)
            ],
        }
    }
